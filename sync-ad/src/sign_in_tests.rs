use jiff::SignedDuration;
use store::{AccountKind, MirroredAccount, NewCode, Snapshot, Standing};

use super::*;
use crate::bind::Hindrance;
use crate::bind::played::{KEY, Play, Played, directory};
use crate::{limits, password};

pub(super) const REFUSED: Verdict = Verdict::Refused(Seemed::Password);

pub(super) async fn check_with(accounts: Vec<MirroredAccount>) -> (tempfile::TempDir, SignInCheck) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    store
        .mirror(Snapshot {
            accounts,
            groups: Vec::new(),
        })
        .await
        .unwrap();
    (dir, SignInCheck::new(store).unwrap())
}

pub(super) fn account(login: &str, kind: AccountKind, password: Option<&str>) -> MirroredAccount {
    let hash = password.map(|password| password::hash(&Secret::new(password)).unwrap());
    MirroredAccount {
        key: login.to_owned(),
        login: login.to_owned(),
        name: login.to_owned(),
        addresses: vec![format!("{login}@corp.example").parse().unwrap()],
        kind,
        roles: Vec::new(),
        language: None,
        verifier: hash.map(Secret::new),
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    }
}

#[tokio::test]
async fn only_the_right_password_opens() {
    let (_dir, check) = check_with(vec![
        account("jörg", AccountKind::Person, Some("Größe 42")),
        account("info", AccountKind::Shared, Some("Größe 42")),
        account("amy", AccountKind::Person, None),
    ])
    .await;
    let verdict = async |login: &str, password: &str| {
        check
            .check(login, &Secret::new(password), None)
            .await
            .unwrap()
    };
    assert!(matches!(
        verdict("jörg", "Größe 42").await,
        Verdict::Welcome(_)
    ));
    assert!(matches!(
        verdict("JÖRG", "Größe 42").await,
        Verdict::Welcome(_)
    ));
    assert!(matches!(
        verdict("Jörg@Corp.Example", "Größe 42").await,
        Verdict::Welcome(_)
    ));
    assert_eq!(verdict("jörg", "größe 42").await, REFUSED);
    assert_eq!(verdict("jörg", "").await, REFUSED);
    assert_eq!(
        verdict("jörg", &"x".repeat(limits::PASSWORD_BYTES_MAX + 1)).await,
        REFUSED
    );
    assert_eq!(verdict("info", "Größe 42").await, REFUSED);
    assert_eq!(verdict("amy", "nobody").await, REFUSED);
    assert_eq!(verdict("stranger", "nobody").await, REFUSED);
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_only() {
    let (_dir, check) = check_with(vec![account("amy", AccountKind::Person, Some("right"))]).await;
    let (guesser, owner) = ("192.0.2.66".parse().ok(), "192.0.2.1".parse().ok());
    for _ in 0..limits::FREE_TRIES {
        let verdict = check
            .check("amy", &Secret::new("wrong"), guesser)
            .await
            .unwrap();
        assert_eq!(verdict, REFUSED);
    }
    let verdict = check
        .check("amy", &Secret::new("right"), guesser)
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Wait(_)), "{verdict:?}");
    let verdict = check
        .check("amy", &Secret::new("right"), owner)
        .await
        .unwrap();
    assert!(matches!(verdict, Verdict::Welcome(_)), "{verdict:?}");
}

#[tokio::test]
async fn guessing_in_parallel_is_no_faster() {
    let (_dir, check) = check_with(vec![account("amy", AccountKind::Person, Some("right"))]).await;
    let check = std::sync::Arc::new(check);
    let mut tries = tokio::task::JoinSet::new();
    for number in 0..30 {
        let check = std::sync::Arc::clone(&check);
        tries.spawn(async move {
            let guess = Secret::new(format!("guess {number}"));
            check.check("amy", &guess, None).await.unwrap()
        });
    }
    let hashed = tries
        .join_all()
        .await
        .into_iter()
        .filter(|verdict| *verdict == REFUSED);
    assert_eq!(hashed.count(), limits::FREE_TRIES as usize);
}

/// A new code of somebody, good for so long.
async fn code_for(check: &SignInCheck, login: &str, good_for: SignedDuration) -> Secret {
    let code = EmergencyCode::generate().unwrap();
    let (account, _) = check.store.sign_in_name(login).await.unwrap().unwrap();
    let new = NewCode {
        account: account.id,
        hash: code.hash().unwrap(),
    };
    let end = Timestamp::now() + good_for;
    let long_ago = Timestamp::UNIX_EPOCH;
    let issued = check
        .store
        .issue_codes(vec![new], ("eva".to_owned(), end), long_ago);
    issued.await.unwrap();
    code.shown()
}

const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

pub(super) async fn typed(check: &SignInCheck, login: &str, password: &Secret) -> Verdict {
    check.check(login, password, None).await.unwrap()
}

#[tokio::test]
async fn a_code_lets_its_owner_in_and_nobody_else() {
    let (_dir, check) = check_with(vec![
        account("amy", AccountKind::Person, None),
        account("bo", AccountKind::Person, Some("right")),
    ])
    .await;
    let code = code_for(&check, "amy", WEEK).await;
    let lower = Secret::new(code.expose().to_lowercase().replace('-', " "));
    for login in ["amy", "Amy@Corp.Example"] {
        for code in [&code, &lower] {
            let verdict = typed(&check, login, code).await;
            assert!(
                matches!(
                    verdict,
                    Verdict::Welcome(Welcome {
                        proof: Proof::Code(_),
                        ..
                    })
                ),
                "{verdict:?}"
            );
        }
    }
    let refused: Verdict = Verdict::Refused(Seemed::Code);
    for login in ["bo", "info", "nobody"] {
        assert_eq!(typed(&check, login, &code).await, refused, "{login}");
    }
    // Who knows the password and has a code may use either.
    let code = code_for(&check, "bo", WEEK).await;
    let verdict = typed(&check, "bo", &code).await;
    assert!(matches!(
        verdict,
        Verdict::Welcome(Welcome {
            proof: Proof::Code(_),
            ..
        })
    ));
    let verdict = typed(&check, "bo", &Secret::new("right")).await;
    assert!(matches!(
        verdict,
        Verdict::Welcome(Welcome {
            proof: Proof::Verifier(_),
            ..
        })
    ));
}

#[tokio::test]
async fn a_dead_code_and_a_mistyped_one_are_told_apart_by_their_look() {
    let (_dir, check) = check_with(vec![account("amy", AccountKind::Person, None)]).await;
    let refused = |seemed| -> Verdict { Verdict::Refused(seemed) };
    let old = code_for(&check, "amy", SignedDuration::from_secs(-1)).await;
    assert_eq!(typed(&check, "amy", &old).await, refused(Seemed::Code));
    let replaced = code_for(&check, "amy", WEEK).await;
    let code = code_for(&check, "amy", WEEK).await;
    let verdict = typed(&check, "amy", &replaced).await;
    assert_eq!(verdict, refused(Seemed::Code));
    let mut typo: Vec<char> = code.expose().chars().collect();
    typo[0] = if typo[0] == '7' { '8' } else { '7' };
    let typo = Secret::new(String::from_iter(typo));
    for login in ["amy", "nobody"] {
        let verdict = typed(&check, login, &typo).await;
        assert_eq!(verdict, refused(Seemed::MistypedCode), "{login}");
    }
    let from_elsewhere = check.check("amy", &code, "192.0.2.1".parse().ok()).await;
    assert!(matches!(
        from_elsewhere.unwrap(),
        Verdict::Welcome(Welcome {
            proof: Proof::Code(_),
            ..
        })
    ));
}

#[tokio::test]
async fn guessing_codes_is_slowed_down_as_guessing_passwords() {
    let (_dir, check) = check_with(vec![account("amy", AccountKind::Person, None)]).await;
    let code = code_for(&check, "amy", WEEK).await;
    for _ in 0..limits::FREE_TRIES {
        let guess = EmergencyCode::generate().unwrap().shown();
        let verdict = typed(&check, "amy", &guess).await;
        assert_eq!(verdict, Verdict::Refused(Seemed::Code));
    }
    let verdict = typed(&check, "amy", &code).await;
    assert!(matches!(verdict, Verdict::Wait(_)), "{verdict:?}");
}

#[tokio::test]
async fn a_code_proves_nothing_to_who_only_tries_it_out() {
    let (_dir, check) = check_with(vec![account("amy", AccountKind::Person, Some("right"))]).await;
    let code = code_for(&check, "amy", WEEK).await;
    let tried = async |password: &str| {
        let password = Secret::new(password);
        check.try_out("amy", &password, None).await.unwrap()
    };
    assert_eq!(tried(code.expose()).await, Verdict::Refused(Seemed::Code));
    assert_eq!(tried("").await, Verdict::Refused(Seemed::Password));
    assert_eq!(tried("wrong").await, Verdict::Refused(Seemed::Password));
    assert!(matches!(tried("right").await, Verdict::Welcome(_)));
    let verdict = typed(&check, "amy", &code).await;
    assert!(matches!(
        verdict,
        Verdict::Welcome(Welcome {
            proof: Proof::Code(_),
            ..
        })
    ));
}

/// With a directory server, and amy in the mirror as it was read last.
pub(super) async fn with_server(server: &Played, more: &str) -> (tempfile::TempDir, SignInCheck) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    mirror_amy(&store, Standing::Active, "20260101000000Z").await;
    let check = SignInCheck::new(store).unwrap();
    let directory = directory(&[&server.url], more);
    (dir, check.with_directory(directory).unwrap())
}

pub(super) async fn mirror_amy(store: &Store, standing: Standing, mark: &str) {
    let amy = MirroredAccount {
        key: KEY.to_owned(),
        standing,
        password_mark: Some(mark.to_owned()),
        ..account("amy", AccountKind::Person, None)
    };
    let snapshot = Snapshot {
        accounts: vec![amy],
        groups: Vec::new(),
    };
    store.mirror(snapshot).await.unwrap();
}

pub(super) async fn amy_types(check: &SignInCheck, password: &str) -> Verdict {
    typed(check, "amy", &Secret::new(password)).await
}

pub(super) const SILENCE: Verdict = Verdict::Refused(Seemed::PasswordOfSilence);

#[track_caller]
pub(super) fn is_welcome(verdict: &Verdict) {
    assert!(
        matches!(
            verdict,
            Verdict::Welcome(Welcome {
                proof: Proof::Bind(_) | Proof::Verifier(_) | Proof::DoubtedVerifier(_),
                ..
            })
        ),
        "{verdict:?}"
    );
}

/// Waited for once; then the breaker keeps everybody from waiting.
pub(super) async fn falls_silent(server: &Played, check: &SignInCheck) {
    server.change(|play| play.is_silent = true);
    let stranger = typed(check, "stranger", &Secret::new("guess")).await;
    assert_eq!(stranger, SILENCE);
}

#[tokio::test]
async fn what_the_directory_took_opens_while_it_is_silent() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    assert_eq!(amy_types(&check, "wrong").await, REFUSED);
    assert_eq!(
        typed(&check, "stranger", &Secret::new("right")).await,
        REFUSED
    );
    is_welcome(&amy_types(&check, "right").await);
    falls_silent(&server, &check).await;
    is_welcome(&amy_types(&check, "right").await);
    assert_eq!(amy_types(&check, "wrong").await, SILENCE);
}

#[tokio::test]
async fn without_a_verifier_only_a_code_opens_while_it_is_silent() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    falls_silent(&server, &check).await;
    assert_eq!(amy_types(&check, "right").await, SILENCE);
    let code = code_for(&check, "amy", WEEK).await;
    let verdict = typed(&check, "amy", &code).await;
    assert!(matches!(
        verdict,
        Verdict::Welcome(Welcome {
            proof: Proof::Code(_),
            ..
        })
    ));
}

#[tokio::test]
async fn a_code_is_not_shown_to_the_directory() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    let code = code_for(&check, "amy", WEEK).await;
    let verdict = typed(&check, "amy", &code).await;
    assert!(matches!(
        verdict,
        Verdict::Welcome(Welcome {
            proof: Proof::Code(_),
            ..
        })
    ));
    assert!(server.bound().is_empty());
}

#[tokio::test]
async fn the_old_password_dies_when_the_directory_refuses_it() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    is_welcome(&amy_types(&check, "right").await);
    // It is locked there, or too old: the password is the same, so nothing is dropped.
    server.change(|play| play.password = "nobody knows");
    assert_eq!(amy_types(&check, "right").await, REFUSED);
    let has_verifier = async || {
        let entrant = check.store.entrant("amy", Timestamp::now()).await.unwrap();
        entrant.unwrap().made.is_some()
    };
    assert!(has_verifier().await);
    // Now it is another one, and no sync has brought that yet.
    server.change(|play| (play.password, play.mark) = ("new", "20261122000000Z"));
    // Another process: this one still knows that the directory refused it.
    let check = SignInCheck::new(check.store).unwrap();
    let check = check.with_directory(directory(&[&server.url], "")).unwrap();
    assert_eq!(amy_types(&check, "right").await, REFUSED);
    let entrant = check.store.entrant("amy", Timestamp::now()).await.unwrap();
    assert!(entrant.unwrap().made.is_none());
}

#[tokio::test]
async fn who_is_locked_disabled_or_has_another_password_by_the_mirror_needs_the_directory() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    is_welcome(&amy_types(&check, "right").await);
    falls_silent(&server, &check).await;
    let mark = "20260101000000Z";
    mirror_amy(&check.store, Standing::Locked, mark).await;
    assert_eq!(amy_types(&check, "right").await, SILENCE);
    mirror_amy(&check.store, Standing::Active, mark).await;
    is_welcome(&amy_types(&check, "right").await);
    for standing in [Standing::Disabled, Standing::Expired] {
        mirror_amy(&check.store, standing, mark).await;
        assert_eq!(amy_types(&check, "right").await, SILENCE);
    }
}

#[tokio::test]
async fn what_only_the_right_password_is_told_is_told() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "wrong_passwords_max = 9\n").await;
    let refuse = |data: &'static str| {
        server.change(|play| (play.password, play.refusal) = ("nobody knows", (49, data)));
    };
    for (data, want) in [
        ("data 530,", Hindrance::NotNow),
        ("data 531,", Hindrance::NotHere),
        ("data 533,", Hindrance::Disabled),
        ("data 701,", Hindrance::AccountExpired),
    ] {
        refuse(data);
        assert_eq!(amy_types(&check, "right").await, Verdict::Hindered(want));
    }
    for (data, want) in [
        ("data 532,", Hindrance::PasswordExpired),
        ("data 773,", Hindrance::MustChange),
    ] {
        refuse(data);
        is_welcome(&amy_types(&check, "right").await);
        let password = Secret::new("right");
        let tried = check.try_out("amy", &password, None).await.unwrap();
        assert_eq!(tried, Verdict::Hindered(want));
    }
    for data in ["data 775,", "data 52e,", "data 525,"] {
        refuse(data);
        assert_eq!(amy_types(&check, data).await, REFUSED);
    }
}

#[tokio::test]
async fn the_directory_is_not_shown_what_could_lock_the_account() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "wrong_passwords_max = 2\n").await;
    let from_somewhere = async |password: &str, number: u8| {
        let from = Some([192, 0, 2, number].into());
        check
            .check("amy", &Secret::new(password), from)
            .await
            .unwrap()
    };
    assert_eq!(from_somewhere("a", 1).await, REFUSED);
    assert_eq!(from_somewhere("a", 2).await, REFUSED);
    server.bound();
    for number in 3..8 {
        assert_eq!(from_somewhere("c", number).await, TOO_MANY);
        assert_eq!(from_somewhere("right", number).await, TOO_MANY);
    }
    assert!(server.bound().is_empty());
}

pub(super) const TOO_MANY: Verdict = Verdict::Refused(Seemed::OneOfTooMany);

#[tokio::test]
async fn after_many_wrong_ones_an_old_password_is_still_no_way_in() {
    for mark in ["20260101000000Z", ""] {
        let server = Played::start(Play::default()).await;
        let (_dir, check) = with_server(&server, "").await;
        server.change(|play| play.mark = mark);
        is_welcome(&amy_types(&check, "right").await);
        // Changed there, and no sync has brought it.
        let newer = if mark.is_empty() {
            ""
        } else {
            "20261122000000Z"
        };
        server.change(|play| (play.password, play.mark) = ("new", newer));
        for guess in ["a", "b", "c", "d"] {
            amy_types(&check, guess).await;
        }
        // The wrong ones, and the old one, each from somewhere else.
        let from = |number| Some([192, 0, 2, number].into());
        let right = Secret::new("right");
        let old = check.check("amy", &right, from(1));
        assert_eq!(old.await.unwrap(), TOO_MANY);
        let entrant = check.store.entrant("amy", Timestamp::now()).await.unwrap();
        assert!(entrant.unwrap().made.is_none(), "it is known to be wrong");
        server.change(|play| play.is_silent = true);
        let old = check.check("amy", &right, from(2));
        assert!(!matches!(old.await.unwrap(), Verdict::Welcome(_)));
    }
}

#[tokio::test]
async fn whoever_came_in_from_an_address_has_a_place_that_strangers_do_not_take() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    let types = async |password: &str, number: u8| {
        let from = Some([192, 0, 2, number].into());
        let password = Secret::new(password);
        check.check("amy", &password, from).await.unwrap()
    };
    is_welcome(&types("right", 1).await);
    // Changed there: no verifier fits the new one.
    server.change(|play| (play.password, play.mark) = ("new", "20261122000000Z"));
    for guess in ["a", "b", "c", "d"] {
        types(guess, 66).await;
    }
    assert_eq!(
        types("new", 2).await,
        TOO_MANY,
        "a stranger could be anybody"
    );
    is_welcome(&types("new", 1).await);
    // The directory counts anew, and so do we.
    assert_eq!(types("e", 2).await, REFUSED);
    assert_eq!(types("stranger", 2).await, REFUSED);
}

#[tokio::test]
async fn too_many_are_told_of_the_name_that_was_typed_whoever_has_it() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "wrong_passwords_max = 2\n").await;
    let types = async |login: &str, password: &str, number: u8| {
        let from = Some([192, 0, 2, number].into());
        let password = Secret::new(password);
        check.check(login, &password, from).await.unwrap()
    };
    // Two names of one account, and two of nobody.
    let names = [
        ["amy", "Amy@corp.example"],
        ["stranger", "stranger@corp.example"],
    ];
    for (number, [one, other]) in (1..).zip(names) {
        assert_eq!(types(one, "a", number).await, REFUSED);
        assert_eq!(types(one, "b", number).await, TOO_MANY, "{one}");
        assert_eq!(types(other, "c", number + 10).await, REFUSED, "{other}");
        assert_eq!(types(other, "d", number + 10).await, TOO_MANY, "{other}");
    }
}

#[tokio::test]
async fn a_directory_that_has_no_such_entry_says_nothing_of_the_password() {
    for refusal in [(32, ""), (34, ""), (48, ""), (49, "data 525,")] {
        let server = Played::start(Play::default()).await;
        let (_dir, check) = with_server(&server, "").await;
        is_welcome(&amy_types(&check, "right").await);
        server.change(|play| {
            (play.password, play.mark, play.refusal) = ("nobody knows", "20261122000000Z", refusal);
        });
        keeps_its_verifier(&check).await;
    }
    // Gone, or not shown to us any more; and somebody else has its name.
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    is_welcome(&amy_types(&check, "right").await);
    server.change(|play| play.dn = None);
    server.bound();
    keeps_its_verifier(&check).await;
    assert_eq!(server.bound(), ["cn=reader"], "nobody is bound as");
}

async fn keeps_its_verifier(check: &SignInCheck) {
    assert_eq!(amy_types(check, "right").await, REFUSED);
    let entrant = check.store.entrant("amy", Timestamp::now()).await.unwrap();
    assert!(entrant.unwrap().made.is_some());
}

#[tokio::test]
async fn who_has_a_verifier_is_not_locked_out_by_guesses() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "wrong_passwords_max = 2\n").await;
    is_welcome(&amy_types(&check, "right").await);
    let from = Some([192, 0, 2, 66].into());
    for guess in ["a", "b", "c"] {
        let guess = Secret::new(guess);
        check.check("amy", &guess, from).await.unwrap();
    }
    is_welcome(&amy_types(&check, "right").await);
}

#[tokio::test]
async fn who_is_ready_has_a_verifier() {
    let server = Played::start(Play::default()).await;
    let (_dir, check) = with_server(&server, "").await;
    let tried = async |password: &str| {
        let password = Secret::new(password);
        check.try_out("amy", &password, None).await.unwrap()
    };
    assert_eq!(tried("wrong").await, Verdict::Refused(Seemed::Password));
    assert!(matches!(tried("right").await, Verdict::Welcome(_)));
    falls_silent(&server, &check).await;
    assert!(matches!(tried("right").await, Verdict::Welcome(_)));
    let silence = Verdict::Refused(Seemed::PasswordOfSilence);
    assert_eq!(tried("wrong").await, silence);
}
