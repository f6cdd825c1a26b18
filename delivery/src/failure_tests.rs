use super::*;

fn reply(code: u16) -> Cause {
    Cause::Reply {
        code,
        text: "some words".into(),
    }
}

fn kind(ending: &Ending) -> &'static str {
    match ending {
        Ending::Taken(_) => "taken",
        Ending::Refused(_) => "refused",
        Ending::NotNow(_) => "not now",
        Ending::Unreachable(_) => "unreachable",
        Ending::TurnedAway(_) => "turned away",
        Ending::Unknown(_) => "unknown",
    }
}

#[track_caller]
fn check(step: Step, cause: Cause, want: &str) {
    let failure = Failure { step, cause };
    assert_eq!(kind(&failure.ending()), want, "{failure:?}");
}

#[test]
fn a_refusal_before_the_message_is_not_about_the_message() {
    for code in [421, 450, 500, 502, 521, 554] {
        check(Step::Reach, reply(code), "unreachable");
    }
    check(Step::Reach, Cause::Broken("reset".into()), "unreachable");
    check(Step::Reach, Cause::Silence, "unreachable");
}

#[test]
fn replies_about_the_message() {
    for step in [Step::Mail, Step::Rcpt, Step::Data, Step::FinalDot] {
        check(step, reply(450), "not now");
        check(step, reply(452), "not now");
        check(step, reply(550), "refused");
        check(step, reply(554), "refused");
        check(step, reply(421), "turned away");
        check(step, reply(530), "turned away");
    }
}

#[test]
fn only_the_final_dot_leaves_doubt() {
    for step in [Step::Mail, Step::Rcpt, Step::Data, Step::Content] {
        check(step, Cause::Broken("reset".into()), "not now");
        check(step, Cause::Silence, "not now");
        check(step, Cause::Stopped, "not now");
    }
    check(Step::FinalDot, Cause::Broken("reset".into()), "unknown");
    check(Step::FinalDot, Cause::Silence, "unknown");
    check(Step::FinalDot, Cause::Stopped, "unknown");
    check(Step::FinalDot, Cause::Unreadable, "unknown");
    check(Step::Reach, Cause::Unreadable, "turned away");
}

#[test]
fn held_says_so() {
    let failure = Failure {
        step: Step::Mail,
        cause: Cause::Held("needs 8BITMIME".into()),
    };
    assert_eq!(
        failure.ending(),
        Ending::Refused("held: needs 8BITMIME".into())
    );
}

#[test]
fn words_tell_what_was_heard_and_where() {
    let failure = Failure {
        step: Step::Rcpt,
        cause: reply(550),
    };
    assert_eq!(
        failure.ending(),
        Ending::Refused("550 some words (at RCPT)".into())
    );
}

#[test]
fn mailboxes() {
    let check = |failure: MailboxFailure, noes, want: &str| {
        assert_eq!(
            kind(&failure.ending(noes)),
            want,
            "{failure:?} after {noes}"
        );
    };
    let how = || "how".to_owned();
    let last = limits::MAILBOX_NOES_MAX;
    check(MailboxFailure::Unreachable(how()), u32::MAX, "unreachable");
    check(MailboxFailure::TurnedAway(how()), u32::MAX, "turned away");
    check(MailboxFailure::Broken(how()), u32::MAX, "not now");
    check(MailboxFailure::SignIn(how()), last - 1, "not now");
    check(MailboxFailure::SignIn(how()), last, "refused");
    check(MailboxFailure::No(how()), 0, "not now");
    check(MailboxFailure::No(how()), u32::MAX, "refused");
    check(MailboxFailure::Bad(how()), 0, "refused");
    check(MailboxFailure::Held(how()), 0, "refused");
    check(
        MailboxFailure::Unanswered {
            how: how(),
            can_search: true,
        },
        0,
        "not now",
    );
    check(
        MailboxFailure::Unanswered {
            how: how(),
            can_search: false,
        },
        0,
        "unknown",
    );
}
