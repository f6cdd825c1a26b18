use super::*;

fn loss(lost: usize, before: usize) -> Loss {
    Loss {
        what: Lost::Account,
        before,
        after: before - lost,
        who: (0..lost).map(|number| format!("user{number}")).collect(),
    }
}

#[track_caller]
fn check(lost: usize, before: usize, want: Option<Accepted>) {
    let ruled = ruling(&[loss(lost, before)], None);
    let written = match ruled {
        Ruling::Write(accepted) => Some(accepted),
        Ruling::Wait { .. } => None,
    };
    assert_eq!(written, want, "{lost} of {before}");
}

#[test]
fn a_few_pass_and_never_all() {
    let passes = Some(Accepted::Unasked);
    check(10, 100, passes);
    check(11, 100, None);
    check(3, 10, passes);
    check(4, 10, None);
    check(3, 4, passes);
    check(3, 3, None);
    check(1, 2, passes);
    check(1, 1, None);
    check(10_000, 100_000, passes);
    check(10_001, 100_000, None);
    assert_eq!(ruling(&[], None), Ruling::Write(Accepted::Unasked));
    // Everybody is another one, or the only one is.
    let replaced = |lost| Loss {
        after: lost,
        ..loss(lost, lost)
    };
    assert!(matches!(ruling(&[replaced(2)], None), Ruling::Wait { .. }));
    let only = ruling(&[replaced(1)], None);
    assert_eq!(only, Ruling::Write(Accepted::Unasked));
}

#[test]
fn a_person_agrees_to_what_was_shown_and_to_nothing_else() {
    let losses = [loss(11, 100), loss(2, 2)];
    let question = Some(Question::of(&losses));
    let agreed = Ruling::Write(Accepted::ByPerson);
    assert_eq!(ruling(&losses, question), agreed);
    let mut others = losses.clone();
    others[0].who[0] = "another".to_owned();
    assert!(matches!(ruling(&others, question), Ruling::Wait { .. }));
    // What nobody need be asked about passes, whatever somebody has said.
    let few = ruling(&[loss(2, 100)], question);
    assert_eq!(few, Ruling::Write(Accepted::Unasked));
}

/// What is taken at once of these losses, beside what nobody is asked about: eleven groups.
#[track_caller]
fn check_at_once(loss: Loss, want: &[Lost]) {
    let groups = Loss {
        what: Lost::Group,
        ..self::loss(11, 11)
    };
    let told = format!("{loss:?}");
    let Ruling::Wait { at_once } = ruling(&[groups, loss], None) else {
        panic!("nobody was asked");
    };
    assert_eq!(at_once, want, "{told}");
}

#[test]
fn who_was_switched_off_waits_for_nobody_unless_it_is_most_of_all() {
    let all = [
        Lost::Account,
        Lost::SignIn,
        Lost::Opener,
        Lost::Admin,
        Lost::Auditor,
    ];
    let but = |what: Lost| all.into_iter().filter(|it| *it != what).collect::<Vec<_>>();
    let of = |what, lost, before| Loss {
        what,
        ..loss(lost, before)
    };
    check_at_once(of(Lost::SignIn, 50, 100), &all);
    check_at_once(of(Lost::SignIn, 3, 3), &all);
    check_at_once(of(Lost::Admin, 2, 3), &all);
    check_at_once(of(Lost::Account, 10, 100), &all);
    check_at_once(of(Lost::SignIn, 51, 100), &but(Lost::SignIn));
    check_at_once(of(Lost::SignIn, 4, 4), &but(Lost::SignIn));
    check_at_once(of(Lost::Admin, 3, 3), &but(Lost::Admin));
    check_at_once(of(Lost::Auditor, 3, 3), &but(Lost::Auditor));
    check_at_once(of(Lost::Auditor, 2, 3), &all);
    check_at_once(of(Lost::Opener, 10, 100), &all);
    check_at_once(of(Lost::Opener, 11, 100), &but(Lost::Opener));
    check_at_once(of(Lost::Account, 11, 100), &but(Lost::Account));
}

#[test]
fn the_sentence_names_what_is_lost_who_is_out_and_a_command_that_works() {
    let losses = vec![
        loss(7, 20),
        Loss {
            what: Lost::Admin,
            ..loss(1, 1)
        },
        Loss {
            what: Lost::Address,
            who: vec!["old@corp.example".to_owned(); 2],
            ..loss(2, 100)
        },
    ];
    let shut_out = ShutOut {
        at_once: 2,
        stay: 6,
    };
    let lost = TooMuchLost::new(losses.clone(), shut_out);
    let words = lost.to_string();
    assert!(
        words.contains("lacks 7 of 20 accounts (user0, user1, user2, user3, user4, 2 more)"),
        "{words}"
    );
    assert!(
        words.contains("and 1 of 1 administrators who may sign in (user0)"),
        "{words}"
    );
    assert!(
        !words.contains("addresses"),
        "two of a hundred pass: {words}"
    );
    assert!(
        words.contains("2 people who were switched off or removed there are shut out at once")
            && words.contains("and 6 stay in"),
        "{words}"
    );
    let (_, word) = words.split_once("--accept ").unwrap();
    let question = word.trim_end_matches('`').parse().ok();
    let agreed = Ruling::Write(Accepted::ByPerson);
    assert_eq!(ruling(&losses, question), agreed);
}
