//! `demo --outage`: one outage from beginning to end, each step proven and told in one line.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use continuity::{Opening, Order};
use jiff::Timestamp;
use store::{Folder, Mode, OwedCount, Purpose, QueueState};

use super::browser::Browser;
use super::ledger::{Ledger, mailboxes};
use super::letters::{Mail, Post};
use super::page::Page;
use super::people::{self, PASSWORD};
use super::receiver::message_id;
use super::stage::Stage;
use crate::print;

/// Mails that come before the outage; of those after it, only those from outside can come.
const BEFORE: usize = 13;

/// More rows than the story makes.
const LEDGER_ROWS_MAX: usize = 1000;

/// How long any step may take.
const STEP_MAX: Duration = Duration::from_secs(30);

/// How often a step looks whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Who writes the answer.
const WRITER: &str = "bjoern.hansen";

/// What he answers.
const ANSWER: &str = "Hello Maren,\n\nconfirmed, the machine is yours tonight. Our mail server is down, \
    this comes from the emergency webmail.\n\nBest regards\nBjörn Hansen\n";

/// A subject that only the mail of the outage has.
const NEW_SUBJECT: &str = "Order confirmation needed before our shift starts";

/// A subject from before the outage.
const OLD_SUBJECT: &str = "[Antriebe] Erfahrungen mit Keramiklagern";

/// The story so far.
pub struct Story {
    stage: Stage,
    began: Instant,
    mails: Vec<Mail>,
    ledger: Ledger,
    browser: Browser,
}

/// What was answered.
struct Answer {
    /// Its Message-ID.
    id: String,
    /// What all copies of it end in.
    text: Vec<u8>,
}

impl Story {
    /// Before anything has happened.
    pub fn new(stage: Stage) -> anyhow::Result<Self> {
        let now = Timestamp::now();
        let mut post = Post::new(now)?;
        let mails: Result<Vec<Mail>, _> = (0..post.once()).map(|_| post.write(now)).collect();
        let browser = Browser::new(stage.ports.web);
        let (began, ledger) = (Instant::now(), Ledger::default());
        Ok(Self {
            stage,
            began,
            mails: mails?,
            ledger,
            browser,
        })
    }

    /// Plays it all. An error says what did not hold.
    pub async fn play(mut self) -> anyhow::Result<()> {
        self.mail_comes_to_the_primary().await?;
        self.the_webmail_is_locked().await?;
        self.primary_dies().await?;
        let before = self.mail_comes_to_the_fallback().await?;
        self.emergency_begins().await?;
        self.people_read().await?;
        let answer = self.an_answer_is_written().await?;
        self.primary_returns(before).await?;
        self.everything_is_handed_back().await?;
        self.all_is_where_it_belongs(&answer).await?;
        self.the_webmail_is_locked().await?;
        self.stage.clear().await
    }

    async fn mail_comes_to_the_primary(&mut self) -> anyhow::Result<()> {
        for mail in self.mails.iter().take(BEFORE) {
            self.stage.send(mail).await?;
            self.ledger.expect(mail);
        }
        self.until_inboxes_are_complete().await?;
        self.ledger.check(&self.stage.primary)?;
        let (mails, deliveries) = self.ledger.counts();
        self.tell("normal", format_args!(
            "{mails} mails come to the primary for {deliveries} mailboxes; Shadowmail has a copy of each"
        ))
    }

    async fn the_webmail_is_locked(&mut self) -> anyhow::Result<()> {
        let page = self.browser.open("/mail/").await?;
        ensure!(
            page.status == 403,
            "the locked webmail answered {}",
            page.status
        );
        ensure!(
            !page.html.contains(OLD_SUBJECT),
            "the locked webmail shows mail"
        );
        let url = &self.stage.config.web.url;
        self.tell(
            "normal",
            format_args!("the webmail at {url} is locked: nobody sees mail here"),
        )
    }

    async fn primary_dies(&mut self) -> anyhow::Result<()> {
        self.stage.primary.switch_off().await?;
        let address = self.stage.primary.address();
        let refused = tokio::net::TcpStream::connect(address).await.is_err();
        ensure!(refused, "the primary still answers");
        self.tell(
            "outage",
            format_args!("the primary dies: {address} refuses connections"),
        )
    }

    /// Gives how many mails the primary has now.
    async fn mail_comes_to_the_fallback(&mut self) -> anyhow::Result<usize> {
        let mut came = 0;
        let mut owed = 0;
        for mail in self.mails.iter().skip(BEFORE) {
            if self.stage.send(mail).await? {
                self.ledger.expect(mail);
                came += 1;
                owed += mailboxes(mail).len() as u64;
            }
        }
        ensure!(came > 0, "no mail came from outside");
        self.until_inboxes_are_complete().await?;
        let count = self.stage.store().owed().await?;
        ensure!(
            count.open == owed,
            "{} deliveries are owed, not {owed}",
            count.open
        );
        self.tell("outage", format_args!(
            "{came} mails from outside come to Shadowmail instead; {owed} deliveries are owed to the primary"
        ))?;
        Ok(self.stage.primary.taken().len())
    }

    async fn emergency_begins(&mut self) -> anyhow::Result<()> {
        let changed = continuity::start(
            self.stage.store(),
            order("the primary is down"),
            Opening::default(),
        )
        .await?;
        ensure!(changed.mode == Mode::Emergency);
        self.tell(
            "emergency",
            "an administrator starts the emergency; the webmail opens",
        )
    }

    async fn people_read(&mut self) -> anyhow::Result<()> {
        let mut form = self.browser.open("/signin").await?.form_with("password")?;
        form.fill("login", WRITER)?;
        form.fill("password", PASSWORD)?;
        let inbox = self.browser.submit(&form).await?;
        ensure!(
            inbox.path.contains("/mail/"),
            "signing in led to {}",
            inbox.path
        );
        let shown = inbox.html.matches("class=\"row-subject\"").count();
        let has = self.ledger.count_of(&people::address(WRITER));
        ensure!(shown == has, "the inbox shows {shown} mails, not {has}");
        let old = self.follow(&inbox, OLD_SUBJECT).await?;
        ensure!(
            old.html.contains("12.500 U/min"),
            "the older mail is not readable"
        );
        self.tell(
            "emergency",
            format_args!(
                "Björn signs in, sees {has} mails, reads an older one and \"{NEW_SUBJECT}\""
            ),
        )
    }

    async fn an_answer_is_written(&mut self) -> anyhow::Result<Answer> {
        let inbox = self.browser.open("/mail/").await?;
        let message = self.follow(&inbox, NEW_SUBJECT).await?;
        let mut form = self
            .follow(&message, "reply-all=")
            .await?
            .form_with("text")?;
        let quoted = form.value("text").unwrap_or_default().to_owned();
        form.fill("text", &format!("{ANSWER}{quoted}"))?;
        let sent = self.browser.submit(&form).await?;
        ensure!(sent.status == 200, "sending was answered {}", sent.status);
        let folder = self.follow(&sent, "/sent").await?;
        ensure!(
            folder.html.contains(NEW_SUBJECT),
            "the answer is not in his Sent folder"
        );
        until("the answer is outside", async || {
            Ok(self.stage.outside.taken().len() == 1)
        })
        .await?;
        let answer = self.stage.outside.taken();
        let answer = answer.first().context("no answer came outside")?;
        ensure!(
            answer.recipients == ["maren@olsen-marine.example"],
            "it went to {:?}",
            answer.recipients
        );
        let id = message_id(&answer.bytes);
        // The copies of the colleagues and of the writer differ from it in front only.
        let from = find(&answer.bytes, b"\r\n\r\n").context("the answer has no text")?;
        let text = answer.bytes.get(from..).unwrap_or_default();
        for mailbox in people::mailboxes(&people::address("vertrieb")) {
            self.ledger.expect_at(&mailbox, &id, text);
        }
        self.until_inboxes_are_complete().await?;
        self.tell(
            "emergency",
            format_args!(
                "he answers to all: Maren has it outside, {} colleagues read it in the webmail",
                people::SALES.len()
            ),
        )?;
        Ok(Answer {
            id,
            text: text.to_owned(),
        })
    }

    async fn primary_returns(&mut self, before: usize) -> anyhow::Result<()> {
        self.stage.primary.switch_on().await?;
        let OwedCount { open, .. } = self.stage.store().owed().await?;
        let taken = self.stage.primary.taken().len();
        ensure!(
            taken == before,
            "something was handed over during the emergency"
        );
        self.tell(
            "emergency",
            format_args!(
                "the primary is back; {open} deliveries stay held until an administrator says so"
            ),
        )
    }

    async fn everything_is_handed_back(&mut self) -> anyhow::Result<()> {
        let OwedCount { open, .. } = self.stage.store().owed().await?;
        continuity::end(self.stage.store(), order("the primary is back")).await?;
        self.tell(
            "recovery",
            "the emergency is ended; the webmail only reads, handing back begins",
        )?;
        until("everything is handed back", async || {
            Ok(self.stage.store().mode().await?.mode == Mode::Normal)
        })
        .await?;
        // Its copies of what it got come back to us, and each counts as open until it is filed.
        until("what came back is filed", async || {
            Ok(self.stage.store().owed().await?.open == 0)
        })
        .await?;
        let count = self.stage.store().owed().await?;
        ensure!(
            count.for_a_person == 0,
            "something waits for a person: {count:?}"
        );
        ensure!(
            count.settled == open,
            "{} deliveries are settled, not {open}",
            count.settled
        );
        self.tell(
            "recovery",
            format_args!("{open} deliveries are settled; Shadowmail is back to normal by itself"),
        )
    }

    async fn all_is_where_it_belongs(&mut self, answer: &Answer) -> anyhow::Result<()> {
        // What was handed back comes here as a copy once more: it confirms, and changes nothing.
        until("the primary has confirmed everything", async || {
            let ledger = self.stage.store().ledger(LEDGER_ROWS_MAX).await?;
            let mut returned = ledger.iter().filter(|row| row.purpose != Purpose::Send);
            Ok(returned.all(|row| row.state == QueueState::Confirmed))
        })
        .await?;
        self.until_inboxes_are_complete().await?;
        // The primary has no IMAP here, so the writer's copy is in his inbox there.
        self.ledger
            .expect_at(&people::address(WRITER), &answer.id, &answer.text);
        self.ledger.check(&self.stage.primary)?;
        let outside = self.stage.outside.taken();
        ensure!(
            outside.len() == 1,
            "{} mails are outside, not one",
            outside.len()
        );
        let (mails, deliveries) = self.ledger.counts();
        self.tell("normal", format_args!(
            "all {mails} mails are at the primary in all {deliveries} mailboxes: each once, its bytes unchanged; the copies it sent us confirm that"
        ))?;
        self.tell(
            "normal",
            format_args!(
                "the answer <{}> is once outside, once with each colleague, once with its writer",
                answer.id
            ),
        )
    }

    /// Waits until each inbox of Shadowmail holds what the mailbox must have, and no more.
    async fn until_inboxes_are_complete(&self) -> anyhow::Result<()> {
        let store = self.stage.store();
        until("each inbox is complete", async || {
            for account in store.accounts().await? {
                let want = self.ledger.count_of(account.primary_address().as_str()) as u64;
                let counts = store.folder_counts(account.id).await?;
                let inbox = counts.iter().find(|count| count.folder == Folder::Inbox);
                if inbox.is_none_or(|inbox| inbox.total != want) {
                    return Ok(false);
                }
            }
            Ok(store.unfiled(1).await?.is_empty())
        })
        .await
    }

    async fn follow(&mut self, page: &Page, words: &str) -> anyhow::Result<Page> {
        let link = page
            .link(words)
            .with_context(|| format!("{} has no link {words}", page.path))?;
        let next = self.browser.open(&link).await?;
        ensure!(next.status == 200, "{link} answered {}", next.status);
        Ok(next)
    }

    fn tell(&self, chapter: &str, line: impl std::fmt::Display) -> anyhow::Result<()> {
        let seconds = self.began.elapsed().as_secs_f32();
        print::line(format_args!("{seconds:5.1} s  {chapter:<10} {line}"))?;
        Ok(())
    }
}

async fn until(what: &str, done: impl AsyncFn() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let began = Instant::now();
    while !done().await? {
        if began.elapsed() > STEP_MAX {
            bail!("after {} s it is not so that {what}", STEP_MAX.as_secs());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(())
}

fn order(reason: &str) -> Order {
    Order {
        by: "anna.becker".to_owned(),
        reason: reason.to_owned(),
        now: Timestamp::now(),
    }
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
