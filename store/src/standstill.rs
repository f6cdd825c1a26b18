//! A standstill: a person lets nothing go to the primary for a while, whatever the mode is.

use jiff::Timestamp;
use rusqlite::Transaction;
use serde::{Deserialize, Serialize};

use crate::audit::{self, AuditEvent};
use crate::columns;
use crate::error::StoreError;
use crate::settings;
use crate::shadow::Store;

const STANDSTILL: &str = "reinjection-standstill";

/// Nothing goes to the primary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standstill {
    /// Since when.
    pub since: Timestamp,
    /// Who wants it.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Lets nothing go to the primary any more but what is under way. Writes an audit row.
    pub async fn stand_still(&self, standstill: Standstill) -> Result<(), StoreError> {
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                let value = columns::to_json(&standstill)?;
                settings::put(shadow, STANDSTILL, value.as_bytes())?;
                let Standstill { since, by, reason } = standstill;
                tell(shadow, ("hold-reinjection", by, reason), since)
            })
        })
        .await
    }

    /// Lets it go again; `false` when it did not stand still. Writes an audit row.
    pub async fn go_on(&self, by: &str, now: Timestamp) -> Result<bool, StoreError> {
        let by = by.to_owned();
        let ended = self
            .blocking(move |inner| {
                inner.shadow.write(|shadow| {
                    let stood = "DELETE FROM setting WHERE name = ?1";
                    let stood = shadow.execute(stood, [STANDSTILL])? > 0;
                    if stood {
                        tell(shadow, ("release-reinjection", by, String::new()), now)?;
                    }
                    Ok(stood)
                })
            })
            .await?;
        self.inner().queued.notify_one();
        Ok(ended)
    }

    /// Whether nothing goes to the primary, and why.
    pub async fn standstill(&self) -> Result<Option<Standstill>, StoreError> {
        self.blocking(|inner| {
            inner
                .shadow
                .read(|shadow| settings::json(shadow, STANDSTILL))
        })
        .await
    }
}

fn tell(
    shadow: &Transaction<'_>,
    (action, actor, detail): (&'static str, String, String),
    now: Timestamp,
) -> Result<(), StoreError> {
    let event = AuditEvent {
        actor,
        action,
        object: "what goes to the primary".to_owned(),
        detail,
        address: None,
    };
    audit::insert(shadow, &event, now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, time};

    #[tokio::test]
    async fn it_lasts_until_a_person_ends_it_and_both_are_audited() {
        let fixture = Fixture::new().await;
        let store = &fixture.store;
        assert_eq!(store.standstill().await.unwrap(), None);
        let now = time("2026-11-22T09:12:00Z");
        assert!(!store.go_on("shell:root", now).await.unwrap());
        let wanted = Standstill {
            since: now,
            by: "shell:root".to_owned(),
            reason: "its disk is full".to_owned(),
        };
        store.stand_still(wanted.clone()).await.unwrap();
        assert_eq!(store.standstill().await.unwrap(), Some(wanted));
        assert!(store.go_on("eva", now).await.unwrap());
        assert_eq!(store.standstill().await.unwrap(), None);
        let log = store.audit_log(10).await.unwrap();
        let told: Vec<_> = log
            .iter()
            .map(|row| (row.action.as_str(), row.actor.as_str()))
            .collect();
        let want = [
            ("release-reinjection", "eva"),
            ("hold-reinjection", "shell:root"),
        ];
        assert_eq!(told, want);
    }
}
