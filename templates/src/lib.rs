//! The pages: one struct and one `.html` file each, their words in German and English, and the
//! style sheet. Nothing here knows the store; `webmail` fills the structs.
//!
//! Every text is escaped by askama on its way into a page, and nothing switches that off.

mod language;
pub mod pages;
pub mod shell;
pub mod statics;
pub mod words;

pub use askama::{Error as RenderError, Template};
pub use language::Language;
pub use words::Words;

#[cfg(test)]
mod tests;
