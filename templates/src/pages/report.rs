//! The report of what the primary got back. It is a file of its own and not a page of the webmail.

use askama::Template;

use crate::words::{Words, fill};

/// All of it.
#[derive(Template)]
#[template(path = "report.html")]
pub struct Report {
    /// In this language.
    pub words: &'static Words,
    /// Since when, in words.
    pub since: String,
    /// When it was made, in words.
    pub made: String,
    /// How many rows came to each outcome, those that none came to left out.
    pub outcomes: Vec<(Outcome, usize)>,
    /// How many of each mailbox, and how many of those are not settled.
    pub mailboxes: Vec<MailboxCount>,
    /// Rows that wait for a person, by outcome.
    pub to_decide: Vec<(Outcome, Vec<ReportRow>)>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The primary took it.
    Returned,
    /// It has shown that it has it.
    Confirmed,
    /// It waits, or is under way.
    Waiting,
    /// The primary does not want it.
    Refused,
    /// Nobody knows.
    Unknown,
    /// A person does without.
    WrittenOff,
}

/// What one mailbox got.
pub struct MailboxCount {
    /// Whose, by address.
    pub address: String,
    /// Rows.
    pub mails: usize,
    /// Rows that are not settled.
    pub left: usize,
}

/// A row that waits for a person.
pub struct ReportRow {
    /// Its number.
    pub number: String,
    /// The id of the message.
    pub message: String,
    /// When the message came, in words.
    pub arrived: String,
    /// Whose it is.
    pub from: String,
    /// Whom it is for.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// What the primary said last.
    pub last_words: String,
}

impl Outcome {
    /// What it is called.
    pub fn name(self, words: &Words) -> &'static str {
        let console = words.console;
        match self {
            Self::Returned => console.report_returned,
            Self::Confirmed => console.report_confirmed,
            Self::Waiting => console.report_waiting,
            Self::Refused => console.report_refused,
            Self::Unknown => console.report_unknown,
            Self::WrittenOff => console.report_written_off,
        }
    }

    /// What a person can do about it, where they must.
    pub fn advice(self, words: &Words) -> Option<&'static str> {
        match self {
            Self::Refused => Some(words.console.report_refused_do),
            Self::Unknown => Some(words.console.report_unknown_do),
            _ => None,
        }
    }
}

impl Report {
    fn count(&self, wanted: Outcome) -> usize {
        let found = self.outcomes.iter().find(|(outcome, _)| *outcome == wanted);
        found.map_or(0, |(_, count)| *count)
    }

    /// What is to be said first.
    fn verdict(&self) -> String {
        let console = self.words.console;
        let open = self.count(Outcome::Waiting);
        let to_decide = self.count(Outcome::Refused) + self.count(Outcome::Unknown);
        let mut said = Vec::new();
        if self.outcomes.is_empty() {
            said.push(console.report_nothing.to_owned());
        } else if open + to_decide == 0 {
            said.push(console.report_done.to_owned());
        }
        if open > 0 {
            said.push(fill(console.report_open, open));
        }
        if to_decide > 0 {
            said.push(fill(console.report_to_decide, to_decide));
        }
        said.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::Outcome::{Confirmed, Refused, Returned, Unknown, Waiting, WrittenOff};
    use super::*;
    use crate::Language;

    fn report(outcomes: &[(Outcome, usize)], to_decide: Vec<(Outcome, Vec<ReportRow>)>) -> Report {
        Report {
            words: Language::De.words(),
            since: "21.11.2026, 09:12 Uhr".to_owned(),
            made: "22.11.2026, 18:00 Uhr".to_owned(),
            outcomes: outcomes.to_vec(),
            mailboxes: vec![MailboxCount {
                address: "anna.weiss@corp.example".to_owned(),
                mails: 412,
                left: to_decide.len(),
            }],
            to_decide,
        }
    }

    #[test]
    fn what_is_left_is_said_first() {
        let check = |outcomes: &[(Outcome, usize)], want: &str| {
            assert_eq!(report(outcomes, vec![]).verdict(), want);
        };
        let done = [(Returned, 9), (Confirmed, 2), (WrittenOff, 1)];
        check(&done, "Es ist nichts mehr zu tun.");
        let left = [(Returned, 9), (Refused, 2), (Unknown, 1)];
        check(&left, "Von Ihnen zu entscheiden: 3.");
        let under_way = "Noch unterwegs: 4. Dieser Bericht ist vorläufig.";
        check(&[(Waiting, 4)], under_way);
        let both = format!("{under_way} Von Ihnen zu entscheiden: 1.");
        check(&[(Waiting, 4), (Refused, 1)], &both);
    }

    #[test]
    fn a_row_that_waits_for_a_person_is_there_with_advice_and_escaped() {
        let row = ReportRow {
            number: "17".to_owned(),
            message: "20261121-0f3b2c1a9d04e".to_owned(),
            arrived: "21.11.2026, 10:01 Uhr".to_owned(),
            from: "kunde@outside.example".to_owned(),
            to: "anna.weiss@corp.example".to_owned(),
            subject: "<b>Angebot</b> über die Lieferung".to_owned(),
            last_words: "550 5.1.1 user unknown (at RCPT)".to_owned(),
        };
        let outcomes = [(Returned, 411), (Refused, 1)];
        let page = report(&outcomes, vec![(Refused, vec![row])]);
        let html = page.render().unwrap();
        for words in [
            "550 5.1.1 user unknown (at RCPT)",
            "shadowmail reinject release NR",
            "20261121-0f3b2c1a9d04e",
            "&#60;b&#62;Angebot",
        ] {
            assert!(html.contains(words), "{words} is not in {html}");
        }
    }
}
