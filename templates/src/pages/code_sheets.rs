//! Sheets with emergency codes, one for each person, to be printed. It is a file of its own and not
//! a page of the webmail.

use askama::Template;

use crate::words::Words;

/// All sheets of one file.
#[derive(Template)]
#[template(path = "code_sheets.html")]
pub struct CodeSheets {
    /// Where the webmail is.
    pub url: String,
    /// The same as a picture.
    pub qr: Option<QrPicture>,
    /// One for each person.
    pub sheets: Vec<CodeSheet>,
}

/// A QR code.
pub struct QrPicture {
    /// How wide and high it is, with its margin.
    pub modules: usize,
    /// Its dark modules as an SVG path.
    pub path: String,
}

/// One person's sheet.
pub struct CodeSheet {
    /// In their language.
    pub words: &'static Words,
    /// Their name.
    pub name: String,
    /// What they sign in as.
    pub login: String,
    /// Their emergency code.
    pub code: String,
    /// Until when it is good, in words.
    pub valid_until: String,
    /// They can also sign in with their usual password.
    pub has_password: bool,
}

impl CodeSheets {
    /// The language of the first one, for the file as a whole.
    fn lang(&self) -> &'static str {
        let first = self.sheets.first();
        first.map_or("en", |sheet| sheet.words.language.code())
    }
}
