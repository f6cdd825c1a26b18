//! Whom a copy without a report means: its envelope, or the fields that its source has added.

use store::Address;

use super::header;
use crate::limits;

/// Takes the organisation's address out of one that a gateway has encoded, so that it could be
/// routed to us: `user=corp.example@shadow.example` is `user@corp.example`. Other addresses stay
/// what they are.
pub(super) fn decoded(address: &Address, hostname: &str) -> Address {
    if !address.domain().eq_ignore_ascii_case(hostname) {
        return address.clone();
    }
    // A domain can not hold a `=`, so the last one is the gateway's.
    let inner = address
        .local()
        .rsplit_once('=')
        .and_then(|(user, domain)| format!("{user}@{domain}").parse().ok());
    inner.unwrap_or_else(|| address.clone())
}

/// The addresses in the given fields, one list for each field that has any. Of several fields with
/// one name the topmost counts: the one below it came from further away, and may be forged.
pub(super) fn of_fields(mail: &[u8], names: &[String]) -> Vec<Vec<Address>> {
    let split = header::split(mail);
    let of_field = |name: &String| {
        let value = split.values(name).next()?;
        let value = value
            .get(..limits::RECIPIENT_FIELD_BYTES_MAX)
            .unwrap_or(value);
        let addresses = addresses(&String::from_utf8_lossy(value));
        (!addresses.is_empty()).then_some(addresses)
    };
    names.iter().filter_map(of_field).collect()
}

/// `amy@corp.example`, `<amy@corp.example>`, or several with commas in between, as Exim writes
/// `Envelope-To`.
fn addresses(value: &str) -> Vec<Address> {
    let address = |text: &str| {
        let text = text.trim();
        let inner = text.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
        inner.unwrap_or(text).parse().ok()
    };
    // A local part in quotes may hold a comma.
    if let Some(one) = address(value) {
        return vec![one];
    }
    let each = value.split(',').filter_map(address);
    each.take(limits::HEADER_RECIPIENTS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes() {
        let check = |address: &str, want: &str| {
            assert_eq!(
                decoded(&address.parse().unwrap(), "shadow.example").as_str(),
                want
            );
        };
        check("amy=corp.example@shadow.example", "amy@corp.example");
        check("amy=corp.example@Shadow.Example", "amy@corp.example");
        check(
            "list+a=b=corp.example@shadow.example",
            "list+a=b@corp.example",
        );
        check("archive@shadow.example", "archive@shadow.example");
        check(
            "=corp.example@shadow.example",
            "=corp.example@shadow.example",
        );
        check("amy=@shadow.example", "amy=@shadow.example");
        check(
            "amy=corp.example@lists.example",
            "amy=corp.example@lists.example",
        );
        check("amy@corp.example", "amy@corp.example");
    }

    #[track_caller]
    fn check(header: &str, want: &[&[&str]]) {
        let names = ["X-Original-To", "Envelope-To"].map(str::to_owned);
        let mail = format!("{header}\r\nhi\r\n");
        let got = of_fields(mail.as_bytes(), &names);
        let got: Vec<Vec<&str>> = got
            .iter()
            .map(|list| list.iter().map(Address::as_str).collect())
            .collect();
        assert_eq!(got, want, "{header:?}");
    }

    #[test]
    fn fields_of_the_source() {
        check("", &[]);
        check("To: amy@c.example\r\n", &[]);
        check("x-original-to: Amy@C.example\r\n", &[&["Amy@c.example"]]);
        check(
            "Envelope-To: amy@c.example,\r\n\t<bo@c.example>, nobody\r\nX-Original-To: cy@c.example\r\n",
            &[&["cy@c.example"], &["amy@c.example", "bo@c.example"]],
        );
        check(
            "X-Original-To: \"a, b\"@c.example\r\n",
            &[&["\"a, b\"@c.example"]],
        );
        // Only the topmost was written by the source.
        check(
            "X-Original-To: amy@c.example\r\nX-Original-To: ceo@c.example\r\n",
            &[&["amy@c.example"]],
        );
        check(
            "X-Original-To: nobody\r\nX-Original-To: ceo@c.example\r\n",
            &[],
        );
        check("\r\nX-Original-To: ceo@c.example\r\n", &[]);
    }
}
