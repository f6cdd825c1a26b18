use super::*;

const BOUNDS: Bounds = Bounds {
    max: 3,
    never: usize::MAX,
    window: Duration::from_mins(30),
};

fn amy() -> Who {
    Who::Nobody("amy".to_owned())
}

impl WrongPasswords {
    fn try_once(&self, password: &str, answer: Answer, now: Instant) -> MayAsk {
        let typed = (&Secret::new(password), None);
        let may_ask = self.begin(&amy(), typed, (Claim::Home, now));
        if may_ask == MayAsk::Yes {
            self.ended(&amy(), typed, (answer, now));
        }
        may_ask
    }
}

#[test]
fn the_directory_is_not_shown_more_than_it_bears() {
    let wrong = WrongPasswords::new(BOUNDS).unwrap();
    let mut now = Instant::now();
    let minute = Duration::from_mins(1);
    assert_eq!(wrong.try_once("a", Answer::Wrong, now), MayAsk::Yes);
    for _ in 0..9 {
        assert_eq!(wrong.try_once("a", Answer::Wrong, now), MayAsk::KnownWrong);
    }
    assert_eq!(wrong.try_once("b", Answer::Wrong, now), MayAsk::Yes);
    now += 29 * minute;
    assert_eq!(wrong.try_once("c", Answer::Wrong, now), MayAsk::Yes);
    // The first two are old, but the directory counts from the last one.
    now += 29 * minute;
    assert_eq!(wrong.try_once("d", Answer::Wrong, now), MayAsk::TooMany);
    assert_eq!(wrong.try_once("a", Answer::Wrong, now), MayAsk::KnownWrong);
    now += minute;
    for password in ["a", "b", "c"] {
        assert_eq!(wrong.try_once(password, Answer::Wrong, now), MayAsk::Yes);
    }
    assert_eq!(wrong.try_once("d", Answer::Wrong, now), MayAsk::TooMany);
}

#[test]
fn who_is_many_shows_it_no_more() {
    let wrong = WrongPasswords::new(BOUNDS).unwrap();
    let now = Instant::now();
    let begin =
        |password: &str| wrong.begin(&amy(), (&Secret::new(password), None), (Claim::Home, now));
    assert_eq!(begin("a"), MayAsk::Yes);
    // Twice the same at once: nobody knows yet that it is wrong.
    assert_eq!(begin("a"), MayAsk::Yes);
    assert_eq!(begin("b"), MayAsk::Yes);
    assert_eq!(begin("c"), MayAsk::TooMany);
}

#[test]
fn the_right_one_ends_the_counting_and_silence_does_not_count() {
    let wrong = WrongPasswords::new(BOUNDS).unwrap();
    let now = Instant::now();
    for _ in 0..9 {
        assert_eq!(wrong.try_once("a", Answer::None, now), MayAsk::Yes);
        assert_eq!(wrong.try_once("right", Answer::Right, now), MayAsk::Yes);
        assert_eq!(wrong.try_once("b", Answer::Wrong, now), MayAsk::Yes);
        assert_eq!(wrong.try_once("c", Answer::Wrong, now), MayAsk::Yes);
        assert_eq!(wrong.try_once("right", Answer::Right, now), MayAsk::Yes);
    }
    assert!(wrong.refused().is_empty());
}

#[test]
fn with_another_password_there_what_was_wrong_may_be_right() {
    let wrong = WrongPasswords::new(BOUNDS).unwrap();
    let now = Instant::now();
    let password = Secret::new("new");
    let begin = |mark| wrong.begin(&amy(), (&password, Some(mark)), (Claim::Home, now));
    assert_eq!(begin("1"), MayAsk::Yes);
    wrong.ended(&amy(), (&password, Some("1")), (Answer::Wrong, now));
    assert_eq!(begin("1"), MayAsk::KnownWrong);
    assert_eq!(begin("2"), MayAsk::Yes);
}

#[test]
fn names_that_somebody_made_up_take_no_memory() {
    let wrong = WrongPasswords::new(BOUNDS).unwrap();
    let now = Instant::now();
    let password = Secret::new("guess");
    for number in 0..=limits::TRIES_REMEMBERED_MAX {
        let who = Who::Nobody(number.to_string());
        wrong.begin(&who, (&password, None), (Claim::Home, now));
    }
    assert!(wrong.refused().len() <= limits::TRIES_REMEMBERED_MAX);
}

#[test]
fn places() {
    #[track_caller]
    fn check(max: usize, never: usize, want: [usize; 4]) {
        let bounds = Bounds {
            max,
            never,
            ..BOUNDS
        };
        let claims = [Claim::Nothing, Claim::First, Claim::Home, Claim::Verifier];
        assert_eq!(claims.map(|it| bounds.of(it)), want, "{max} of {never}");
    }
    let for_ever = usize::MAX;
    check(3, for_ever, [2, 2, 3, 4]);
    check(2, for_ever, [1, 1, 2, 3]);
    check(1, for_ever, [0, 1, 1, 2]);
    check(3, 5, [2, 2, 3, 4]);
    check(2, 4, [1, 1, 2, 3]);
    check(1, 3, [0, 1, 1, 2]);
    check(1, 2, [0, 1, 1, 1]);
    check(1, 1, [0, 0, 1, 1]);
    check(100, for_ever, [99, 99, 100, 101]);
}

#[test]
fn strangers_leave_a_place_for_the_owner_and_for_what_was_right_once() {
    let wrong = WrongPasswords::new(BOUNDS).unwrap();
    let now = Instant::now();
    let begin = |password: &str, claim| {
        let typed = (&Secret::new(password), None);
        let may_ask = wrong.begin(&amy(), typed, (claim, now));
        if may_ask == MayAsk::Yes {
            wrong.ended(&amy(), typed, (Answer::Wrong, now));
        }
        may_ask
    };
    assert_eq!(begin("a", Claim::Nothing), MayAsk::Yes);
    assert_eq!(begin("b", Claim::Nothing), MayAsk::Yes);
    assert_eq!(begin("c", Claim::Nothing), MayAsk::TooMany);
    assert_eq!(begin("d", Claim::Home), MayAsk::Yes);
    assert_eq!(begin("e", Claim::Home), MayAsk::TooMany);
    assert_eq!(begin("f", Claim::Verifier), MayAsk::Yes);
    assert_eq!(begin("f", Claim::Verifier), MayAsk::KnownWrong);
    assert_eq!(begin("g", Claim::Verifier), MayAsk::TooMany);
}
