use proptest::prelude::*;

use super::*;

const POLICY: Policy = Policy {
    automatic: Automatic::Start,
    start_after: Duration::from_mins(10),
    agree: 2,
    hold_off: Duration::from_hours(1),
};

const NOW: i64 = 1_795_000_000;

fn minutes_ago(minutes: i64) -> Timestamp {
    Timestamp::from_second(NOW - minutes * 60).unwrap()
}

fn mode(mode: Mode, number: i64, minutes: i64) -> ModeChange {
    ModeChange {
        number,
        mode,
        since: minutes_ago(minutes),
        by: "eva".to_owned(),
        reason: String::new(),
        expected_end: None,
        scope: Scope::Everyone,
    }
}

/// Down and failing for so many minutes.
fn down(kind: Kind, minutes: i64) -> ProbeStanding {
    ProbeStanding {
        name: format!("the {kind} one"),
        kind: kind.to_string(),
        state: ProbeState::Down,
        since: minutes_ago(minutes),
        tried_at: minutes_ago(0),
        took: 1,
        is_well: false,
        words: "no answer".to_owned(),
        failing_since: Some(minutes_ago(minutes)),
    }
}

/// Up for so many minutes.
fn up(kind: Kind, minutes: i64) -> ProbeStanding {
    ProbeStanding {
        state: ProbeState::Up,
        is_well: true,
        words: "fine".to_owned(),
        failing_since: None,
        ..down(kind, minutes)
    }
}

fn judged(policy: Policy, mode: &ModeChange, probes: &[ProbeStanding]) -> Consequence {
    policy.judge(Seen {
        now: minutes_ago(0),
        watched_since: minutes_ago(60 * 24),
        mode,
        probes,
    })
}

#[track_caller]
fn check(mode: &ModeChange, probes: &[ProbeStanding], want: &str) {
    let got = judged(POLICY, mode, probes);
    let mut words = Vec::new();
    for (word, is) in [
        ("failing", got.failing.is_some()),
        ("silent", got.silent.is_some()),
        ("lost", got.lost.is_some()),
        ("back", got.back.is_some()),
        ("start", got.start.is_some()),
    ] {
        words.extend(is.then_some(word));
    }
    assert_eq!(words.join(" "), want, "{got:?}");
}

#[test]
fn it_takes_enough_probes_for_long_enough() {
    let normal = mode(Mode::Normal, 0, 0);
    let (smtp, imap) = (Kind::Smtp, Kind::Imap);
    check(&normal, &[up(smtp, 60), up(imap, 60)], "");
    check(&normal, &[down(smtp, 60), up(imap, 60)], "failing");
    check(&normal, &[down(smtp, 60), down(imap, 9)], "failing");
    check(&normal, &[down(smtp, 60), down(imap, 10)], "failing start");
    // One of them had a try that went well.
    let flapping = ProbeStanding {
        failing_since: None,
        ..down(imap, 60)
    };
    check(&normal, &[down(smtp, 60), flapping], "failing");
    let drill = mode(Mode::Drill, 3, 5);
    check(&drill, &[down(smtp, 60), down(imap, 10)], "failing start");
}

#[test]
fn a_dead_journal_alone_only_alerts() {
    let normal = mode(Mode::Normal, 0, 0);
    let (journal, canary) = (down(Kind::Journal, 600), down(Kind::Canary, 600));
    let both = [journal.clone(), canary.clone()];
    check(&normal, &both, "silent lost");
    let one = [journal, canary, down(Kind::Smtp, 600)];
    check(&normal, &one, "failing silent lost");
}

#[test]
fn after_a_person_has_ended_one_none_starts_for_a_while() {
    let probes = [down(Kind::Smtp, 600), down(Kind::Imap, 600)];
    check(&mode(Mode::Normal, 2, 59), &probes, "failing");
    check(&mode(Mode::Recovery, 2, 59), &probes, "failing");
    check(&mode(Mode::Normal, 2, 60), &probes, "failing start");
    check(&mode(Mode::Recovery, 2, 60), &probes, "failing start");
    let words = judged(POLICY, &mode(Mode::Normal, 2, 1), &probes).failing;
    assert!(words.unwrap().contains("within 60 min of the end"));
    let alert = Policy {
        automatic: Automatic::Alert,
        ..POLICY
    };
    let got = judged(alert, &mode(Mode::Normal, 0, 0), &probes);
    assert!(got.start.is_none() && got.failing.unwrap().contains("nothing starts by itself"));
}

#[test]
fn what_was_seen_before_a_restart_starts_nothing() {
    let probes = [down(Kind::Smtp, 600), down(Kind::Imap, 600)];
    let mode = mode(Mode::Normal, 0, 0);
    let seen = |watched_since| Seen {
        now: minutes_ago(0),
        watched_since,
        mode: &mode,
        probes: &probes,
    };
    assert!(POLICY.judge(seen(minutes_ago(1))).start.is_some());
    assert_eq!(POLICY.judge(seen(minutes_ago(-1))).start, None);
}

#[test]
fn the_end_is_proposed_when_all_that_failed_is_well() {
    let emergency = mode(Mode::Emergency, 1, 30);
    let (smtp, imap) = (Kind::Smtp, Kind::Imap);
    check(&emergency, &[down(smtp, 60), up(imap, 10)], "");
    check(&emergency, &[up(smtp, 5), up(imap, 10)], "back");
    check(&emergency, &[up(smtp, 5), down(Kind::Journal, 10)], "back");
    // None of them ever failed: whoever started this one had another reason.
    check(&emergency, &[up(smtp, 90), up(imap, 90)], "");
    check(&emergency, &[], "");
}

#[test]
fn the_reason_names_the_probes_and_what_they_saw() {
    let normal = mode(Mode::Normal, 0, 0);
    let probes = [
        down(Kind::Smtp, 20),
        down(Kind::Https, 11),
        up(Kind::Imap, 9),
    ];
    let start = judged(POLICY, &normal, &probes).start.unwrap();
    for words in ["the smtp one fails since 20", "the https one", "no answer"] {
        assert!(start.contains(words), "{start}");
    }
    assert!(!start.contains("imap"), "{start}");
}

fn any_probe() -> impl Strategy<Value = ProbeStanding> {
    (0..Kind::ALL.len(), any::<bool>(), 0_i64..30).prop_map(|(kind, is_down, minutes)| {
        let kind = Kind::ALL[kind];
        if is_down {
            down(kind, minutes)
        } else {
            up(kind, minutes)
        }
    })
}

proptest! {
    #[test]
    fn nothing_starts_without_enough_votes(
        probes in prop::collection::vec(any_probe(), 0..8),
        (which, number, minutes) in (0_usize..4, 0_i64..3, 0_i64..120),
    ) {
        let mode = mode(Mode::ALL[which], number, minutes);
        let got = judged(POLICY, &mode, &probes);
        let votes = probes.iter().filter(|it| {
            let of_primary = !["journal", "canary"].contains(&it.kind.as_str());
            of_primary && it.failing_since.is_some_and(|since| since <= minutes_ago(10))
        });
        let is_lately = number > 0 && minutes < 60 && matches!(mode.mode, Mode::Normal | Mode::Recovery);
        let want = votes.count() >= 2 && mode.mode != Mode::Emergency && !is_lately;
        prop_assert_eq!(got.start.is_some(), want);
    }
}

#[test]
fn time_without_tries_and_a_part_of_an_outage_start_nothing() {
    let normal = mode(Mode::Normal, 0, 600);
    let both = |tried: i64| {
        [Kind::Smtp, Kind::Imap].map(|kind| ProbeStanding {
            tried_at: minutes_ago(tried),
            ..down(kind, 11)
        })
    };
    assert!(judged(POLICY, &normal, &both(0)).start.is_some());
    // The last try was two minutes ago: until then it had failed for nine.
    assert!(judged(POLICY, &normal, &both(2)).start.is_none());

    // An emergency of some says nothing of the others: they are told, and a person widens it.
    let chosen = store::Chosen::default();
    let partial = ModeChange {
        scope: Scope::Only(chosen),
        ..mode(Mode::Emergency, 1, 30)
    };
    let of_some = judged(POLICY, &partial, &both(0));
    assert!(of_some.start.is_none() && of_some.failing.is_some());
    let of_all = judged(POLICY, &mode(Mode::Emergency, 1, 30), &both(0));
    assert!(of_all.start.is_none() && of_all.failing.is_none());
}
