//! Every address, in every mode, for everybody.

use axum::body::Body;
use axum::http::Request;
use store::{Folder, Mode};

use super::site::{Answer, Site, Visit};

const MAIL: &[u8] = b"From: eve@out.example\r\nTo: juergen@corp.example\r\nSubject: geheim\r\n\
    Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<b>geheim</b>\r\n\
    --b\r\nContent-Disposition: attachment; filename=geheim.txt\r\n\r\ngeheim\r\n--b--\r\n";

/// All addresses behind the gate that are read.
fn readable(account: impl std::fmt::Display, message: impl std::fmt::Display) -> Vec<String> {
    let message = format!("/mail/{account}/message/{message}");
    vec![
        format!("/mail/{account}/inbox"),
        format!("/mail/{account}/sent"),
        format!("/mail/{account}/archive"),
        format!("/mail/{account}/junk"),
        format!("/mail/{account}/trash"),
        format!("/mail/{account}/search"),
        format!("/mail/{account}/drafts"),
        message.clone(),
        format!("{message}/html"),
        format!("{message}/headers"),
        format!("{message}/original"),
        format!("{message}/attachment/0"),
    ]
}

/// All addresses behind the gate that change something; what stands behind `?` is posted.
fn changing(account: impl std::fmt::Display, message: impl std::fmt::Display) -> Vec<String> {
    vec![
        format!("/mail/{account}/write"),
        format!("/mail/{account}/draft"),
        format!("/mail/{account}/draft/discard"),
        format!("/mail/{account}/undo?1"),
        format!("/mail/{account}/tidy?{message}"),
        format!("/mail/{account}/tidy/inbox"),
    ]
}

async fn press(site: &Site, path: &str, visit: Option<&Visit>, token: &str) -> Answer {
    if path.contains("/write") || path.contains("/draft") {
        let fields: [(&str, &[u8]); 3] = [
            ("token", token.as_bytes()),
            ("to", b"x@y.example"),
            ("text", "Grüße".as_bytes()),
        ];
        return site.post_parts(path, visit, &fields).await;
    }
    let (path, entry) = path.split_once('?').unwrap_or((path, ""));
    let fields = [
        ("token", token),
        ("do", if entry.is_empty() { "read" } else { "trash" }),
        ("from", "inbox"),
        ("entry", entry),
    ];
    site.post(path, visit, &fields).await
}

#[tokio::test]
async fn a_new_store_does_not_say_since_when_all_is_well() {
    let site = Site::new().await;
    let page = site.get("/", None).await;
    page.check(200, &[]);
    page.check_lacks(&["<time", "1970"]);
}

#[tokio::test]
async fn normal_mode_shows_no_mail_to_anybody() {
    let site = Site::in_emergency().await;
    let id = site.receive(site.juergen, Folder::Inbox, MAIL).await;
    let visit = site.session(site.juergen).await;
    site.become_mode(Mode::Normal).await;
    for visit in [None, Some(&visit)] {
        let mut paths = readable(site.juergen, id);
        paths.extend([
            "/mail".to_owned(),
            "/mail/".to_owned(),
            "/signin".to_owned(),
        ]);
        paths.push(format!("/mail/{}/write", site.juergen));
        paths.push(format!("/mail/{}/write?reply={id}", site.juergen));
        for path in paths {
            let answer = site.get(&path, visit).await;
            answer.check(
                403,
                &[
                    "Emergency mode is off.",
                    "please use your usual mail program",
                ],
            );
            answer.check_lacks(&["geheim"]);
        }
        for path in changing(site.juergen, id) {
            press(&site, &path, visit, "")
                .await
                .check(403, &["Emergency mode is off."]);
        }
        let answer = site
            .post(
                "/signin",
                visit,
                &[("login", "juergen"), ("password", "juergen")],
            )
            .await;
        answer.check(403, &["Emergency mode is off."]);
        assert!(answer.header("set-cookie").is_empty());
    }
    site.get("/", None)
        .await
        .check(200, &["Emergency mode is off."]);
}

#[tokio::test]
async fn strangers_are_asked_to_sign_in() {
    let site = Site::in_emergency().await;
    let id = site.receive(site.juergen, Folder::Inbox, MAIL).await;
    for mode in [Mode::Emergency, Mode::Recovery] {
        if mode == Mode::Recovery {
            site.become_mode(mode).await;
        }
        for path in readable(site.juergen, id) {
            let answer = site.get(&path, None).await;
            answer.check(303, &[]);
            assert_eq!(answer.header("location"), format!("/signin?to={path}"));
        }
    }
    site.get("/mail/", None).await.check(303, &[]);
    site.get("/signin", None)
        .await
        .check(200, &["autocomplete=\"current-password\""]);
}

#[tokio::test]
async fn a_session_that_was_made_up_opens_nothing() {
    let site = Site::in_emergency().await;
    let forged = Visit {
        cookie: format!("session={}", "0".repeat(64)),
        form_token: String::new(),
    };
    let inbox = format!("/mail/{}/inbox", site.juergen);
    site.get(&inbox, Some(&forged)).await.check(303, &[]);
    let path = format!("/mail/{}/write", site.juergen);
    let answer = press(&site, &path, Some(&forged), "").await;
    // The only link leaves the text where it is.
    let way_in = "href=\"/signin\" target=\"_blank\" rel=\"noopener\"";
    answer.check(401, &["Grüße", way_in, "your text stays here"]);
    answer.check_lacks(&["?lang="]);
}

#[tokio::test]
async fn the_emergency_opens_ones_own_and_shared_mailboxes_and_no_other() {
    let site = Site::in_emergency().await;
    let own = site.receive(site.juergen, Folder::Inbox, MAIL).await;
    let shared = site.receive(site.info, Folder::Inbox, MAIL).await;
    let juergen = site.session(site.juergen).await;
    let bo = site.session(site.bo).await;
    let mine = readable(site.juergen, own)
        .into_iter()
        .chain(readable(site.info, shared));
    for path in mine {
        site.get(&path, Some(&juergen)).await.check(200, &[]);
        let answer = site.get(&path, Some(&bo)).await;
        answer.check(404, &["There is no such page."]);
        answer.check_lacks(&["geheim"]);
    }
    for path in changing(site.juergen, own)
        .iter()
        .chain(&changing(site.info, shared))
    {
        press(&site, path, Some(&bo), &bo.form_token)
            .await
            .check(404, &[]);
    }
    // Another's message under the address of one's own mailbox.
    let all = readable(site.bo, own).into_iter();
    for path in all.filter(|path| path.contains("/message/")) {
        site.get(&path, Some(&bo)).await.check(404, &[]);
    }
    for path in changing(site.bo, own)
        .iter()
        .filter(|path| path.contains("/tidy?"))
    {
        press(&site, path, Some(&bo), &bo.form_token)
            .await
            .check(404, &[]);
    }
    for key in ["reply", "reply-all", "forward"] {
        let path = format!("/mail/{}/write?{key}={own}", site.bo);
        site.get(&path, Some(&bo)).await.check(404, &[]);
        press(&site, &path, Some(&bo), &bo.form_token)
            .await
            .check(404, &["Grüße"]);
    }
    for path in [
        "/mail/999/inbox",
        "/mail/x/inbox",
        "/mail/-1/inbox",
        "/mail/1/secret",
        "/nothing",
    ] {
        site.get(path, Some(&bo)).await.check(404, &[]);
    }
    let bad = format!("/mail/{}/message/20261122-zzz", site.bo);
    site.get(&bad, Some(&bo)).await.check(404, &[]);
    let bad = format!("/mail/{}/inbox?before=nonsense", site.bo);
    site.get(&bad, Some(&bo)).await.check(404, &[]);
}

#[tokio::test]
async fn recovery_reads_and_changes_nothing() {
    let site = Site::in_emergency().await;
    let id = site.receive(site.juergen, Folder::Inbox, MAIL).await;
    let before = site.session(site.juergen).await;
    site.become_mode(Mode::Recovery).await;
    // Leaving the emergency ended the session; what was typed comes back all the same.
    let path = format!("/mail/{}/write", site.juergen);
    let answer = press(&site, &path, Some(&before), &before.form_token).await;
    answer.check(403, &["Here you can only read.", "Grüße", "x@y.example"]);
    let visit = site.session(site.juergen).await;
    for path in readable(site.juergen, id) {
        let answer = site.get(&path, Some(&visit)).await;
        answer.check(200, &[]);
        // A draft can still be opened, to copy its text.
        let writing = [
            "/write\"",
            "/write?reply",
            "/write?forward",
            "method=\"post\" action=\"/mail/",
        ];
        answer.check_lacks(&writing);
    }
    let page = site
        .get(
            &format!("/mail/{}/message/{id}", site.juergen),
            Some(&visit),
        )
        .await;
    page.check(
        200,
        &["Bitte gehen Sie zurück zu Ihrem gewohnten E-Mail-Programm."],
    );
    assert!(!site.store.entry(site.juergen, id).await.unwrap().seen);
    for path in changing(site.juergen, id) {
        let answer = press(&site, &path, Some(&visit), &visit.form_token).await;
        answer.check(403, &["Hier können Sie nur noch lesen."]);
    }
    let answer = press(&site, &path, Some(&visit), &visit.form_token).await;
    answer.check(403, &["Ihr Text liegt bei Ihren Entwürfen", "Grüße"]);
    site.get(&path, Some(&visit))
        .await
        .check(403, &["Hier können Sie nur noch lesen."]);
}

#[tokio::test]
async fn forged_posts_change_nothing() {
    let site = Site::in_emergency().await;
    let id = site.receive(site.juergen, Folder::Inbox, MAIL).await;
    let visit = site.session(site.juergen).await;
    let other = site.session(site.juergen).await;
    for path in changing(site.juergen, id) {
        for token in ["", "x", other.form_token.as_str()] {
            let answer = press(&site, &path, Some(&visit), token).await;
            answer.check(403, &["Das Formular passt nicht zu Ihrer Anmeldung."]);
        }
    }
    site.post("/signout", Some(&visit), &[])
        .await
        .check(403, &[]);
    let foreign = [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ];
    for (name, value) in foreign {
        let request = Request::post(format!("/mail/{}/tidy", site.juergen))
            .header("host", "mail.corp.example")
            .header("cookie", &visit.cookie)
            .header("content-type", "application/x-www-form-urlencoded")
            .header(name, value)
            .body(Body::from(format!(
                "token={}&do=trash&from=inbox&entry={id}",
                visit.form_token
            )))
            .unwrap();
        site.ask(request)
            .await
            .check(403, &["Das Formular passt nicht"]);
    }
    let entry = site.store.entry(site.juergen, id).await.unwrap();
    assert_eq!(entry.folder, Folder::Inbox);
    assert!(site.store.unfiled(10).await.unwrap().is_empty());
}

#[tokio::test]
async fn every_answer_is_protected() {
    let site = Site::in_emergency().await;
    let id = site.receive(site.juergen, Folder::Inbox, MAIL).await;
    let visit = site.session(site.juergen).await;
    let mut paths = readable(site.juergen, id);
    paths.extend(["/".to_owned(), "/nothing".to_owned(), "/signin".to_owned()]);
    for path in paths {
        let answer = site.get(&path, Some(&visit)).await;
        assert!(
            answer
                .header("content-security-policy")
                .contains("default-src 'none'"),
            "{path}"
        );
        assert!(
            !answer.header("content-security-policy").contains("script"),
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert!(
            answer.header("strict-transport-security").is_empty(),
            "{path}"
        );
        assert_eq!(
            answer.header("cross-origin-opener-policy"),
            "same-origin",
            "{path}"
        );
    }
    let style = site.get("/static/style.css", None).await;
    style.check(200, &["--accent"]);
    assert!(style.header("cache-control").contains("immutable"));
    site.get("/static/../Cargo.toml", None)
        .await
        .check(404, &[]);
    site.get("/static/secret", None).await.check(404, &[]);
}

#[tokio::test]
async fn wrong_methods_and_odd_bodies_get_a_page() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    site.post("/", None, &[])
        .await
        .check(405, &["There is no such page."]);
    let path = format!("/mail/{}/write", site.juergen);
    site.post(&path, Some(&visit), &[])
        .await
        .check(400, &["nicht zu verstehen"]);
    let long = "x".repeat(crate::limits::FORM_BYTES_MAX);
    site.post("/signin", None, &[("login", &long)])
        .await
        .check(413, &["too large"]);
}
