//! The sheets that codes are handed out on.

use jiff::Timestamp;
use templates::pages::{CodeSheet, CodeSheets};
use templates::{Language, Template};

use super::Made;
use crate::{print, qr};

/// One HTML file that prints a page for each, in their language or in `otherwise`.
pub fn html(
    made: &[Made],
    (url, otherwise): (&str, &str),
    valid_until: Timestamp,
) -> anyhow::Result<String> {
    let sheet = |Made { person, code, .. }: &Made| {
        let known = person.language.as_deref().and_then(Language::of_tag);
        let language = known.or_else(|| Language::of_tag(otherwise));
        let words = language.unwrap_or(Language::En).words();
        CodeSheet {
            words,
            name: person.name.clone(),
            login: person.login.clone(),
            code: code.shown().expose().to_owned(),
            valid_until: print::in_words(valid_until, words),
            has_password: person.has_verifier,
        }
    };
    let sheets = CodeSheets {
        url: url.to_owned(),
        qr: qr::picture(url),
        sheets: made.iter().map(sheet).collect(),
    };
    Ok(sheets.render()?)
}
