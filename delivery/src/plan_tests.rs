use super::*;

fn now() -> Timestamp {
    "2026-11-22T09:00:00Z".parse().unwrap()
}

fn trial(purpose: Purpose, attempts: u32) -> Trial {
    Trial {
        purpose,
        attempts,
        since: Some(now()),
        now: now(),
        jitter: 0,
    }
}

fn seconds(settled: &Settled) -> i64 {
    match settled {
        Settled::Later(at) => at.as_second() - now().as_second(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_emergency_only_sends_to_the_outside() {
    let emergency = allowed(Mode::Emergency);
    assert_eq!(emergency.for_all, [Purpose::Send]);
    let others = [Purpose::Return, Purpose::Resend, Purpose::SentCopy];
    assert_eq!(emergency.beyond_scope, others);
    for mode in [Mode::Normal, Mode::Recovery, Mode::Drill] {
        for purpose in [
            Purpose::Return,
            Purpose::Resend,
            Purpose::SentCopy,
            Purpose::Send,
        ] {
            assert!(
                allowed(mode).for_all.contains(&purpose),
                "{mode} {purpose:?}"
            );
        }
    }
}

#[test]
fn retries_double_up_to_the_cap() {
    let check = |purpose, attempts, want| {
        let (settled, words) = trial(purpose, attempts).settle(Ending::NotNow("450".into()), now());
        assert_eq!(seconds(&settled), want, "{purpose:?} {attempts}");
        assert_eq!(words, "450");
    };
    check(Purpose::Return, 0, 10);
    check(Purpose::Return, 1, 20);
    check(Purpose::Return, 6, 640);
    check(Purpose::Return, 7, 900);
    check(Purpose::Return, u32::MAX, 900);
    check(Purpose::SentCopy, 7, 900);
    check(Purpose::Resend, 7, 900);
    check(Purpose::Send, 0, 60);
    check(Purpose::Send, 5, 1920);
    check(Purpose::Send, 6, 3600);
    check(Purpose::Send, 40, 3600);
}

#[test]
fn jitter_takes_up_to_a_quarter() {
    let wait = |jitter| {
        backoff(
            Duration::from_secs(100),
            Duration::from_secs(100),
            3,
            jitter,
        )
    };
    assert_eq!(wait(0), Duration::from_secs(100));
    assert_eq!(wait(u8::MAX), Duration::from_secs(75));
    assert!((0..u8::MAX).all(|jitter| wait(jitter) > wait(jitter + 1)));
}

#[test]
fn an_unreachable_destination_brings_its_rows_back_when_it_wakes() {
    let wake = after(now(), Duration::from_secs(7));
    let (settled, _) = trial(Purpose::Return, 9).settle(Ending::Unreachable(String::new()), wake);
    assert_eq!(seconds(&settled), 7);
}

#[test]
fn a_row_that_was_turned_away_lets_others_try_first() {
    let wake = after(now(), Duration::from_mins(1));
    let (settled, _) = trial(Purpose::Return, 1).settle(Ending::TurnedAway(String::new()), wake);
    assert_eq!(seconds(&settled), 60 + 20);
}

#[test]
fn mail_to_the_outside_is_given_up_and_what_is_owed_is_not() {
    let five_days = limits::OUTSIDE_GIVE_UP_AFTER;
    let check = |purpose, age: Duration, given_up| {
        let since = now().checked_sub(age).unwrap();
        let trial = Trial {
            since: Some(since),
            ..trial(purpose, 3)
        };
        for ending in [
            Ending::NotNow("x".into()),
            Ending::Unreachable("x".into()),
            Ending::TurnedAway("x".into()),
        ] {
            let (settled, words) = trial.settle(ending, now());
            assert_eq!(settled == Settled::Refused, given_up, "{purpose:?} {age:?}");
            assert_eq!(words, if given_up { "given up: x" } else { "x" });
        }
    };
    check(Purpose::Send, five_days, false);
    check(Purpose::Send, five_days + Duration::from_secs(1), true);
    for owed in [Purpose::Return, Purpose::SentCopy, Purpose::Resend] {
        check(owed, five_days * 10, false);
    }
}

#[test]
fn final_endings_are_final() {
    let settle = |ending| trial(Purpose::Return, 0).settle(ending, now());
    assert_eq!(
        settle(Ending::Taken("250".into())),
        (Settled::Delivered, "250".into())
    );
    assert_eq!(
        settle(Ending::Refused("550".into())),
        (Settled::Refused, "550".into())
    );
    assert_eq!(
        settle(Ending::Unknown("?".into())),
        (Settled::Unknown, "?".into())
    );
}

#[test]
fn a_destination_rests_longer_with_every_failure() {
    let mut breaker = Breaker::default();
    assert_eq!(breaker.resting(now()), None);
    for want in [1, 2, 4, 8, 16, 32, 60, 60] {
        let until = breaker.failed(now(), 0);
        assert_eq!(until.as_second() - now().as_second(), want);
        assert_eq!(breaker.resting(now()), Some(until));
        assert_eq!(breaker.resting(until), None);
    }
}

#[test]
fn a_notice_goes_in_normal_times_and_leaves_nothing_to_decide() {
    assert!(allowed(Mode::Normal).for_all.contains(&Purpose::Notice));
    assert!(!allowed(Mode::Recovery).for_all.contains(&Purpose::Notice));
    let check = |ending, hours: i64, want: Option<Settled>| {
        let trial = Trial {
            since: Some(now() - SignedDuration::from_hours(hours)),
            ..trial(Purpose::Notice, 0)
        };
        let (settled, _) = trial.settle(ending, now());
        match want {
            Some(want) => assert_eq!(settled, want),
            None => assert!(matches!(settled, Settled::Later(_)), "{settled:?}"),
        }
    };
    let words = String::new;
    check(Ending::Taken(words()), 0, Some(Settled::Delivered));
    check(Ending::Refused(words()), 0, Some(Settled::GivenUp));
    check(Ending::Unknown(words()), 0, Some(Settled::GivenUp));
    check(Ending::NotNow(words()), 47, None);
    check(Ending::NotNow(words()), 49, Some(Settled::GivenUp));
    check(Ending::Unreachable(words()), 49, Some(Settled::GivenUp));
}
