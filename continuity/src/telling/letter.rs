//! The mail about an alert: plain text that says of itself that nobody wrote it (RFC 3834).

use std::io;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address as HeaderAddress;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use store::Address;

use super::news::News;
use crate::reminder::Sender;

/// The bytes of the mail.
pub(super) fn write(
    hostname: &str,
    (from, to): (&Sender, &Address),
    (news, now): (&News, Timestamp),
) -> io::Result<Vec<u8>> {
    let at = now.to_zoned(TimeZone::system());
    let date = jiff::fmt::rfc2822::to_string(&at).map_err(io::Error::other)?;
    let name = if from.name.is_empty() {
        "Shadowmail"
    } else {
        &from.name
    };
    let kind = news
        .kind
        .map_or_else(|| "test".to_owned(), |kind| kind.to_string());
    // One for each that is told: the links differ.
    let id = format!("alert.{kind}.{}@{hostname}", now.as_nanosecond());
    let urgent = if news.state == "over" {
        "normal"
    } else {
        "urgent"
    };
    MessageBuilder::new()
        .header("Date", Raw::new(date))
        .from(HeaderAddress::new_address(
            Some(name.to_owned()),
            from.address.to_string(),
        ))
        .to(HeaderAddress::new_address(None::<String>, to.to_string()))
        .subject(format!("[{hostname}] {}", news.title))
        .message_id(id)
        .header("Auto-Submitted", Text::new("auto-generated"))
        .header("X-Auto-Response-Suppress", Text::new("All"))
        .header("Priority", Text::new(urgent))
        .header("Content-Language", Text::new(news.language))
        .text_body(format!("{}\r\n", news.text.replace('\n', "\r\n")))
        .write_to_vec()
}
