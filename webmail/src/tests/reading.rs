//! Folders and messages.

use store::{Entry, Filing, Folder, Piece};

use super::site::Site;

fn plain(subject: &str, text: &str) -> Vec<u8> {
    format!(
        "From: =?utf-8?q?J=C3=BCrgen_Gro=C3=9F?= <juergen@out.example>\r\n\
         To: =?utf-8?q?M=C3=BCller?= <juergen@corp.example>\r\n\
         Subject: {subject}\r\nDate: Thu, 19 Nov 2026 08:12:00 +0000\r\n\
         Message-ID: <a1@out.example>\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}"
    )
    .into_bytes()
}

#[tokio::test]
async fn an_empty_folder_says_so() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let check = async |folder: &str, words: &str| {
        let answer = site
            .get(&format!("/mail/{}/{folder}", site.juergen), Some(&visit))
            .await;
        answer.check(200, &[words]);
    };
    check("inbox", "Keine Nachrichten im Posteingang.").await;
    check("sent", "Hier steht, was Sie gesendet haben.").await;
    check("trash", "Der Papierkorb ist leer.").await;
}

#[tokio::test]
async fn folders_are_cut_into_pages() {
    let site = Site::in_emergency().await;
    let count = crate::limits::PAGE_MESSAGES + 3;
    for n in 0..count {
        site.receive(
            site.juergen,
            Folder::Inbox,
            &plain(&format!("Nr {n}."), "x"),
        )
        .await;
    }
    let visit = site.session(site.juergen).await;
    let first = site
        .get(&format!("/mail/{}/inbox", site.juergen), Some(&visit))
        .await;
    first.check(
        200,
        &[
            "<title>(53) Posteingang",
            "53 Nachrichten, 53 ungelesen",
            "Ältere Nachrichten",
        ],
    );
    assert_eq!(
        first.text().matches("class=\"row unread\"").count(),
        crate::limits::PAGE_MESSAGES
    );
    first.check_lacks(&["Neueste Nachrichten"]);
    let text = first.text();
    let older = text.split("href=\"").find_map(|rest| {
        let href = rest.split('"').next().unwrap();
        href.contains("?before=").then_some(href)
    });
    let second = site.get(older.unwrap(), Some(&visit)).await;
    second.check(200, &["Neueste Nachrichten"]);
    second.check_lacks(&["Ältere Nachrichten"]);
    assert_eq!(second.text().matches("class=\"row unread\"").count(), 3);
}

#[tokio::test]
async fn a_message_shows_names_addresses_and_umlauts_and_becomes_read() {
    let site = Site::in_emergency().await;
    let mail = plain(
        "=?utf-8?q?Gr=C3=BC=C3=9Fe?=",
        "Schöne Grüße\r\nhttps://out.example/a?b=c&d.\r\n",
    );
    let id = site.receive(site.juergen, Folder::Inbox, &mail).await;
    let visit = site.session(site.juergen).await;
    let answer = site
        .get(
            &format!("/mail/{}/message/{id}", site.juergen),
            Some(&visit),
        )
        .await;
    answer.check(
        200,
        &[
            "<h1>Grüße</h1>",
            "<strong>Jürgen Groß</strong> <span class=\"address\">&lt;juergen@out.example&gt;</span>",
            "<strong>Müller</strong>",
            "Do., 19.11.2026",
            "Schöne Grüße",
            "<a href=\"https://out.example/a?b=c&#38;d\" target=\"_blank\"",
            "Allen antworten",
        ],
    );
    assert!(site.store.entry(site.juergen, id).await.unwrap().seen);
    let log = site.store.audit_log(10).await.unwrap();
    let line = log.iter().find(|row| row.action == "read-message").unwrap();
    assert_eq!(
        (line.actor.as_str(), line.object.as_str()),
        ("juergen", id.to_string().as_str())
    );
}

#[tokio::test]
async fn every_way_to_read_a_message_is_written_down() {
    let site = Site::in_emergency().await;
    let mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n\
        --b\r\nContent-Disposition: attachment\r\n\r\ny\r\n--b--\r\n";
    let id = site.receive(site.info, Folder::Inbox, mail).await;
    let visit = site.session(site.juergen).await;
    let message = format!("/mail/{}/message/{id}", site.info);
    let write = format!("/mail/{}/write", site.info);
    let check = async |path: String, action: &str| {
        let before = site.store.audit_log(100).await.unwrap().len();
        site.get(&path, Some(&visit)).await.check(200, &[]);
        let log = site.store.audit_log(100).await.unwrap();
        assert_eq!(log.len(), before + 1, "{path}");
        let line = (log[0].actor.as_str(), log[0].action.as_str());
        assert_eq!(line, ("juergen", action), "{path}");
        assert_eq!(log[0].object, id.to_string(), "{path}");
        assert_eq!(log[0].detail, "mailbox info", "{path}");
    };
    check(message.clone(), "read-message").await;
    check(format!("{message}/html"), "read-message").await;
    check(format!("{message}/headers"), "read-message").await;
    check(format!("{message}/original"), "download").await;
    check(format!("{message}/attachment/0"), "download").await;
    for occasion in ["reply", "reply-all", "forward"] {
        check(format!("{write}?{occasion}={id}"), "read-message").await;
    }
}

#[tokio::test]
async fn an_address_can_not_put_words_into_our_mouth() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let path = format!("/mail/{}/inbox?notice=Ihr+Konto+ist+gesperrt", site.juergen);
    let answer = site.get(&path, Some(&visit)).await;
    answer.check(200, &[]);
    answer.check_lacks(&["ist gesperrt", "class=\"notice\""]);
}

#[tokio::test]
async fn what_nobody_can_parse_is_shown_as_it_came() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    for mail in [
        &b"\0\xff\xfe no mail at all <b>"[..],
        b"",
        b"\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\n",
    ] {
        let id = site.receive(site.juergen, Folder::Inbox, mail).await;
        let page = format!("/mail/{}/message/{id}", site.juergen);
        let answer = site.get(&page, Some(&visit)).await;
        answer.check(200, &[]);
        answer.check_lacks(&["at all <b>"]);
        let original = site.get(&format!("{page}/original"), Some(&visit)).await;
        assert_eq!(original.bytes, mail);
        assert!(
            original
                .header("content-disposition")
                .starts_with("attachment")
        );
    }
}

#[tokio::test]
async fn bombs_neither_stop_the_server_nor_the_page() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let rfc822 = "Content-Type: message/rfc822\r\n\r\n".repeat(200_000);
    let parts = format!(
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n{}--b--\r\n",
        "--b\r\nContent-ID: <x>\r\nContent-Type: image/png\r\n\r\n\r\n".repeat(50_000)
    );
    let nested: Vec<String> = (0..5_000)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\r\n\r\n--b{n}\r\n"))
        .collect();
    let nested = nested.concat();
    let markup = format!(
        "Content-Type: text/html\r\n\r\n{}",
        "<div><b><a><table>".repeat(crate::limits::HTML_TAGS_MAX / 4)
    );
    let mentions = format!(
        "Content-Type: text/html\r\n\r\n{}",
        "<img src=cid:x>".repeat(crate::limits::HTML_TAGS_MAX)
    );
    let quotes = format!("\r\n{}", "> x\r\ny\r\n".repeat(50_000));
    let brackets = format!("\r\nhttp://x{}", ")".repeat(200_000));
    for mail in [rfc822, parts, nested, markup, mentions, quotes, brackets] {
        let id = site
            .receive(site.juergen, Folder::Inbox, mail.as_bytes())
            .await;
        let page = format!("/mail/{}/message/{id}", site.juergen);
        let begin = std::time::Instant::now();
        site.get(&page, Some(&visit)).await.check(200, &[]);
        site.get(&format!("{page}/html"), Some(&visit)).await;
        let took = begin.elapsed();
        assert!(took.as_secs() < 10, "{took:?} for {}", &mail[..60]);
    }
}

#[tokio::test]
async fn a_conversation_stands_under_the_message() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let receive = async |folder: Folder, subject: &str, text: &str| {
        let mail = plain(subject, text);
        let names = vec!["thread@x".to_owned()];
        site.receive_named(site.juergen, folder, (&mail, names))
            .await
    };
    let first = receive(Folder::Inbox, "Frage", "Wie geht <b>das</b>?").await;
    let answer = receive(Folder::Sent, "Re: Frage", "So geht das.").await;
    let large = "x".repeat(600_000);
    let last = receive(Folder::Inbox, "Re: Frage", &large).await;
    let path = |id| format!("/mail/{}/message/{id}", site.juergen);

    let page = site.get(&path(last), Some(&visit)).await;
    page.check(
        200,
        &[
            "Weitere Nachrichten in diesem Gespräch",
            "<span class=\"chip\">Gesendet</span>",
            "So geht das.",
            "Wie geht &#60;b&#62;das&#60;/b&#62;?",
        ],
    );
    page.check_lacks(&["neuere Nachricht"]);
    let text = page.text();
    assert!(
        text.find("So geht das.") < text.find("Wie geht"),
        "newest first"
    );
    // What was shown was read, and that is written down.
    let log = site.store.audit_log(10).await.unwrap();
    let lines = log.into_iter().filter(|row| row.action == "read-message");
    let mut read: Vec<String> = lines.map(|row| row.object).collect();
    read.sort();
    let mut all = [first, answer, last].map(|id| id.to_string());
    all.sort();
    assert_eq!(read, all);

    // A large one is only a link.
    let page = site.get(&path(first), Some(&visit)).await;
    let link = format!("<a class=\"part\" href=\"{}\">", path(last));
    page.check(
        200,
        &["In diesem Gespräch gibt es 2 neuere Nachrichten.", &link],
    );
    page.check_lacks(&[&large[..301]]);

    let alone = site
        .receive(site.juergen, Folder::Inbox, &plain("x", "y"))
        .await;
    site.get(&path(alone), Some(&visit))
        .await
        .check_lacks(&["class=\"conversation\""]);
}

#[tokio::test]
async fn an_original_of_many_pieces_is_downloaded_whole() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let mail = plain("x", &"0123456789\r\n".repeat(100_000));
    assert!(mail.len() > 4 * crate::limits::DOWNLOAD_PIECE_BYTES);
    let id = site.receive(site.juergen, Folder::Inbox, &mail).await;
    let path = format!("/mail/{}/message/{id}/original", site.juergen);
    let original = site.get(&path, Some(&visit)).await;
    original.check(200, &[]);
    assert!(original.bytes == mail);
    assert_eq!(original.header("content-length"), mail.len().to_string());
}

#[tokio::test]
async fn of_a_protected_mail_the_readable_copy_is_shown_and_never_sent() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let protected = plain("Plan", "Nur mit Rechten zu lesen.");
    let clear = plain("Plan", "Der entschlüsselte Text.");
    let record = [protected.clone(), clear].concat();
    let id = site.receive(site.juergen, Folder::Inbox, &record).await;
    let entry = Entry {
        account: site.juergen,
        folder: Folder::Inbox,
        seen: false,
    };
    let filing = Filing {
        content: Some(Piece::as_is(0..protected.len())),
        aside: Some(Piece::as_is(protected.len()..record.len())),
        entries: vec![entry],
        ..Filing::default()
    };
    site.store.file(id, filing).await.unwrap();
    let mailbox = format!("/mail/{}", site.juergen);
    let page = format!("{mailbox}/message/{id}");
    let shown = site.get(&page, Some(&visit)).await;
    shown.check(200, &["Der entschlüsselte Text."]);
    let original = site.get(&format!("{page}/original"), Some(&visit)).await;
    assert_eq!(original.bytes, protected);
    for occasion in ["reply", "forward"] {
        let write = format!("{mailbox}/write?{occasion}={id}");
        let form = site.get(&write, Some(&visit)).await;
        form.check(200, &["Nur mit Rechten zu lesen."]);
        form.check_lacks(&["Der entschlüsselte Text."]);
    }
}
