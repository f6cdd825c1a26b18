//! The parameters of MAIL and RCPT that ask for reports (RFC 3461 §4). One that can not be read is
//! none: a mail is worth more than a report about it, and who sends it often only passes on what
//! somebody else wrote.

use store::{NotifyWhen, Ret};

use super::xtext;
use crate::limits;

/// Names of these parameters.
pub(super) const NAMES: [&str; 4] = ["RET", "ENVID", "NOTIFY", "ORCPT"];

/// RET (§4.3).
pub(super) fn ret(value: &str) -> Option<Ret> {
    match value.to_ascii_uppercase().as_str() {
        "FULL" => Some(Ret::Full),
        "HDRS" => Some(Ret::Hdrs),
        _ => None,
    }
}

/// ENVID (§4.4): xtext of printable characters.
pub(super) fn envid(value: &str) -> Option<String> {
    printable(value).filter(|id| (1..=limits::ENVID_BYTES_MAX).contains(&id.len()))
}

/// NOTIFY (§4.1): NEVER, which stands alone and is the empty list here, or some others.
pub(super) fn notify(value: &str) -> Option<Vec<NotifyWhen>> {
    if value.eq_ignore_ascii_case("NEVER") {
        return Some(Vec::new());
    }
    let mut asked = Vec::new();
    for word in value.split(',') {
        let when = match word.to_ascii_uppercase().as_str() {
            "SUCCESS" => NotifyWhen::Success,
            "FAILURE" => NotifyWhen::Failure,
            "DELAY" => NotifyWhen::Delay,
            _ => return None,
        };
        if !asked.contains(&when) {
            asked.push(when);
        }
    }
    Some(asked)
}

/// ORCPT (§4.2): the type of an address, `;`, and the address in xtext. That of the type `utf-8`
/// may have characters beyond ASCII as they are (RFC 6533 §3).
pub(super) fn orcpt(value: &str) -> Option<String> {
    let (kind, address) = value.split_once(';')?;
    let is_atom = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let is_word = |c: char| !c.is_control() && !c.is_whitespace();
    let decoded = if kind.eq_ignore_ascii_case("utf-8") {
        address.chars().all(is_word).then(|| address.to_owned())
    } else {
        printable(address)
    };
    let bounded = value.len() <= limits::ORCPT_BYTES_MAX;
    let whole = !kind.is_empty() && kind.chars().all(is_atom) && !address.is_empty();
    decoded
        .filter(|_| bounded && whole)
        .map(|address| format!("{kind};{address}"))
}

/// What an xtext of printable ASCII stands for.
fn printable(text: &str) -> Option<String> {
    let decoded = String::from_utf8(xtext::decode(text)?).ok()?;
    let is_printable = decoded.bytes().all(|octet| (b' '..=b'~').contains(&octet));
    is_printable.then_some(decoded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns() {
        assert_eq!(ret("full"), Some(Ret::Full));
        assert_eq!(ret("HDRS"), Some(Ret::Hdrs));
        assert_eq!(ret("ALL"), None);
    }

    #[test]
    fn envelope_ids() {
        let check = |value: &str, sound| assert_eq!(envid(value).is_some(), sound, "{value}");
        check("QQ314159", true);
        check("a+20b", true);
        check(&"x".repeat(limits::ENVID_BYTES_MAX), true);
        check(&"+2B".repeat(limits::ENVID_BYTES_MAX), true);
        check(&"x".repeat(limits::ENVID_BYTES_MAX + 1), false);
        check("a=b", true);
        for bad in ["", "a+0D+0A", "a+FF", "+2"] {
            check(bad, false);
        }
    }

    #[test]
    fn reports() {
        use NotifyWhen::{Delay, Failure, Success};
        let check = |value: &str, want: Option<&[NotifyWhen]>| {
            assert_eq!(notify(value).as_deref(), want, "{value}");
        };
        check("NEVER", Some(&[]));
        check("never", Some(&[]));
        check("SUCCESS,FAILURE", Some(&[Success, Failure]));
        check("delay,Delay", Some(&[Delay]));
        for bad in ["", "NEVER,SUCCESS", "SUCCESS,NEVER", "SUCCESS,", "ALWAYS"] {
            check(bad, None);
        }
    }

    #[test]
    fn original_recipients() {
        let check = |value: &str, sound| assert_eq!(orcpt(value).is_some(), sound, "{value}");
        check("rfc822;amy@corp.example", true);
        check("rfc822;amy+2Blists@corp.example", true);
        check("X500;/o+3DCorp/cn+3DAmy", true);
        check("rfc822;bounce=amy+2bx@corp.example", true);
        check("utf-8;gr\u{fc}n@corp.example", true);
        let longest = limits::ORCPT_BYTES_MAX - "rfc822;".len();
        check(&format!("rfc822;{}", "x".repeat(longest)), true);
        check(&format!("rfc822;{}", "x".repeat(longest + 1)), false);
        for bad in [
            "",
            ";",
            "rfc822",
            "rfc822;",
            ";a",
            "rfc 822;a",
            "rfc822;gr\u{fc}n",
            "rfc822;a+0Ab",
            "utf-8;a b",
        ] {
            check(bad, false);
        }
    }
}
