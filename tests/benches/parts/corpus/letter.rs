//! One mail: who writes to whom, about what.

use std::collections::BTreeSet;

use super::people::DOMAIN;
use super::{Corpus, text};
use crate::random::Random;

/// Mails of a hundred that answer an earlier one.
const ANSWERS_PERCENT: f64 = 45.0;

/// How far back the answered one lies at most, in mails.
const ANSWERED_WITHIN: u64 = 5_000;

/// Answers of answers, at most.
const DEPTH_MAX: usize = 20;

/// Mails of a hundred that come from outside.
const FROM_OUTSIDE_PERCENT: f64 = 60.0;

/// Where a mail stands in its thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The mails before it, the first one first; empty for a mail that begins one.
    pub before: Vec<u64>,
}

/// One mail, not written out yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Its number in the corpus.
    pub number: u64,
    /// Address of the sender.
    pub from: String,
    /// Name of the sender.
    pub from_name: String,
    /// Which of the people it goes to, each once.
    pub to: Vec<usize>,
    /// The subject.
    pub subject: String,
    /// A word that no other thread has.
    pub reference: String,
    /// Its thread.
    pub thread: Thread,
}

impl Corpus {
    /// Mail number `number`.
    pub fn letter(&self, number: u64) -> Letter {
        let mut before = Vec::new();
        let mut at = number;
        while before.len() < DEPTH_MAX
            && let Some(answered) = self.answered(at)
        {
            before.push(answered);
            at = answered;
        }
        before.reverse();
        let root = before.first().copied().unwrap_or(number);
        let mut random = self.random(number, 1);
        let to = self.recipients(&mut random);
        let (from, from_name) = self.sender(&mut random);
        let mut of_root = self.random(root, 2);
        let reference = format!("AZ{root:07}X");
        let words = 2 + of_root.below(5);
        let subject = format!(
            "{}{} {reference}",
            if before.is_empty() { "" } else { "Re: " },
            text::line(&mut of_root, words)
        );
        Letter {
            number,
            from,
            from_name,
            to,
            subject,
            reference,
            thread: Thread { before },
        }
    }

    /// Numbers for one purpose of one mail, so that purposes do not disturb each other.
    pub(super) fn random(&self, number: u64, purpose: u64) -> Random {
        Random::new(self.seed, number.wrapping_mul(16).wrapping_add(purpose))
    }

    fn answered(&self, number: u64) -> Option<u64> {
        let mut random = self.random(number, 3);
        let answers = random.chance(ANSWERS_PERCENT);
        let back = 1 + random.rank(ANSWERED_WITHIN as usize) as u64;
        number.checked_sub(back).filter(|_| answers)
    }

    fn recipients(&self, random: &mut Random) -> Vec<usize> {
        let people = self.people().len();
        let how_many = match random.unit() {
            it if it < 0.65 => 1,
            it if it < 0.85 => 2,
            it if it < 0.96 => 3,
            it if it < 0.9999 => 10 + random.rank(190),
            _ => people,
        };
        if how_many >= people {
            return (0..people).collect();
        }
        let mut to = BTreeSet::new();
        for _ in 0..how_many {
            // Some mailboxes are busy, the others are all alike.
            to.insert(if random.chance(25.0) {
                random.rank(people)
            } else {
                random.below(people)
            });
        }
        to.into_iter().collect()
    }

    fn sender(&self, random: &mut Random) -> (String, String) {
        if random.chance(FROM_OUTSIDE_PERCENT) {
            let firm = random.rank(20_000);
            let person = random.below(5);
            return (
                format!("kontakt{person}@firma{firm}.example"),
                format!("Kontakt {person}, Firma {firm}"),
            );
        }
        let person = &self.people()[random.below(self.people().len())];
        (person.address(), person.name.clone())
    }
}

impl Letter {
    /// Its Message-ID, without angle brackets.
    pub fn message_id(&self) -> String {
        message_id(self.number)
    }
}

pub(super) fn message_id(number: u64) -> String {
    format!("{number:09}.letter@{DOMAIN}")
}
