use proptest::prelude::*;
use store::{Confirmation, NotScanned, Outcome};

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
    let nothing = Findings::default();
    assert_eq!(field(&nothing, &sender, "shadow.example"), None);
}

#[test]
fn what_scanners_and_block_lists_found_is_told() {
    let check = |findings: Findings, want: &str| {
        let told = field(&findings, &ReversePath::Null, "shadow.example").unwrap();
        let want = format!("Authentication-Results: shadow.example;\r\n\t{want}\r\n");
        assert_eq!(told, want);
    };
    let virus = |virus| Findings {
        virus: Some(virus),
        ..Findings::default()
    };
    let spam = |spam| Findings {
        spam: Some(spam),
        ..Findings::default()
    };
    let rated = |action| {
        spam(Spam::Rated {
            score_hundredths: 1,
            refuse_hundredths: 2,
            action,
        })
    };
    let found = Virus::Found("Win.Test.EICAR_HDB-1".to_owned());
    check(
        virus(found),
        "x-virus=fail policy.name=Win.Test.EICAR_HDB-1",
    );
    let odd = Virus::Found("a\r\nb".to_owned());
    check(virus(odd), "x-virus=fail");
    check(virus(Virus::Clean), "x-virus=pass");
    check(virus(Virus::Unscanned(NotScanned::Down)), "x-virus=none");
    check(rated(SpamAction::Pass), "x-spam=pass");
    check(rated(SpamAction::Later), "x-spam=neutral");
    check(rated(SpamAction::Mark), "x-spam=fail");
    check(rated(SpamAction::Refuse), "x-spam=fail");
    check(spam(Spam::Unrated(NotScanned::TooLarge)), "x-spam=none");
    let listed = Findings {
        block_lists: vec!["bl.example".to_owned(), "b2.example".to_owned()],
        ..virus(Virus::Clean)
    };
    check(
        listed,
        "x-block-list=fail policy.list=bl.example;\r\n\t\
         x-block-list=fail policy.list=b2.example;\r\n\tx-virus=pass",
    );
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
