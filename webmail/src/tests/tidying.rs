//! Moves, undo, many at once, deleting for good.

use store::{Flag, Folder, MessageId};

use super::site::{Answer, Site, Visit};

/// Jürgen at his mailbox.
struct Desk {
    site: Site,
    visit: Visit,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::in_emergency().await;
        let visit = site.session(site.juergen).await;
        Self { site, visit }
    }

    async fn receive(&self, subject: &str) -> MessageId {
        let mail = format!("From: eve@out.example\r\nSubject: {subject}\r\n\r\nx");
        let site = &self.site;
        site.receive(site.juergen, Folder::Inbox, mail.as_bytes())
            .await
    }

    async fn get(&self, path: &str) -> Answer {
        let path = format!("/mail/{}/{path}", self.site.juergen);
        self.site.get(&path, Some(&self.visit)).await
    }

    /// Presses a button and gives the page that it leads to.
    async fn press(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("token", self.visit.form_token.as_str())];
        all.extend(fields);
        let path = format!("/mail/{}/{path}", self.site.juergen);
        let answer = self.site.post(&path, Some(&self.visit), &all).await;
        answer.check(303, &[]);
        self.site
            .get(answer.header("location"), Some(&self.visit))
            .await
    }

    async fn folder(&self, id: MessageId) -> Folder {
        let entry = self.site.store.entry(self.site.juergen, id).await;
        entry.unwrap().folder
    }

    /// Presses the button that the notice offers, as a browser would.
    async fn undo(&self, page: &Answer) -> Answer {
        let text = page.text();
        let form = text
            .split("<form")
            .find(|form| form.contains("value=\"undo-"));
        let form = form.expect("a button to undo");
        let tags = form.split('<').filter_map(|tag| {
            let value = |name: &str| tag.split(&format!("{name}=\"")).nth(1)?.split('"').next();
            Some((value("name")?, value("value")?))
        });
        let fields: Vec<(&str, &str)> = tags.filter(|(name, _)| *name != "token").collect();
        self.press("tidy", &fields).await
    }
}

#[tokio::test]
async fn messages_go_to_each_folder_and_back() {
    let desk = Desk::new().await;
    let id = desk.receive("one").await;
    let name = id.to_string();
    for (to, folder, words) in [
        ("archive", Folder::Archive, "Ins Archiv verschoben."),
        ("junk", Folder::Junk, "In den Ordner Spam verschoben."),
        ("trash", Folder::Trash, "In den Papierkorb verschoben."),
    ] {
        let fields = [("from", "inbox"), ("do", to), ("entry", name.as_str())];
        let page = desk.press("tidy", &fields).await;
        page.check(200, &[words, "Rückgängig", "<h1>Posteingang</h1>"]);
        page.check_lacks(&["class=\"row unread\""]);
        assert_eq!(desk.folder(id).await, folder);
        desk.get(to).await.check(200, &["one"]);
        let message = desk.get(&format!("message/{id}")).await;
        message.check(200, &["value=\"inbox\""]);

        let page = desk.undo(&page).await;
        page.check(200, &["Rückgängig gemacht.", "one"]);
        page.check_lacks(&["value=\"undo-"]);
        assert_eq!(desk.folder(id).await, Folder::Inbox);
    }
    // Putting back can be undone, too.
    desk.press(
        "tidy",
        &[("from", "inbox"), ("do", "junk"), ("entry", &name)],
    )
    .await;
    let page = desk
        .press(
            "tidy",
            &[("from", "junk"), ("do", "inbox"), ("entry", &name)],
        )
        .await;
    page.check(200, &["Zurückgelegt.", "<h1>Spam</h1>"]);
    desk.undo(&page).await;
    assert_eq!(desk.folder(id).await, Folder::Junk);
}

#[tokio::test]
async fn many_are_chosen_on_the_list() {
    let desk = Desk::new().await;
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(desk.receive(&format!("Nr {n}.")).await);
    }
    let inbox = desk.get("inbox").await;
    for id in &ids {
        let tick = format!("<input type=\"checkbox\" name=\"entry\" value=\"{id}\">");
        inbox.check(200, &[&tick]);
    }
    let ticked = desk.get("inbox?all=1").await;
    assert_eq!(ticked.text().matches(" checked>").count(), 4);

    let names: Vec<String> = ids.iter().map(MessageId::to_string).collect();
    let three = |task| {
        let mut fields = vec![("from", "inbox"), ("do", task)];
        fields.extend(names[..3].iter().map(|name| ("entry", name.as_str())));
        fields
    };
    desk.press("tidy", &three("read")).await.check(
        200,
        &["Als gelesen markiert.", "4 Nachrichten, 1 ungelesen"],
    );
    desk.press("tidy", &three("unread"))
        .await
        .check(200, &["4 Nachrichten, 4 ungelesen"]);
    let page = desk.press("tidy", &three("archive")).await;
    page.check(200, &["1 Nachricht, 1 ungelesen"]);
    desk.undo(&page)
        .await
        .check(200, &["4 Nachrichten, 4 ungelesen"]);
    desk.press("tidy", &[("from", "inbox"), ("do", "archive")])
        .await
        .check(200, &["Bitte haken Sie zuerst Nachrichten an."]);
    desk.press("tidy/inbox", &[("do", "read")])
        .await
        .check(200, &["Als gelesen markiert."]);
    let site = &desk.site;
    assert!(site.store.entry(site.juergen, ids[3]).await.unwrap().seen);
}

#[tokio::test]
async fn the_trash_is_deleted_for_good_and_the_log_says_so() {
    let desk = Desk::new().await;
    let (one, two) = (desk.receive("one").await, desk.receive("two").await);
    let names = [one.to_string(), two.to_string()];
    let both = |task| {
        let entries = names.iter().map(|name| ("entry", name.as_str()));
        let mut fields = vec![("from", "trash"), ("do", task)];
        fields.extend(entries);
        fields
    };
    // Not from elsewhere.
    let path = format!("/mail/{}/tidy", desk.site.juergen);
    let mut fields = both("delete");
    fields.push(("token", &desk.visit.form_token));
    let refused = desk.site.post(&path, Some(&desk.visit), &fields).await;
    refused.check(404, &[]);
    assert_eq!(desk.folder(one).await, Folder::Inbox);

    desk.press("tidy", &both("trash")).await;
    desk.get("trash")
        .await
        .check(200, &["Endgültig löschen", "Papierkorb leeren"]);
    let fields = [
        ("from", "trash"),
        ("do", "delete"),
        ("entry", names[0].as_str()),
    ];
    let page = desk.press("tidy", &fields).await;
    page.check(200, &["Endgültig gelöscht.", "two"]);
    page.check_lacks(&["Rückgängig", ">one<"]);
    desk.press("tidy/trash", &[("do", "delete")])
        .await
        .check(200, &["Der Papierkorb ist leer."]);
    for id in [one, two] {
        desk.get(&format!("message/{id}")).await.check(404, &[]);
    }
    let log = desk.site.store.audit_log(10).await.unwrap();
    let deleted = log.iter().filter(|row| row.action == "delete-for-good");
    let objects: Vec<&str> = deleted.map(|row| row.object.as_str()).collect();
    assert_eq!(objects, ["trash", names[0].as_str()]);
    // A folder that is no trash is not emptied.
    let path = format!("/mail/{}/tidy/inbox", desk.site.juergen);
    let fields = [("token", desk.visit.form_token.as_str()), ("do", "delete")];
    let refused = desk.site.post(&path, Some(&desk.visit), &fields).await;
    refused.check(400, &[]);
}

#[tokio::test]
async fn what_a_browser_makes_up_is_refused() {
    let desk = Desk::new().await;
    let id = desk.receive("one").await.to_string();
    let check = async |fields: &[(&str, &str)], status: u16| {
        let path = format!("/mail/{}/tidy", desk.site.juergen);
        let mut all = vec![("token", desk.visit.form_token.as_str())];
        all.extend(fields);
        let answer = desk.site.post(&path, Some(&desk.visit), &all).await;
        answer.check(status, &[]);
    };
    check(&[("from", "inbox"), ("do", "burn"), ("entry", &id)], 404).await;
    check(&[("from", "nowhere"), ("do", "trash"), ("entry", &id)], 404).await;
    check(&[("from", "inbox"), ("do", "trash"), ("entry", "x")], 400).await;
    check(&[], 404).await;
    // An address can offer to undo what never happened, but with nothing that is no entry.
    let page = desk.get("inbox?notice=deleted&undo=%22%3E%3Cb%3E,x").await;
    page.check(200, &["In den Papierkorb verschoben."]);
    page.check_lacks(&["<b>", "value=\"undo-"]);
}

#[tokio::test]
async fn a_message_is_marked_unread_from_its_page() {
    let desk = Desk::new().await;
    let id = desk.receive("one").await;
    let (store, juergen) = (&desk.site.store, desk.site.juergen);
    store.set_flag(juergen, vec![id], Flag::Seen).await.unwrap();
    let name = id.to_string();
    let fields = [
        ("from", "inbox"),
        ("do", "unread"),
        ("entry", name.as_str()),
    ];
    desk.press("tidy", &fields)
        .await
        .check(200, &["Als ungelesen markiert."]);
    assert!(!store.entry(juergen, id).await.unwrap().seen);
}
