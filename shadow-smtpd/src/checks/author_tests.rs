use super::*;

#[track_caller]
fn check(address: &str, want: Option<&str>) {
    let want = want.map_or(Author::Unclear, |domain| Author::Of(domain.to_owned()));
    assert_eq!(Author::named_by(address), want, "{address}");
}

#[test]
fn a_domain_is_what_the_dns_can_be_asked_about() {
    let labels = |lengths: &[usize]| {
        let labels = lengths.iter().map(|it| "a".repeat(*it));
        labels.collect::<Vec<_>>().join(".")
    };
    check("b@Bank.example", Some("bank.example"));
    check("b@b\u{fc}cher.example", Some("xn--bcher-kva.example"));
    check("b@xn--zzzzz.example", Some("xn--zzzzz.example"));
    check("b@a_b.example", Some("a_b.example"));
    check("b@localhost", Some("localhost"));
    // White space, and the dot of the root.
    check("b@ bank.example", Some("bank.example"));
    check("b @bank .\texample ", Some("bank.example"));
    check("b@\u{a0}bank.example", Some("bank.example"));
    check("b@bank.example.", Some("bank.example"));
    check("b@bank\u{3002}example\u{3002}", Some("bank.example"));
    check("b@bank.example..", None);
    check("b@.bank.example", None);
    check("b@bank..example", None);
    check("b@", None);
    check("b@.", None);
    // No names.
    check("b@-x.bank.example", None);
    check("b@*.bank.example", None);
    check("b@x\\.bank.example", None);
    check("b@x!.bank.example", None);
    check("b@x\0.bank.example", None);
    check("b@\u{fffd}.bank.example", None);
    check("b@x,bank.example", None);
    let label = |bytes: usize| format!("{}.bank.example", labels(&[bytes]));
    check(&format!("b@{}", label(63)), Some(&label(63)));
    check(&format!("b@{}", label(64)), None);
    // 253 with "_dmarc." in front of it (RFC 1035 §2.3.4).
    let most = labels(&[63, 63, 63, 54]);
    assert_eq!(most.len(), 246);
    check(&format!("b@{most}"), Some(&most));
    check(&format!("b@{most}a"), None);
}

#[test]
fn two_at_signs_are_two_addresses() {
    check("boss@bank.examplex@evil.example", None);
    check("\"a\"@bank.example\"b\"@evil.example", None);
    check("@a.example,@b.example:c@evil.example", None);
    check("\"a@b\"@x.example", Some("x.example"));
    check(" \"a@b\" @x.example", Some("x.example"));
}

#[test]
fn hosts_and_plain_words_are_nobodys() {
    for address in ["root", "b@[192.0.2.1]", "b@[ipv6:2001:db8::1]", ""] {
        assert_eq!(Author::named_by(address), Author::Nobody, "{address}");
    }
    check("b@[bank.example]", None);
    check("b@[192.0.2.1].bank.example", None);
    check("b@[IPv6:192.0.2.1]", None);
}

#[test]
fn several_are_one_when_they_agree() {
    let of = |domain: &str| Author::Of(domain.to_owned());
    let agree = |all: &[Author]| all.iter().cloned().fold(Author::Nobody, Author::and);
    assert_eq!(agree(&[]), Author::Nobody);
    assert_eq!(agree(&[of("a"), Author::Nobody, of("a")]), of("a"));
    assert_eq!(agree(&[of("a"), of("b"), of("a")]), Author::Unclear);
    assert_eq!(agree(&[Author::Unclear, of("a")]), Author::Unclear);
    assert_eq!(agree(&[Author::Unclear, Author::Nobody]), Author::Unclear);
}

proptest::proptest! {
    #[test]
    fn whoever_is_judged_can_be_asked_about(address in "[ -~\u{80}-\u{ff}]{0,20}@.{0,90}", dots in "([a-z-]{0,70}\\.){0,6}[a-z]{0,70}") {
        for address in [address, format!("b@{dots}")] {
            if let Author::Of(domain) = Author::named_by(&address) {
                let asked = Name::from_str_relaxed(format!("_dmarc.{domain}."));
                proptest::prop_assert!(asked.is_ok(), "{domain}");
                proptest::prop_assert_eq!(Author::named_by(&format!("x@{domain}")), Author::Of(domain));
            }
        }
    }
}
