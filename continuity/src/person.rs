//! What people do with the mode.

use jiff::Timestamp;
use store::{Mode, ModeChange, ModeError, OwedCount, Store, StoreError};

use crate::limits;
use crate::transition::may_become;

/// Who changes the mode, why and when.
#[derive(Clone, Debug)]
pub struct Order {
    /// An account's login, or `shell:root`.
    pub by: String,
    /// Why; shown to staff and auditors.
    pub reason: String,
    /// When.
    pub now: Timestamp,
}

/// The mode was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ModeRefusal {
    /// It is that already.
    #[error("the mode is {} already{}", .0.mode, told(.0))]
    Already(ModeChange),
    /// The table does not allow it.
    #[error("{from} can not become {to}")]
    NotFromHere {
        /// The present mode.
        from: Mode,
        /// The wanted one.
        to: Mode,
    },
    /// No reason was given.
    #[error("say why: the reason is shown to staff and kept for auditors")]
    NoReason,
    /// Recovery can not end while the primary lacks something.
    #[error(
        "the primary still lacks {} deliveries that are under way and {} that wait for a person; \
         see `shadowmail reinject status`", .0.open, .0.for_a_person
    )]
    StillOwed(OwedCount),
    /// Somebody was faster, or the store failed.
    #[error(transparent)]
    Mode(#[from] ModeError),
}

impl From<StoreError> for ModeRefusal {
    fn from(error: StoreError) -> Self {
        Self::Mode(error.into())
    }
}

/// How a mode came about; nothing for a store that was never in another one.
fn told(change: &ModeChange) -> String {
    match change.number {
        0 => String::new(),
        _ => format!(
            ", since {}, by {} ({})",
            change.since, change.by, change.reason
        ),
    }
}

/// Declares an emergency: the webmail opens, aging and re-injection stand still.
pub async fn start(
    store: &Store,
    order: Order,
    expected_end: Option<Timestamp>,
) -> Result<ModeChange, ModeRefusal> {
    let present = store.mode().await?;
    if present.mode == Mode::Emergency {
        return Err(ModeRefusal::Already(present));
    }
    change(store, &present, Mode::Emergency, (order, expected_end)).await
}

/// Ends what there is to end: an emergency becomes Recovery, and Recovery becomes Normal when
/// nothing is owed any more.
pub async fn end(store: &Store, order: Order) -> Result<ModeChange, ModeRefusal> {
    let present = store.mode().await?;
    match present.mode {
        Mode::Normal => Err(ModeRefusal::Already(present)),
        Mode::Emergency => change(store, &present, Mode::Recovery, (order, None)).await,
        Mode::Recovery => {
            let owed = store.owed().await?;
            if owed.open + owed.for_a_person > 0 {
                return Err(ModeRefusal::StillOwed(owed));
            }
            change(store, &present, Mode::Normal, (order, None)).await
        }
    }
}

/// Says that an emergency will last until `expected_end`.
pub async fn extend(
    store: &Store,
    order: Order,
    expected_end: Timestamp,
) -> Result<ModeChange, ModeRefusal> {
    let present = store.mode().await?;
    if present.mode != Mode::Emergency {
        return Err(ModeRefusal::NotFromHere {
            from: present.mode,
            to: Mode::Emergency,
        });
    }
    write(
        store,
        &present,
        Mode::Emergency,
        (order, Some(expected_end)),
    )
    .await
}

/// Changes the mode if the table allows it.
pub(crate) async fn change(
    store: &Store,
    present: &ModeChange,
    to: Mode,
    (order, expected_end): (Order, Option<Timestamp>),
) -> Result<ModeChange, ModeRefusal> {
    if !may_become(present.mode, to) {
        return Err(ModeRefusal::NotFromHere {
            from: present.mode,
            to,
        });
    }
    write(store, present, to, (order, expected_end)).await
}

async fn write(
    store: &Store,
    present: &ModeChange,
    to: Mode,
    (order, expected_end): (Order, Option<Timestamp>),
) -> Result<ModeChange, ModeRefusal> {
    let reason: String = order
        .reason
        .trim()
        .chars()
        .take(limits::REASON_CHARS_MAX)
        .collect();
    if reason.is_empty() {
        return Err(ModeRefusal::NoReason);
    }
    let next = ModeChange {
        number: 0,
        mode: to,
        since: order.now,
        by: order.by,
        reason,
        expected_end,
    };
    let changed = store.append_mode(present, next).await?;
    tracing::warn!(
        by = changed.by,
        reason = changed.reason,
        "the mode is {}",
        changed.mode
    );
    Ok(changed)
}

#[cfg(test)]
#[path = "person_tests.rs"]
mod tests;
