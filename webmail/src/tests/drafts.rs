//! Drafts: saved, gone on with, sent, and kept when the emergency ends.

use store::{DraftRow, Folder, Mode};

use super::site::{Answer, Site, Visit};

/// Jürgen at his desk.
struct Desk {
    site: Site,
    visit: Visit,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::in_emergency().await;
        site.start_filing();
        let visit = site.session(site.juergen).await;
        Self { site, visit }
    }

    async fn post(&self, path: &str, fields: &[(&str, &[u8])]) -> Answer {
        let mut all: Vec<(&str, &[u8])> = vec![
            ("token", self.visit.form_token.as_bytes()),
            ("key", b"k1"),
            ("from", b"juergen@corp.example"),
        ];
        all.extend(fields);
        let path = format!("/mail/{}/{path}", self.site.juergen);
        self.site.post_parts(&path, Some(&self.visit), &all).await
    }

    async fn get(&self, path: &str) -> Answer {
        let path = format!("/mail/{}/{path}", self.site.juergen);
        self.site.get(&path, Some(&self.visit)).await
    }

    async fn drafts(&self) -> Vec<DraftRow> {
        let juergen = self.site.juergen;
        self.site.store.drafts((juergen, juergen)).await.unwrap()
    }
}

/// What a hidden field or a box of a page holds.
fn value(page: &Answer, name: &str) -> String {
    let text = page.text();
    let field = text.split(&format!("name=\"{name}\" value=\"")).nth(1);
    field.unwrap().split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_draft_is_saved_listed_and_opened() {
    let desk = Desk::new().await;
    let saved = desk
        .post(
            "draft",
            &[
                ("to", b"x@y.exa"),
                ("subject", "Grüße".as_bytes()),
                ("text", b"Hallo"),
                ("files/a.txt", b"AAA"),
            ],
        )
        .await;
    saved.check(303, &[]);
    let page = desk
        .site
        .get(saved.header("location"), Some(&desk.visit))
        .await;
    page.check(
        200,
        &[
            "value=\"x@y.exa\"",
            "value=\"Grüße\"",
            "Hallo</textarea>",
            "a.txt",
            "Gespeichert",
        ],
    );
    assert!(
        page.header("content-security-policy")
            .contains("script-src 'self'")
    );
    desk.get("drafts")
        .await
        .check(200, &["Grüße", "An: x@y.exa", "<h1>Entwürfe</h1>"]);
    desk.get("inbox").await.check(200, &["Entwürfe"]);
}

#[tokio::test]
async fn a_draft_is_saved_by_the_script_and_sent_with_its_files() {
    let desk = Desk::new().await;
    let saved = desk
        .post("draft", &[("text", b"Hallo"), ("files/a.txt", b"AAA")])
        .await;
    let page = desk
        .site
        .get(saved.header("location"), Some(&desk.visit))
        .await;
    let (draft, keep) = (value(&page, "draft"), value(&page, "keep"));
    let again = desk
        .post(
            "draft",
            &[
                ("draft", draft.as_bytes()),
                ("auto", b"1"),
                ("to", b"x@y.example"),
                ("text", b"Hallo du"),
            ],
        )
        .await;
    again.check(200, &["{\"draft\":\"", "\"at\":\""]);
    assert_eq!(again.header("content-type"), "application/json");
    let version = again.text().split('"').nth(3).unwrap().to_owned();
    assert_eq!(desk.drafts().await.len(), 1);
    assert_eq!(
        desk.drafts().await[0].attachments,
        1,
        "the script leaves files alone"
    );

    let fields: [(&str, &[u8]); 4] = [
        ("draft", version.as_bytes()),
        ("keep", keep.as_bytes()),
        ("to", b"x@y.example"),
        ("text", b"Hallo du"),
    ];
    let sent = desk.post("write", &fields).await;
    sent.check(303, &[]);
    assert!(
        desk.drafts().await.is_empty(),
        "what was sent is no draft any more"
    );
    let page = desk
        .site
        .store
        .mailbox_page(desk.site.juergen, Folder::Sent, None, 9);
    let id = page.await.unwrap().entries[0].message;
    let bytes = desk.site.store.content(id).await.unwrap();
    let mail = String::from_utf8_lossy(&bytes).into_owned();
    assert!(
        mail.contains("Hallo du") && mail.contains("a.txt"),
        "{mail}"
    );
}

#[tokio::test]
async fn an_answer_that_was_saved_still_is_one() {
    let desk = Desk::new().await;
    let mail = b"From: eve@out.example\r\nSubject: Frage\r\nMessage-ID: <q@x>\r\n\r\nx";
    let id = desk
        .site
        .receive(desk.site.juergen, Folder::Inbox, mail)
        .await;
    let form = desk.get(&format!("write?reply={id}")).await;
    let save = format!(
        "formaction=\"/mail/{}/draft?reply={id}\"",
        desk.site.juergen
    );
    form.check(200, &[&save]);
    desk.post(&format!("draft?reply={id}"), &[("text", b"Antwort")])
        .await
        .check(303, &[]);
    let draft = desk.drafts().await[0].id;
    let page = desk.get(&format!("write?draft={draft}")).await;
    let action = format!("action=\"/mail/{}/write?reply={id}\"", desk.site.juergen);
    page.check(200, &["<h1>Antworten</h1>", &action]);
    // When the answered mail is gone, what was written stays.
    let (store, juergen) = (&desk.site.store, desk.site.juergen);
    store
        .move_to(juergen, vec![id.into()], Folder::Trash)
        .await
        .unwrap();
    store.empty_trash(juergen).await.unwrap();
    desk.get(&format!("write?draft={draft}"))
        .await
        .check(200, &["Antwort</textarea>"]);
}

#[tokio::test]
async fn two_windows_keep_both_texts() {
    let desk = Desk::new().await;
    desk.post("draft", &[("text", b"begun")])
        .await
        .check(303, &[]);
    let page = desk
        .get(&format!("write?draft={}", desk.drafts().await[0].id))
        .await;
    let draft = value(&page, "draft");
    for text in ["here", "there"] {
        desk.post(
            "draft",
            &[("draft", draft.as_bytes()), ("text", text.as_bytes())],
        )
        .await
        .check(303, &[]);
    }
    let mut texts: Vec<String> = desk
        .drafts()
        .await
        .into_iter()
        .map(|row| row.preview)
        .collect();
    texts.sort();
    assert_eq!(texts, ["here", "there"]);
}

#[tokio::test]
async fn what_is_typed_when_the_emergency_ends_is_kept_as_a_draft() {
    for mode in [Mode::Recovery, Mode::Normal] {
        let desk = Desk::new().await;
        desk.site.become_mode(mode).await;
        let fields: [(&str, &[u8]); 3] = [
            ("to", b"x@y.example"),
            ("text", b"Noch nicht weg"),
            ("files/a", b"A"),
        ];
        let answer = desk.post("write", &fields).await;
        answer.check(403, &["Noch nicht weg", "with your drafts"]);
        let drafts = desk.drafts().await;
        assert_eq!(drafts[0].preview, "Noch nicht weg");
        assert_eq!(drafts[0].attachments, 1);
        // The script goes on saving, and whoever is not the writer saves nothing.
        let stranger = Visit {
            cookie: desk.visit.cookie.clone(),
            form_token: "0".repeat(32),
        };
        let path = format!("/mail/{}/write", desk.site.juergen);
        let forged = desk
            .site
            .post_parts(
                &path,
                Some(&stranger),
                &[("token", b"0"), ("text", b"forged")],
            )
            .await;
        forged.check(403, &["forged"]);
        forged.check_lacks(&["with your drafts"]);
        assert_eq!(desk.drafts().await.len(), 1);
    }
}

#[tokio::test]
async fn in_recovery_a_draft_can_be_copied() {
    let desk = Desk::new().await;
    desk.post("draft", &[("text", b"Halb fertig")])
        .await
        .check(303, &[]);
    desk.site.become_mode(Mode::Recovery).await;
    let visit = desk.site.session(desk.site.juergen).await;
    let draft = desk.drafts().await[0].id;
    let path = format!("/mail/{}/write?draft={draft}", desk.site.juergen);
    let page = desk.site.get(&path, Some(&visit)).await;
    page.check(403, &["Hier können Sie nur noch lesen.", "Halb fertig"]);
    let list = format!("/mail/{}/drafts", desk.site.juergen);
    let list = desk.site.get(&list, Some(&visit)).await;
    list.check(200, &["Halb fertig"]);
    list.check_lacks(&["type=\"checkbox\""]);
}

#[tokio::test]
async fn drafts_are_seen_and_deleted_by_their_owner_alone() {
    let desk = Desk::new().await;
    desk.post("draft", &[("text", b"geheim")])
        .await
        .check(303, &[]);
    let draft = desk.drafts().await[0].id;
    let ada = desk.site.session(desk.site.ada).await;
    for account in [desk.site.ada, desk.site.info, desk.site.juergen] {
        let path = format!("/mail/{account}/write?draft={draft}");
        let answer = desk.site.get(&path, Some(&ada)).await;
        answer.check(404, &[]);
        answer.check_lacks(&["geheim"]);
    }
    let list = format!("/mail/{}/drafts", desk.site.ada);
    let id = draft.to_string();
    let fields = [("token", ada.form_token.as_str()), ("entry", id.as_str())];
    desk.site
        .post(&list, Some(&ada), &fields)
        .await
        .check(303, &[]);
    assert_eq!(desk.drafts().await.len(), 1);

    let list = format!("/mail/{}/drafts", desk.site.juergen);
    let fields = [
        ("token", desk.visit.form_token.as_str()),
        ("entry", id.as_str()),
    ];
    desk.site
        .post(&list, Some(&desk.visit), &fields)
        .await
        .check(303, &[]);
    assert!(desk.drafts().await.is_empty());

    desk.post("draft", &[("text", b"weg damit")])
        .await
        .check(303, &[]);
    let page = desk
        .get(&format!("write?draft={}", desk.drafts().await[0].id))
        .await;
    let version = value(&page, "draft");
    desk.post("draft/discard", &[("draft", version.as_bytes())])
        .await
        .check(303, &[]);
    assert!(desk.drafts().await.is_empty());
}
