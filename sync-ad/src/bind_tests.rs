use super::played::{DN, KEY, Play, Played};
use super::*;

/// A directory that is asked about amy.
struct Asked {
    _dir: tempfile::TempDir,
    store: Store,
    bind: PasswordBind,
}

async fn directory(urls: &[&str]) -> Asked {
    let dir = tempfile::tempdir().unwrap();
    Asked {
        store: Store::open(dir.path()).await.unwrap(),
        _dir: dir,
        bind: played::directory(urls, ""),
    }
}

impl Asked {
    async fn about(&self, whose: Option<&Whose>, password: &str) -> Result<Answered, Silence> {
        let password = Secret::new(password);
        let may_show = |_| true;
        self.bind
            .ask(&self.store, (whose, &password), &may_show)
            .await
    }
}

fn amy() -> Whose {
    Whose {
        key: KEY.to_owned(),
        dn: DN.to_owned(),
    }
}

async fn said(directory: &Asked, password: &str) -> Option<Said> {
    let answered = directory.about(Some(&amy()), password).await;
    answered.ok().map(|it| it.said)
}

#[tokio::test]
async fn the_password_is_bound_with_as_the_entry_is_called_now() {
    let server = Played::start(Play::default()).await;
    let directory = directory(&[&server.url]).await;
    let right = directory.about(Some(&amy()), "right").await;
    let right = right.unwrap();
    assert_eq!(right.said, Said::Right);
    assert_eq!(right.password_mark.as_deref(), Some("20260101000000Z"));
    assert_eq!(server.bound(), ["cn=reader", DN]);
    assert_eq!(said(&directory, "wrong").await, Some(Said::Wrong));
    // Renamed since the last sync.
    server.change(|play| play.dn = Some("uid=amelie,ou=sales,dc=x"));
    server.bound();
    assert_eq!(said(&directory, "right").await, Some(Said::Right));
    assert_eq!(server.bound(), ["cn=reader", "uid=amelie,ou=sales,dc=x"]);
    // It is not there any more, and somebody else may have its name.
    server.change(|play| play.dn = None);
    assert_eq!(said(&directory, "right").await, Some(Said::NoEntry));
    assert_eq!(server.bound(), ["cn=reader"]);
}

#[tokio::test]
async fn nobody_is_looked_for_and_not_bound_as() {
    let server = Played::start(Play::default()).await;
    let directory = directory(&[&server.url]).await;
    let nobody = directory.about(None, "right").await;
    assert_eq!(nobody.unwrap().said, Said::NoEntry);
    assert_eq!(server.bound(), ["cn=reader"]);
    // Without any name a server could take us for nobody, and say yes.
    server.change(|play| play.reader = 49);
    let unnamed = Whose {
        dn: String::new(),
        ..amy()
    };
    let asked = directory.about(Some(&unnamed), "right").await;
    assert!(asked.is_err());
    assert_eq!(server.bound(), ["cn=reader"]);
}

#[tokio::test]
async fn when_our_own_account_is_refused_people_still_sign_in_and_it_is_not_locked() {
    let server = Played::start(Play::default()).await;
    server.change(|play| play.reader = 49);
    let directory = directory(&[&server.url]).await;
    for _ in 0..3 {
        assert_eq!(said(&directory, "right").await, Some(Said::Right));
    }
    assert_eq!(server.bound(), ["cn=reader", DN, DN, DN]);
    // It may have moved since, so that is no word on the password.
    assert_eq!(said(&directory, "wrong").await, Some(Said::NoEntry));
}

#[tokio::test]
async fn a_server_that_hangs_is_waited_for_once() {
    let silent = Played::start(Play::default()).await;
    silent.change(|play| play.is_silent = true);
    let began = Instant::now();
    let alone = directory(&[&silent.url]).await;
    assert_eq!(said(&alone, "right").await, None);
    let waited = began.elapsed();
    assert!(waited >= limits::DIRECTORY_WAIT, "{waited:?}");
    let began = Instant::now();
    for _ in 0..9 {
        assert_eq!(said(&alone, "right").await, None);
    }
    assert!(began.elapsed() < limits::DIRECTORY_WAIT, "each one waits");
}

#[tokio::test]
async fn that_too_many_ask_is_not_the_fault_of_the_server() {
    let server = Played::start(Play::default()).await;
    let directory = directory(&[&server.url]).await;
    let all = u32::try_from(limits::BINDS_AT_ONCE_MAX).unwrap();
    let others = directory.bind.places.acquire_many(all).await.unwrap();
    let asked = directory.about(Some(&amy()), "right").await;
    assert_eq!(asked, Err(Silence::Crowded));
    assert!(directory.bind.answers() && server.bound().is_empty());
    drop(others);
    assert_eq!(said(&directory, "right").await, Some(Said::Right));
}

#[tokio::test]
async fn the_second_server_answers_when_the_first_can_not() {
    let (first, second) = (
        Played::start(Play::default()).await,
        Played::start(Play::default()).await,
    );
    let both = directory(&[&first.url, &second.url]).await;
    first.change(|play| play.is_silent = true);
    assert_eq!(said(&both, "right").await, Some(Said::Right));
    assert_eq!(second.bound(), ["cn=reader", DN]);
    let busy = directory(&["ldap://127.0.0.1:1", &first.url, &second.url]).await;
    first.change(|play| (play.is_silent, play.refusal) = (false, (51, "busy")));
    second.change(|play| play.refusal = (49, "data 775,"));
    assert_eq!(said(&busy, "wrong").await, Some(Said::Locked));
}

#[tokio::test]
async fn a_password_that_a_server_was_shown_is_shown_to_no_other() {
    let (first, second) = (
        Played::start(Play::default()).await,
        Played::start(Play::default()).await,
    );
    first.change(|play| play.is_silent_to_people = true);
    let both = directory(&[&first.url, &second.url]).await;
    let asked = both.about(Some(&amy()), "wrong").await;
    assert_eq!(asked, Err(Silence::Shown));
    assert!(second.bound().is_empty());
    assert_eq!(said(&both, "right").await, Some(Said::Right));
}

#[tokio::test]
async fn a_refusal_of_our_own_account_outlives_a_restart() {
    let server = Played::start(Play::default()).await;
    server.change(|play| play.reader = 49);
    let first = directory(&[&server.url]).await;
    assert_eq!(said(&first, "right").await, Some(Said::Right));
    let after_restart = Asked {
        bind: played::directory(&[&server.url], ""),
        ..first
    };
    server.bound();
    assert_eq!(said(&after_restart, "right").await, Some(Said::Right));
    assert_eq!(server.bound(), [DN]);
    // A person has read the directory with success.
    let hold = ReaderHold::new(after_restart.bind.settings());
    hold.end(&after_restart.store).await.unwrap();
    server.change(|play| play.reader = 0);
    assert_eq!(said(&after_restart, "right").await, Some(Said::Right));
    assert_eq!(server.bound(), ["cn=reader", DN]);
}
