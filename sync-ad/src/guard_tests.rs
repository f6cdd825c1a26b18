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
    let losses = [loss(lost, before)];
    assert_eq!(ruling(&losses, None), want, "{lost} of {before}");
    let is_refused = TooMuchLost::of(&losses).is_some();
    assert_eq!(is_refused, want.is_none(), "{lost} of {before}");
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
    assert_eq!(ruling(&[], None), Some(Accepted::Unasked));
    // Everybody is another one, or the only one is.
    let replaced = |lost| Loss {
        after: lost,
        ..loss(lost, lost)
    };
    assert_eq!(ruling(&[replaced(2)], None), None);
    assert_eq!(ruling(&[replaced(1)], None), Some(Accepted::Unasked));
}

#[test]
fn a_person_agrees_to_so_much_of_each_kind() {
    let losses = [loss(11, 100), loss(2, 2)];
    assert_eq!(ruling(&losses, Some(10)), None);
    assert_eq!(ruling(&losses, Some(11)), Some(Accepted::ByPerson));
    assert_eq!(ruling(&losses[1..], Some(1)), None);
}

#[test]
fn the_sentence_names_what_is_lost_and_a_command_that_works() {
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
    let lost = TooMuchLost::of(&losses).unwrap();
    let words = lost.to_string();
    assert!(
        words.contains("lacks 7 of 20 accounts (user0, user1, user2, user3, user4, 2 more)"),
        "{words}"
    );
    assert!(
        words.contains("and 1 of 1 administrators (user0)"),
        "{words}"
    );
    assert!(
        !words.contains("addresses"),
        "two of a hundred pass: {words}"
    );
    assert!(words.contains("--accept-removals 7`"), "{words}");
    assert_eq!(
        ruling(&losses, Some(lost.agreed())),
        Some(Accepted::ByPerson)
    );
    // Agreed to less than there is, though nobody need have been asked.
    let words = TooMuchLost::stopped(vec![loss(2, 100)]).to_string();
    assert!(words.contains("2 of 100 accounts"), "{words}");
}
