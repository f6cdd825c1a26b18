//! Writing, answering, forwarding.

use store::{Folder, MessageId, ReversePath, Source};

use super::site::{Site, Visit, address};

const ORIGINAL: &[u8] = b"From: =?utf-8?q?J=C3=BCrgen_M=C3=BCller?= <jm@out.example>\r\n\
    To: juergen@corp.example, Bo <bo@corp.example>\r\nCc: x@out.example\r\n\
    Subject: AW: Re: Angebot\r\nDate: Thu, 19 Nov 2026 08:12:00 +0000\r\nMessage-ID: <m2@out.example>\r\n\
    References: <m0@out.example> <m1@out.example>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nZeile 1\r\n> alt\r\n\r\nEnde\r\n\
    --b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"=?utf-8?q?=C3=9Cbersicht.pdf?=\"\r\n\r\n%PDF-\r\n--b--\r\n";

struct Desk {
    site: Site,
    visit: Visit,
    path: String,
}

impl Desk {
    async fn new() -> Self {
        let site = Site::in_emergency().await;
        site.start_filing();
        let visit = site.session(site.juergen).await;
        let path = format!("/mail/{}/write", site.juergen);
        Self { site, visit, path }
    }

    async fn send(&self, path: &str, fields: &[(&str, &[u8])]) -> super::site::Answer {
        let token = self.visit.form_token.as_bytes();
        let mut all: Vec<(&str, &[u8])> = vec![
            ("token", token),
            ("key", b"k1"),
            ("from", b"juergen@corp.example"),
        ];
        for field in fields {
            all.retain(|known| known.0 != field.0 || field.0.starts_with("files/"));
            all.push(*field);
        }
        self.site.post_parts(path, Some(&self.visit), &all).await
    }

    async fn sent(&self) -> Vec<MessageId> {
        self.site.folder(self.site.juergen, Folder::Sent).await
    }

    async fn only_mail(&self) -> String {
        let sent = self.sent().await;
        assert_eq!(sent.len(), 1);
        String::from_utf8(self.site.store.content(sent[0]).await.unwrap()).unwrap()
    }
}

#[tokio::test]
async fn a_message_is_kept_with_its_envelope() {
    let desk = Desk::new().await;
    let answer = desk
        .send(
            &desk.path,
            &[
                (
                    "to",
                    "Müller, Eva <eva@out.example>; bo@corp.example".as_bytes(),
                ),
                ("cc", b"c@out.example"),
                ("bcc", b"hidden@out.example, BO@corp.example"),
                ("subject", "Grüße".as_bytes()),
                ("text", "Schöne Grüße\r\n.\r\nFrom here".as_bytes()),
            ],
        )
        .await;
    answer.check(303, &[]);
    assert_eq!(
        answer.header("location"),
        format!("/mail/{}/sent?notice=sent", desk.site.juergen)
    );
    let mail = desk.only_mail().await;
    assert!(
        !mail.contains("hidden@") && !mail.to_lowercase().contains("bcc:"),
        "{mail}"
    );
    assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "{mail:?}");
    assert!(
        mail.contains("@shadow.corp.example>\r\n") && mail.contains("eva@out.example"),
        "{mail}"
    );
    let date = mail
        .lines()
        .find_map(|line| line.strip_prefix("Date: "))
        .unwrap();
    assert!(date.contains(" +") || date.contains(" -"), "{date}");
    let id = desk.sent().await[0];
    let envelope = desk.site.store.envelope(id).await.unwrap();
    assert_eq!(
        envelope.source,
        Source::Written {
            account: desk.site.juergen
        }
    );
    assert_eq!(
        envelope.reverse_path,
        ReversePath::Address(address("juergen"))
    );
    let recipients: Vec<&str> = envelope
        .recipients
        .iter()
        .map(store::Address::as_str)
        .collect();
    let want = [
        "eva@out.example",
        "bo@corp.example",
        "c@out.example",
        "hidden@out.example",
    ];
    assert_eq!(recipients, want);
}

#[tokio::test]
async fn a_sent_message_is_audited_and_can_be_read() {
    let desk = Desk::new().await;
    let fields: &[(&str, &[u8])] = &[
        ("to", "Müller, Eva <eva@out.example>".as_bytes()),
        ("subject", "Grüße".as_bytes()),
        ("text", "Schöne Grüße".as_bytes()),
    ];
    desk.send(&desk.path, fields).await.check(303, &[]);
    let id = desk.sent().await[0];
    let log = desk.site.store.audit_log(10).await.unwrap();
    let line = log.iter().find(|row| row.action == "send").unwrap();
    assert_eq!(
        (line.actor.as_str(), line.object.as_str()),
        ("juergen", id.to_string().as_str())
    );
    let page = desk
        .site
        .get(
            &format!("/mail/{}/message/{id}", desk.site.juergen),
            Some(&desk.visit),
        )
        .await;
    page.check(200, &["Schöne Grüße", "Grüße", "Müller, Eva"]);
}

#[tokio::test]
async fn sending_twice_sends_once() {
    let desk = Desk::new().await;
    let first: &[(&str, &[u8])] = &[("to", b"a@out.example"), ("text", b"one")];
    let (a, b) = tokio::join!(desk.send(&desk.path, first), desk.send(&desk.path, first));
    a.check(303, &[]);
    b.check(303, &[]);
    assert_eq!(desk.sent().await.len(), 1);
    // Another text is another message, even from the same form.
    desk.send(&desk.path, &[("to", b"a@out.example"), ("text", b"two")])
        .await
        .check(303, &[]);
    assert_eq!(desk.sent().await.len(), 2);
}

#[tokio::test]
async fn everything_wrong_is_said_and_everything_typed_comes_back() {
    let desk = Desk::new().await;
    let answer = desk
        .send(
            &desk.path,
            &[
                ("to", b"nonsense, ok@out.example"),
                ("bcc", "jürgen@out.example".as_bytes()),
                ("subject", b"<Betreff>"),
                ("text", b"\r\n<b>mein Text</b>"),
                ("files/a.txt", b"x"),
            ],
        )
        .await;
    answer.check(
        422,
        &[
            "„nonsense“ ist keine E-Mail-Adresse",
            "„jürgen@out.example“ hat Umlaute",
            "value=\"nonsense, ok@out.example\"",
            "&#60;b&#62;mein Text&#60;/b&#62;",
            "&#60;Betreff&#62;",
            "Dateien noch einmal aus",
            "value=\"k1\"",
        ],
    );
    desk.send(&desk.path, &[("text", b"x")])
        .await
        .check(422, &["mindestens eine Adresse"]);
    let many = (0..101)
        .map(|n| format!("a{n}@x.example"))
        .collect::<Vec<_>>()
        .join(",");
    desk.send(&desk.path, &[("to", many.as_bytes())])
        .await
        .check(422, &["Erlaubt sind 100"]);
    let long = vec![b'x'; crate::limits::TEXT_BYTES_MAX + 1];
    let fields: &[(&str, &[u8])] = &[("to", b"a@b.example"), ("text", &long)];
    desk.send(&desk.path, fields)
        .await
        .check(422, &["Der Text ist zu lang"]);
    let fields: &[(&str, &[u8])] = &[("to", b"a@b.example"), ("from", b"ada@corp.example")];
    desk.send(&desk.path, fields)
        .await
        .check(422, &["dürfen Sie nicht senden"]);
    assert!(desk.sent().await.is_empty());
}

#[tokio::test]
async fn headers_can_not_be_smuggled_in() {
    let desk = Desk::new().await;
    let fields: &[(&str, &[u8])] = &[
        ("to", b"\"x\\\" Bcc: evil@out.example\" <a@out.example>"),
        (
            "subject",
            "hello\r\nBcc: evil@out.example\nX-Evil: 1\rX-Evil: 2\0".as_bytes(),
        ),
        ("text", b"body\n.\nX-Evil: body\rlast"),
        ("files/a\\\"\r\nX-Evil: file", b"x"),
    ];
    let answer = desk.send(&desk.path, fields).await;
    if answer.status == 303 {
        let mail = desk.only_mail().await;
        let head = mail.split("\r\n\r\n").next().unwrap();
        for line in head.split("\r\n") {
            assert!(
                !line.starts_with("Bcc") && !line.starts_with("X-Evil"),
                "{head}"
            );
        }
        assert!(!mail.replace("\r\n", "").contains(['\r', '\n']), "{mail:?}");
    }
}

#[tokio::test]
async fn an_answer_continues_the_thread() {
    let desk = Desk::new().await;
    let id = desk
        .site
        .receive(desk.site.juergen, Folder::Inbox, ORIGINAL)
        .await;
    let path = format!("{}?reply={id}", desk.path);
    let form = desk.site.get(&path, Some(&desk.visit)).await;
    form.check(
        200,
        &[
            "value=\"Jürgen Müller &#60;jm@out.example&#62;\"",
            "value=\"Re: Angebot\"",
            "schrieb Jürgen Müller:\n&#62; Zeile 1\n&#62;&#62; alt\n&#62;\n&#62; Ende",
            "Am Do., 19.11.2026 um ",
        ],
    );
    form.check_lacks(&["type=\"checkbox\""]);
    let fields: &[(&str, &[u8])] = &[
        ("to", b"jm@out.example"),
        ("subject", b"Re: Angebot"),
        ("text", b"Ja."),
    ];
    desk.send(&path, fields).await.check(303, &[]);
    let mail = desk.only_mail().await.replace("\r\n ", " ");
    assert!(mail.contains("In-Reply-To: <m2@out.example>\r\n"), "{mail}");
    let references = "References: <m0@out.example> <m1@out.example> <m2@out.example>\r\n";
    assert!(mail.contains(references), "{mail}");
    let entry = desk.site.store.entry(desk.site.juergen, id).await.unwrap();
    assert!(entry.answered && !entry.forwarded);
    let inbox = desk
        .site
        .get(
            &format!("/mail/{}/inbox", desk.site.juergen),
            Some(&desk.visit),
        )
        .await;
    inbox.check(200, &["beantwortet"]);
}

#[tokio::test]
async fn an_answer_to_all_leaves_oneself_out() {
    let desk = Desk::new().await;
    let id = desk
        .site
        .receive(desk.site.juergen, Folder::Inbox, ORIGINAL)
        .await;
    let form = desk
        .site
        .get(&format!("{}?reply-all={id}", desk.path), Some(&desk.visit))
        .await;
    form.check(
        200,
        &[
            "value=\"Jürgen Müller &#60;jm@out.example&#62;, Bo &#60;bo@corp.example&#62;\"",
            "id=\"cc\" name=\"cc\" type=\"text\" inputmode=\"email\" value=\"x@out.example\"",
            "<details class=\"copies\" open>",
        ],
    );
}

#[tokio::test]
async fn a_forward_takes_text_and_chosen_attachments_along() {
    let desk = Desk::new().await;
    let id = desk
        .site
        .receive(desk.site.juergen, Folder::Inbox, ORIGINAL)
        .await;
    let path = format!("{}?forward={id}", desk.path);
    let form = desk.site.get(&path, Some(&desk.visit)).await;
    form.check(
        200,
        &[
            "value=\"Fwd: Angebot\"",
            "Weitergeleitete Nachricht",
            "Von: Jürgen Müller &#60;jm@out.example&#62;",
            "name=\"along\" value=\"0\" checked",
            "Übersicht.pdf",
        ],
    );
    let fields: &[(&str, &[u8])] = &[
        ("to", b"bo@corp.example"),
        ("subject", b"Fwd: Angebot"),
        ("text", b"FYI"),
        ("along", b"0"),
        ("files/Grüße.txt", b"eins\nzwei\r\n"),
    ];
    desk.send(&path, fields).await.check(303, &[]);
    let sent = desk.sent().await[0];
    let page = format!("/mail/{}/message/{sent}", desk.site.juergen);
    desk.site
        .get(&page, Some(&desk.visit))
        .await
        .check(200, &["Übersicht.pdf", "Grüße.txt", "FYI"]);
    let pdf = desk
        .site
        .get(&format!("{page}/attachment/0"), Some(&desk.visit))
        .await;
    assert_eq!(pdf.text(), "%PDF-");
    let text = desk
        .site
        .get(&format!("{page}/attachment/1"), Some(&desk.visit))
        .await;
    assert_eq!(text.text(), "eins\nzwei\r\n");
    let mail = String::from_utf8(desk.site.store.content(sent).await.unwrap()).unwrap();
    assert!(!mail.contains("In-Reply-To"));
    assert!(
        desk.site
            .store
            .entry(desk.site.juergen, id)
            .await
            .unwrap()
            .forwarded
    );
}

#[tokio::test]
async fn attachments_have_a_limit_and_the_text_survives_it() {
    let desk = Desk::new().await;
    let big = vec![b'x'; crate::limits::ATTACHMENT_BYTES_MAX];
    let fields: &[(&str, &[u8])] = &[
        ("to", b"a@b.example"),
        ("text", b"mein Text"),
        ("files/a.bin", &big),
        ("files/b.bin", b"x"),
    ];
    desk.send(&desk.path, fields)
        .await
        .check(422, &["Anhänge sind zu groß", "mein Text"]);
    let fields = &fields[..3];
    desk.send(&desk.path, fields).await.check(303, &[]);
}

#[tokio::test]
async fn a_form_that_is_too_large_gives_the_text_back() {
    let desk = Desk::new().await;
    let huge = vec![b'x'; crate::limits::WRITE_BYTES_MAX + 1];
    let fields: &[(&str, &[u8])] = &[
        ("to", b"a@b.example"),
        ("text", b"mein Text"),
        ("files/a.bin", &huge),
    ];
    desk.send(&desk.path, fields)
        .await
        .check(422, &["Anhänge sind zu groß", "mein Text", "a@b.example"]);
    // Not even a file: only the page with the text is left.
    let fields: &[(&str, &[u8])] = &[("subject", b"mein Betreff"), ("text", &huge)];
    desk.send(&desk.path, fields)
        .await
        .check(413, &["Das ist zu groß", "mein Betreff"]);
    assert!(desk.sent().await.is_empty());
}

#[tokio::test]
async fn a_shared_mailbox_answers_as_itself() {
    let desk = Desk::new().await;
    let mail = String::from_utf8(ORIGINAL.to_vec())
        .unwrap()
        .replace("juergen@corp", "info@corp");
    let id = desk
        .site
        .receive(desk.site.info, Folder::Inbox, mail.as_bytes())
        .await;
    let path = format!("/mail/{}/write?reply={id}", desk.site.info);
    let form = desk.site.get(&path, Some(&desk.visit)).await;
    form.check(
        200,
        &[
            "<option value=\"info@corp.example\" selected>",
            "<option value=\"juergen@corp.example\">",
        ],
    );
    let fields: &[(&str, &[u8])] = &[
        ("from", b"info@corp.example"),
        ("to", b"jm@out.example"),
        ("text", b"Ja."),
    ];
    let answer = desk.send(&path, fields).await;
    assert_eq!(
        answer.header("location"),
        format!("/mail/{}/sent?notice=sent", desk.site.info)
    );
    let page = desk
        .site
        .store
        .mailbox_page(desk.site.info, Folder::Sent, None, 9)
        .await
        .unwrap();
    let envelope = desk
        .site
        .store
        .envelope(page.entries[0].message)
        .await
        .unwrap();
    assert_eq!(envelope.reverse_path, ReversePath::Address(address("info")));
}
