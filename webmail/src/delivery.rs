//! What became of a sent message, in words.

use store::{EntryRow, Folder, LedgerRow, Owners, Purpose, QueueState};
use templates::Words;
use templates::pages::{Delivery, DeliveryTone};
use templates::words::fill;

use crate::app::App;
use crate::clock::Clock;
use crate::gate::Pass;
use crate::refusal::Refusal;

/// One line per recipient of a message in *Sent*; nothing for other messages, whose ledger is
/// not their reader's business.
pub(crate) async fn of(app: &App, pass: &Pass, entry: &EntryRow) -> Result<Vec<Delivery>, Refusal> {
    if entry.folder != Folder::Sent {
        return Ok(Vec::new());
    }
    let words = pass.words();
    let clock = app.clock(words);
    let mut rows = app.store.ledger_of(entry.message).await?;
    // People first, one's own copy last.
    rows.sort_by_key(|row| (row.purpose == Purpose::SentCopy, row.id));
    let mut lines = Vec::new();
    for row in rows {
        let owners = app.store.owners(&row.recipient).await?;
        lines.push(line(&row, &owners, words, &clock));
    }
    Ok(lines)
}

fn line(row: &LedgerRow, owners: &Owners, words: &Words, clock: &Clock) -> Delivery {
    let when = || clock.since(row.changed_at).words;
    let (state, tone) = match (row.state, row.purpose) {
        (QueueState::Waiting, _) => waiting(row, owners, words),
        (QueueState::Claimed, _) => (words.delivery_claimed.to_owned(), DeliveryTone::Open),
        (QueueState::Delivered | QueueState::Confirmed, _) => {
            (fill(words.delivery_delivered, when()), DeliveryTone::Done)
        }
        (QueueState::Refused, _) => (fill(words.delivery_refused, when()), DeliveryTone::Bad),
        (QueueState::Unknown, _) => (words.delivery_unknown.to_owned(), DeliveryTone::Bad),
        (QueueState::WrittenOff, _) => (words.delivery_written_off.to_owned(), DeliveryTone::Bad),
    };
    let recipient = match row.purpose {
        Purpose::SentCopy => words.delivery_sent_copy.to_owned(),
        Purpose::Send | Purpose::Return | Purpose::Resend | Purpose::Notice => {
            row.recipient.to_string()
        }
    };
    let failing = row.attempts > 0 && row.state == QueueState::Waiting;
    let tells = matches!(row.state, QueueState::Refused | QueueState::Unknown) || failing;
    let answer = if tells {
        row.last_words.clone()
    } else {
        String::new()
    };
    Delivery {
        recipient,
        state,
        tone,
        answer,
    }
}

/// A row that waits: for a colleague it is in the inbox here already.
fn waiting(row: &LedgerRow, owners: &Owners, words: &Words) -> (String, DeliveryTone) {
    let (state, tone) = match (row.purpose, owners) {
        (Purpose::Return | Purpose::Resend | Purpose::Notice, Owners::Nobody) => {
            (words.delivery_nobody, DeliveryTone::Open)
        }
        (
            Purpose::Return | Purpose::Resend | Purpose::Notice,
            Owners::One(_) | Owners::Group(_),
        ) => (words.delivery_here, DeliveryTone::Done),
        (Purpose::SentCopy, _) => (words.delivery_sent_copy_later, DeliveryTone::Open),
        (Purpose::Send, _) if row.attempts > 0 => (words.delivery_retrying, DeliveryTone::Open),
        (Purpose::Send, _) => (words.delivery_waiting, DeliveryTone::Open),
    };
    (state.to_owned(), tone)
}
