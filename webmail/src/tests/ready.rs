//! Trying one's sign-in out while all is well.

use axum::body::Body;
use axum::http::Request;
use store::{Mode, ShownBy};

use super::site::Site;

async fn shown(site: &Site, login: &str) -> Option<ShownBy> {
    let people = site.store.readiness(jiff::Timestamp::now()).await.unwrap();
    let person = people.into_iter().find(|person| person.login == login);
    person.unwrap().shown.map(|shown| shown.how)
}

#[tokio::test]
async fn who_knows_the_password_is_ready_and_sees_no_mail() {
    let site = Site::new().await;
    let start = site.get("/", None).await;
    start.check(200, &["href=\"/ready\""]);
    let form = site.get("/ready", None).await;
    form.check(200, &["name=\"password\"", "action=\"/ready\""]);
    let fields = [("login", " juergen@corp.example "), ("password", "juergen")];
    let answer = site.post("/ready", None, &fields).await;
    // In the language of the person, though the browser asked for none.
    let words = [
        "Sie sind bereit.",
        "Jürgen Groß, Ihr Name",
        "https://mail.corp.example",
    ];
    answer.check(200, &words);
    assert!(answer.header("set-cookie").is_empty());
    assert_eq!(shown(&site, "juergen").await, Some(ShownBy::Check));
    let log = site.store.audit_log(10).await.unwrap();
    assert_eq!(
        (log[0].actor.as_str(), log[0].action.as_str()),
        ("juergen", "ready")
    );
    assert_eq!(log.len(), 1);
    site.get("/mail/", None).await.check(403, &[]);
}

#[tokio::test]
async fn a_wrong_password_says_nothing_about_the_name() {
    let site = Site::new().await;
    let mut pages = Vec::new();
    for login in ["ada", "nobody"] {
        let fields = [("login", login), ("password", "wrong <secret>")];
        let answer = site.post("/ready", None, &fields).await;
        answer.check(401, &["tell IT while all is well"]);
        answer.check_lacks(&["secret"]);
        pages.push(answer.text().replace(login, ""));
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(shown(&site, "ada").await, None);
    let log = site.store.audit_log(10).await.unwrap();
    let lines: Vec<_> = log
        .iter()
        .map(|row| (row.actor.as_str(), row.action.as_str()))
        .collect();
    let want = [("unknown name", "ready-failed"), ("ada", "ready-failed")];
    assert_eq!(lines, want);
    let empty = site.post("/ready", None, &[("login", "ada")]).await;
    empty.check(401, &["Please enter your name and your password."]);
    let fields = [("login", "slow"), ("password", "x")];
    let later = site.post("/ready", None, &fields).await;
    later.check(503, &["Please wait a minute"]);
    assert_eq!(later.header("retry-after"), "60");
}

#[tokio::test]
async fn a_code_is_not_used_up_by_trying_it() {
    let site = Site::new().await;
    site.issue_code(site.bo).await;
    for typed in ["code", "typo"] {
        let fields = [("login", "bo"), ("password", typed)];
        let answer = site.post("/ready", None, &fields).await;
        answer.check(401, &["works in an emergency only"]);
    }
    assert_eq!(shown(&site, "bo").await, None);
    site.become_mode(Mode::Emergency).await;
    let fields = [("login", "bo"), ("password", "code")];
    site.post("/signin", None, &fields).await.check(303, &[]);
}

#[tokio::test]
async fn outside_normal_mode_one_signs_in_instead() {
    let site = Site::new().await;
    for mode in [Mode::Emergency, Mode::Recovery] {
        site.become_mode(mode).await;
        let fields = [("login", "ada"), ("password", "ada")];
        for answer in [
            site.get("/ready", None).await,
            site.post("/ready", None, &fields).await,
        ] {
            answer.check(303, &[]);
            assert_eq!(answer.header("location"), "/signin");
        }
    }
    assert_eq!(shown(&site, "ada").await, None);
}

#[tokio::test]
async fn other_sites_can_not_post_it() {
    let site = Site::new().await;
    let request = Request::post("/ready")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("login=ada&password=ada"));
    site.ask(request.unwrap()).await.check(403, &[]);
    assert_eq!(shown(&site, "ada").await, None);
}

#[tokio::test]
async fn one_hears_here_too_of_a_code_that_was_made_for_oneself() {
    let site = Site::new().await;
    site.issue_code(site.bo).await;
    let fields = [("login", "bo"), ("password", "bo")];
    let answer = site.post("/ready", None, &fields).await;
    answer.check(200, &["by shell:eva.", "please tell IT"]);
    let answer = site.post("/ready", None, &fields).await;
    answer.check(200, &[]);
    answer.check_lacks(&["shell:eva"]);
}
