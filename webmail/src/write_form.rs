//! The form for writing, as it is shown.

use axum::response::Html;
use store::{Account, AttachmentId, DraftAttachment, DraftVersion};
use templates::pages::{Choice, Complaint, DraftedFile, OriginalAttachment, Typed, WritePage};
use templates::shell::Shell;
use templates::{Template, Words};

use crate::app::App;
use crate::compose::Occasion;
use crate::gate::{Pass, WritingPass};
use crate::refusal::Refusal;
use crate::write::About;
use crate::{clock, routes, shell};

/// What the form shows.
pub(crate) struct Filled {
    pub typed: Typed,
    pub key: String,
    /// Attachments of the original that are chosen; all of them at first.
    pub along: Option<Vec<usize>>,
    pub complaints: Vec<Complaint>,
    pub files: usize,
    pub draft: Option<DraftVersion>,
    /// What is attached to the draft, and which of it stays; all of it at first.
    pub attached: Vec<DraftAttachment>,
    pub keep: Option<Vec<AttachmentId>>,
    pub happened: Happened,
}

/// What just happened to the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Happened {
    Nothing,
    Saved,
    TakenBack,
}

impl Happened {
    fn sentence(self, words: &Words) -> Option<&'static str> {
        match self {
            Self::Nothing => None,
            Self::Saved => Some(words.saved),
            Self::TakenBack => Some(words.taken_back),
        }
    }
}

/// The page with the form.
pub(crate) async fn page(
    app: &App,
    pass: &WritingPass,
    about: Option<&About>,
    filled: Filled,
) -> Result<Html<String>, Refusal> {
    let words = pass.words();
    let mailbox = pass.mailbox();
    let write = routes::write(mailbox.id);
    let (heading, query) = match about {
        None => (words.write_title, String::new()),
        Some(about) => {
            let (heading, key) = match about.occasion {
                Occasion::Reply => (words.reply, "reply"),
                Occasion::ReplyAll => (words.reply_all, "reply-all"),
                Occasion::Forward => (words.forward, "forward"),
            };
            let name = about.original.entry.name();
            (heading, format!("?{key}={name}"))
        }
    };
    let page = WritePage {
        // Their links would throw the draft away.
        shell: Shell {
            languages: Vec::new(),
            ..shell::of_pass(app, pass, heading)
        },
        navigation: shell::navigation(app, pass, None).await?,
        heading,
        suggest: routes::suggest(mailbox.id),
        action: format!("{write}{query}"),
        save: format!("{}{query}", routes::draft(mailbox.id)),
        discard: format!("{}/discard{query}", routes::draft(mailbox.id)),
        draft: filled.draft.map(|draft| draft.to_string()),
        happened: filled.happened.sentence(words),
        attached: attached(&filled, words),
        senders: choices(pass, &filled.typed.from),
        originals: originals(about, filled.along.as_deref(), pass),
        files_lost: filled.files > 0,
        complaints: filled.complaints,
        typed: filled.typed,
        form_token: pass.form_token(),
        key: filled.key,
    };
    Ok(Html(page.render()?))
}

/// Files that were attached to the draft before.
fn attached(filled: &Filled, words: &Words) -> Vec<DraftedFile> {
    let keep = filled.keep.as_ref();
    let files = filled.attached.iter().map(|file| DraftedFile {
        value: file.id.to_string(),
        name: file.name.clone(),
        size: clock::size(file.size_bytes, words),
        chosen: keep.is_none_or(|keep| keep.contains(&file.id)),
    });
    files.collect()
}

fn choices(pass: &Pass, chosen: &str) -> Vec<Choice> {
    let mut choices = Vec::new();
    for account in senders(pass) {
        choices.extend(account.addresses.iter().map(|address| Choice {
            value: address.to_string(),
            text: format!("{} <{address}>", account.name),
            chosen: address.as_str() == chosen,
        }));
    }
    choices
}

/// Attachments that a forward can take along.
fn originals(
    about: Option<&About>,
    along: Option<&[usize]>,
    pass: &Pass,
) -> Vec<OriginalAttachment> {
    let Some(about) = about.filter(|about| about.occasion == Occasion::Forward) else {
        return Vec::new();
    };
    let listed = about
        .original
        .letter
        .attachments
        .iter()
        .map(|attachment| OriginalAttachment {
            number: attachment.number,
            name: attachment.name.clone(),
            size: clock::size(attachment.size_bytes as u64, pass.words()),
            chosen: along.is_none_or(|along| along.contains(&attachment.number)),
        });
    listed.collect()
}

/// The accounts a message may come from: the mailbox on view, and one's own.
pub(crate) fn senders(pass: &Pass) -> Vec<&Account> {
    let mut senders = vec![pass.mailbox()];
    if pass.person().id != pass.mailbox().id {
        senders.push(pass.person());
    }
    senders
}
