//! The page of a search. It only reads, so its address can be kept and sent.

use axum::extract::{Query as Parameters, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;
use store::MessageId;
use store::search::{Found, Note, Query, QueryForm, Scope};
use templates::pages::{Row, SearchForm, SearchPage};
use templates::words::fill;
use templates::{Template, Words};

use crate::app::App;
use crate::gate::Pass;
use crate::refusal::{Refusal, Why};
use crate::{audit, limits, mailbox, routes, shell};

/// What is looked for: the box as `q`, or the fields of the form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    /// Where the page begins.
    before: Option<String>,
    /// It is the form that was sent.
    form: Option<String>,
    words: String,
    from: String,
    subject: String,
    first: String,
    last: String,
    attachments: Option<String>,
    unread: Option<String>,
}

/// The form, and what was found.
pub(crate) async fn page(
    State(app): State<App>,
    pass: Pass,
    Parameters(asked): Parameters<Asked>,
) -> Result<Response, Refusal> {
    let mailbox = pass.mailbox();
    if asked.form.is_some() {
        let text = asked.form().text();
        return Ok(Redirect::to(&routes::search(mailbox.id, &text)).into_response());
    }
    let today = Timestamp::now().to_zoned(app.zone()).date();
    let query = Query::parse(&asked.q, today);
    let before = asked
        .before
        .as_deref()
        .map(str::parse::<MessageId>)
        .transpose();
    let before = before.map_err(|_| Why::NotFound)?;
    let words = pass.words();
    let mut navigation = shell::navigation(&app, &pass, None).await?;
    navigation.search.text.clone_from(&asked.q);
    let newest = routes::search(mailbox.id, &asked.q);
    let mut page = SearchPage {
        shell: shell::of_pass(&app, &pass, words.search),
        heading: words.search,
        owner: (mailbox.id != pass.person().id).then(|| mailbox.name.clone()),
        form: form(&QueryForm::of(&query), routes::search_page(mailbox.id)),
        asked: !query.is_empty(),
        notes: query
            .notes()
            .iter()
            .map(|note| sentence(note, words))
            .collect(),
        behind: None,
        rows: Vec::new(),
        paged: before.is_some(),
        older: None,
        newest,
        navigation,
    };
    if page.asked {
        find(&app, &pass, (&query, before), (&asked.q, &mut page)).await?;
    }
    Ok(Html(page.render()?).into_response())
}

/// Searches, after the audit log says that this person does.
async fn find(
    app: &App,
    pass: &Pass,
    (query, before): (&Query, Option<MessageId>),
    (text, page): (&str, &mut SearchPage),
) -> Result<(), Refusal> {
    let words = pass.words();
    let typed = text.chars().take(store::limits::QUERY_CHARS_MAX);
    let typed = typed.map(|c| if c.is_control() { ' ' } else { c });
    let line = audit::event(pass, "search", typed.collect());
    app.store.audit(line, Timestamp::now()).await?;
    let scope = Scope::Account(pass.mailbox().id);
    let found = app
        .store
        .search(scope, query, before, limits::PAGE_MESSAGES)
        .await?;
    page.behind = match found.behind {
        0 => None,
        1 => Some(words.search_behind_one.to_owned()),
        behind => Some(fill(words.search_behind, behind)),
    };
    page.older = found
        .older
        .map(|older| format!("{}&before={older}", page.newest));
    let Found::Entries(entries) = found.found else {
        return Ok(());
    };
    let clock = app.clock(words);
    let rows = entries.iter().map(|entry| Row {
        folder: Some(shell::folder_name(entry.folder, words)),
        ..mailbox::row(entry, words, &clock)
    });
    page.rows = rows.collect();
    Ok(())
}

impl Asked {
    fn form(&self) -> QueryForm {
        let date = |text: &str| text.parse::<Date>().ok();
        QueryForm {
            words: self.words.clone(),
            from: self.from.clone(),
            subject: self.subject.clone(),
            after: date(&self.first),
            // People name the last day that counts, the operator the first that does not.
            before: date(&self.last).and_then(|last| last.tomorrow().ok()),
            attachments: self.attachments.is_some(),
            unread: self.unread.is_some(),
        }
    }
}

fn form(form: &QueryForm, action: String) -> SearchForm {
    let last = form
        .before
        .and_then(|before| before.checked_sub(1.day()).ok());
    let date = |date: Option<Date>| date.map_or_else(String::new, |date| date.to_string());
    SearchForm {
        action,
        words: form.words.clone(),
        from: form.from.clone(),
        subject: form.subject.clone(),
        first: date(form.after),
        last: date(last),
        attachments: form.attachments,
        unread: form.unread,
    }
}

fn sentence(note: &Note, words: &Words) -> String {
    match note {
        Note::UnknownOperator(name) => fill(words.search_unknown, name),
        Note::BadValue { operator, value } => fill(&fill(words.search_bad_value, value), operator),
        Note::ShortBeginning(beginning) => fill(words.search_short_beginning, beginning),
        Note::LongWord(word) => fill(words.search_long_word, word),
        Note::TooLong => words.search_too_long.to_owned(),
    }
}
