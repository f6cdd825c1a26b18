//! Searching.

use store::{Folder, Mode};

use super::site::Site;

fn mail(subject: &str) -> Vec<u8> {
    format!("From: Anna <anna@out.example>\r\nSubject: {subject}\r\n\r\nx\r\n").into_bytes()
}

impl Site {
    /// Puts what was filed into the full text, as far as the summaries go.
    async fn index(&self) {
        let texts = self.store.unindexed(1000).await.unwrap();
        self.store.index_texts(texts).await.unwrap();
    }
}

#[tokio::test]
async fn mail_is_found_in_all_folders_and_says_where_it_lies() {
    let site = Site::in_emergency().await;
    for (folder, subject) in [
        (Folder::Inbox, "Abrechnung <b>"),
        (Folder::Sent, "Rechnung 4711"),
        (Folder::Inbox, "Angebot"),
    ] {
        site.receive(site.juergen, folder, &mail(subject)).await;
    }
    site.receive(site.bo, Folder::Inbox, &mail("Rechnung an Bo"))
        .await;
    site.index().await;
    let visit = site.session(site.juergen).await;
    let page = format!("/mail/{}/search", site.juergen);
    let answer = site.get(&format!("{page}?q=rechnung"), Some(&visit)).await;
    answer.check(
        200,
        &[
            "value=\"rechnung\"",
            "Abrechnung &#60;b&#62;",
            "Rechnung 4711",
            ">Posteingang</span>",
            ">Gesendet</span>",
        ],
    );
    answer.check_lacks(&["Angebot</span>", "an Bo", "noch nicht in der Suche"]);
    let answer = site
        .get(&format!("{page}?q=in:sent+rechnung"), Some(&visit))
        .await;
    answer.check(200, &["Rechnung 4711"]);
    answer.check_lacks(&["Abrechnung"]);
    // Reading is allowed in recovery, too.
    site.become_mode(Mode::Recovery).await;
    let visit = site.session(site.juergen).await;
    let answer = site.get(&format!("{page}?q=rechnung"), Some(&visit)).await;
    answer.check(200, &["Rechnung 4711"]);
}

#[tokio::test]
async fn other_mailboxes_are_searched_by_those_who_open_them() {
    let site = Site::in_emergency().await;
    site.receive(site.info, Folder::Inbox, &mail("Rechnung an info"))
        .await;
    site.index().await;
    let path = format!("/mail/{}/search?q=rechnung", site.info);
    let visit = site.session(site.ada).await;
    site.get(&path, Some(&visit))
        .await
        .check(200, &["Info-Postfach", "an info"]);
    let visit = site.session(site.bo).await;
    let answer = site.get(&path, Some(&visit)).await;
    answer.check(404, &[]);
    answer.check_lacks(&["an info"]);
}

#[tokio::test]
async fn searches_are_written_down() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let page = format!("/mail/{}/search", site.juergen);
    for query in ["", "?q=", "?q=%20...%20"] {
        site.get(&format!("{page}{query}"), Some(&visit))
            .await
            .check(200, &[]);
    }
    site.get(&format!("{page}?q=from:anna%0ageheim"), Some(&visit))
        .await
        .check(200, &[]);
    let rows = site.store.audit_log(100).await.unwrap();
    let searches: Vec<_> = rows.iter().filter(|row| row.action == "search").collect();
    assert_eq!(searches.len(), 1, "{rows:?}");
    assert_eq!(searches[0].actor, "juergen");
    assert_eq!(searches[0].object, "from:anna geheim");
    assert_eq!(searches[0].detail, "mailbox juergen");
}

#[tokio::test]
async fn what_was_not_understood_and_what_is_missing_is_said() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let page = format!("/mail/{}/search", site.juergen);
    let check = async |query: &str, words: &[&str]| {
        let answer = site.get(&format!("{page}?q={query}"), Some(&visit)).await;
        answer.check(200, words);
    };
    check("xyz", &["Nichts gefunden.", "weniger Wörtern"]).await;
    check("farbe:rot", &["„farbe:“ kennt die Suche nicht."]).await;
    check("vor:bald", &["„bald“ passt nicht zu „vor:“."]).await;
    check("%22%3Cscript%3E:x", &["&#60;script&#62;"]).await;
    check(&"x+".repeat(600), &["Die Suche war zu lang."]).await;
    check(
        "",
        &["Genauer suchen", "Was Sie in das Suchfeld schreiben können"],
    )
    .await;
    site.receive(site.juergen, Folder::Inbox, &mail("eins"))
        .await;
    check("xyz", &["Eine Nachricht ist noch nicht in der Suche."]).await;
    site.receive(site.juergen, Folder::Inbox, &mail("zwei"))
        .await;
    check("xyz", &["2 Nachrichten sind noch nicht in der Suche."]).await;
    site.get(&format!("{page}?q=x&before=nonsense"), Some(&visit))
        .await
        .check(404, &[]);
}

#[tokio::test]
async fn the_form_says_what_the_box_says() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let page = format!("/mail/{}/search", site.juergen);
    let form =
        "form=1&words=a+%22b&from=Anna+Beck&subject=&first=2026-11-01&last=2026-11-19&unread=1";
    let answer = site.get(&format!("{page}?{form}"), Some(&visit)).await;
    answer.check(303, &[]);
    let location = answer.header("location").to_owned();
    assert_eq!(
        location,
        format!(
            "{page}?q=a%20%22b%22%20from%3a%22Anna%20Beck%22%20after%3a2026-11-01%20\
             before%3a2026-11-20%20is%3aunread"
        )
    );
    site.get(&location, Some(&visit)).await.check(
        200,
        &[
            "name=\"words\" value=\"a &#34;b&#34;\"",
            "name=\"from\" value=\"Anna Beck\"",
            "name=\"first\" value=\"2026-11-01\"",
            "name=\"last\" value=\"2026-11-19\"",
            "name=\"unread\" value=\"1\" checked",
        ],
    );
}

#[tokio::test]
async fn results_are_cut_into_pages() {
    let site = Site::in_emergency().await;
    let count = crate::limits::PAGE_MESSAGES + 3;
    for n in 0..count {
        site.receive(site.juergen, Folder::Inbox, &mail(&format!("Angebot {n}")))
            .await;
    }
    site.index().await;
    let visit = site.session(site.juergen).await;
    let first = format!("/mail/{}/search?q=angebot", site.juergen);
    let answer = site.get(&first, Some(&visit)).await;
    let text = answer.text();
    assert_eq!(
        text.matches("class=\"chip\"").count(),
        crate::limits::PAGE_MESSAGES
    );
    let mut links = text
        .split("href=\"")
        .map(|rest| rest.split('"').next().unwrap());
    let older = links.find(|href| href.contains("before=")).unwrap();
    let answer = site.get(&older.replace("&#38;", "&"), Some(&visit)).await;
    answer.check(200, &["Neueste Nachrichten"]);
    assert_eq!(answer.text().matches("class=\"chip\"").count(), 3);
    answer.check_lacks(&["Ältere Nachrichten"]);
}
