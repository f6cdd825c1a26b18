use proptest::prelude::*;
use store::{Confirmation, Outcome};

use super::*;

fn says(domain: &str, outcome: Outcome) -> Confirmation {
    Confirmation {
        domain: domain.to_owned(),
        outcome,
    }
}

#[test]
fn what_was_found_is_told() {
    let findings = Findings {
        spf: Some(says("mailer.example", Outcome::SoftFail)),
        dkim: vec![
            says("bank.example", Outcome::Pass),
            says("a b\r\nX: y", Outcome::Fail),
        ],
        dmarc: Some(says("bank.example", Outcome::Pass)),
        arc: Some(Outcome::None),
        ..Findings::default()
    };
    let sender = ReversePath::Address("a@mailer.example".parse().unwrap());
    assert_eq!(
        field(&findings, &sender, "shadow.example").unwrap(),
        "Authentication-Results: shadow.example;\r\n\
         \tspf=softfail smtp.mailfrom=mailer.example;\r\n\
         \tdkim=pass header.d=bank.example;\r\n\
         \tdkim=fail;\r\n\
         \tdmarc=pass header.from=bank.example;\r\n\
         \tarc=none\r\n"
    );
    let bounce = field(&findings, &ReversePath::Null, "shadow.example");
    assert!(bounce.unwrap().contains("smtp.helo=mailer.example"));
    let nothing = Findings {
        block_lists: vec!["bl.example".to_owned()],
        ..Findings::default()
    };
    assert_eq!(field(&nothing, &sender, "shadow.example"), None);
}

#[test]
fn forged_fields_are_known() {
    let check = |value: &str, want: bool| {
        assert_eq!(claims_to_be_ours(value, "shadow.example"), want, "{value}");
    };
    check("shadow.example; spf=pass", true);
    check("Shadow.Example 1; spf=pass", true);
    check("shadow.example", true);
    check("(x;(y)) shadow.example (z); spf=pass", true);
    check(r#""shadow.example"; spf=pass"#, true);
    check(r#""shadow\.example" 1; spf=pass"#, true);
    check("other.example; spf=pass smtp.helo=shadow.example", false);
    check("x.shadow.example; none", false);
    check("", false);
    check("((((", false);
}

proptest! {
    #[test]
    fn any_value_can_be_read(value: String) {
        claims_to_be_ours(&value, "shadow.example");
    }
}
