//! Giving an unsorted message to somebody by hand.

use jiff::Timestamp;

use crate::account::{self, AccountId};
use crate::audit::{self, AuditEvent};
use crate::error::StoreError;
use crate::filing::{Entry, Filing, write_entries};
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::shadow::Store;

impl Store {
    /// A person gives an unsorted message to somebody: it lies in this folder of theirs then, as if
    /// the filer had put it there. [`StoreError::Refused`] when it is not unsorted (any more).
    /// Writes an audit row.
    pub async fn give(
        &self,
        id: MessageId,
        (account, folder): (AccountId, Folder),
        by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let actor = by.to_owned();
        self.blocking(move |inner| {
            let row = inner.row(id)?;
            if row.state != "unsorted" {
                return Err(not_unsorted(id));
            }
            // First, so that nobody gets mail without a trace of who gave it.
            inner.shadow.write(|shadow| {
                let login = account::account(shadow, account)?.login;
                let given = AuditEvent {
                    actor,
                    action: "unsorted-give",
                    object: id.to_string(),
                    detail: format!("to {login}, {folder}"),
                    address: None,
                };
                audit::insert(shadow, &given, now)
            })?;
            let filing = Filing {
                entries: vec![Entry {
                    account,
                    folder,
                    seen: folder == Folder::Sent,
                }],
                ..Filing::default()
            };
            inner.days.of(id)?.index.write(|index| {
                let still = "SELECT 1 FROM message WHERE id = ?1 AND state = 'unsorted'";
                if !index.prepare_cached(still)?.exists([id.number()])? {
                    return Err(not_unsorted(id));
                }
                write_entries(index, id, &filing)
            })?;
            let mail_id = row.envelope.peer.mail_id;
            tracing::info!(message.id = %id, mail.id = mail_id, "message {id} was given to somebody by hand");
            Ok(())
        })
        .await
    }
}

fn not_unsorted(id: MessageId) -> StoreError {
    StoreError::Refused(format!(
        "message {id} is not unsorted: somebody has it, or it is being sorted just now; \
         `shadowmail trace` says where it lies"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, time, unknown};

    const AT: &str = "2026-11-22T09:12:00Z";

    #[tokio::test]
    async fn an_unsorted_message_is_given_once_and_is_found_by_its_owner() {
        let fixture = Fixture::new().await;
        let store = &fixture.store;
        let id = fixture.keep(AT, b"Subject: hello\r\n\r\n").await;
        let filing = Filing {
            unknown_names: vec![unknown("cy@corp.example", Folder::Inbox)],
            ..Filing::default()
        };
        let give = async |to, folder| store.give(id, (to, folder), "shell:eva", time(AT)).await;
        let refused = give(fixture.amy, Folder::Inbox).await;
        assert!(matches!(refused, Err(StoreError::Refused(_))), "unfiled");
        store.file(id, filing).await.unwrap();
        assert!(store.unsorted_message(id).await.unwrap().is_some());

        give(fixture.amy, Folder::Inbox).await.unwrap();
        assert!(!store.entry(fixture.amy, id).await.unwrap().seen);
        assert_eq!(store.unsorted(9).await.unwrap(), []);
        assert!(store.unsorted_message(id).await.unwrap().is_none());
        // It goes into the full text, and whoever it names gets it, too, once they are known.
        let unindexed = store.unindexed(9).await.unwrap();
        assert_eq!(
            unindexed.iter().map(|it| it.message).collect::<Vec<_>>(),
            [id]
        );
        assert_eq!(store.unknown_names(None, 9).await.unwrap().len(), 1);

        let again = give(fixture.bo, Folder::Sent)
            .await
            .unwrap_err()
            .to_string();
        assert!(again.contains("is not unsorted"), "{again}");
        assert!(store.entry(fixture.bo, id).await.is_err());
        let log = store.audit_log(10).await.unwrap();
        let given: Vec<_> = log
            .iter()
            .filter(|row| row.action == "unsorted-give")
            .collect();
        assert_eq!(given.len(), 1);
        assert_eq!(given[0].detail, "to amy, inbox");
        assert_eq!(
            (&*given[0].actor, &*given[0].object),
            ("shell:eva", &*id.to_string())
        );
    }

    #[tokio::test]
    async fn what_somebody_sent_is_read() {
        let fixture = Fixture::new().await;
        let id = fixture.keep(AT, b"x").await;
        fixture.store.file(id, Filing::default()).await.unwrap();
        let to = (fixture.amy, Folder::Sent);
        fixture
            .store
            .give(id, to, "shell:eva", time(AT))
            .await
            .unwrap();
        assert!(fixture.store.entry(fixture.amy, id).await.unwrap().seen);
    }
}
