//! What is said of an alert, in the language of those who hear it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::AlertKind;

use super::Alerts;
use super::due::{Due, What};

/// All that a message is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// Of which alert; nothing for a test.
    pub kind: Option<AlertKind>,
    /// `raised`, `lasts`, `over` or `test`.
    pub state: &'static str,
    /// When it was raised.
    pub since: Timestamp,
    /// In one line.
    pub title: String,
    /// What was seen and what to do, in English; may be empty.
    pub words: String,
    /// Starts an emergency, after a question.
    pub link: Option<String>,
    /// What the link does, in words.
    pub link_words: &'static str,
    /// The console.
    pub console: String,
    /// All of it as text.
    pub text: String,
    /// How often it was told.
    pub times: u32,
    /// Our own name.
    pub hostname: String,
    /// Language of it.
    pub language: &'static str,
}

struct Texts {
    language: &'static str,
    over: &'static str,
    lasts: &'static str,
    since: &'static str,
    link: &'static str,
    link_help: &'static str,
    console: &'static str,
    quiet: &'static str,
    test: &'static str,
    test_words: &'static str,
}

const DE: Texts = Texts {
    language: "de",
    over: "Vorbei",
    lasts: "Dauert an",
    since: "Seit",
    link: "Notbetrieb beginnen",
    link_help: "Der Link fragt noch einmal nach, bevor er etwas tut. Er gilt einmal; geben Sie ihn nicht weiter.",
    console: "Verwaltung",
    quiet: "Das wird wiederholt, bis es vorbei ist oder sich jemand darum kümmert",
    test: "Probe: Alarme erreichen Sie auf diesem Weg.",
    test_words: "Nichts ist geschehen. Diese Nachricht hat jemand mit „shadowmail alert test“ verschickt.",
};

const EN: Texts = Texts {
    language: "en",
    over: "Over",
    lasts: "Still",
    since: "Since",
    link: "Start the emergency",
    link_help: "The link asks once more before it does anything. It works once; do not pass it on.",
    console: "Console",
    quiet: "This is repeated until it is over or somebody looks after it",
    test: "Test: alerts reach you in this way.",
    test_words: "Nothing has happened. Somebody has sent this message by “shadowmail alert test”.",
};

fn texts(language: &str) -> &'static Texts {
    if language == "de" { &DE } else { &EN }
}

impl News {
    pub(super) fn of(alerts: &Alerts, (due, words): (&Due, &str), link: Option<String>) -> Self {
        let texts = texts(&alerts.language);
        let title = (alerts.title)(due.kind, &alerts.language);
        let (state, title) = match due.what {
            What::Raised => ("raised", title.to_owned()),
            What::Lasts => ("lasts", format!("{}: {title}", texts.lasts)),
            What::Over => ("over", format!("{}: {title}", texts.over)),
        };
        let mut paragraphs = vec![title.clone()];
        paragraphs.push(format!("{} {}", texts.since, local(due.since)));
        if !words.is_empty() {
            paragraphs.push(words.to_owned());
        }
        if let Some(link) = &link {
            paragraphs.push(format!("{}: {link}", texts.link));
            paragraphs.push(texts.link_help.to_owned());
        }
        let console = format!("{}/admin", alerts.url);
        paragraphs.push(format!("{}: {console}", texts.console));
        if due.what != What::Over && !alerts.repeat.every.is_zero() {
            let kind = due.kind;
            paragraphs.push(format!("{} (shadowmail alert ack {kind}).", texts.quiet));
        }
        Self {
            kind: Some(due.kind),
            state,
            since: due.since,
            title,
            words: words.to_owned(),
            link,
            link_words: texts.link,
            console,
            text: paragraphs.join("\n\n"),
            times: due.times,
            hostname: alerts.hostname.clone(),
            language: texts.language,
        }
    }

    pub(super) fn test(alerts: &Alerts, now: Timestamp) -> Self {
        let texts = texts(&alerts.language);
        Self {
            kind: None,
            state: "test",
            since: now,
            title: texts.test.to_owned(),
            words: texts.test_words.to_owned(),
            link: None,
            link_words: texts.link,
            console: format!("{}/admin", alerts.url),
            text: format!("{}\n\n{}", texts.test, texts.test_words),
            times: 1,
            hostname: alerts.hostname.clone(),
            language: texts.language,
        }
    }
}

/// On the clock of this host.
fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system())
        .strftime("%Y-%m-%d %H:%M:%S %:z")
        .to_string()
}
