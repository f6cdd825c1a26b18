//! Emergency codes for many, and what they are handed out on.

pub mod sheets;

use std::num::NonZero;
use std::thread;

use anyhow::anyhow;
use jiff::Timestamp;
use store::{NewCode, Readiness, Secret};
use sync_ad::EmergencyCode;

use crate::csv;

/// A code, and whose it is.
pub struct Made {
    /// Who.
    pub person: Readiness,
    /// What is told to them.
    pub code: EmergencyCode,
    hash: Secret,
}

impl Made {
    /// What the store keeps of it.
    pub fn to_keep(&self) -> NewCode {
        NewCode {
            account: self.person.account,
            hash: self.hash.clone(),
        }
    }
}

/// Makes a code for each. Hashing takes most of the time, so all cores do it.
pub fn make(people: &[Readiness]) -> anyhow::Result<Vec<Made>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = people.len().div_ceil(cores).max(1);
    let made = thread::scope(|scope| {
        let shares: Vec<_> = people
            .chunks(share)
            .map(|share| scope.spawn(|| share.iter().map(make_one).collect::<Vec<_>>()))
            .collect();
        shares
            .into_iter()
            .flat_map(|share| match share.join() {
                Ok(made) => made,
                Err(_) => vec![Err(anyhow!("a code could not be made"))],
            })
            .collect::<Vec<_>>()
    });
    made.into_iter().collect()
}

fn make_one(person: &Readiness) -> anyhow::Result<Made> {
    let code = EmergencyCode::generate()
        .map_err(|error| anyhow!("the operating system has no random numbers: {error}"))?;
    Ok(Made {
        person: person.clone(),
        hash: code.hash()?,
        code,
    })
}

/// A file for a spreadsheet, or for a letter in series.
pub fn csv(made: &[Made], url: &str, valid_until: Timestamp) -> String {
    let mut text = csv::line(["login", "name", "address", "code", "valid_until", "url"]);
    for Made { person, code, .. } in made {
        let code = code.shown();
        text.push_str(&csv::line([
            person.login.as_str(),
            &person.name,
            person.address.as_str(),
            code.expose(),
            &valid_until.to_string(),
            url,
        ]));
    }
    text
}

#[cfg(test)]
#[path = "codes_tests.rs"]
mod tests;
