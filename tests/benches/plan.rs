//! What a run shall measure.

use std::path::PathBuf;

use anyhow::{Context, bail};

/// What to measure, how long, and where to write it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which part, or all.
    pub part: Part,
    /// How long.
    pub pace: Pace,
    /// Mails in the generated store.
    pub messages: u64,
    /// Where the document goes, unless it is only shown.
    pub out: Option<PathBuf>,
    /// The command that asked for this.
    pub command: String,
}

/// What to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// Keeping, side by side with others.
    Smtp,
    /// The store on its own.
    Store,
    /// The mirror of a directory.
    Directory,
    /// What the time of a sign-in tells.
    SignIn,
    /// Handing back after an outage.
    Reinject,
    /// All of them.
    All,
}

/// How long to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// A few minutes, to see whether a change helps.
    Quick,
    /// As long as good figures take.
    Full,
}

impl Plan {
    /// Whether this part is to be measured.
    pub fn measures(&self, part: Part) -> bool {
        self.part == part || self.part == Part::All
    }

    /// Reads the words that `cargo xtask bench` passes on.
    pub fn parse(words: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let (mut part, mut pace, mut messages, mut out) = (Part::All, Pace::Full, None, None);
        let mut said = vec!["cargo xtask bench".to_owned()];
        let mut words = words;
        while let Some(word) = words.next() {
            // Cargo itself adds this one.
            if word == "--bench" {
                continue;
            }
            said.push(word.clone());
            let mut value = || {
                let value = words
                    .next()
                    .with_context(|| format!("{word} lacks a value"))?;
                said.push(value.clone());
                anyhow::Ok(value)
            };
            match word.as_str() {
                "smtp" => part = Part::Smtp,
                "store" => part = Part::Store,
                "directory" => part = Part::Directory,
                "signin" => part = Part::SignIn,
                "reinject" => part = Part::Reinject,
                "all" => part = Part::All,
                "--quick" => pace = Pace::Quick,
                "--messages" => messages = Some(value()?.parse().context("--messages")?),
                "--out" => out = Some(value()?.into()),
                other => bail!("{other} is not understood; see `cargo xtask bench --help`"),
            }
        }
        let messages = messages.unwrap_or(match pace {
            Pace::Quick => 20_000,
            Pace::Full => 1_000_000,
        });
        Ok(Self {
            part,
            pace,
            messages,
            out,
            command: said.join(" "),
        })
    }
}
