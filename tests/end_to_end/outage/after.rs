//! What must be true when the outage is over.

use std::collections::BTreeSet;

use crate::harness::{GROUPS, Inbox, MAILBOXES, Message, Stored, mailbox, without_trace};

use super::scene::{ANSWER, BEFORE, CUSTOMER, DURING, FLOOD, LATER, Mail, Scene};

/// Mails that Shadowmail owed to the primary, one for each mailbox: question, attachment, group
/// (two), shared, several (three), bounce, the flood; the answer for Tom; two Sent copies.
const OWED: usize = 1 + 1 + 2 + 1 + 3 + 1 + FLOOD + 1 + 2;

impl Scene {
    /// Exactly once in each mailbox, with its bytes and its envelope sender; and nothing else.
    pub async fn every_mail_is_in_the_primary_once(&self) {
        for owner in MAILBOXES {
            let stored = Inbox::of(self.dovecot.imap())
                .read(owner.address(), "INBOX")
                .await;
            let mut expected = 0;
            for mail in BEFORE.iter().chain(DURING) {
                if is_for(mail, owner.login) {
                    expected += 1;
                    check_stored(&stored, &Message::load(mail.0), mail.1);
                }
            }
            match owner.login {
                "juergen" => {
                    check_stored(&stored, &Message::load("outage-bounce"), "");
                    expected += 1 + check_flood(&stored);
                }
                // The answer is looked at by itself.
                "tom" => expected += 1 + check_flood(&stored),
                _ => {}
            }
            let subjects: Vec<String> = stored
                .iter()
                .filter_map(|it| it.header("Subject"))
                .collect();
            assert_eq!(stored.len(), expected, "{} has {subjects:?}", owner.login);
        }
    }

    /// Outside, with Tom, and in Anna's Sent folder: the same message, once each.
    pub async fn the_answer_is_in_the_right_places(&self) {
        let arrived = self.outside.arrived();
        assert_eq!(arrived.len(), 2, "the answer and the later message");
        let answer = &arrived[0];
        assert_eq!(answer.from, mailbox("anna").address());
        assert_eq!(answer.to, [CUSTOMER]);
        let sent_bytes = without_trace(&answer.bytes);

        let dovecot = Inbox::of(self.dovecot.imap());
        let inbox = dovecot.read(mailbox("tom").address(), "INBOX").await;
        let at_tom: Vec<&Stored> = inbox
            .iter()
            .filter(|it| it.without_trace() == sent_bytes)
            .collect();
        assert_eq!(
            at_tom.len(),
            1,
            "Tom has the answer once, as it went outside"
        );
        let return_path = format!("<{}>", mailbox("anna").address());
        assert_eq!(at_tom[0].header("Return-Path"), Some(return_path));
        let thread = at_tom[0].header("In-Reply-To").unwrap_or_default();
        assert_eq!(thread, Message::load("outage-question").id());
        assert!(
            at_tom[0]
                .header("Received")
                .is_some_and(|it| !it.contains("127.0.0.1:"))
        );

        let sent = dovecot.read(mailbox("anna").address(), "Sent").await;
        assert_eq!(sent.len(), 2, "Anna's Sent folder");
        assert_eq!(
            sent.iter()
                .filter(|it| it.without_trace() == sent_bytes)
                .count(),
            1
        );
        assert!(
            sent.iter().all(|it| it.is_seen),
            "what one sent oneself is read"
        );
        let later = without_trace(&arrived[1].bytes);
        assert_eq!(
            sent.iter().filter(|it| it.without_trace() == later).count(),
            1
        );
    }

    /// The copies that the gateway made of re-injected mail are no second mail: in the next
    /// emergency everything is listed once.
    pub async fn shadowmail_shows_every_mail_once(&self) {
        let status = self.shadowmail.json("reinject status");
        assert_eq!(status["owed"]["open"], 0, "{status}");
        assert_eq!(status["owed"]["for_a_person"], 0, "{status}");
        assert_eq!(status["owed"]["settled"], OWED, "{status}");
        assert_eq!(self.shadowmail.json("status")["unsorted"], 0);

        self.shadowmail
            .succeed("emergency start --reason look-again");
        self.sign_in("anna").await;
        let mut subjects = self.browser.texts(".row-subject").await;
        subjects.sort();
        let want = [
            "Grüße aus Köln",
            "Lieferung verzögert?",
            "Lunch on Monday?",
            "Termine im Dezember",
        ];
        assert_eq!(subjects, want);
        self.browser.follow("Gesendet").await;
        let mut sent = self.browser.texts(".row-subject").await;
        sent.sort();
        assert_eq!(sent, [LATER, "Re: Lieferung verzögert?"]);
        self.browser.follow("Re: Lieferung").await;
        self.browser.shows(ANSWER).await;
        self.shadowmail.succeed("emergency end --reason seen");
    }
}

/// Whether a mail reaches this mailbox, directly or by a group.
fn is_for((_, _, to): &Mail, login: &str) -> bool {
    to.iter().any(|address| {
        mailbox(login).addresses.contains(address)
            || GROUPS
                .iter()
                .any(|group| group.address == *address && group.members.contains(&login))
    })
}

#[track_caller]
fn check_stored(stored: &[Stored], message: &Message, from: &str) {
    let same: Vec<&Stored> = stored
        .iter()
        .filter(|it| it.header("Message-ID") == Some(message.id()))
        .collect();
    assert_eq!(same.len(), 1, "{} is in the mailbox once", message.name);
    same[0].assert_is(&message.bytes);
    assert_eq!(same[0].header("Date"), Some(message.date()));
    assert_eq!(
        same[0].header("Return-Path"),
        Some(format!("<{from}>")),
        "{}",
        message.name
    );
}

/// smtp-source makes its own messages: each is there once. Gives their number.
#[track_caller]
fn check_flood(stored: &[Stored]) -> usize {
    let ids: Vec<String> = stored
        .iter()
        .filter_map(|it| it.header("Message-ID"))
        .filter(|id| id.contains("source.outside.example"))
        .collect();
    assert_eq!(ids.len(), FLOOD, "smtp-source: {ids:?}");
    assert_eq!(
        ids.iter().collect::<BTreeSet<_>>().len(),
        FLOOD,
        "smtp-source: {ids:?}"
    );
    FLOOD
}
