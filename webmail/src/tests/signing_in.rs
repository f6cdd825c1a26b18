//! Coming in and going out.

use axum::body::Body;
use axum::http::Request;
use store::{Mode, ModeChange};

use super::site::{Site, Visit};

fn visit(set_cookie: &str) -> Visit {
    let cookie = set_cookie.split(';').next().unwrap().to_owned();
    Visit {
        cookie,
        form_token: String::new(),
    }
}

#[tokio::test]
async fn the_right_password_opens_the_inbox() {
    let site = Site::in_emergency().await;
    let fields = [
        ("login", " juergen@corp.example "),
        ("password", "juergen"),
        ("to", ""),
    ];
    let answer = site.post("/signin", None, &fields).await;
    answer.check(303, &[]);
    assert_eq!(answer.header("location"), "/mail/");
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.starts_with("session="), "{cookie}");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"),
        "{cookie}"
    );
    assert!(!cookie.contains("Secure"), "{cookie}");
    let visit = visit(&cookie);
    let home = site.get("/mail/", Some(&visit)).await;
    let inbox = home.header("location").to_owned();
    assert_eq!(inbox, format!("/mail/{}/inbox", site.juergen));
    let answer = site.get(&inbox, Some(&visit)).await;
    answer.check(
        200,
        &[
            "Posteingang",
            "Jürgen Groß",
            "Info-Postfach",
            "Notbetrieb seit",
        ],
    );
    let log = site.store.audit_log(10).await.unwrap();
    let line = log.iter().find(|row| row.action == "sign-in").unwrap();
    assert_eq!(line.actor, "juergen");
}

#[tokio::test]
async fn a_wrong_one_gets_one_sentence_that_tells_nothing() {
    let site = Site::in_emergency().await;
    let mut pages = Vec::new();
    for login in ["juergen", "nobody"] {
        let fields = [("login", login), ("password", "wrong <secret>")];
        let answer = site.post("/signin", None, &fields).await;
        answer.check(401, &["The name or the password is not right."]);
        answer.check_lacks(&["secret"]);
        assert!(answer.header("set-cookie").is_empty());
        pages.push(answer.text().replace(login, ""));
    }
    assert_eq!(pages[0], pages[1]);
    // A name that nobody has may be a password in the wrong field.
    let log = site.store.audit_log(10).await.unwrap();
    let failed = log.iter().filter(|row| row.action == "sign-in-failed");
    let names: Vec<&str> = failed.map(|row| row.actor.as_str()).collect();
    assert_eq!(names, ["unknown name", "juergen"]);
    let empty = site
        .post("/signin", None, &[("login", ""), ("password", "")])
        .await;
    empty.check(401, &["Please enter your name and your password."]);
    let later = site
        .post("/signin", None, &[("login", "slow"), ("password", "x")])
        .await;
    later.check(503, &["Please wait a minute"]);
}

#[tokio::test]
async fn https_ties_the_cookie_to_this_host() {
    let site = Site::with_cookie_for("https").await;
    site.become_mode(Mode::Emergency).await;
    let answer = site
        .post("/signin", None, &[("login", "bo"), ("password", "bo")])
        .await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-session="), "{cookie}");
    assert!(
        cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
    assert!(
        answer
            .header("strict-transport-security")
            .contains("max-age")
    );
}

#[tokio::test]
async fn signing_in_again_ends_the_session_before() {
    let site = Site::in_emergency().await;
    let before = site.session(site.bo).await;
    let fields = [("login", "juergen"), ("password", "juergen")];
    site.post("/signin", Some(&before), &fields)
        .await
        .check(303, &[]);
    site.get("/mail/", Some(&before)).await.check(303, &[]);
    let answer = site
        .get(&format!("/mail/{}/inbox", site.bo), Some(&before))
        .await;
    assert!(answer.header("location").starts_with("/signin"));
}

#[tokio::test]
async fn signing_out_ends_the_session() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.bo).await;
    let answer = site
        .post("/signout", Some(&visit), &[("token", &visit.form_token)])
        .await;
    answer.check(303, &[]);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    let answer = site
        .get(&format!("/mail/{}/inbox", site.bo), Some(&visit))
        .await;
    assert!(answer.header("location").starts_with("/signin"));
}

#[tokio::test]
async fn pages_speak_the_language_of_their_reader() {
    let site = Site::in_emergency().await;
    let ask = async |path: &str, cookie: &str, accept: &str| {
        let request = Request::get(path)
            .header("cookie", cookie)
            .header("accept-language", accept);
        site.ask(request.body(Body::empty()).unwrap()).await
    };
    ask("/", "", "de-DE,de;q=0.9,en;q=0.8")
        .await
        .check(200, &["<html lang=\"de\">", "Anmelden"]);
    ask("/", "", "fr, en;q=0.5, de;q=0.1")
        .await
        .check(200, &["<html lang=\"en\">"]);
    ask("/", "language=de", "en")
        .await
        .check(200, &["<html lang=\"de\">"]);
    let inbox = format!("/mail/{}/inbox", site.juergen);
    let juergen = site.session(site.juergen).await;
    ask(&inbox, &juergen.cookie, "en")
        .await
        .check(200, &["<html lang=\"de\">", "?lang=en"]);
    let ada = site.session(site.ada).await;
    let hers = format!("/mail/{}/inbox", site.ada);
    ask(&hers, &ada.cookie, "de")
        .await
        .check(200, &["<html lang=\"en\">", "Ada &#60;Lovelace&#62;"]);
    let both = format!("{}; language=en", juergen.cookie);
    ask(&inbox, &both, "de")
        .await
        .check(200, &["<html lang=\"en\">", "Inbox"]);
    let switched = ask(&format!("{inbox}?before=x&lang=en"), &juergen.cookie, "de").await;
    switched.check(303, &[]);
    assert_eq!(switched.header("location"), format!("{inbox}?before=x"));
    assert!(switched.header("set-cookie").starts_with("language=en"));
}

#[tokio::test]
async fn everybody_sees_why_there_is_an_emergency_and_until_when() {
    let site = Site::new().await;
    let end = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(72);
    let from = site.store.mode().await.unwrap();
    let next = ModeChange {
        number: 0,
        mode: Mode::Emergency,
        since: jiff::Timestamp::now(),
        by: "test".to_owned(),
        reason: "Brand <im> Keller".to_owned(),
        expected_end: Some(end),
        scope: store::Scope::Everyone,
    };
    site.store.append_mode(&from, next).await.unwrap();
    let year = end
        .to_zoned(jiff::tz::TimeZone::system())
        .year()
        .to_string();
    for path in ["/", "/signin"] {
        let answer = site.get(path, None).await;
        answer.check(200, &["Brand &#60;im&#62; Keller", "Expected end", &year]);
    }
    site.become_mode(Mode::Recovery).await;
    site.get("/", None)
        .await
        .check_lacks(&["Expected end", "Reason"]);
}

#[tokio::test]
async fn no_link_to_a_language_throws_away_what_was_typed() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let write = format!("/mail/{}/write", site.juergen);
    let form = site.get(&write, Some(&visit)).await;
    form.check(200, &[]);
    form.check_lacks(&["lang=en"]);
    let fields = [("login", "bo"), ("password", "x")];
    let answer = site.post("/signin", None, &fields).await;
    answer.check(401, &[]);
    answer.check_lacks(&["?lang="]);
    site.get("/signin", None).await.check(200, &["?lang=de"]);
}

#[tokio::test]
async fn an_emergency_code_opens_the_inbox_once() {
    let site = Site::in_emergency().await;
    site.issue_code(site.bo).await;
    let fields = [("login", "bo"), ("password", "code"), ("to", "")];
    let answer = site.post("/signin", None, &fields).await;
    answer.check(303, &[]);
    let visit = visit(answer.header("set-cookie"));
    let inbox = format!("/mail/{}/inbox", site.bo);
    site.get(&inbox, Some(&visit)).await.check(200, &[]);

    let again = site.post("/signin", None, &fields).await;
    again.check(401, &["it was used already"]);
    assert!(again.header("set-cookie").is_empty());
    let log = site.store.audit_log(10).await.unwrap();
    let lines: Vec<_> = log
        .iter()
        .map(|row| (row.actor.as_str(), row.action.as_str()))
        .filter(|(_, action)| *action != "mode")
        .collect();
    let want = [
        ("bo", "sign-in-failed"),
        ("bo", "sign-in"),
        ("bo", "code-used"),
        ("shell:eva", "code-made"),
    ];
    assert_eq!(lines, want);
    // Coming in with a code does not show that the password is known.
    let readiness = site.store.readiness(jiff::Timestamp::now()).await.unwrap();
    assert!(readiness.iter().all(|person| person.shown.is_none()));
}

#[tokio::test]
async fn what_is_said_about_a_code_does_not_depend_on_the_name() {
    let site = Site::in_emergency().await;
    site.issue_code(site.ada).await;
    for (typed, words) in [
        ("typo", "a typing mistake in it"),
        ("code", "used already, has expired"),
    ] {
        let mut pages = Vec::new();
        for login in ["juergen", "nobody"] {
            let fields = [("login", login), ("password", typed)];
            let answer = site.post("/signin", None, &fields).await;
            answer.check(401, &[words]);
            pages.push(answer.text().replace(login, ""));
        }
        assert_eq!(pages[0], pages[1]);
    }
}

#[tokio::test]
async fn in_recovery_a_code_still_opens_and_in_normal_mode_it_does_not() {
    let site = Site::new().await;
    site.issue_code(site.bo).await;
    let fields = [("login", "bo"), ("password", "code")];
    let locked = site.post("/signin", None, &fields).await;
    locked.check(403, &["Emergency mode is off."]);
    site.become_mode(Mode::Recovery).await;
    site.post("/signin", None, &fields).await.check(303, &[]);
}

#[tokio::test]
async fn a_sign_in_with_the_password_shows_that_it_works() {
    let site = Site::in_emergency().await;
    let fields = [("login", "ada"), ("password", "ada")];
    site.post("/signin", None, &fields).await.check(303, &[]);
    let readiness = site.store.readiness(jiff::Timestamp::now()).await.unwrap();
    let shown = readiness.iter().find(|person| person.login == "ada");
    let how = shown.unwrap().shown.unwrap().how;
    assert_eq!(how, store::ShownBy::SignIn);
}

#[tokio::test]
async fn one_hears_of_a_code_that_was_made_for_oneself() {
    let site = Site::in_emergency().await;
    site.issue_code(site.ada).await;
    // Whoever has the code does not take the word away.
    let fields = [("login", "ada"), ("password", "code")];
    let answer = site.post("/signin", None, &fields).await;
    answer.check(303, &[]);
    let fields = [("login", "ada"), ("password", "ada"), ("to", "/mail/x")];
    let told = site.post("/signin", None, &fields).await;
    let want = [
        "An emergency code was made for you.",
        "by shell:eva.",
        "It was used today",
        "href=\"/mail/x\"",
    ];
    told.check(200, &want);
    assert!(told.header("set-cookie").starts_with("session="));
    site.post("/signin", None, &fields).await.check(303, &[]);
}

#[tokio::test]
async fn a_proxy_that_is_not_believed_is_told_of() {
    use std::net::SocketAddr;

    use axum::body::Body;
    use axum::extract::ConnectInfo;
    use axum::http::Request;

    let site = Site::new().await;
    let ask = async |peer: &str, forwarded: Option<&str>| {
        let peer: SocketAddr = peer.parse().unwrap();
        let mut request = Request::get("/").extension(ConnectInfo(peer));
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        site.ask(request.body(Body::empty()).unwrap()).await;
        site.store.alerts().await.unwrap()
    };
    assert!(ask("172.17.0.1:5", None).await.is_empty());
    assert!(ask("127.0.0.1:5", Some("192.0.2.7")).await.is_empty());
    assert!(ask("192.0.2.1:5", Some("192.0.2.7")).await.is_empty());
    let alerts = ask("172.17.0.1:5", Some("192.0.2.7")).await;
    let [alert] = &alerts[..] else {
        panic!("{alerts:?}")
    };
    assert_eq!(alert.kind, store::AlertKind::ProxyUnbelieved);
    let advice = "web.proxies = [\"172.17.0.1\"]";
    assert!(alert.words.contains(advice), "{}", alert.words);
}
