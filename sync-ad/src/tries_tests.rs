use super::*;

impl Tries {
    /// Begins a try that is let through.
    #[track_caller]
    fn begun(&mut self, attempt: &Attempt<'_>, now: Instant) -> Counted {
        match self.begin(attempt, now) {
            Admission::Now(counted) => counted,
            other => panic!("{other:?}"),
        }
    }

    /// One try after the other. An error is how long to wait, if that is told.
    fn once(
        &mut self,
        attempt: &Attempt<'_>,
        outcome: Outcome,
        now: Instant,
    ) -> Result<(), Option<Duration>> {
        match self.begin(attempt, now) {
            Admission::Now(counted) => {
                self.ended(&counted, outcome, now);
                Ok(())
            }
            Admission::Unheard(counted) => {
                self.ended(&counted, Outcome::Wrong, now);
                Err(None)
            }
            Admission::Wait(wait) => Err(Some(wait)),
            Admission::AfterOthers => panic!("nothing is under way"),
        }
    }

    fn wrong(&mut self, attempt: &Attempt<'_>, now: Instant) -> Result<(), Option<Duration>> {
        self.once(attempt, Outcome::Wrong, now)
    }
}

fn trier<'a>(name: &'a str, from: &str) -> Attempt<'a> {
    Attempt {
        name,
        account: None,
        from: from.parse().ok(),
        is_at_home: false,
    }
}

#[test]
fn five_tries_are_free_and_then_the_wait_doubles() {
    let mut now = Instant::now();
    let mut tries = Tries::default();
    let amy = trier("Amy", "192.0.2.1");
    for want_seconds in [0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
        let want = Duration::from_secs(want_seconds);
        if !want.is_zero() {
            assert_eq!(tries.wrong(&amy, now), Err(Some(want)));
            now += want;
        }
        assert_eq!(tries.wrong(&amy, now), Ok(()), "{want_seconds}");
    }
    now += limits::WAIT_MAX;
    assert_eq!(tries.once(&amy, Outcome::Right, now), Ok(()));
    assert_eq!(tries.wrong(&amy, now), Ok(()));
}

#[test]
fn a_wrong_password_is_forgotten_after_a_while() {
    let now = Instant::now();
    let mut tries = Tries::default();
    let amy = trier("amy", "192.0.2.1");
    for _ in 0..limits::FREE_TRIES {
        tries.wrong(&amy, now).unwrap();
    }
    assert!(tries.wrong(&amy, now).is_err());
    let later = now + limits::FAILURES_FORGOTTEN_AFTER;
    for _ in 0..limits::FREE_TRIES {
        assert_eq!(tries.wrong(&amy, later), Ok(()));
    }
}

#[test]
fn a_stranger_does_not_lock_the_owner_out() {
    let now = Instant::now();
    let mut tries = Tries::default();
    let stranger = trier("amy", "2001:db8:1:2::1");
    while tries.wrong(&stranger, now).is_ok() {}
    assert_eq!(tries.wrong(&trier("amy", "192.0.2.1"), now), Ok(()));
    assert!(
        tries
            .wrong(&trier("AMY", "2001:db8:1:2:ffff::7"), now)
            .is_err()
    );
}

#[test]
fn one_address_can_not_try_a_few_passwords_on_every_name() {
    let now = Instant::now();
    let mut tries = Tries::default();
    for number in 0..limits::FREE_TRIES_OF_ADDRESS {
        let name = format!("user{number}");
        let wrong = tries.wrong(&trier(&name, "192.0.2.66"), now);
        assert_eq!(wrong, Ok(()), "{number}");
    }
    assert!(tries.wrong(&trier("another", "192.0.2.66"), now).is_err());

    // An office behind one address, where people know their passwords, goes on.
    for number in 0..2 * limits::FREE_TRIES_OF_ADDRESS {
        let name = format!("user{number}");
        let right = tries.once(&trier(&name, "192.0.2.1"), Outcome::Right, now);
        assert_eq!(right, Ok(()), "{number}");
    }
}

#[test]
fn memory_is_bounded() {
    let now = Instant::now();
    let mut tries = Tries::default();
    for outcome in [Outcome::Wrong, Outcome::Right] {
        for number in 0..=limits::TRIES_REMEMBERED_MAX {
            let from = u32::try_from(number).unwrap().to_be_bytes();
            let attempt = Attempt {
                from: Some(from.into()),
                ..trier("amy", "")
            };
            tries.once(&attempt, outcome, now).unwrap();
        }
    }
    assert!(tries.failures.len() <= limits::TRIES_REMEMBERED_MAX);
    assert_eq!(tries.at_home.len(), limits::TRIES_REMEMBERED_MAX);
}

#[test]
fn whoever_came_in_from_there_is_kept_out_by_nobody() {
    let now = Instant::now();
    let mut tries = Tries::default();
    let amy = trier("amy", "192.0.2.1");
    assert_eq!(tries.once(&amy, Outcome::Right, now), Ok(()));
    for number in 0..limits::FREE_TRIES_OF_ADDRESS {
        let name = format!("user{number}");
        tries.wrong(&trier(&name, "192.0.2.1"), now).unwrap();
    }
    assert!(tries.wrong(&trier("bo", "192.0.2.1"), now).is_err());
    assert_eq!(tries.once(&amy, Outcome::Right, now), Ok(()));
    // Her own wrong ones count as ever.
    for _ in 0..limits::FREE_TRIES {
        assert_eq!(tries.wrong(&amy, now), Ok(()));
    }
    assert!(tries.wrong(&amy, now).is_err());
    let later = now + limits::AT_HOME_FOR;
    assert_eq!(tries.once(&amy, Outcome::Right, later), Ok(()));
}

#[test]
fn who_is_many_gets_no_more_tries() {
    let now = Instant::now();
    let mut tries = Tries::default();
    let amy = trier("amy", "192.0.2.1");
    tries.wrong(&amy, now).unwrap();
    // One was wrong, so one less may be.
    let mut begun: Vec<Counted> = (1..limits::FREE_TRIES)
        .map(|_| tries.begun(&amy, now))
        .collect();
    assert!(matches!(tries.begin(&amy, now), Admission::AfterOthers));
    tries.ended(&begun.pop().unwrap(), Outcome::Wrong, now);
    assert!(matches!(tries.begin(&amy, now), Admission::AfterOthers));
    tries.ended(&begun.pop().unwrap(), Outcome::Right, now);
    begun.push(tries.begun(&amy, now));
    while let Admission::Now(more) = tries.begin(&amy, now) {
        begun.push(more);
    }
    for counted in begun {
        tries.ended(&counted, Outcome::Wrong, now);
    }
    let wait = Duration::from_secs(1);
    assert_eq!(tries.wrong(&amy, now), Err(Some(wait)));
    // After the wait one at a time may be wrong.
    let _begun = tries.begun(&amy, now + wait);
    assert!(matches!(
        tries.begin(&amy, now + wait),
        Admission::AfterOthers
    ));
}

#[test]
fn two_names_of_one_account_do_not_show_that_they_are() {
    let now = Instant::now();
    let mut tries = Tries::default();
    let id = "7".parse().unwrap();
    let amy = |name| Attempt {
        account: Some(id),
        ..trier(name, "192.0.2.1")
    };
    for _ in 0..limits::FREE_TRIES {
        assert_eq!(tries.wrong(&amy("amy"), now), Ok(()));
    }
    assert!(matches!(tries.wrong(&amy("amy"), now), Err(Some(_))));
    // The other one is told nothing for as long as a name of nobody's is, and is not heard either.
    for _ in 0..limits::FREE_TRIES {
        assert_eq!(tries.once(&amy("a.gross"), Outcome::Right, now), Err(None));
    }
    assert!(matches!(tries.wrong(&amy("a.gross"), now), Err(Some(_))));
    // From elsewhere its owner comes in.
    let elsewhere = Attempt {
        from: "192.0.2.2".parse().ok(),
        ..amy("a.gross")
    };
    assert_eq!(tries.once(&elsewhere, Outcome::Right, now), Ok(()));
}

#[test]
fn the_mistakes_of_a_company_behind_one_address_do_not_add_up() {
    let now = Instant::now();
    let mut tries = Tries::default();
    // Everybody mistypes twice, and is there for the first time.
    for number in 0..2000 {
        let name = format!("user{number}");
        let person = trier(&name, "192.0.2.1");
        for outcome in [Outcome::Wrong, Outcome::Wrong, Outcome::Right] {
            assert_eq!(tries.once(&person, outcome, now), Ok(()), "{number}");
        }
    }
    // Who knows one password and guesses at others gains nothing by coming in over and over.
    let own = trier("user0", "192.0.2.1");
    let guesses = (0..2000).take_while(|number| {
        tries.once(&own, Outcome::Right, now).unwrap();
        let name = format!("victim{number}");
        tries.wrong(&trier(&name, "192.0.2.1"), now).is_ok()
    });
    let guesses = guesses.count();
    assert!(
        guesses <= limits::FREE_TRIES_OF_ADDRESS as usize,
        "{guesses}"
    );
}

#[test]
fn the_more_people_there_are_the_more_may_be_wrong_from_one_address() {
    let now = Instant::now();
    for (people, want) in [(0, 100), (400, 100), (2000, 500), (1_000_000, 1000)] {
        let mut tries = Tries::default();
        tries.expect(people);
        let wrong = (0..5000).take_while(|number| {
            let name = format!("user{number}");
            tries.wrong(&trier(&name, "192.0.2.1"), now).is_ok()
        });
        assert_eq!(wrong.count(), want, "{people}");
    }
}

#[test]
fn nobody_waits_long_for_what_others_tried_at_their_address() {
    let mut now = Instant::now();
    let mut tries = Tries::default();
    for number in 0..limits::FREE_TRIES_OF_ADDRESS + 50 {
        let name = format!("user{number}");
        while let Err(wait) = tries.wrong(&trier(&name, "192.0.2.1"), now) {
            assert!(wait.unwrap() <= limits::WAIT_OF_ADDRESS_MAX);
            now += wait.unwrap();
        }
    }
    assert_eq!(
        tries.wrong(&trier("another", "192.0.2.1"), now),
        Err(Some(limits::WAIT_OF_ADDRESS_MAX))
    );
}

#[test]
fn who_is_known_to_be_at_home_waits_for_nobody() {
    let now = Instant::now();
    let mut tries = Tries::default();
    for number in 0..=limits::FREE_TRIES_OF_ADDRESS {
        let name = format!("user{number}");
        let _ = tries.wrong(&trier(&name, "192.0.2.1"), now);
    }
    let amy = trier("amy", "192.0.2.1");
    assert!(tries.wrong(&amy, now).is_err());
    // As the store remembers after a restart.
    let amy = Attempt {
        is_at_home: true,
        ..amy
    };
    assert_eq!(tries.once(&amy, Outcome::Right, now), Ok(()));
}

#[test]
fn what_nobody_looked_at_does_not_count() {
    let now = Instant::now();
    let mut tries = Tries::default();
    let amy = trier("amy", "192.0.2.1");
    for _ in 0..50 {
        assert_eq!(tries.once(&amy, Outcome::Unchecked, now), Ok(()));
    }
    assert!(tries.failures.is_empty());
}
