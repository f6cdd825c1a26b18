use super::*;

const NOW: &str = "2026-11-22T12:00:00Z";

/// Everything that may be known about one mail of anna's.
struct Case {
    name: Option<&'static str>,
    purpose: Purpose,
    message: &'static str,
    row: Option<(QueueState, &'static str, bool)>,
    primary_has: Option<&'static [&'static str]>,
    may_duplicate: MayDuplicate,
}

const LOST: Case = Case {
    name: Some("a@b"),
    purpose: Purpose::Resend,
    // Of noon.
    message: "20261120-2932e00000001",
    row: None,
    primary_has: Some(&[]),
    may_duplicate: MayDuplicate::No,
};

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[track_caller]
fn check(case: &Case, what: &str) {
    let account: AccountId = "7".parse().unwrap();
    let message: MessageId = case.message.parse().unwrap();
    let row = case.row.map(|(state, changed_at, is_again)| Bringing {
        state,
        changed_at: time(changed_at),
        is_again,
    });
    let bringing = row.map(|row| ((account, message, case.purpose), row));
    let bringing = HashMap::from_iter(bringing);
    let comparison = Comparison {
        now: time(NOW),
        can_ask: case.primary_has.is_some(),
        settling: SignedDuration::from_mins(15),
        bringing: &bringing,
        may_duplicate: case.may_duplicate,
    };
    let owner = Recipient {
        account,
        primary: "anna@corp.example".parse().unwrap(),
    };
    let kept = [Kept {
        message,
        purpose: case.purpose,
        name: case.name.map(ToOwned::to_owned),
        size_bytes: 10,
    }];
    let names = case.primary_has.unwrap_or_default();
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let names = match case.purpose {
        Purpose::SentCopy => MailboxNames {
            sent: names,
            ..MailboxNames::default()
        },
        _ => MailboxNames {
            others: names,
            ..MailboxNames::default()
        },
    };
    let compared = comparison.of(&owner, &kept, Ok(names));
    let found = [
        ("there", compared.there),
        ("under way", compared.under_way),
        ("lacking", compared.lacking),
        ("nameless", compared.nameless),
        ("left out", compared.sent_left_out),
    ];
    let found: Vec<&str> = found.iter().filter(|it| it.1 == 1).map(|it| it.0).collect();
    assert_eq!(found, [what]);
    assert_eq!(compared.to_bring.len(), usize::from(what == "lacking"));
}

#[test]
fn what_the_primary_has_is_not_brought() {
    check(&LOST, "lacking");
    let has = |names| Case {
        primary_has: Some(names),
        ..LOST
    };
    check(&has(&["a@b"]), "there");
    check(&has(&["A@b"]), "lacking");
    check(
        &Case {
            name: None,
            ..has(&["a@b"])
        },
        "nameless",
    );
    let agreed = MayDuplicate::Yes;
    check(
        &Case {
            name: None,
            may_duplicate: agreed,
            ..LOST
        },
        "lacking",
    );
    check(
        &Case {
            may_duplicate: agreed,
            ..has(&["a@b"])
        },
        "there",
    );
}

#[test]
fn what_is_on_its_way_is_not_brought() {
    use QueueState::{Confirmed, Delivered, Refused, Unknown, Waiting};
    let row = |state, at, is_again| Case {
        row: Some((state, at, is_again)),
        ..LOST
    };
    let long_ago = "2026-11-21T12:00:00Z";
    for state in [Waiting, Refused, Unknown] {
        check(&row(state, long_ago, false), "under way");
    }
    for state in [Delivered, Confirmed] {
        // It was there before the primary was restored.
        check(&row(state, long_ago, false), "lacking");
        check(&row(state, long_ago, true), "lacking");
        check(&row(state, "2026-11-22T11:50:00Z", true), "under way");
        check(&row(state, "2026-11-22T11:50:00Z", false), "under way");
    }
    // Ten minutes old.
    let new = Case {
        message: "20261122-28a0640000001",
        ..LOST
    };
    assert!(new.message.parse::<MessageId>().unwrap().arrived_at() == time("2026-11-22T11:50:00Z"));
    check(&new, "under way");
}

#[test]
fn where_nobody_can_ask_what_was_brought_once_stays() {
    let blind = Case {
        primary_has: None,
        ..LOST
    };
    check(&blind, "lacking");
    check(
        &Case {
            name: None,
            ..blind
        },
        "lacking",
    );
    let row = |is_again| Some((QueueState::Delivered, "2026-11-21T12:00:00Z", is_again));
    check(
        &Case {
            row: row(false),
            ..blind
        },
        "lacking",
    );
    check(
        &Case {
            row: row(true),
            ..blind
        },
        "under way",
    );
    check(
        &Case {
            purpose: Purpose::SentCopy,
            ..blind
        },
        "left out",
    );
}
