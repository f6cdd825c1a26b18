//! As whom one may write, and to how many.

use std::collections::BTreeSet;

use store::{AccountId, AlertKind, Folder, ReversePath};

use super::site::{Site, Visit};

const ORIGINAL: &[u8] = b"From: jm@out.example\r\nTo: juergen@corp.example\r\n\
    Subject: Angebot\r\nMessage-ID: <m2@out.example>\r\n\r\nhallo\r\n";

/// What may stand behind `from=`: own addresses, a shared mailbox, colleagues, strangers, tricks.
const SENDERS: &[&str] = &[
    "juergen@corp.example",
    "ada@corp.example",
    "bo@corp.example",
    "info@corp.example",
    "boss@out.example",
    "postmaster@corp.example",
    "",
    "<>",
    "Juergen <ada@corp.example>",
    "juergen@corp.example, ada@corp.example",
    "juergen@corp.example\r\nSender: ada@corp.example",
    "juergen@corp.example\0ada@corp.example",
    "ada@corp.example juergen@corp.example",
];

/// Posts a form to one of the mailbox's routes.
async fn post(site: &Site, visit: &Visit, path: &str, fields: &[(&str, &str)]) -> u16 {
    let token = [("token", visit.form_token.as_str())];
    let fields = token.iter().chain(fields);
    let parts: Vec<(&str, &[u8])> = fields.map(|(name, it)| (*name, it.as_bytes())).collect();
    let answer = site.post_parts(path, Some(visit), &parts).await;
    answer.status.as_u16()
}

/// The reverse paths of all that was sent, by the mailbox whose Sent folder has it.
async fn sent(site: &Site) -> Vec<(AccountId, String)> {
    let mut sent = Vec::new();
    for account in [site.juergen, site.ada, site.bo, site.info] {
        let page = site.store.mailbox_page(account, Folder::Sent, None, 1000);
        for entry in page.await.unwrap().entries {
            let envelope = site.store.envelope(entry.message).await.unwrap();
            match envelope.reverse_path {
                ReversePath::Address(path) => sent.push((account, path.to_string())),
                ReversePath::Null => panic!("a mail without a sender was sent"),
            }
            let content = site.store.content(entry.message).await.unwrap();
            let text = String::from_utf8(content).unwrap();
            assert!(!text.contains("Sender:"), "{text}");
        }
    }
    sent
}

#[tokio::test]
async fn nobody_writes_as_anybody_else_by_any_route() {
    let site = Site::in_emergency().await;
    site.start_filing();
    let visits = [
        ("juergen", site.juergen, site.session(site.juergen).await),
        ("bo", site.bo, site.session(site.bo).await),
    ];
    let mailboxes = [
        ("juergen", site.juergen),
        ("ada", site.ada),
        ("bo", site.bo),
        ("info", site.info),
    ];
    let mut want = Vec::new();
    let mut number = 0;
    for (writer, writer_id, visit) in &visits {
        for (mailbox, id) in mailboxes {
            let original = site.receive(id, Folder::Inbox, ORIGINAL).await;
            let opened = *writer_id == id || (*writer, mailbox) == ("juergen", "info");
            let own = [*writer, mailbox].map(|it| format!("{it}@corp.example"));
            let abouts = ["", "?reply=", "?reply-all=", "?forward="];
            let cases = abouts
                .iter()
                .flat_map(|it| SENDERS.iter().map(move |sender| (*it, *sender)));
            for (about, sender) in cases {
                number += 1;
                let key = format!("k{number}");
                let query = if about.is_empty() {
                    String::new()
                } else {
                    format!("{about}{original}")
                };
                let fields = [
                    ("key", key.as_str()),
                    ("from", sender),
                    ("to", "cy@out.example"),
                    ("text", key.as_str()),
                ];
                let path = format!("/mail/{id}/write{query}");
                let status = post(&site, visit, &path, &fields).await;
                let may = opened && own.iter().any(|it| it == sender);
                let case = format!("{writer} in {mailbox}{query} as {sender:?}: {status}");
                assert_eq!(status == 303, may, "{case}");
                assert!(may || (400..500).contains(&status), "{case}");
                if may {
                    let folder = if sender.starts_with("info") {
                        site.info
                    } else {
                        *writer_id
                    };
                    want.push((folder, sender.to_owned()));
                }
                // No other route that takes the same form sends anything, whatever it answers.
                for other in ["draft", "draft/discard", "drafts", "tidy", "tidy/inbox"] {
                    let path = format!("/mail/{id}/{other}{query}");
                    post(&site, visit, &path, &fields).await;
                }
            }
        }
    }
    let got: BTreeSet<_> = sent(&site).await.into_iter().collect();
    assert_eq!(sent(&site).await.len(), want.len());
    assert_eq!(got, want.into_iter().collect());
}

#[tokio::test]
async fn who_writes_to_too_many_keeps_the_text_and_admins_hear_of_it() {
    let site = Site::in_emergency().await;
    site.start_filing();
    let visit = site.session(site.juergen).await;
    let path = format!("/mail/{}/write", site.juergen);
    let write = async |key: &str, recipients: usize| {
        let to: Vec<String> = (0..recipients).map(|n| format!("p{n}@x.example")).collect();
        let to = to.join(",");
        let parts: [(&str, &[u8]); 5] = [
            ("token", visit.form_token.as_bytes()),
            ("key", key.as_bytes()),
            ("from", b"juergen@corp.example"),
            ("to", to.as_bytes()),
            ("text", b"my text"),
        ];
        site.post_parts(&path, Some(&visit), &parts).await
    };
    write("a", 100).await.check(303, &[]);
    write("b", 99).await.check(303, &[]);
    // The same form again is the same mail, and does not count.
    write("b", 99).await.check(303, &[]);
    assert_eq!(site.store.alerts().await.unwrap(), []);
    let refused = write("c", 2).await;
    refused.check(422, &["200 Empfänger in einer Stunde", "my text"]);
    let alerts = site.store.alerts().await.unwrap();
    assert_eq!(alerts[0].kind, AlertKind::WriterOverLimit);
    assert!(alerts[0].words.contains("outbound stop --account juergen"));
    write("d", 1).await.check(303, &[]);
    assert_eq!(sent(&site).await.len(), 3);
}
