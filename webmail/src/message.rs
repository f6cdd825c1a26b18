//! The page of a message.

use axum::extract::{Path, Query, State};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use jiff::SignedDuration;
use serde::Deserialize;
use store::{EntryRow, Flag, Folder};
use templates::pages::{
    Actions, Attachment, Field, FrameHeight, MessageBody, MessagePage, Moment, Person,
};
use templates::shell::Link;
use templates::{Template, Words};

use crate::app::App;
use crate::clock::{self, Clock};
use crate::gate::Pass;
use crate::mail::{self, Letter};
use crate::refusal::Refusal;
use crate::{conversation, cookie, delivery, doubt, limits, mailbox, routes, shell};

/// A sender's clock may be this far from ours before the page tells both times.
const CLOCK_DRIFT_MAX: SignedDuration = SignedDuration::from_mins(10);

/// The message that the address names.
#[derive(Deserialize)]
pub(crate) struct MessagePath {
    pub message: String,
}

/// How to show it, if that shall be remembered.
#[derive(Deserialize)]
pub(crate) struct ViewQuery {
    view: Option<View>,
}

/// With formatting or as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum View {
    Html,
    Text,
}

/// A message: who, when, what is attached, and its text. Opening it marks it as read.
pub(crate) async fn page(
    State(app): State<App>,
    pass: Pass,
    Path(MessagePath { message }): Path<MessagePath>,
    Query(ViewQuery { view }): Query<ViewQuery>,
) -> Result<Response, Refusal> {
    let entry = pass.entry(&app, &message).await?;
    let here = routes::message(entry.account, entry.name());
    if let Some(view) = view {
        let view = if view == View::Text { "text" } else { "html" };
        let jar = CookieJar::new().add(cookie::with_view(view, &app));
        return Ok((jar, Redirect::to(&here)).into_response());
    }
    let content = pass.readable(&app, &entry, "read-message").await?;
    if pass.may_write() && !entry.seen {
        app.store
            .set_flag(entry.account, vec![entry.message], Flag::Seen)
            .await?;
    }
    let letter = mail::letter(content).await;
    let words = pass.words();
    let clock = app.clock(words);
    let subject = if letter.raw {
        entry.subject.clone()
    } else {
        letter.subject.clone()
    };
    let title = if subject.is_empty() {
        words.no_subject
    } else {
        &subject
    };
    let (date, arrived) = times(&letter, &entry, &clock);
    let doubt = doubt::of(&app, &entry, &letter.from, words).await?;
    let page = MessagePage {
        warnings: doubt.warnings,
        assurance: doubt.assurance,
        shell: shell::of_pass(&app, &pass, title),
        navigation: shell::navigation(&app, &pass, Some(entry.folder)).await?,
        back: Link {
            href: routes::folder(entry.account, entry.folder),
            text: shell::folder_name(entry.folder, words).to_owned(),
        },
        fields: fields(&letter, &entry, words),
        date,
        arrived,
        actions: pass.may_write().then(|| actions(&pass, &entry)),
        attachments: attachments(&letter, &here, words),
        body: body(&letter, &pass, &here),
        original: format!("{here}/original"),
        headers: format!("{here}/headers"),
        deliveries: delivery::of(&app, &pass, &entry).await?,
        conversation: conversation::of(&app, &pass, &entry).await?,
        subject,
    };
    Ok(Html(page.render()?).into_response())
}

fn times(letter: &Letter, entry: &EntryRow, clock: &Clock) -> (Moment, Option<Moment>) {
    let arrived = entry.received_at;
    let date = letter.date.unwrap_or(arrived);
    let differs = date.duration_until(arrived).abs() > CLOCK_DRIFT_MAX;
    (clock.full(date), differs.then(|| clock.full(arrived)))
}

fn fields(letter: &Letter, entry: &EntryRow, words: &'static Words) -> Vec<Field> {
    let from = if letter.from.is_empty() {
        vec![Person {
            name: entry.from_name.clone(),
            address: entry.from_address.clone(),
        }]
    } else {
        letter.from.clone()
    };
    let reply_to = if letter.reply_to == letter.from {
        Vec::new()
    } else {
        letter.reply_to.clone()
    };
    let fields = [
        (words.from, from),
        (words.reply_to, reply_to),
        (words.to, letter.to.clone()),
        (words.cc, letter.cc.clone()),
    ];
    let known = |person: &Person| !person.name.is_empty() || !person.address.is_empty();
    fields
        .into_iter()
        .filter(|(_, people)| people.iter().any(known))
        .map(|(label, people)| Field { label, people })
        .collect()
}

fn actions(pass: &Pass, entry: &EntryRow) -> Actions {
    let write = routes::write(entry.account);
    Actions {
        reply: format!("{write}?reply={}", entry.name()),
        reply_all: format!("{write}?reply-all={}", entry.name()),
        forward: format!("{write}?forward={}", entry.name()),
        tidy: routes::tidy(entry.account),
        from: entry.folder.as_str(),
        entry: entry.name().to_string(),
        tasks: mailbox::tasks(entry.folder, pass.words()),
        may_delete: entry.folder == Folder::Trash,
        form_token: pass.form_token(),
    }
}

fn attachments(letter: &Letter, here: &str, words: &Words) -> Vec<Attachment> {
    let listed = letter.attachments.iter().map(|attachment| Attachment {
        href: format!("{here}/attachment/{}", attachment.number),
        name: attachment.name.clone(),
        size: clock::size(attachment.size_bytes as u64, words),
    });
    listed.collect()
}

fn body(letter: &Letter, pass: &Pass, here: &str) -> MessageBody {
    if letter.formatted && !pass.visitor().prefers_text {
        return MessageBody::Html {
            frame: format!("{here}/html"),
            as_text: format!("{here}?view=text"),
            height: FrameHeight::of_text(letter.text.chars().count()),
        };
    }
    let (text, cut) = mail::shorten(&letter.text, limits::SHOWN_TEXT_BYTES_MAX);
    let words = pass.words();
    let hint = match (letter.raw, cut) {
        (true, _) => Some(words.unreadable),
        (false, true) => Some(words.shortened),
        (false, false) => None,
    };
    let as_html = letter.formatted.then(|| format!("{here}?view=html"));
    MessageBody::Text {
        blocks: mail::blocks(text),
        as_html,
        hint,
    }
}
