use std::net::IpAddr;

use store::{AccountKind, AlertKind, MirroredAccount, Snapshot, Standing, Store};

use super::super::tests::{
    REFUSED, SILENCE, TOO_MANY, account, amy_types, check_with, falls_silent, is_welcome,
    mirror_amy, typed, with_server,
};
use super::*;
use crate::bind::played::{KEY, OTHERS, Play, Played, active_directory, directory};
use crate::limits;
use crate::lockout::Lockout;
use crate::password_check::Try;
use crate::tries::Attempt;
use store::Secret;

/// A second process on the same store, or the same after a restart.
fn another(check: &SignInCheck, server: &Played, more: &str) -> SignInCheck {
    let another = SignInCheck::new(check.store.clone()).unwrap();
    another
        .with_directory(directory(&[&server.url], more))
        .unwrap()
}

async fn from(check: &SignInCheck, login: &str, password: &str, number: u8) -> Verdict {
    let from: IpAddr = [192, 0, 2, number].into();
    let password = Secret::new(password);
    check.check(login, &password, Some(from)).await.unwrap()
}

/// Where people sit.
const OFFICE: u8 = 1;

const PEOPLE: [&str; 4] = ["amy", "bo", "cy", "di"];

/// A directory without marks, and people in the mirror who came in where they sit.
async fn people(server: &Played) -> (tempfile::TempDir, SignInCheck) {
    let (dir, check) = with_server(server, "").await;
    server.change(|play| play.mark = "");
    let person = |(login, key): (&str, &str)| MirroredAccount {
        key: key.to_owned(),
        ..account(login, AccountKind::Person, None)
    };
    let keys = std::iter::once(KEY).chain(OTHERS.map(|(key, _)| key));
    let people = PEOPLE.into_iter().zip(keys);
    let snapshot = Snapshot {
        accounts: people.map(person).collect(),
        groups: Vec::new(),
    };
    check.store.mirror(snapshot).await.unwrap();
    for login in PEOPLE {
        is_welcome(&from(&check, login, "right", OFFICE).await);
    }
    (dir, check)
}

async fn is_alerted(store: &Store) -> bool {
    let alerts = store.alerts().await.unwrap();
    let mut alerts = alerts.iter();
    alerts.any(|it| it.kind == AlertKind::DirectoryRefusesAll)
}

#[tokio::test]
async fn a_directory_that_refuses_everybody_is_one_that_does_not_answer() {
    for refusal in [(49, ""), (53, "")] {
        let server = Played::start(Play::default()).await;
        let (_dir, check) = people(&server).await;
        let right = async |login: &str| from(&check, login, "right", OFFICE).await;
        // What it asks itself for passwords is down.
        server.change(|play| (play.password, play.refusal) = ("nobody knows", refusal));
        assert_eq!(right("amy").await, REFUSED);
        assert_eq!(right("bo").await, REFUSED);
        assert!(!is_alerted(&check.store).await);
        is_welcome(&right("cy").await);
        is_welcome(&right("amy").await);
        assert!(is_alerted(&check.store).await);
        for (login, password) in [("bo", "wrong"), ("stranger", "right")] {
            let verdict = from(&check, login, password, 1).await;
            assert_eq!(verdict, SILENCE, "{login}");
        }
        // It takes passwords again: who came in meanwhile shows theirs once more.
        server.change(|play| play.password = "new");
        let new = Secret::new("new");
        is_welcome(&typed(&check, "cy", &new).await);
        assert!(!is_alerted(&check.store).await);
        let made = async |login: &str| {
            let entrant = check.store.entrant(login, Timestamp::now()).await.unwrap();
            entrant.unwrap().made.is_some()
        };
        assert!(made("cy").await && !made("amy").await);
        // A server that is only unwilling has said nothing of the password of who stayed out.
        assert_eq!(made("bo").await, refusal.0 == 53);
        falls_silent(&server, &check).await;
        is_welcome(&typed(&check, "cy", &new).await);
        assert_eq!(right("amy").await, SILENCE);
    }
}

#[tokio::test]
async fn former_passwords_that_somebody_found_open_nothing() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = people(&server).await;
    server.change(|play| play.password = "new");
    for _ in 0..2 {
        for (login, number) in PEOPLE.into_iter().zip(66..) {
            let verdict = from(&check, login, "right", number).await;
            assert_eq!(verdict, REFUSED, "{login}");
        }
    }
    assert!(!is_alerted(&check.store).await);
    // Where they sit they count, and not for who was refused before the directory took somebody.
    let restarted = another(&check, &server, "");
    is_welcome(&from(&restarted, "di", "new", OFFICE).await);
    server.change(|play| play.password = "nobody knows");
    for login in PEOPLE {
        let verdict = from(&restarted, login, "right", OFFICE).await;
        assert_eq!(verdict, REFUSED, "{login}");
    }
    assert!(!is_alerted(&restarted.store).await);
}

#[tokio::test]
async fn what_it_refused_while_it_took_others_stays_out_in_doubt() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = people(&server).await;
    let right = async |login: &str| from(&check, login, "right", OFFICE).await;
    // Bo has another password, and amy comes in after that.
    server.change(|play| play.password = "new");
    assert_eq!(right("bo").await, REFUSED);
    server.change(|play| play.password = "right");
    is_welcome(&right("amy").await);
    server.change(|play| play.password = "nobody knows");
    for login in ["amy", "bo", "cy"] {
        assert_eq!(right(login).await, REFUSED, "{login}");
    }
    assert!(!is_alerted(&check.store).await);
    is_welcome(&right("di").await);
    is_welcome(&right("cy").await);
    assert_eq!(right("bo").await, SILENCE);
    // And nobody comes to where more than mail is, or is told that they are ready.
    let (office, right) = (Some([192, 0, 2, OFFICE].into()), Secret::new("right"));
    for login in ["amy", "cy", "stranger"] {
        let console = check.check_password(login, &right, office).await;
        assert_eq!(console.unwrap(), SILENCE, "{login}");
        let ready = check.try_out(login, &right, office).await;
        assert_eq!(ready.unwrap(), SILENCE, "{login}");
    }
}

#[tokio::test]
async fn what_it_refuses_of_one_is_no_doubt() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = people(&server).await;
    let right = async |login: &str| from(&check, login, "right", OFFICE).await;
    // Two have other passwords, and others come in.
    server.change(|play| play.password = "new");
    for _ in 0..2 {
        for login in ["amy", "bo"] {
            assert_eq!(right(login).await, REFUSED);
        }
        is_welcome(&typed(&check, "cy", &Secret::new("new")).await);
    }
    assert!(!is_alerted(&check.store).await);
    // Nobody can say whether theirs is right, until it takes it.
    server.change(|play| play.password = "right");
    let restarted = another(&check, &server, "");
    is_welcome(&typed(&restarted, "amy", &Secret::new("right")).await);
    falls_silent(&server, &restarted).await;
    is_welcome(&typed(&restarted, "amy", &Secret::new("right")).await);
    let bo = typed(&restarted, "bo", &Secret::new("right")).await;
    assert_eq!(bo, SILENCE);
}

/// The mark of a password that was set now, as Active Directory writes it.
fn set_now() -> &'static str {
    let ticks = (Timestamp::now().as_millisecond() + 11_644_473_600_000) * 10_000;
    Box::leak(ticks.to_string().into_boxed_str())
}

#[tokio::test]
async fn in_the_hour_after_a_change_the_former_password_is_known() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    is_welcome(&amy_types(&check, "right").await);
    let mark = set_now();
    server.change(|play| (play.password, play.former, play.mark) = ("new", Some("right"), mark));
    for _ in 0..2 {
        assert_eq!(amy_types(&check, "right").await, REFUSED);
        is_welcome(&amy_types(&check, "new").await);
    }
    // The same when a sync has brought the change.
    mirror_amy(&check.store, Standing::Active, mark).await;
    assert_eq!(amy_types(&check, "right").await, REFUSED);
    is_welcome(&amy_types(&check, "new").await);
    let entrant = check.store.entrant("amy", Timestamp::now()).await.unwrap();
    assert!(entrant.unwrap().made.is_none());
}

#[tokio::test]
async fn a_sync_in_that_hour_does_not_hide_what_the_former_password_was() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    is_welcome(&amy_types(&check, "right").await);
    let mark = set_now();
    server.change(|play| (play.password, play.former, play.mark) = ("new", Some("right"), mark));
    mirror_amy(&check.store, Standing::Active, mark).await;
    assert_eq!(amy_types(&check, "right").await, REFUSED);
    is_welcome(&amy_types(&check, "new").await);
    // And while it is silent neither opens.
    falls_silent(&server, &check).await;
    for password in ["right", "new"] {
        assert_eq!(amy_types(&check, password).await, SILENCE);
    }
}

#[tokio::test]
async fn the_directory_is_not_shown_more_by_two_processes_or_after_a_restart() {
    let server = Played::start(Play::default()).await;
    let more = "wrong_passwords_max = 2\n";
    let (_dir, check) = with_server(&server, more).await;
    is_welcome(&from(&check, "amy", "right", 9).await);
    // Changed there: no verifier fits the new one.
    server.change(|play| (play.password, play.mark) = ("new", "20261122000000Z"));
    assert_eq!(from(&check, "amy", "a", 1).await, REFUSED);
    server.bound();
    let restarted = another(&check, &server, more);
    assert_eq!(from(&restarted, "amy", "b", 2).await, REFUSED);
    assert!(server.bound().is_empty(), "it was shown");
    // The right one has a place where amy came in before, also by what is written down of that.
    is_welcome(&from(&restarted, "amy", "new", 9).await);
    // It counts anew then.
    server.bound();
    let third = another(&check, &server, more);
    assert_eq!(from(&third, "amy", "c", 3).await, REFUSED);
    assert_eq!(server.bound(), ["cn=reader", "uid=amy,dc=x"]);
}

#[tokio::test]
async fn an_address_where_several_people_came_in_is_one_of_theirs() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "wrong_passwords_max = 2\n").await;
    let person = |login| account(login, AccountKind::Person, None);
    let amy = MirroredAccount {
        key: KEY.to_owned(),
        ..person("amy")
    };
    let snapshot = Snapshot {
        accounts: vec![amy, person("bo"), person("cy"), person("di")],
        groups: Vec::new(),
    };
    check.store.mirror(snapshot).await.unwrap();
    // A stranger takes the place that strangers have.
    assert_eq!(from(&check, "amy", "guess", 66).await, REFUSED);
    for colleague in ["bo", "cy", "di"] {
        assert_eq!(from(&check, "amy", "right", 1).await, TOO_MANY);
        let account = check.store.sign_in_name(colleague).await.unwrap().unwrap();
        let lately = (Timestamp::now(), limits::AT_HOME_FOR);
        let office = [192, 0, 2, 1].into();
        let came_in = check.store.came_in(account.0.id, office, lately);
        came_in.await.unwrap();
    }
    is_welcome(&from(&check, "amy", "right", 1).await);
}

#[tokio::test]
async fn no_more_is_shown_than_the_domain_bears() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "wrong_passwords_max = 9\n").await;
    let lockout = Lockout::of(3, -18_000_000_000);
    Lockout::note(Some(lockout), &check.store).await.unwrap();
    assert_eq!(from(&check, "amy", "a", 1).await, REFUSED);
    server.bound();
    for number in 2..6 {
        assert_eq!(from(&check, "amy", "b", number).await, TOO_MANY);
    }
    assert!(server.bound().is_empty());
}

#[tokio::test]
async fn the_only_place_is_the_owners() {
    for threshold in [2, 3] {
        let server = Played::start(Play::default()).await;
        let (_dir, check) = with_server(&server, "").await;
        let lockout = Lockout::of(threshold, -18_000_000_000);
        Lockout::note(Some(lockout), &check.store).await.unwrap();
        is_welcome(&from(&check, "amy", "right", OFFICE).await);
        server.bound();
        // Nobody is told anything but what a stranger's name is told.
        for login in ["amy", "stranger"] {
            assert_eq!(from(&check, login, "a", 66).await, REFUSED);
            assert_eq!(from(&check, login, "b", 67).await, TOO_MANY);
        }
        let shown = server.bound();
        assert!(!shown.contains(&"uid=amy,dc=x".to_owned()), "{shown:?}");
        // Elsewhere, too, with what the directory took before; and with another one where she sits.
        is_welcome(&from(&check, "amy", "right", 2).await);
        server.change(|play| (play.password, play.mark) = ("new", "20261122000000Z"));
        from(&check, "amy", "c", 68).await;
        is_welcome(&from(&check, "amy", "new", OFFICE).await);
    }
}

#[tokio::test]
async fn where_one_wrong_password_locks_strangers_show_none() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    let lockout = Lockout::of(1, -18_000_000_000);
    Lockout::note(Some(lockout), &check.store).await.unwrap();
    for password in ["a", "right"] {
        assert_eq!(from(&check, "amy", password, 66).await, TOO_MANY);
    }
    assert!(server.bound().is_empty());
}

#[tokio::test]
async fn no_more_is_shown_than_a_policy_of_their_own_bears() {
    // Threshold and window as they are written, or not shown to us; and how many are shown to the directory.
    for (policy, want) in [
        (["5", "-36000000000"], 2),
        (["4", "-36000000000"], 1),
        (["0", "0"], 4),
        (["3", "-36000000000"], 1),
        (["1", "-36000000000"], 0),
        (["", ""], 1),
    ] {
        let server = Played::start(Play {
            own_policy: Some(policy),
            ..Play::default()
        });
        let server = server.await;
        let (_dir, check) = with_server(&server, "").await;
        let asks = || {
            let more = "wrong_passwords_max = 9\n";
            let directory = active_directory(&[&server.url], more);
            let check = SignInCheck::new(check.store.clone()).unwrap();
            check.with_directory(directory).unwrap()
        };
        let here = asks();
        for (number, guess) in (1..).zip(["a", "b"]) {
            assert_eq!(from(&here, "amy", guess, number).await, REFUSED);
        }
        // After a restart nothing is remembered but what is written down.
        let here = asks();
        for (number, guess) in (3..).zip(["c", "d"]) {
            assert_eq!(from(&here, "amy", guess, number).await, REFUSED);
        }
        let shown = server.bound();
        let shown = shown.iter().filter(|it| *it == "uid=amy,dc=x");
        assert_eq!(shown.count(), want, "{policy:?}");
    }
}

#[tokio::test]
async fn two_names_of_one_account_are_slowed_down_together_and_nobody_hears_of_it() {
    let right = account("amy", AccountKind::Person, Some("right"));
    let (_dir, check) = check_with(vec![right]).await;
    for _ in 0..limits::FREE_TRIES {
        assert_eq!(from(&check, "amy", "wrong", 66).await, REFUSED);
    }
    let again = from(&check, "amy", "wrong", 66).await;
    assert!(matches!(again, Verdict::Wait(_)));
    let other_name = from(&check, "amy@corp.example", "right", 66).await;
    assert_eq!(other_name, REFUSED);
    is_welcome(&from(&check, "amy@corp.example", "right", 1).await);
}

#[tokio::test]
async fn the_domain_that_people_type_at_work_is_no_part_of_the_name() {
    let right = account("amy", AccountKind::Person, Some("right"));
    let (_dir, check) = check_with(vec![right]).await;
    for login in [r"CORP\amy", r"corp.example\Amy"] {
        is_welcome(&from(&check, login, "right", 1).await);
    }
    for login in [r"\amy", r"CORP\", r"\", r"A\B\amy", r"CORP\bo"] {
        assert_eq!(from(&check, login, "right", 1).await, REFUSED, "{login}");
    }
}

#[tokio::test]
async fn nobody_waits_longer_for_others_than_a_sign_in_may_take() {
    let right = account("amy", AccountKind::Person, Some("right"));
    let (_dir, check) = check_with(vec![right]).await;
    let here: IpAddr = [192, 0, 2, 1].into();
    let others = Attempt {
        name: "amy",
        account: None,
        from: Some(here),
        is_at_home: false,
    };
    let mut under_way: Vec<Try<'_>> = Vec::new();
    for _ in 0..limits::FREE_TRIES {
        under_way.push(check.check.begin(&others).await.unwrap());
    }
    let began = std::time::Instant::now();
    let verdict = from(&check, "amy", "right", 1).await;
    assert_eq!(verdict, Verdict::Wait(Duration::ZERO));
    let took = began.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
    // It was not looked at, so it does not count as wrong.
    under_way.into_iter().for_each(Try::given_up);
    is_welcome(&from(&check, "amy", "right", 1).await);
}
