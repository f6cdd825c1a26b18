//! Tells whether two records are the same mail.

use sha2::{Digest, Sha256};

use super::header::{self, Field};

/// Fields that a hop adds or changes and that say nothing about the mail itself.
const TRACE: &[&str] = &[
    "Received",
    "Return-Path",
    "Delivered-To",
    "X-Original-To",
    "Authentication-Results", // RFC 8601 §4.1
    "Received-SPF",           // RFC 7208 §9.1
    "X-Received",
    "Envelope-To",   // Exim
    "Delivery-Date", // Exim
    "X-Sieve-Redirected-From",
    store::marker::NAME,
];

/// The same for all names that begin so. Exchange adds `X-MS-Exchange-Organization-…` at the end.
const TRACE_PREFIXES: &[&str] = &["X-MS-", "ARC-", "X-Gm-", "X-Google-"];

/// The same for two copies of one mail that took different ways to us. `None` for a mail without
/// a Message-ID, which could be the same text sent twice on purpose.
pub(super) fn merge_key(mail: &[u8]) -> Option<[u8; 32]> {
    let split = header::split(mail);
    let named = split
        .values("Message-ID")
        .any(|value| !value.trim_ascii().is_empty());
    if !named {
        return None;
    }
    let mut hash = Sha256::new();
    for field in split.fields().filter(|field| !is_trace(field)) {
        // Exchange writes `CC` for `Cc`, and folds lines elsewhere.
        hash.update(field.name.to_ascii_lowercase());
        for word in field.value.split(u8::is_ascii_whitespace) {
            if !word.is_empty() {
                hash.update(b" ");
                hash.update(word);
            }
        }
        hash.update(b"\n");
    }
    // No field holds an empty line, so this one tells header and body apart.
    hash.update(b"\n");
    let body = mail.get(split.body_at..).unwrap_or_default();
    hash.update(body.strip_suffix(b"\r\n").unwrap_or(body));
    Some(hash.finalize().into())
}

fn is_trace(field: &Field<'_>) -> bool {
    TRACE.iter().any(|name| field.is(name))
        || TRACE_PREFIXES.iter().any(|prefix| field.is_one_of(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIL: &str = "From: a@x.test\r\nMessage-ID: <1@x.test>\r\nSubject: s\r\n\r\nhi\r\n";

    #[track_caller]
    fn same(other: &str) {
        assert_eq!(
            merge_key(MAIL.as_bytes()),
            merge_key(other.as_bytes()),
            "{other}"
        );
    }

    #[track_caller]
    fn different(other: &str) {
        assert_ne!(
            merge_key(MAIL.as_bytes()),
            merge_key(other.as_bytes()),
            "{other}"
        );
    }

    #[test]
    fn trace_does_not_count() {
        same(&format!("Received: from a\r\n\tby b; now\r\n{MAIL}"));
        same(&format!(
            "Return-Path: <a@x.test>\r\ndelivered-to: b@y.test\r\n{MAIL}"
        ));
        same(&format!(
            "X-Shadow-Replay: v1; id=x\r\nARC-Seal: i=1\r\n{MAIL}"
        ));
        same(&MAIL.replace(
            "\r\n\r\n",
            "\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\n\r\n",
        ));
        same(MAIL.strip_suffix("\r\n").unwrap());
        same(&format!("X-Gm-Original-To: b@y.test\r\n{MAIL}"));
    }

    #[test]
    fn spelling_of_names_and_folding_do_not_count() {
        same(&MAIL.replace("Message-ID", "Message-Id"));
        same(&MAIL.replace("Subject: s", "SUBJECT:\r\n\ts"));
    }

    #[test]
    fn all_else_does() {
        different(&MAIL.replace("Subject: s", "Subject: t"));
        different(&MAIL.replace("Subject: s", "Subject: s s"));
        different(&MAIL.replace("a@x.test", "A@x.test"));
        different(&MAIL.replace("hi", "ho"));
        different(&MAIL.replace("<1@x.test>", "<2@x.test>"));
        different(&format!("{MAIL}\r\n"));
        different(&MAIL.replace("\r\nSubject: s\r\n\r\nhi", "\r\n\r\nSubject: s\r\n\r\nhi"));
        different("");
    }

    #[test]
    fn nothing_merges_without_a_message_id() {
        for mail in [
            "",
            "\r\nhi",
            "Subject: s\r\n\r\nhi",
            "Message-ID: \r\n\r\nhi",
        ] {
            assert_eq!(merge_key(mail.as_bytes()), None, "{mail}");
        }
    }
}
