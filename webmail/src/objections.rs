//! What speaks against sending a message.

use store::{Address, KeepError, Mode, OverLimit};
use templates::Words;
use templates::pages::{Complaint, Place};
use templates::words::fill;

use crate::app::App;
use crate::compose::{self, Checked, Form};
use crate::gate::Pass;
use crate::mail::AttachmentContent;
use crate::outbox::NotSent;
use crate::refusal::Refusal;
use crate::{limits, write_form};

/// What was typed, if it may be sent: recipients, sender, and how large it is.
pub(crate) fn check(
    pass: &Pass,
    form: &Form,
    attachments: &[AttachmentContent],
) -> Result<Checked, Vec<Complaint>> {
    let checked = compose::check(form, &write_form::senders(pass), pass.words());
    let size: usize = attachments
        .iter()
        .map(|attachment| attachment.bytes.len())
        .sum();
    if size <= limits::ATTACHMENT_BYTES_MAX || form.files_cut {
        return checked;
    }
    let text = pass.words().problem_too_large.to_owned();
    let mut complaints = checked.err().unwrap_or_default();
    complaints.push(Complaint {
        place: Place::Files,
        text,
    });
    Err(complaints)
}

/// In a drill nobody is written to who does not take part, and no mailbox writes that does not.
pub(crate) async fn not_in_drill(
    app: &App,
    pass: &Pass,
    checked: &Checked,
) -> Result<Vec<Complaint>, Refusal> {
    let mode = pass.mode();
    if mode.mode != Mode::Drill {
        return Ok(Vec::new());
    }
    let mut addresses = checked.recipients();
    addresses.push(checked.from.address.clone());
    let outside = app.store.outside_of(mode.scope.clone(), addresses).await?;
    let complaint = |address: &Address| Complaint {
        place: Place::To,
        text: fill(pass.words().problem_not_in_drill, address),
    };
    Ok(outside.iter().map(complaint).collect())
}

/// Why a message was not sent, for whoever wrote it.
pub(crate) fn not_sent(error: &NotSent, words: &Words) -> String {
    match error {
        NotSent::NotKept(KeepError::DiskFull) => words.problem_disk_full.to_owned(),
        NotSent::Over(OverLimit::Hour(most)) => fill(words.problem_over_hour, most),
        NotSent::Over(OverLimit::Day(most)) => fill(words.problem_over_day, most),
        NotSent::NotKept(_) | NotSent::Store(_) => words.problem_not_kept.to_owned(),
    }
}
