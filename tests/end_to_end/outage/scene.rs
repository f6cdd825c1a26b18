//! The peers of the story, and what happens until the primary is back.

use crate::harness::{
    Chromium, Copying, Dovecot, Inbox, JournalTls, Message, Outside, Postfix, ServerConfig,
    Shadowmail, SmtpClient, free_address, mailbox, postfix, recipe, smtp_source, swaks, wait,
};

/// How many mails smtp-source sends, before and during the outage.
pub const FLOOD: usize = 5;

/// Somebody outside who writes to us.
pub const CUSTOMER: &str = "kunde@outside.example";

/// What Anna answers.
pub const ANSWER: &str = "Das Gemälde ist über die Grenze; Tom weiß mehr.";

/// The subject of what Anna writes later.
pub const LATER: &str = "Ist es angekommen?";

/// A message, its envelope sender, and whom it is for.
pub type Mail = (&'static str, &'static str, &'static [&'static str]);

/// What came while the primary was well.
pub const BEFORE: &[Mail] = &[
    ("umlauts", CUSTOMER, &["anna.weiss@corp.example"]),
    (
        "attachment",
        "einkauf@outside.example",
        &["vertrieb@corp.example"],
    ),
    (
        "internal",
        "tom.baker@corp.example",
        &["anna.weiss@corp.example"],
    ),
];

/// What came while it was down.
pub const DURING: &[Mail] = &[
    ("outage-question", CUSTOMER, &["anna.weiss@corp.example"]),
    (
        "outage-attachment",
        "werk@outside.example",
        &["juergen.gross@corp.example"],
    ),
    (
        "outage-group",
        "messe@outside.example",
        &["vertrieb@corp.example"],
    ),
    (
        "outage-shared",
        "nora@outside.example",
        &["info@corp.example"],
    ),
    (
        "outage-several",
        "steuer@outside.example",
        &[
            "anna.weiss@corp.example",
            "tom.baker@corp.example",
            "jg@corp.example",
        ],
    ),
];

/// Everybody in the story.
pub struct Scene {
    /// Anna's browser.
    pub browser: Chromium,
    /// The server under test.
    pub shadowmail: Shadowmail,
    /// The gateway and primary.
    pub postfix: Postfix,
    /// Its mailboxes.
    pub dovecot: Dovecot,
    /// The world behind the smarthost.
    pub outside: Outside,
}

impl Scene {
    /// All peers run, and nothing has happened yet.
    pub async fn set() -> Self {
        let outside = Outside::start();
        let dovecot = Dovecot::start();
        let journal = free_address();
        let postfix = Postfix::start(dovecot.lmtp(), Copying::To(journal));
        let config = ServerConfig {
            journal,
            journal_tls: JournalTls::Required,
            journal_lines: recipe::block(postfix::RECIPE, "toml"),
            imap: Some(dovecot.imap()),
            smarthost: Some(outside.address()),
            ..ServerConfig::for_primary(postfix.address())
        };
        let shadowmail = Shadowmail::start(config);
        let browser = Chromium::start("de").await;
        Self {
            browser,
            shadowmail,
            postfix,
            dovecot,
            outside,
        }
    }

    /// The gateway delivers to the mailboxes, and copies everything to us.
    pub async fn mail_flows_in_normal_times(&self) {
        for (name, from, to) in BEFORE {
            swaks(self.postfix.address(), from, to, &Message::load(name));
        }
        smtp_source(
            self.postfix.address(),
            "maschine@outside.example",
            "jg@corp.example",
            FLOOD,
        );
        self.postfix.wait_until_idle();
        let inbox = Inbox::of(self.dovecot.imap());
        assert_eq!(
            inbox
                .read(mailbox("juergen").address(), "INBOX")
                .await
                .len(),
            1 + FLOOD
        );
    }

    /// Whoever opens the mail pages or tries to sign in reads that all is well with the primary.
    pub async fn the_page_is_locked(&self) {
        for path in ["/mail/", "/signin", "/"] {
            self.browser.open(&self.shadowmail.url(path)).await;
            self.browser.shows("Notbetrieb ist aus.").await;
            assert!(
                !self.browser.has("[name='password']").await,
                "{path} asks for a password"
            );
            assert!(!self.browser.has(".row-subject").await, "{path} shows mail");
        }
    }

    /// All processes of the primary end.
    pub fn the_primary_fails(&mut self) {
        self.postfix.stop();
        self.dovecot.stop();
    }

    /// We are its second MX: what the world has for it comes to us.
    pub fn mail_arrives_at_the_fallback(&self) {
        let fallback = self.shadowmail.config().fallback;
        for (name, from, to) in DURING {
            swaks(fallback, from, to, &Message::load(name));
        }
        let mut client = SmtpClient::connect(fallback).unwrap();
        // A bounce has no sender, and keeps none.
        let bounce = Message::load("outage-bounce");
        let reply = client
            .send("", &[mailbox("juergen").address()], &bounce.bytes)
            .unwrap();
        assert_eq!(reply.code, 250, "{}", reply.text);
        let reply = client
            .send(CUSTOMER, &["niemand@corp.example"], &bounce.bytes)
            .unwrap();
        assert_eq!(reply.code, 550, "an unknown recipient: {}", reply.text);
        let reply = client
            .send(CUSTOMER, &["jemand@elsewhere.example"], &bounce.bytes)
            .unwrap();
        assert_eq!(
            reply.code, 550,
            "a recipient who is not ours: {}",
            reply.text
        );
        smtp_source(
            fallback,
            "maschine@outside.example",
            mailbox("tom").address(),
            FLOOD,
        );
    }

    /// She sees what came during the outage, and what came before.
    pub async fn anna_signs_in_and_reads(&self) {
        self.sign_in("anna").await;
        let subjects = self.browser.texts(".row-subject").await;
        let all = [
            "Termine im Dezember",
            "Lieferung verzögert?",
            "Lunch on Monday?",
            "Grüße aus Köln",
        ];
        for subject in all {
            let count = subjects.iter().filter(|it| *it == subject).count();
            assert_eq!(count, 1, "`{subject}` in Anna's list {subjects:?}");
        }
        assert_eq!(subjects.len(), all.len(), "Anna's list is {subjects:?}");
        self.browser.follow("Grüße aus Köln").await;
        self.browser
            .shows("das Ölgemälde für 1.250 € ist unterwegs")
            .await;
        self.browser.shows("..Zwei Punkte am Anfang").await;
        self.browser.open(&self.shadowmail.url("/mail/")).await;
        self.browser.follow("Lieferung verzögert?").await;
        self.browser
            .shows("Ich müsste es am Dienstag aufhängen.")
            .await;
    }

    /// To the customer outside, and to Tom, who works here.
    pub async fn anna_answers(&self) {
        self.browser.click("a[href*='reply=']").await;
        assert!(
            self.browser.value("to").await.contains(CUSTOMER),
            "the answer goes to who asked"
        );
        assert_eq!(
            self.browser.value("subject").await,
            "Re: Lieferung verzögert?"
        );
        let text = self.browser.value("text").await;
        let tom = mailbox("tom").address();
        self.browser.fill("to", &format!("{CUSTOMER}, {tom}")).await;
        self.browser
            .fill("text", &format!("{ANSWER}\n{text}"))
            .await;
        self.browser.click("form.write button.primary").await;
        wait::until("the answer has reached the customer", || {
            self.outside.arrived().len() == 1
        });
    }

    /// Its machines are up again; the emergency is not over yet.
    pub fn the_primary_returns(&mut self) {
        self.dovecot.start_again();
        self.postfix.start_again();
    }

    /// The worker is awake and reaches the outside, and still holds back what is owed.
    pub async fn anna_writes_outside_and_nothing_goes_to_the_primary(&self) {
        self.browser.open(&self.shadowmail.url("/mail/")).await;
        self.browser.click("a[href$='/write']").await;
        self.browser.fill("to", CUSTOMER).await;
        self.browser.fill("subject", LATER).await;
        self.browser.fill("text", "Bitte um kurze Nachricht.").await;
        self.browser.click("form.write button.primary").await;
        wait::until("it has reached the customer", || {
            self.outside.arrived().len() == 2
        });
        let log = self.postfix.log();
        assert!(
            !log.contains("message-id=<question"),
            "mail was handed over in the emergency:\n{log}"
        );
        let owed = self.shadowmail.json("status");
        assert_eq!(owed["owed"]["settled"], 0, "{owed}");
    }

    /// Recovery ends by itself when nothing is owed any more.
    pub fn everything_is_handed_back(&self) {
        wait::until_equal("the mode is normal again", &"normal".to_owned(), || {
            let status = self.shadowmail.json("status");
            status["mode"]["mode"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        });
        self.postfix.wait_until_idle();
    }

    /// Signs in and comes to the inbox.
    pub async fn sign_in(&self, login: &str) {
        self.browser.open(&self.shadowmail.url("/signin")).await;
        self.browser.fill("login", login).await;
        self.browser
            .fill("password", &mailbox(login).password())
            .await;
        self.browser.click("main form button").await;
        assert!(
            self.browser.url().await.contains("/mail/"),
            "{}",
            self.browser.text().await
        );
    }
}
