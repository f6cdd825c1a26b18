//! What an emergency code looks like: `7K3M-9QXT-2HV0`.
//!
//! Eleven random characters (55 bits: out of reach for whoever guesses past the brakes, and for
//! whoever has stolen the Argon2id hash of a code that is good for a week), and one that checks
//! them. A code is read aloud and typed from paper, so no two of its characters look alike, and
//! whoever types O, I or L means 0 or 1.

use store::Secret;

use crate::password::{self, HashError};

/// The characters; each stands for its place. After Crockford's Base32: without I, L, O and U.
const SYMBOLS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// Characters of a code.
const LENGTH: usize = 12;

/// Characters of a group.
const GROUP: usize = 4;

/// A code. It is shown once, when it is made.
#[derive(Clone, Debug)]
pub struct EmergencyCode {
    /// Its characters, without the hyphens.
    text: Secret,
}

/// What somebody typed where a password goes.
#[derive(Debug)]
pub(crate) enum Typed {
    /// Something else than a code.
    Other,
    /// It looks like a code, and its characters do not fit together.
    Mistyped,
    /// It could be a code.
    Code(EmergencyCode),
}

impl EmergencyCode {
    /// A new one, from the operating system's random numbers.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut random = [0; LENGTH - 1];
        getrandom::fill(&mut random)?;
        let mut values = random.map(|byte| byte % 32).to_vec();
        values.push(times_alpha(remainder(&values)));
        Ok(Self::of(&values))
    }

    /// In groups, as it is printed and read aloud.
    pub fn shown(&self) -> Secret {
        let text = self.text.expose().as_bytes();
        let groups: Vec<_> = text
            .chunks(GROUP)
            .map(|group| String::from_utf8_lossy(group))
            .collect();
        Secret::new(groups.join("-"))
    }

    /// Its Argon2id hash, which is all that is kept of it.
    pub fn hash(&self) -> Result<Secret, HashError> {
        password::hash(&self.text).map(Secret::new)
    }

    /// What is hashed.
    pub(crate) fn text(&self) -> &Secret {
        &self.text
    }

    /// Reads what somebody typed, in capitals or not, with hyphens and spaces or without.
    pub(crate) fn read(typed: &str) -> Typed {
        let mut values = Vec::with_capacity(LENGTH + 1);
        for character in typed.chars().filter(|it| !is_between(*it)) {
            let Some(value) = value(character) else {
                return Typed::Other;
            };
            values.push(value);
            if values.len() > LENGTH + 1 {
                return Typed::Other;
            }
        }
        let is_grouped = typed.trim().contains(is_between);
        match values.len() {
            LENGTH if remainder(&values) == 0 => Typed::Code(Self::of(&values)),
            LENGTH => Typed::Mistyped,
            // One too few or too many; without hyphens that is any word.
            len if is_grouped && len.abs_diff(LENGTH) == 1 => Typed::Mistyped,
            _ => Typed::Other,
        }
    }

    fn of(values: &[u8]) -> Self {
        let symbols = values.iter().filter_map(|value| symbol(*value));
        Self {
            text: Secret::new(symbols.collect::<String>()),
        }
    }
}

/// The character that stands for a value below 32.
pub(crate) fn symbol(value: u8) -> Option<char> {
    SYMBOLS.get(usize::from(value)).copied().map(char::from)
}

/// What somebody meant who typed such characters: without hyphens and spaces, and each as it is printed.
pub(crate) fn meant(typed: &str) -> String {
    let printed = |typed: char| value(typed).and_then(symbol).unwrap_or(typed);
    let typed = typed.chars().filter(|it| !is_between(*it));
    typed.map(printed).collect()
}

/// Hyphens, also those that a word processor makes of them, and spaces.
fn is_between(character: char) -> bool {
    character == '-'
        || character.is_whitespace()
        || matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn value(character: char) -> Option<u8> {
    let meant = match character.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = SYMBOLS.iter().position(|it| char::from(*it) == meant);
    place.and_then(|place| u8::try_from(place).ok())
}

/// Zero for the characters of a code. They are the coefficients of a polynomial over the field of 32
/// elements, and this is its value at a generator α of it. As the powers of α differ, it tells any
/// one wrong character and any two that were swapped.
fn remainder(values: &[u8]) -> u8 {
    let next = |sum, value: &u8| times_alpha(sum) ^ value;
    values.iter().fold(0, next)
}

/// Times α, which is x modulo x⁵ + x² + 1.
fn times_alpha(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 0b10_0000 == 0 {
        shifted
    } else {
        shifted ^ 0b10_0101
    }
}

#[cfg(test)]
#[path = "emergency_code_tests.rs"]
mod tests;
