//! What a person is asked before a sync takes much away: the answer is to this question, and to no
//! other.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::losses::Loss;

/// Stands for the losses that a person was shown. When something else would be lost it is another
/// one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Question(u32);

impl Question {
    /// The one that these losses make. Their order, and how much is left, say nothing.
    pub fn of(losses: &[Loss]) -> Self {
        let named = losses
            .iter()
            .flat_map(|loss| loss.who.iter().map(|who| (loss.what, who)));
        let mut named: Vec<_> = named.collect();
        named.sort_unstable();
        let mut digest = Sha256::new();
        for (what, who) in named {
            // Names come from the directory: none may look like two.
            digest.update(format!("{what:?} {} {who}", who.len()));
        }
        let [a, b, c, d, ..] = digest.finalize().0;
        Self(u32::from_be_bytes([a, b, c, d]))
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl FromStr for Question {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u32::from_str_radix(text.trim(), 16).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mirror::Lost;

    fn loss(what: Lost, who: &[&str]) -> Loss {
        Loss {
            what,
            before: 10,
            after: 10 - who.len(),
            who: who.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    #[test]
    fn another_loss_is_another_question() {
        let asked = [
            loss(Lost::Account, &["amy", "bo"]),
            loss(Lost::Group, &["all"]),
        ];
        let question = Question::of(&asked);
        let mut same = asked.clone();
        same.reverse();
        same[1].who.reverse();
        same[1].before = 11;
        assert_eq!(Question::of(&same), question);
        let text = question.to_string();
        assert_eq!((text.len(), text.parse()), (8, Ok(question)));
        for other in [
            vec![loss(Lost::Account, &["amy", "cy"]), asked[1].clone()],
            vec![loss(Lost::SignIn, &["amy", "bo"]), asked[1].clone()],
            vec![asked[0].clone()],
            vec![loss(Lost::Account, &["amy\nAccount bo"]), asked[1].clone()],
        ] {
            assert_ne!(Question::of(&other), question, "{other:?}");
        }
    }
}
