//! The pages: one struct and one `.html` file each, their words in German and English, and the
//! style sheet. Nothing here knows the store; `webmail` fills the structs.
//!
//! Every text is escaped by askama on its way into a page, and nothing switches that off.

pub mod pages;
pub mod shell;
pub mod statics;
pub mod words;

pub use askama::{Error as RenderError, Template};
pub use words::{Language, Words};

#[cfg(test)]
mod tests;
