//! Lets the console start and end emergencies; it and `continuity` do not know each other.

use async_trait::async_trait;
use continuity::{ModeRefusal, Opening, Order};
use store::{ModeChange, ModeError, Store};
use webmail::{ModeOrder, ModeRefused, ModeStep, Modes};

/// The modes of a store.
pub struct StoreModes(Store);

impl StoreModes {
    /// Of this one.
    pub fn new(store: Store) -> Self {
        Self(store)
    }
}

#[async_trait]
impl Modes for StoreModes {
    async fn change(&self, order: ModeOrder) -> Result<ModeChange, ModeRefused> {
        let ModeOrder {
            step,
            by,
            reason,
            now,
        } = order;
        let order = Order { by, reason, now };
        let changed = match step {
            ModeStep::Start(expected_end) => {
                let opening = Opening {
                    expected_end,
                    ..Opening::default()
                };
                continuity::start(&self.0, order, opening).await
            }
            ModeStep::Extend(end) => continuity::extend(&self.0, order, end).await,
            ModeStep::End => continuity::end(&self.0, order).await,
        };
        changed.map_err(refused)
    }
}

fn refused(refusal: ModeRefusal) -> ModeRefused {
    match refusal {
        ModeRefusal::Already(_)
        | ModeRefusal::NotFromHere { .. }
        | ModeRefusal::NobodyChosen
        | ModeRefusal::Mode(ModeError::Overtaken(_)) => ModeRefused::Overtaken,
        ModeRefusal::NoReason => ModeRefused::NoReason,
        ModeRefusal::StillOwed(owed) => ModeRefused::StillOwed(owed),
        ModeRefusal::Mode(ModeError::Store(error)) => ModeRefused::Failed(error.to_string()),
    }
}
