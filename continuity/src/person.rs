//! What people do with the mode.

use jiff::Timestamp;
use store::{Mode, ModeChange, ModeError, OwedCount, Scope, Store, StoreError};

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

/// For whom the webmail opens, and for how long.
#[derive(Clone, Debug, Default)]
pub struct Opening {
    /// For whom.
    pub scope: Scope,
    /// When it is expected to end. Nothing ends by itself.
    pub expected_end: Option<Timestamp>,
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
    /// A drill is for chosen people, and so is what an emergency is limited to.
    #[error("say for whom: groups, accounts or both")]
    NobodyChosen,
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

/// Declares an emergency: the webmail opens, aging and re-injection stand still. One that is on
/// already is widened by those for whom it was not.
pub async fn start(
    store: &Store,
    order: Order,
    opening: Opening,
) -> Result<ModeChange, ModeRefusal> {
    let present = store.mode().await?;
    if present.mode != Mode::Emergency {
        return change(store, &present, Mode::Emergency, (order, opening)).await;
    }
    let scope = present.scope.clone().widened(opening.scope);
    if scope == present.scope {
        return Err(ModeRefusal::Already(present));
    }
    let opening = Opening {
        scope,
        expected_end: opening.expected_end.or(present.expected_end),
    };
    write(store, &present, Mode::Emergency, (order, opening)).await
}

/// Says that an emergency goes on for these only, because the others have their mail back. What
/// waited for the others is handed to the primary.
pub async fn limit(store: &Store, order: Order, scope: Scope) -> Result<ModeChange, ModeRefusal> {
    let present = in_one_of(store, &[Mode::Emergency], Mode::Emergency).await?;
    if scope == Scope::Everyone {
        return Err(ModeRefusal::NobodyChosen);
    }
    if scope == present.scope {
        return Err(ModeRefusal::Already(present));
    }
    let opening = Opening {
        scope,
        expected_end: present.expected_end,
    };
    write(store, &present, Mode::Emergency, (order, opening)).await
}

/// Begins a drill for those in the opening's scope, which must be chosen.
pub async fn drill(
    store: &Store,
    order: Order,
    opening: Opening,
) -> Result<ModeChange, ModeRefusal> {
    let present = store.mode().await?;
    if present.mode == Mode::Drill {
        return Err(ModeRefusal::Already(present));
    }
    if opening.scope == Scope::Everyone {
        return Err(ModeRefusal::NobodyChosen);
    }
    change(store, &present, Mode::Drill, (order, opening)).await
}

/// Ends what there is to end: an emergency becomes Recovery, Recovery becomes Normal when nothing is
/// owed any more, and a drill becomes Normal.
pub async fn end(store: &Store, order: Order) -> Result<ModeChange, ModeRefusal> {
    let present = store.mode().await?;
    let to = match present.mode {
        Mode::Normal => return Err(ModeRefusal::Already(present)),
        Mode::Emergency => Mode::Recovery,
        Mode::Drill => Mode::Normal,
        Mode::Recovery => {
            let owed = store.owed().await?;
            if owed.open + owed.for_a_person > 0 {
                return Err(ModeRefusal::StillOwed(owed));
            }
            Mode::Normal
        }
    };
    let scope = match to {
        // They go on reading what they had.
        Mode::Recovery => present.scope.clone(),
        _ => Scope::Everyone,
    };
    let opening = Opening {
        scope,
        expected_end: None,
    };
    change(store, &present, to, (order, opening)).await
}

/// Says that an emergency or a drill will last until `expected_end`.
pub async fn extend(
    store: &Store,
    order: Order,
    expected_end: Timestamp,
) -> Result<ModeChange, ModeRefusal> {
    let modes = [Mode::Emergency, Mode::Drill];
    let present = in_one_of(store, &modes, Mode::Emergency).await?;
    let opening = Opening {
        scope: present.scope.clone(),
        expected_end: Some(expected_end),
    };
    write(store, &present, present.mode, (order, opening)).await
}

/// The present, if it is one of `modes`.
async fn in_one_of(store: &Store, modes: &[Mode], to: Mode) -> Result<ModeChange, ModeRefusal> {
    let present = store.mode().await?;
    if modes.contains(&present.mode) {
        return Ok(present);
    }
    Err(ModeRefusal::NotFromHere {
        from: present.mode,
        to,
    })
}

/// Changes the mode if the table allows it.
pub(crate) async fn change(
    store: &Store,
    present: &ModeChange,
    to: Mode,
    how: (Order, Opening),
) -> Result<ModeChange, ModeRefusal> {
    if !may_become(present.mode, to) {
        return Err(ModeRefusal::NotFromHere {
            from: present.mode,
            to,
        });
    }
    write(store, present, to, how).await
}

async fn write(
    store: &Store,
    present: &ModeChange,
    to: Mode,
    (order, opening): (Order, Opening),
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
        expected_end: opening.expected_end,
        scope: opening.scope,
    };
    let changed = store.append_mode(present, next).await?;
    tracing::warn!(
        by = changed.by,
        reason = changed.reason,
        "the mode is {}, for {}",
        changed.mode,
        changed.scope
    );
    Ok(changed)
}

#[cfg(test)]
#[path = "person_tests.rs"]
mod tests;
