//! The console: its door, its gate, and that neither kind of session is good for the other.

use axum::body::Body;
use axum::http::Request;
use jiff::Timestamp;
use store::{AlertKind, Folder, MirroredAccount, Mode, Role, Snapshot, TotpSecret};

use super::site::{Site, Visit};

const MAIL: &[u8] =
    b"From: eve@out.example\r\nTo: eva@corp.example\r\nSubject: geheim\r\n\r\ngeheim";

/// All pages of the console.
const PAGES: &[&str] = &[
    "/admin",
    "/admin/",
    "/admin/emergency",
    "/admin/probes",
    "/admin/directory",
    "/admin/readiness",
    "/admin/second-factor",
];

/// All modes, one after the other.
async fn in_each_mode(site: &Site, mode: Mode) {
    if mode != Mode::Normal {
        site.become_mode(mode).await;
    }
}

async fn lines(site: &Site) -> Vec<(String, String)> {
    let log = site.store.audit_log(20).await.unwrap();
    let console = log
        .into_iter()
        .filter(|row| row.action.starts_with("console"));
    console.map(|row| (row.actor, row.action)).collect()
}

#[tokio::test]
async fn administrators_and_auditors_come_in_in_every_mode() {
    let site = Site::new().await;
    for mode in [Mode::Normal, Mode::Emergency, Mode::Recovery] {
        in_each_mode(&site, mode).await;
        for login in ["eva", "otto"] {
            let fields = [("login", login), ("password", login)];
            let answer = site.post("/admin/signin", None, &fields).await;
            answer.check(303, &[]);
            assert_eq!(answer.header("location"), "/admin");
            let cookie = answer.header("set-cookie").to_owned();
            assert!(cookie.starts_with("console="), "{cookie}");
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"));
            let visit = Visit {
                cookie: cookie.split(';').next().unwrap().to_owned(),
                form_token: String::new(),
            };
            for page in PAGES {
                site.get(page, Some(&visit)).await.check(200, &[]);
            }
            let door = site.get("/admin/signin?to=/admin/x", Some(&visit)).await;
            assert_eq!(door.header("location"), "/admin/x");
        }
    }
    let eva = ("eva".to_owned(), "console-sign-in".to_owned());
    assert_eq!(lines(&site).await.last(), Some(&eva));
}

#[tokio::test]
async fn staff_are_told_that_the_console_is_not_for_them() {
    let site = Site::new().await;
    let fields = [("login", "bo"), ("password", "bo")];
    let answer = site.post("/admin/signin", None, &fields).await;
    answer.check(403, &["you are no administrator or auditor here"]);
    assert!(answer.header("set-cookie").is_empty());
    let fields = [("login", "juergen"), ("password", "wrong")];
    let answer = site.post("/admin/signin", None, &fields).await;
    answer.check(401, &["The name or the password is not right."]);
    site.issue_code(site.eva).await;
    let fields = [("login", "eva"), ("password", "code")];
    let answer = site.post("/admin/signin", None, &fields).await;
    answer.check(401, &["opens mail, but not the console"]);
    let fields = [("login", "slow"), ("password", "x")];
    let later = site.post("/admin/signin", None, &fields).await;
    later.check(503, &["Please wait a minute"]);
    let want = [
        ("unknown name", "console-sign-in-later"),
        ("eva", "console-sign-in-failed"),
        ("juergen", "console-sign-in-failed"),
        ("bo", "console-refused"),
    ];
    let want = want.map(|(actor, action)| (actor.to_owned(), action.to_owned()));
    assert_eq!(lines(&site).await, want);
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in() {
    let site = Site::new().await;
    for page in PAGES {
        let answer = site.get(page, None).await;
        answer.check(303, &[]);
        assert!(answer.header("location").starts_with("/admin/signin"));
    }
    let forged = Visit {
        cookie: format!("console={}", "0".repeat(64)),
        form_token: String::new(),
    };
    site.get("/admin", Some(&forged)).await.check(303, &[]);
    site.get("/admin/signin", None).await.check(
        200,
        &["autocomplete=\"current-password\"", "No mail opens here."],
    );
    site.get("/", None).await.check(200, &["href=\"/admin\""]);
}

#[tokio::test]
async fn neither_session_is_good_for_the_other() {
    let site = Site::new().await;
    let console = site.console(site.eva).await;
    let id = site.receive(site.eva, Folder::Inbox, MAIL).await;
    let paths = [
        "/mail".to_owned(),
        "/mail/".to_owned(),
        format!("/mail/{}/inbox", site.eva),
        format!("/mail/{}/search?q=x", site.eva),
        format!("/mail/{}/message/{id}", site.eva),
        format!("/mail/{}/message/{id}/original", site.eva),
        format!("/mail/{}/write?reply={id}", site.eva),
    ];
    let secret = console.cookie.strip_prefix("console=").unwrap();
    // As it is, and put where the other one goes.
    let as_mail = Visit {
        cookie: format!("session={secret}; console={secret}"),
        form_token: console.form_token.clone(),
    };
    for mode in [Mode::Normal, Mode::Emergency, Mode::Recovery] {
        in_each_mode(&site, mode).await;
        for visit in [&console, &as_mail] {
            site.get("/admin", Some(visit)).await.check(200, &[]);
            for path in &paths {
                let answer = site.get(path, Some(visit)).await;
                let want = if mode == Mode::Normal { 403 } else { 303 };
                answer.check(want, &[]);
                answer.check_lacks(&["geheim"]);
            }
        }
        if mode != Mode::Normal {
            let mail = site.session(site.eva).await;
            let secret = mail.cookie.strip_prefix("session=").unwrap();
            let as_console = Visit {
                cookie: format!("session={secret}; console={secret}"),
                form_token: mail.form_token.clone(),
            };
            for visit in [&mail, &as_console] {
                site.get(&paths[2], Some(visit)).await.check(200, &[]);
                site.get("/admin", Some(visit)).await.check(303, &[]);
            }
        }
    }
}

#[tokio::test]
async fn who_loses_the_role_is_out_with_the_next_request() {
    let site = Site::new().await;
    let visit = site.console(site.eva).await;
    site.get("/admin", Some(&visit)).await.check(200, &[]);
    let mirror = async |roles: &[Role]| {
        let eva = MirroredAccount {
            key: "eva".to_owned(),
            login: "eva".to_owned(),
            name: "Eva".to_owned(),
            addresses: vec![super::site::address("eva")],
            roles: roles.to_vec(),
            ..MirroredAccount::default()
        };
        let accounts = vec![eva];
        let groups = Vec::new();
        site.store
            .mirror(Snapshot { accounts, groups })
            .await
            .unwrap();
    };
    mirror(&[]).await;
    site.get("/admin", Some(&visit)).await.check(303, &[]);
}

#[tokio::test]
async fn one_signs_out_with_the_token_of_the_session() {
    let site = Site::new().await;
    let visit = site.console(site.eva).await;
    let other = site.console(site.otto).await;
    for token in ["", "x", other.form_token.as_str()] {
        let fields = [("token", token)];
        let answer = site.post("/admin/signout", Some(&visit), &fields).await;
        answer.check(403, &["Das Formular passt nicht"]);
    }
    let request = Request::post("/admin/signout")
        .header("cookie", &visit.cookie)
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from(format!("token={}", visit.form_token)));
    site.ask(request.unwrap()).await.check(403, &[]);
    let fields = [("token", visit.form_token.as_str())];
    let answer = site.post("/admin/signout", Some(&visit), &fields).await;
    answer.check(303, &[]);
    assert!(answer.header("set-cookie").contains("Max-Age=0"));
    site.get("/admin", Some(&visit)).await.check(303, &[]);
    site.get("/admin", Some(&other)).await.check(200, &[]);
}

#[tokio::test]
async fn the_overview_says_what_is_the_matter() {
    let site = Site::new().await;
    let visit = site.console(site.eva).await;
    let page = site.get("/admin", Some(&visit)).await;
    page.check(
        200,
        &[
            "Normalbetrieb",
            "Es gab noch keinen Notbetrieb.",
            "Keine Warnungen.",
            "nichts",
        ],
    );
    page.check_lacks(&["1970"]);
    site.become_mode(Mode::Emergency).await;
    let kind = AlertKind::DirectoryUnreadable;
    let words = "ldap://dc1 <does not> answer";
    let now = Timestamp::now();
    site.store.raise_alert(kind, words, now).await;
    let page = site.get("/admin", Some(&visit)).await;
    let want = [
        "Notbetrieb",
        "von test",
        "Das Verzeichnis ist nicht lesbar.",
        "ldap://dc1 &#60;does not&#62; answer",
    ];
    page.check(200, &want);
}

#[tokio::test]
async fn pages_of_the_console_are_protected() {
    let site = Site::new().await;
    let visit = site.console(site.otto).await;
    for page in ["/admin", "/admin/signin", "/admin/nothing"] {
        let answer = site.get(page, Some(&visit)).await;
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{page}");
        assert!(!policy.contains("script"), "{page}");
        assert_eq!(answer.header("cache-control"), "no-store", "{page}");
    }
    let missing = site.get("/admin/nothing", Some(&visit)).await;
    missing.check(404, &["href=\"/admin\""]);
}

#[tokio::test]
async fn https_ties_the_cookie_to_this_host() {
    let site = Site::with_cookie_for("https").await;
    let fields = [("login", "eva"), ("password", "eva")];
    let answer = site.post("/admin/signin", None, &fields).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-console="), "{cookie}");
    assert!(
        cookie.contains("Secure") && cookie.contains("Path=/"),
        "{cookie}"
    );
}

/// The code of a second factor at a time.
fn code(secret: &TotpSecret, at: Timestamp) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret.base32()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(at.as_second()).unwrap())
        .to_string()
}

/// Gives eva a second factor, with a code of a minute ago.
async fn with_totp(site: &Site) -> TotpSecret {
    let secret = TotpSecret::generate().unwrap();
    let before = Timestamp::now() - jiff::SignedDuration::from_mins(1);
    let typed = (secret.clone(), code(&secret, before));
    let set = site
        .store
        .set_totp(site.eva, typed, ("eva".to_owned(), before));
    assert!(set.await.unwrap());
    secret
}

fn visit(set_cookie: &str) -> Visit {
    Visit {
        cookie: set_cookie.split(';').next().unwrap().to_owned(),
        form_token: String::new(),
    }
}

#[tokio::test]
async fn a_second_factor_is_asked_for_and_each_code_opens_once() {
    let site = Site::new().await;
    let secret = with_totp(&site).await;
    let half = async || {
        let fields = [("login", "eva"), ("password", "eva"), ("to", "/admin/x")];
        let answer = site.post("/admin/signin", None, &fields).await;
        answer.check(303, &[]);
        assert_eq!(answer.header("location"), "/admin/code?to=/admin/x");
        visit(answer.header("set-cookie"))
    };
    let first = half().await;
    site.get("/admin", Some(&first)).await.check(303, &[]);
    let form = site.get("/admin/code?to=/admin/x", Some(&first)).await;
    form.check(
        200,
        &["autocomplete=\"one-time-code\"", "value=\"/admin/x\""],
    );
    let wrong = [("code", "12345"), ("to", "/admin/x")];
    let answer = site.post("/admin/code", Some(&first), &wrong).await;
    answer.check(401, &["This code is not right", "value=\"/admin/x\""]);
    assert!(answer.header("set-cookie").is_empty());
    let now = code(&secret, Timestamp::now());
    let right = [("code", now.as_str()), ("to", "/admin/x")];
    let answer = site.post("/admin/code", Some(&first), &right).await;
    answer.check(303, &[]);
    assert_eq!(answer.header("location"), "/admin/x");
    let open = visit(answer.header("set-cookie"));
    site.get("/admin", Some(&open)).await.check(200, &[]);
    // Neither is good for mail, nor the first one for anything any more.
    site.get("/mail/", Some(&open)).await.check(403, &[]);
    site.get("/admin", Some(&first)).await.check(303, &[]);
    let again = half().await;
    let answer = site.post("/admin/code", Some(&again), &right).await;
    answer.check(401, &["was used already"]);
    let actions = lines(&site).await.into_iter().map(|(_, action)| action);
    let want = [
        "console-code-failed",
        "console-code-asked",
        "console-sign-in",
        "console-code-failed",
        "console-code-asked",
    ];
    assert!(actions.eq(want));
}

#[tokio::test]
async fn codes_are_asked_from_nobody_else_and_not_for_ever() {
    let site = Site::new().await;
    with_totp(&site).await;
    let open = site.console(site.otto).await;
    for visit in [None, Some(&open)] {
        let page = site.get("/admin/code", visit).await;
        assert_eq!(page.header("location"), "/admin/signin?to=/admin");
        let answer = site.post("/admin/code", visit, &[("code", "123456")]).await;
        assert_eq!(answer.header("location"), "/admin/signin?to=/admin");
    }
    let fields = [("login", "eva"), ("password", "eva")];
    let answer = site.post("/admin/signin", None, &fields).await;
    let half = visit(answer.header("set-cookie"));
    for _ in 0..store::limits::TOTP_FREE_TRIES {
        let answer = site
            .post("/admin/code", Some(&half), &[("code", "x")])
            .await;
        answer.check(401, &[]);
    }
    let answer = site
        .post("/admin/code", Some(&half), &[("code", "x")])
        .await;
    answer.check(503, &["Too many wrong codes. Please wait 1 min"]);
    let wait: i64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    let page = site.get("/admin", Some(&open)).await;
    page.check(200, &["guesses codes", "has typed 5 wrong codes"]);
    page.check_lacks(&["action=\"/admin/alerts/seen\""]);
}

#[tokio::test]
async fn where_a_second_factor_is_required_who_has_none_is_told_how_to_get_it() {
    let site = Site::with_second_factor(store::SecondFactor::Required).await;
    let fields = [("login", "eva"), ("password", "eva")];
    let answer = site.post("/admin/signin", None, &fields).await;
    answer.check(
        403,
        &[
            "nobody gets in here without a second factor",
            "shadowmail user totp",
        ],
    );
    assert!(answer.header("set-cookie").is_empty());
    with_totp(&site).await;
    let answer = site.post("/admin/signin", None, &fields).await;
    assert_eq!(answer.header("location"), "/admin/code?to=/admin");
    // The mail of an administrator is guarded like everybody's.
    site.become_mode(Mode::Emergency).await;
    site.post("/signin", None, &fields).await.check(303, &[]);
}

#[tokio::test]
async fn one_sets_up_the_second_factor_oneself() {
    let site = Site::new().await;
    let visit_of_eva = site.console(site.eva).await;
    let page = site.get("/admin/second-factor", Some(&visit_of_eva)).await;
    page.check(200, &["Sie haben keinen"]);
    let token = ("token", visit_of_eva.form_token.as_str());
    let page = site
        .post("/admin/second-factor", Some(&visit_of_eva), &[token])
        .await;
    page.check(200, &["Mit der App aufnehmen"]);
    let text = page.text();
    let secret = text.split("name=\"secret\" value=\"").nth(1).unwrap();
    let secret = TotpSecret::of_base32(&secret[..32]).unwrap();
    let shown = secret.base32();
    let confirm = async |code: &str, secret: &str| {
        let fields = [token, ("code", code), ("secret", secret)];
        let to = "/admin/second-factor/confirm";
        site.post(to, Some(&visit_of_eva), &fields).await
    };
    let wrong = confirm("000000x", &shown).await;
    wrong.check(401, &["Dieser Code passt nicht", &shown]);
    let now = code(&secret, Timestamp::now());
    confirm(&now, "GEZDGNBV").await.check(400, &[]);
    let done = confirm(&now, &shown).await;
    done.check(303, &[]);
    let door = site.get(done.header("location"), None).await;
    door.check(200, &["The second factor is set up."]);
    site.get("/admin", Some(&visit_of_eva))
        .await
        .check(303, &[]);
    let fields = [("login", "eva"), ("password", "eva")];
    let answer = site.post("/admin/signin", None, &fields).await;
    assert_eq!(answer.header("location"), "/admin/code?to=/admin");
    // An auditor, too, and nobody for somebody else.
    let otto = site.console(site.otto).await;
    let token = ("token", otto.form_token.as_str());
    let begun = site
        .post("/admin/second-factor", Some(&otto), &[token])
        .await;
    begun.check(200, &["name=\"secret\""]);
}
