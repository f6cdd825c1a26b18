//! The demo that goes on until somebody stops it: mail trickles in, and the terminal takes
//! orders.

use std::io::{BufRead, IsTerminal};
use std::time::Duration;

use continuity::{Opening, Order};
use jiff::{SignedDuration, Timestamp};
use store::{Mode, OwedCount};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};

use super::letters::Post;
use super::people::{self, PASSWORD, PEOPLE};
use super::stage::Stage;
use crate::{actor, print};

/// How many letters lie in the inboxes when the demo begins.
const BACKLOG: usize = 15;

/// How far back the first of them lies.
const BACKLOG_MINUTES: i64 = 400;

/// A letter comes this often.
const LETTER_EVERY: Duration = Duration::from_secs(8);

/// How often mode and queue are looked at, for the news.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Changes of mode that may come between two looks.
const CHANGES_TOLD_MAX: usize = 10;

/// What somebody may type.
enum Key {
    Emergency,
    Primary,
    Recovery,
    Quit,
    Other,
}

/// A running demo.
pub struct Play {
    stage: Stage,
    post: Post,
    /// The number of the last change of mode that was told.
    told: i64,
    owed: OwedCount,
}

impl Play {
    /// Fills the inboxes.
    pub async fn begin(stage: Stage) -> anyhow::Result<Self> {
        let now = Timestamp::now();
        let mut post = Post::new(now)?;
        for number in 0..BACKLOG {
            let ago = BACKLOG_MINUTES * i64::try_from(BACKLOG - number)? / i64::try_from(BACKLOG)?;
            let at = now - SignedDuration::from_mins(ago);
            let mail = post.write(at)?;
            stage.remember(mail, at).await?;
        }
        let owed = stage.store().owed().await?;
        Ok(Self {
            stage,
            post,
            told: 0,
            owed,
        })
    }

    /// Goes on until a signal, or `q`.
    pub async fn run(mut self) -> anyhow::Result<()> {
        self.explain()?;
        let mut keys = keys();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let (mut letters, mut look) = (interval(LETTER_EVERY), interval(LOOK_EVERY));
        letters.set_missed_tick_behavior(MissedTickBehavior::Delay);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = letters.tick() => self.letter().await?,
                _ = look.tick() => self.news().await?,
                _ = interrupt.recv() => break,
                _ = terminate.recv() => break,
                Some(key) = keys.recv() => match self.obey(&key).await {
                    Ok(true) => {}
                    Ok(false) => break,
                    // What can not be done now is no reason to end the demo.
                    Err(error) => tell(format_args!("that does not go: {error:#}"))?,
                },
            }
        }
        tell("stopping")?;
        self.stage.clear().await
    }

    fn explain(&self) -> anyhow::Result<()> {
        let url = &self.stage.config.web.url;
        let file = self.stage.config.file.display();
        let (primary, fallback) = (self.stage.ports.primary, self.stage.ports.fallback);
        let logins: Vec<&str> = PEOPLE.iter().map(|person| person.login).collect();
        let (first, rest) = logins.split_at(logins.len() / 2);
        // The words that will work in another shell here.
        let program = std::env::args()
            .next()
            .unwrap_or_else(|| "shadowmail".to_owned());
        let command = format!("{program} --config {file}");
        print::line(format_args!(
            "\n\
             Shadowmail demo: Nordlicht Werkzeugbau, twelve people, two groups, a shared mailbox\n\n\
             webmail    {url}/  (locked: the primary works)\n\
             sign in    {first},\n           {rest}\n\
             password   {PASSWORD}  (for everybody)\n\
             shared     info is opened by {info}\n\
             primary    {primary}, mail comes there every few seconds; Shadowmail gets a copy\n\
             fallback   {fallback}, takes mail from outside while the primary is off\n\n\
             An outage, step by step. Type a letter and Enter, or the command in another shell:\n  \
             p   switch the primary off; mail from outside now comes to the fallback\n  \
             e   {command} emergency start --reason \"the primary is down\"\n      \
             now sign in at {url}/, read, answer\n  \
             p   switch the primary on again\n  \
             r   {command} emergency end\n      \
             what the primary missed is handed back; then the webmail is locked again\n  \
             q   quit\n\n\
             Look around:  {command} status\n              \
             {command} reinject plan\n              \
             {command} audit\n",
            first = first.join(", "),
            rest = rest.join(", "),
            info = people::INFO.join(" and "),
        ))?;
        Ok(())
    }

    /// One more mail.
    async fn letter(&mut self) -> anyhow::Result<()> {
        let mail = self.post.write(Timestamp::now())?;
        let way = if self.stage.primary.is_on() {
            "the primary"
        } else {
            "the fallback"
        };
        let to = mail.recipients.join(", ");
        match self.stage.send(&mail).await {
            Ok(true) => tell(format_args!(
                "{way} takes a mail from {} to {to}",
                mail.from
            )),
            Ok(false) => tell(format_args!(
                "{} cannot send: the primary is off",
                mail.from
            )),
            Err(error) => tell(format_args!(
                "a mail from {} is not taken: {error:#}",
                mail.from
            )),
        }
    }

    /// What changed since the last look, also by commands in another shell.
    async fn news(&mut self) -> anyhow::Result<()> {
        let history = self.stage.store().mode_history(CHANGES_TOLD_MAX).await?;
        let told = self.told;
        for change in history.iter().rev().filter(|change| change.number > told) {
            tell(format_args!(
                "the mode is {}, by {}: {}",
                change.mode, change.by, change.reason
            ))?;
            self.told = change.number;
        }
        let owed = self.stage.store().owed().await?;
        if owed != self.owed && (owed.settled != self.owed.settled || !self.stage.primary.is_on()) {
            let OwedCount { open, settled, .. } = owed;
            tell(format_args!(
                "owed to the primary: {open} open, {settled} settled"
            ))?;
        }
        self.owed = owed;
        Ok(())
    }

    /// Does what was typed; `false` to end.
    async fn obey(&mut self, key: &Key) -> anyhow::Result<bool> {
        let order = |reason: &str| Order {
            by: actor::shell(),
            reason: reason.into(),
            now: Timestamp::now(),
        };
        let store = self.stage.store().clone();
        match key {
            Key::Emergency => {
                continuity::start(&store, order("the primary is down"), Opening::default()).await?;
                tell(format_args!("sign in at {}/", self.stage.config.web.url))?;
            }
            Key::Recovery => {
                let changed = continuity::end(&store, order("the primary is back")).await?;
                if changed.mode == Mode::Recovery && !self.stage.primary.is_on() {
                    tell("the primary is still off; switch it on with p")?;
                }
            }
            Key::Primary if self.stage.primary.is_on() => {
                self.stage.primary.switch_off().await?;
                tell("the primary is off")?;
            }
            Key::Primary => {
                self.stage.primary.switch_on().await?;
                tell("the primary is on")?;
            }
            Key::Quit => return Ok(false),
            Key::Other => tell("e emergency, p primary off or on, r recovery, q quit")?,
        }
        Ok(true)
    }
}

fn tell(line: impl std::fmt::Display) -> anyhow::Result<()> {
    print::line(format_args!(
        "{}  {line}",
        jiff::Zoned::now().strftime("%H:%M:%S")
    ))?;
    Ok(())
}

/// What is typed on the terminal; nothing when there is none.
fn keys() -> mpsc::Receiver<Key> {
    let (sender, keys) = mpsc::channel(8);
    if std::io::stdin().is_terminal() {
        // Reading blocks; the thread ends with the process.
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                let key = match line.trim().to_lowercase().as_str() {
                    "e" => Key::Emergency,
                    "p" => Key::Primary,
                    "r" => Key::Recovery,
                    "q" => Key::Quit,
                    _ => Key::Other,
                };
                if sender.blocking_send(key).is_err() {
                    return;
                }
            }
        });
    }
    keys
}
