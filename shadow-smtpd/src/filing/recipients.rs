//! Whom the envelope of a copy means.

use store::Address;

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
}
