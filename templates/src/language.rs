//! The languages the pages speak.

use crate::words::{self, Words};

/// A language the pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// German.
    De,
    /// English.
    En,
}

impl Language {
    /// All of them, in the order of the switch.
    pub const ALL: [Self; 2] = [Self::De, Self::En];

    /// Its name in URLs, cookies and `lang` attributes.
    pub fn code(self) -> &'static str {
        match self {
            Self::De => "de",
            Self::En => "en",
        }
    }

    /// What it calls itself.
    pub fn name(self) -> &'static str {
        match self {
            Self::De => "Deutsch",
            Self::En => "English",
        }
    }

    /// The language of a tag such as `de`, `de-AT` or `EN_us`, where it is one of ours.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.trim().split(['-', '_']).next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| primary.eq_ignore_ascii_case(language.code()))
    }

    /// The first of ours in an `Accept-Language` header by weight (RFC 9110 §12.5.4); English
    /// for everybody else.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0.0, Self::En);
        for choice in header.split(',') {
            let mut parts = choice.split(';');
            let Some(language) = parts.next().and_then(Self::of_tag) else {
                continue;
            };
            let weight = parts.find_map(|p| p.trim().strip_prefix("q=")?.parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }

    /// Its words.
    pub fn words(self) -> &'static Words {
        match self {
            Self::De => &words::DE,
            Self::En => &words::EN,
        }
    }
}
