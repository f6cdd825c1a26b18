//! Mail made from a seed: the same number gives the same bytes in every run.
//!
//! | what | how it is drawn |
//! |---|---|
//! | words | German and English by Zipf's law, out of some 100 000 made of common roots |
//! | text | lognormal, median 1 KB, with a tail up to 200 KB |
//! | attachments | one mail in twelve, lognormal, median 20 KB, up to 2 MB, hard to compress |
//! | recipients | mostly one to three, some lists of 10 to 200, a few to everybody |
//! | threads | nearly half are answers to an earlier mail |
//! | mailboxes | a few get very much, by Zipf's law, most get the same |

mod calendar;
mod letter;
mod people;
mod text;
mod wire;

pub use calendar::{Calendar, DayPlan};
pub use letter::{Letter, Thread};
pub use people::Person;
pub use wire::sized_mail;

/// The mail of an organisation.
#[derive(Clone, Debug)]
pub struct Corpus {
    seed: u64,
    messages: u64,
    people: Vec<Person>,
}

impl Corpus {
    /// So many mails between so many people.
    pub fn new(seed: u64, messages: u64, people: usize) -> Self {
        Self {
            seed,
            messages,
            people: people::people(people),
        }
    }

    /// Tells this corpus from others, also from one that an older generator made of the same seed.
    pub fn fingerprint(&self) -> u64 {
        let sum = |sum: u64, byte: &u8| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte);
        let some = (0..20).map(|part| self.messages * part / 20);
        some.fold(self.messages ^ self.seed, |so_far, number| {
            let bytes = self.bytes(&self.letter(number), "");
            bytes.iter().fold(so_far, sum)
        })
    }

    /// How many mails there are.
    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// The owners of the mailboxes.
    pub fn people(&self) -> &[Person] {
        &self.people
    }
}

#[cfg(test)]
#[path = "corpus_tests.rs"]
mod tests;
