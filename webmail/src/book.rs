//! The address book: colleagues, shared mailboxes, rooms and groups.

use axum::extract::{Query, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde::{Deserialize, Serialize};
use store::{AccountKind, Listed, ListedKind};
use templates::pages::{BookLine, BookPage, Person, Phone};
use templates::{Template, Words};

use crate::app::App;
use crate::gate::Pass;
use crate::refusal::Refusal;
use crate::{compose, limits, routes, shell};

/// What is looked for, and which page of it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    page: u32,
}

/// A suggestion for somebody who types an address.
#[derive(Serialize)]
struct Suggestion {
    /// What goes into the field.
    field: String,
    name: String,
    /// The address, and the department where there is one.
    more: String,
}

/// The page.
pub(crate) async fn page(
    State(app): State<App>,
    pass: Pass,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Refusal> {
    let words = pass.words();
    let mailbox = pass.mailbox().id;
    let query = bounded(&asked.q);
    let number = asked.page.min(limits::BOOK_PAGES_MAX);
    let skip = usize::try_from(number)
        .unwrap_or_default()
        .saturating_mul(limits::BOOK_LINES);
    let found = app
        .store
        .address_book(&query, (skip, limits::BOOK_LINES))
        .await?;
    let write = pass.may_write().then(|| routes::write(mailbox));
    let lines = found.lines.into_iter();
    let lines = lines.map(|it| line(it, write.as_deref(), words)).collect();
    let at = |page: u32| format!("{}&page={page}", routes::book_search(mailbox, &query));
    let mut navigation = shell::navigation(&app, &pass, None).await?;
    navigation.book.current = true;
    let page = BookPage {
        shell: shell::of_pass(&app, &pass, words.book),
        navigation,
        action: routes::book(mailbox),
        write,
        lines,
        before: number.checked_sub(1).map(at),
        next: (found.more && number < limits::BOOK_PAGES_MAX).then(|| at(number + 1)),
        query,
    };
    Ok(Html(page.render()?))
}

/// The first few, for the script of the page for writing.
pub(crate) async fn suggest(
    State(app): State<App>,
    _pass: Pass,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let query = bounded(&asked.q);
    let found = app
        .store
        .address_book(&query, (0, limits::SUGGESTIONS))
        .await?;
    let suggestion = |line: Listed| {
        let address = line.address.to_string();
        let more = match line.department {
            Some(department) => format!("{address} · {department}"),
            None => address.clone(),
        };
        Suggestion {
            field: field(&line.name, &address),
            name: line.name,
            more,
        }
    };
    let suggestions: Vec<Suggestion> = found.lines.into_iter().map(suggestion).collect();
    let json = serde_json::to_string(&suggestions).map_err(|error| Refusal::broken(&error))?;
    let media_type = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, media_type)], json).into_response())
}

fn line(line: Listed, write: Option<&str>, words: &Words) -> BookLine {
    let address = line.address.to_string();
    let field = field(&line.name, &address);
    BookLine {
        write: write.map(|write| format!("{write}?to={}", routes::encoded(&field))),
        kind: match line.kind {
            ListedKind::Account(AccountKind::Person) => None,
            ListedKind::Account(AccountKind::Shared) => Some(words.book_shared),
            ListedKind::Account(AccountKind::Room) => Some(words.book_room),
            ListedKind::Group => Some(words.book_group),
        },
        name: line.name,
        address,
        field,
        department: line.department,
        phone: line.phone.map(phone),
    }
}

fn field(name: &str, address: &str) -> String {
    compose::written(&Person {
        name: name.to_owned(),
        address: address.to_owned(),
    })
}

/// A number with anything else in it (an extension, a name) is not dialled by itself.
fn phone(text: String) -> Phone {
    let is_dialled = |c: char| c.is_ascii_digit() || c == '+';
    let is_filler = |c: char| matches!(c, ' ' | '-' | '/' | '(' | ')' | '.' | '\u{a0}');
    let digits: String = text.chars().filter(|c| is_dialled(*c)).collect();
    let is_number = text.chars().all(|c| is_dialled(c) || is_filler(c))
        && digits.rfind('+').is_none_or(|at| at == 0)
        // A zero in brackets is left out from abroad.
        && !text.contains("(0)")
        && (3..=20).contains(&digits.len());
    let call = is_number.then(|| format!("tel:{digits}"));
    Phone { text, call }
}

fn bounded(query: &str) -> String {
    query.chars().take(limits::BOOK_WORDS_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_number_is_dialled() {
        let check = |text: &str, want: Option<&str>| {
            assert_eq!(phone(text.to_owned()).call.as_deref(), want, "{text}");
        };
        check("+49 30 1234-56", Some("tel:+4930123456"));
        check("030/1234.56", Some("tel:030123456"));
        check("117", Some("tel:117"));
        check("+49 (0)30 1234", None);
        check("1234 Apparat 5", None);
        check("12+34", None);
        check("", None);
        check("1", None);
    }
}
