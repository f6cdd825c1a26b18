//! Taking back what was sent a moment ago.

use std::time::Duration;

use jiff::Timestamp;
use store::{Folder, Mode};

use super::site::{Answer, Site, Visit};

/// Jürgen, whose mail waits for a minute.
struct Desk {
    site: Site,
    visit: Visit,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::that_waits(Duration::from_mins(1)).await;
        site.become_mode(Mode::Emergency).await;
        site.start_filing();
        let visit = site.session(site.juergen).await;
        Self { site, visit }
    }

    async fn send(&self, query: &str, fields: &[(&str, &[u8])]) -> Answer {
        let mut all: Vec<(&str, &[u8])> = vec![
            ("token", self.visit.form_token.as_bytes()),
            ("from", b"juergen@corp.example"),
            ("to", b"cy@out.example"),
            ("subject", "Grüße".as_bytes()),
        ];
        all.extend(fields);
        let path = format!("/mail/{}/write{query}", self.site.juergen);
        self.site.post_parts(&path, Some(&self.visit), &all).await
    }

    async fn undo(&self, visit: &Visit, mailbox: store::AccountId, id: &str) -> Answer {
        let fields = [("token", visit.form_token.as_str()), ("entry", id)];
        let path = format!("/mail/{mailbox}/undo");
        self.site.post(&path, Some(visit), &fields).await
    }

    /// What the worker takes when all of the time has passed.
    async fn leaving(&self) -> Option<store::Departure> {
        let later = Timestamp::now() + jiff::SignedDuration::from_mins(2);
        self.site.store.leaving(later).await.unwrap()
    }

    async fn drafts(&self) -> usize {
        let whose = (self.site.juergen, self.site.juergen);
        self.site.store.drafts(whose).await.unwrap().len()
    }
}

/// The number behind `outbox=`.
fn outbox_id(answer: &Answer) -> String {
    let location = answer.header("location");
    let (_, id) = location.split_once("outbox=").expect("a mail that waits");
    id.to_owned()
}

#[tokio::test]
async fn a_mail_is_taken_back_and_is_a_draft_again_with_its_files() {
    let desk = Desk::new().await;
    let sent = desk
        .send(
            "",
            &[("key", b"k1"), ("text", b"Hallo"), ("files/a.txt", b"AAA")],
        )
        .await;
    sent.check(303, &[]);
    let id = outbox_id(&sent);
    assert_eq!(desk.drafts().await, 0, "it is no draft while it waits");
    let page = desk
        .site
        .get(sent.header("location"), Some(&desk.visit))
        .await;
    let action = format!("action=\"/mail/{}/undo\"", desk.site.juergen);
    page.check(200, &["geht gleich hinaus", "Rückgängig", &action]);
    assert!(page.header("refresh").starts_with("63;"));

    // Nobody else takes it back, and nothing without the form's token does.
    let bo = desk.site.session(desk.site.bo).await;
    let others = desk.undo(&bo, desk.site.bo, &id).await;
    assert!(others.header("location").ends_with("notice=too-late"));
    let forged = Visit {
        cookie: desk.visit.cookie.clone(),
        form_token: "x".to_owned(),
    };
    desk.undo(&forged, desk.site.juergen, &id)
        .await
        .check(403, &[]);

    let back = desk.undo(&desk.visit, desk.site.juergen, &id).await;
    back.check(303, &[]);
    let form = desk
        .site
        .get(back.header("location"), Some(&desk.visit))
        .await;
    let words = [
        "Nicht gesendet",
        "Hallo",
        "cy@out.example",
        "Grüße",
        "a.txt",
    ];
    form.check(200, &words);
    assert!(desk.leaving().await.is_none());
    assert_eq!(desk.drafts().await, 1);
    // Again, and when it has gone: too late.
    let again = desk.undo(&desk.visit, desk.site.juergen, &id).await;
    let page = desk
        .site
        .get(again.header("location"), Some(&desk.visit))
        .await;
    page.check(200, &["schon unterwegs"]);
}

#[tokio::test]
async fn the_form_of_a_mail_that_was_taken_back_sends_again() {
    let desk = Desk::new().await;
    let fields: [(&str, &[u8]); 2] = [("key", b"k1"), ("text", b"Hallo")];
    let first = outbox_id(&desk.send("", &fields).await);
    // The same form once more is the same mail.
    assert_eq!(outbox_id(&desk.send("", &fields).await), first);
    desk.undo(&desk.visit, desk.site.juergen, &first).await;
    let second = outbox_id(&desk.send("", &fields).await);
    assert_ne!(first, second);
    assert!(desk.leaving().await.is_some());
}

#[tokio::test]
async fn the_original_is_answered_when_the_answer_goes() {
    let desk = Desk::new().await;
    let mail = b"From: cy@out.example\r\nMessage-ID: <m@out.example>\r\n\r\nhallo\r\n";
    let juergen = desk.site.juergen;
    let original = desk.site.receive(juergen, Folder::Inbox, mail).await;
    let query = format!("?reply={original}");
    desk.send(&query, &[("key", b"k1"), ("text", b"ja")]).await;
    let store = &desk.site.store;
    let page = store.mailbox_page(juergen, Folder::Inbox, None, 10).await;
    assert!(!page.unwrap().entries[0].answered);
    let about = desk.leaving().await.unwrap().about.unwrap();
    assert_eq!(about.account, juergen);
    assert_eq!(about.flag, store::Flag::Answered);
}
