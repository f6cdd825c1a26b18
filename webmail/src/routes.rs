//! Every address of the webmail, on one screen.

use axum::Router;
use axum::routing::{get, post};
use store::{AccountId, EntryName, Folder};

use crate::app::App;
use crate::{
    attachment, book, console, draft, frame, mailbox, message, ready, search, sign_in, source,
    statics, status, taking_back, tidy, write,
};

/// All pages but the one for writing.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        // Open to everybody, in every mode.
        .route("/", get(status::page))
        .route("/static/{name}", get(statics::file))
        // Open while the mode is normal.
        .route("/ready", get(ready::page).post(ready::check))
        // Open while it is not.
        .route("/signin", get(sign_in::page).post(sign_in::enter))
        .route("/signout", post(sign_in::leave))
        // Behind the gate: reading.
        .route("/mail", get(mailbox::home))
        .route("/mail/", get(mailbox::home))
        .route("/mail/{account}", get(mailbox::home))
        .route("/mail/{account}/search", get(search::page))
        .route("/mail/{account}/book", get(book::page))
        .route("/mail/{account}/book/suggest", get(book::suggest))
        .route("/mail/{account}/{folder}", get(mailbox::page))
        .route("/mail/{account}/message/{message}", get(message::page))
        .route("/mail/{account}/message/{message}/html", get(frame::page))
        .route(
            "/mail/{account}/message/{message}/headers",
            get(source::page),
        )
        .route(
            "/mail/{account}/message/{message}/original",
            get(source::original),
        )
        .route(
            "/mail/{account}/message/{message}/attachment/{number}",
            get(attachment::file),
        )
        // Behind the gate: changing.
        .route(
            "/mail/{account}/drafts",
            get(draft::list).post(draft::delete),
        )
        .route("/mail/{account}/undo", post(taking_back::undo))
        .route("/mail/{account}/tidy", post(tidy::entries))
        .route("/mail/{account}/tidy/{folder}", post(tidy::folder))
}

/// The console, behind its own gate, in every mode.
pub(crate) fn console() -> Router<App> {
    Router::new()
        .route(console::HOME, get(console::overview::page))
        .route("/admin/", get(console::overview::page))
        .route(console::DIRECTORY, get(console::directory::page))
        .route("/admin/directory/sync", post(console::directory::sync))
        .route(console::PROBES, get(console::probes::page))
        .route(console::READINESS, get(console::readiness::page))
        .route("/admin/readiness/remind", post(console::readiness::remind))
        .route("/admin/readiness/codes", post(console::readiness::codes))
        .route(
            console::SIGN_IN,
            get(console::sign_in::page).post(console::sign_in::enter),
        )
        .route(
            console::CODE,
            get(console::code::page).post(console::code::enter),
        )
        .route(
            console::BREAK_GLASS,
            get(console::break_glass::page).post(console::break_glass::enter),
        )
        .route(console::EMERGENCY, get(console::emergency::page))
        .route("/admin/emergency/start", post(console::emergency::start))
        .route("/admin/emergency/extend", post(console::emergency::extend))
        .route("/admin/emergency/end", post(console::emergency::end))
        .route("/admin/alerts/seen", post(console::alerts::seen))
        .route("/admin/alerts/quiet", post(console::alerts::quiet))
        .route(
            "/admin/start/{token}",
            get(console::start_link::page).post(console::start_link::start),
        )
        .route(
            console::SECOND_FACTOR,
            get(console::second_factor::page).post(console::second_factor::begin),
        )
        .route(
            "/admin/second-factor/confirm",
            post(console::second_factor::confirm),
        )
        .route(console::SIGN_OUT, post(console::sign_in::leave))
}

/// What the page for writing posts to, which takes large posts and long times.
pub(crate) fn writing() -> Router<App> {
    Router::new()
        .route("/mail/{account}/write", get(write::page).post(write::send))
        .route("/mail/{account}/draft", post(draft::save))
        .route("/mail/{account}/draft/discard", post(draft::discard))
}

/// The page of a folder.
pub(crate) fn folder(account: AccountId, folder: Folder) -> String {
    format!("/mail/{account}/{folder}")
}

/// The page of drafts.
pub(crate) fn drafts(account: AccountId) -> String {
    format!("/mail/{account}/drafts")
}

/// Where drafts are saved.
pub(crate) fn draft(account: AccountId) -> String {
    format!("/mail/{account}/draft")
}

/// Where the button that takes back a sent mail posts to.
pub(crate) fn undo(account: AccountId) -> String {
    format!("/mail/{account}/undo")
}

/// Where buttons for entries post to.
pub(crate) fn tidy(account: AccountId) -> String {
    format!("/mail/{account}/tidy")
}

/// Where buttons for a whole folder post to.
pub(crate) fn tidy_folder(account: AccountId, folder: Folder) -> String {
    format!("/mail/{account}/tidy/{folder}")
}

/// The page to search on.
pub(crate) fn search_page(account: AccountId) -> String {
    format!("/mail/{account}/search")
}

/// The page of a search.
pub(crate) fn search(account: AccountId, text: &str) -> String {
    format!("{}?q={}", search_page(account), encoded(text))
}

/// The address book.
pub(crate) fn book(account: AccountId) -> String {
    format!("/mail/{account}/book")
}

/// Who suggests people of the address book.
pub(crate) fn suggest(account: AccountId) -> String {
    format!("/mail/{account}/book/suggest")
}

/// The address book, and what is looked for in it.
pub(crate) fn book_search(account: AccountId, text: &str) -> String {
    format!("{}?q={}", book(account), encoded(text))
}

/// A value in an address (RFC 3986 §2.1).
pub(crate) fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or_default();
            encoded.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    encoded
}

/// The page of a message.
pub(crate) fn message(account: AccountId, message: EntryName) -> String {
    format!("/mail/{account}/message/{message}")
}

/// The page for a new message.
pub(crate) fn write(account: AccountId) -> String {
    format!("/mail/{account}/write")
}
