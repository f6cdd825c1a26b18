//! What became of a sent message, in words.

use store::{EntryRow, Folder, LedgerRow, Purpose, QueueState};
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
    let rows = app.store.ledger_of(entry.message).await?;
    Ok(rows.iter().map(|row| line(row, words, &clock)).collect())
}

fn line(row: &LedgerRow, words: &Words, clock: &Clock) -> Delivery {
    let when = || clock.since(row.changed_at).words;
    let (state, tone) = match (row.state, row.purpose) {
        (QueueState::Waiting, Purpose::Return | Purpose::Resend) => {
            (words.delivery_here.to_owned(), DeliveryTone::Done)
        }
        (QueueState::Waiting, Purpose::SentCopy) => (
            words.delivery_sent_copy_later.to_owned(),
            DeliveryTone::Open,
        ),
        (QueueState::Waiting, Purpose::Send) if row.attempts > 0 => {
            (words.delivery_retrying.to_owned(), DeliveryTone::Open)
        }
        (QueueState::Waiting, Purpose::Send) => {
            (words.delivery_waiting.to_owned(), DeliveryTone::Open)
        }
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
        Purpose::Send | Purpose::Return | Purpose::Resend => row.recipient.to_string(),
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
