//! The other mails of a conversation, under the one that is read: each folded away, with its text.

use std::collections::HashMap;

use store::{EntryName, EntryRow, Folder};
use templates::pages::{Block, Conversation, Part};

use crate::app::App;
use crate::gate::Pass;
use crate::refusal::Refusal;
use crate::{limits, mail, mailbox, routes, shell};

/// The conversation of a message, the newest mail first; `None` when it is the only one.
pub(crate) async fn of(
    app: &App,
    pass: &Pass,
    entry: &EntryRow,
) -> Result<Option<Conversation>, Refusal> {
    let mut others = app.store.conversation(entry.account, entry.name()).await?;
    others.reverse();
    others.retain(|other| other.message != entry.message);
    if others.is_empty() {
        return Ok(None);
    }
    let newer = others.iter().filter(|other| other.message > entry.message);
    let newer = newer.count();
    let mut texts = texts(app, pass, &others).await?;
    let (words, clock) = (pass.words(), app.clock(pass.words()));
    let parts = others.iter().map(|other| {
        let row = mailbox::row(other, words, &clock);
        Part {
            who: row.who,
            time: row.time,
            preview: row.preview,
            unread: row.unread,
            folder: match other.folder {
                Folder::Inbox => None,
                folder => Some(shell::folder_name(folder, words)),
            },
            blocks: texts.remove(&other.name()),
            href: routes::message(other.account, other.name()),
        }
    });
    Ok(Some(Conversation {
        parts: parts.collect(),
        newer,
        newest: others
            .first()
            .map(|newest| routes::message(newest.account, newest.name()))
            .unwrap_or_default(),
    }))
}

/// The texts of those nearest to the top that are not large. Reading one here is reading it: the
/// audit log says so.
async fn texts(
    app: &App,
    pass: &Pass,
    others: &[EntryRow],
) -> Result<HashMap<EntryName, Vec<Block>>, Refusal> {
    let small = others
        .iter()
        .filter(|other| other.size_bytes <= limits::CONVERSATION_MAIL_BYTES_MAX);
    let wanted: Vec<EntryRow> = small
        .take(limits::CONVERSATION_TEXTS_MAX)
        .cloned()
        .collect();
    let mut texts = HashMap::new();
    for (entry, content) in pass.contents(app, wanted, "read-message").await? {
        let letter = mail::letter(content).await;
        let (text, _) = mail::shorten(&letter.text, limits::CONVERSATION_TEXT_BYTES_MAX);
        texts.insert(entry.name(), mail::blocks(text));
    }
    Ok(texts)
}
