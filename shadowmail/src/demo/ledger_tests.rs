use super::*;
use crate::demo::receiver::Receiver;

fn mail(recipients: &[&str], bytes: &str) -> Mail {
    Mail {
        from: "a@outside.example".into(),
        recipients: recipients
            .iter()
            .map(|local| people::address(local))
            .collect(),
        message_id: "1@outside.example".into(),
        bytes: bytes.into(),
    }
}

/// `sent` was sent; this is what the primary has.
#[track_caller]
fn check(sent: &Mail, has: &[Mail], want: Result<(), &str>) {
    let mut ledger = Ledger::default();
    ledger.expect(sent);
    let primary = Receiver::new("mail.test", ([127, 0, 0, 1], 1).into(), |_| true);
    for mail in has {
        primary.remember(mail.clone());
    }
    let got = ledger.check(&primary).map_err(|error| error.to_string());
    match (&got, want) {
        (Ok(()), Ok(())) => {}
        (Err(error), Err(words)) => assert!(error.contains(words), "{error}"),
        _ => panic!("{got:?}, not {want:?}"),
    }
}

#[test]
fn each_mailbox_has_each_mail_once_and_unchanged() {
    let group = mail(&["vertrieb", "sm"], "text");
    let split: Vec<Mail> = people::SALES
        .iter()
        .map(|login| mail(&[login], "text"))
        .collect();
    check(&group, std::slice::from_ref(&group), Ok(()));
    check(&group, &split, Ok(()));
    check(
        &group,
        &split[1..],
        Err("emily.clark@nordlicht.example has <1@outside.example> 0 times"),
    );
    check(
        &group,
        &[group.clone(), mail(&["sm"], "text")],
        Err("2 times"),
    );
    check(&group, &[mail(&["vertrieb"], "X-Front: 1\r\ntext")], Ok(()));
    check(
        &group,
        &[mail(&["vertrieb"], "text\r\n")],
        Err("other bytes"),
    );
    check(
        &group,
        &[group.clone(), mail(&["jg"], "text")],
        Err("not for it"),
    );
}
