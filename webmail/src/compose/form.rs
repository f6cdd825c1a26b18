//! Reading the posted form for writing, up to its limits. What was typed comes first, so it is
//! there even if a file is too large.

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{Multipart, Request};
use futures_util::StreamExt;
use store::{AttachmentId, DraftVersion};
use templates::pages::Typed;

use crate::limits;
use crate::mail::{self, AttachmentContent};
use crate::refusal::Refusal;

/// The posted form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    pub token: String,
    pub key: String,
    pub typed: Typed,
    /// The draft that it was opened from or saved as.
    pub draft: Option<DraftVersion>,
    /// Attachments of that draft that stay.
    pub keep: Vec<AttachmentId>,
    /// Who saves: a person, or the script beside them, which sends no files.
    pub saver: Saver,
    /// Attachments of the original that go along.
    pub along: Vec<usize>,
    pub files: Vec<AttachmentContent>,
    /// The text was longer than allowed, and is cut here.
    pub text_cut: bool,
    /// The files were more than allowed, and are not all here.
    pub files_cut: bool,
}

/// Who saves a draft.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Saver {
    #[default]
    Person,
    Script,
}

/// How much of it is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// All of it.
    Whole,
    /// Only what was typed, to give it back.
    Typed,
}

/// Lets a body be read piece by piece. The multipart reader takes all that is there before it
/// gives out the first field: it would keep a large file in memory, and when that is over the
/// limit nothing of the form would be left.
pub(crate) async fn piece_by_piece(request: Request) -> Request {
    request.map(|body| {
        let pieces = body.into_data_stream().enumerate();
        Body::from_stream(pieces.then(async |(number, piece)| {
            // The reader does not stand a pause before the first one.
            if number > 0 {
                tokio::task::yield_now().await;
            }
            piece
        }))
    })
}

/// Reads the form. What was typed goes along with a refusal too.
pub(crate) async fn read(multipart: Multipart, reading: Reading) -> Result<Form, Refusal> {
    let mut form = Form::default();
    match form.read(multipart, reading).await {
        Ok(()) => Ok(form),
        Err(refusal) => Err(refusal.with_typed(form.typed)),
    }
}

impl Form {
    async fn read(&mut self, mut multipart: Multipart, reading: Reading) -> Result<(), Refusal> {
        while let Some(mut field) = multipart.next_field().await.map_err(refuse)? {
            let name = field.name().unwrap_or_default().to_owned();
            if name == "files" {
                if reading == Reading::Typed {
                    break;
                }
                if self.read_file(&mut field).await.is_err() {
                    // All else is here: files come last.
                    self.files_cut = true;
                    break;
                }
                continue;
            }
            let bytes_max = match name.as_str() {
                "text" => limits::TEXT_BYTES_MAX,
                _ => limits::ADDRESSES_BYTES_MAX,
            };
            let (bytes, cut) = read_bytes(&mut field, bytes_max).await?;
            self.set(&name, String::from_utf8_lossy(&bytes).into_owned());
            self.text_cut |= cut;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) {
        match name {
            "token" => self.token = value,
            "key" => self.key = value,
            "from" => self.typed.from = value,
            "to" => self.typed.to = value,
            "cc" => self.typed.cc = value,
            "bcc" => self.typed.bcc = value,
            "subject" => self.typed.subject = value,
            "text" => self.typed.text = value,
            "draft" => self.draft = value.parse().ok(),
            "keep" => self.keep.extend(value.parse::<AttachmentId>().ok()),
            "auto" => self.saver = Saver::Script,
            "along" => self.along.extend(value.parse::<usize>().ok()),
            _ => {}
        }
    }

    async fn read_file(&mut self, field: &mut Field<'_>) -> Result<(), Refusal> {
        let given = field.file_name().unwrap_or_default().to_owned();
        let media_type = media_type(field.content_type().unwrap_or_default());
        let used: usize = self.files.iter().map(|file| file.bytes.len()).sum();
        let room = limits::ATTACHMENT_BYTES_MAX.saturating_sub(used);
        let (bytes, cut) = read_bytes(field, room).await?;
        self.files_cut |= cut || self.files.len() >= limits::ATTACHMENTS_MAX;
        // Browsers send an empty field when no file was chosen.
        if self.files_cut || (given.is_empty() && bytes.is_empty()) {
            return Ok(());
        }
        let name = mail::clean_file_name(&given);
        let name = if name.is_empty() {
            format!("attachment-{}", self.files.len() + 1)
        } else {
            name
        };
        self.files.push(AttachmentContent {
            name,
            media_type,
            bytes,
        });
        Ok(())
    }
}

/// Up to `bytes_max`, and whether there was more. The rest is read and dropped, because a
/// browser that is cut off shows its own error page instead of ours.
async fn read_bytes(field: &mut Field<'_>, bytes_max: usize) -> Result<(Vec<u8>, bool), Refusal> {
    let (mut bytes, mut cut) = (Vec::new(), false);
    while let Some(chunk) = field.chunk().await.map_err(refuse)? {
        let room = bytes_max - bytes.len();
        cut |= chunk.len() > room;
        bytes.extend_from_slice(chunk.get(..room.min(chunk.len())).unwrap_or_default());
    }
    Ok((bytes, cut))
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the shape that map_err wants"
)]
fn refuse(error: MultipartError) -> Refusal {
    Refusal::of_status(error.status())
}

/// The type a browser gives a file, if it is one that a header may have.
fn media_type(given: &str) -> String {
    let token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'+' | b'.' | b'_'))
    };
    match given.split_once('/') {
        // A multipart or message type promises an inner structure that nobody has checked.
        Some((kind, subtype))
            if token(kind) && token(subtype) && !matches!(kind, "multipart" | "message") =>
        {
            given.to_ascii_lowercase()
        }
        _ => "application/octet-stream".to_owned(),
    }
}
