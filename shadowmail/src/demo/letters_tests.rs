use super::*;

fn written(count: usize) -> Vec<Mail> {
    let mut post = Post::new("2026-11-22T09:00:00Z".parse().unwrap()).unwrap();
    (0..count)
        .map(|_| post.write("2026-11-22T10:00:00Z".parse().unwrap()).unwrap())
        .collect()
}

fn text(mail: &Mail) -> String {
    String::from_utf8(mail.bytes.clone()).unwrap()
}

#[test]
fn every_letter_is_a_whole_mail_for_known_people() {
    let mails = written(60);
    for mail in &mails {
        assert!(!mail.recipients.is_empty());
        for recipient in mail
            .recipients
            .iter()
            .filter(|it| it.ends_with(people::DOMAIN))
        {
            assert!(!people::mailboxes(recipient).is_empty(), "{recipient}");
        }
        let text = text(mail);
        assert!(text.is_ascii() && text.ends_with("\r\n"), "{text}");
        assert!(
            !text.contains("{n}") && !text.replace("\r\n", "").contains('\n'),
            "{text}"
        );
        assert_eq!(
            crate::demo::receiver::message_id(&mail.bytes),
            mail.message_id
        );
    }
    let mut ids: Vec<&String> = mails.iter().map(|mail| &mail.message_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), mails.len(), "each has a Message-ID of its own");
}

#[test]
fn there_is_some_of_everything() {
    let all: String = written(24).iter().map(text).collect();
    for word in [
        "application/pdf",
        "image/png",
        "text/csv",
        "text/html",
        "text/calendar",
        "method=\"REQUEST\"",
        "charset=\"iso-8859-1\"",
        "=?iso-8859-1?Q?",
        "=?utf-8?",
        "List-Id: ",
        "In-Reply-To: <stahl.",
        "quoted-printable",
    ] {
        assert!(all.contains(word), "{word}");
    }
}

#[test]
fn a_thread_refers_to_its_first_mail() {
    let mails = written(2);
    assert!(text(&mails[1]).contains(&format!("In-Reply-To: <{}>", mails[0].message_id)));
}
