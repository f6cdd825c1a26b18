//! Reading kept mail: what a page shows of it. Nothing here trusts a byte.

mod file_name;
mod markup;
mod parse;
mod picture;
mod text;

pub(crate) use file_name::{attachment_disposition, clean as clean_file_name, inline_disposition};
pub(crate) use markup::document as html_document;
pub(crate) use parse::{
    AttachmentContent, Letter, attachment, attachments, formatted, headers, letter,
};
pub(crate) use picture::Picture;
pub(crate) use text::{blocks, shorten};
