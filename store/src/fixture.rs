//! What the tests of this crate share.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::account::{AccountId, AccountKind};
use crate::address::ReversePath;
use crate::aging::{Aging, Fate};
use crate::day::Day;
use crate::entry_name::{EntryCopy, EntryName};
use crate::envelope::{Envelope, Peer, Source};
use crate::error::KeepError;
use crate::filing::{Entry, Filing, Owed};
use crate::held::Held;
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::mirror::{MirroredAccount, Snapshot};
use crate::newcomer::UnknownName;
use crate::queue::Purpose;
use crate::shadow::Store;
use crate::survivor::DayLimit;

/// A store in a directory of its own, with two people and a shared mailbox that amy opens.
pub(crate) struct Fixture {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) amy: AccountId,
    pub(crate) bo: AccountId,
    pub(crate) info: AccountId,
}

impl Fixture {
    pub(crate) async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let mut info = person("info");
        info.kind = AccountKind::Shared;
        info.opened_by = vec!["amy".to_owned()];
        let accounts = vec![person("amy"), person("bo"), info];
        store
            .mirror(Snapshot {
                accounts,
                groups: Vec::new(),
            })
            .await
            .unwrap();
        let accounts = store.accounts().await.unwrap();
        let id = |login| {
            accounts
                .iter()
                .find(|account| account.login == login)
                .unwrap()
                .id
        };
        Self {
            amy: id("amy"),
            bo: id("bo"),
            info: id("info"),
            dir,
            store,
        }
    }

    pub(crate) async fn keep(&self, at: &str, bytes: &[u8]) -> MessageId {
        self.try_keep(at, bytes).await.unwrap()
    }

    pub(crate) async fn try_keep(&self, at: &str, bytes: &[u8]) -> Result<MessageId, KeepError> {
        let mut held = Held::new(1 << 20);
        held.append(bytes)?;
        self.store.keep(held, envelope(at)).await
    }

    /// Keeps a message and files it into amy's inbox.
    pub(crate) async fn receive(&self, at: &str) -> MessageId {
        let id = self.keep(at, b"Subject: hello\r\n\r\n").await;
        self.store.file(id, to(self.amy)).await.unwrap();
        id
    }

    /// Keeps a message that amy wrote to herself: it lies in her inbox and in her Sent folder.
    pub(crate) async fn write_to_oneself(&self, at: &str) -> MessageId {
        let id = self.keep(at, b"Subject: note\r\n\r\n").await;
        let entries = [(Folder::Inbox, false), (Folder::Sent, true)].map(|(folder, seen)| Entry {
            account: self.amy,
            folder,
            seen,
        });
        let filing = Filing {
            entries: entries.to_vec(),
            ..Filing::default()
        };
        self.store.file(id, filing).await.unwrap();
        id
    }

    /// The same directory as a process that starts later finds it.
    pub(crate) async fn reopened(&self) -> Store {
        Store::open(self.dir.path()).await.unwrap()
    }
}

/// Makes the segments of a day such as earlier releases wrote: a record counts when it has a row.
pub(crate) fn make_earlier(day_dir: &std::path::Path) {
    let index = rusqlite::Connection::open(day_dir.join("index.db")).unwrap();
    for (name, _) in crate::verify::segments(day_dir).unwrap() {
        let earlier = name.replace("-4.seg", "-3.seg");
        let bytes = std::fs::read(day_dir.join(&name)).unwrap();
        let renamed = crate::segment::renamed(&bytes, &name, &earlier);
        std::fs::remove_file(day_dir.join(&name)).unwrap();
        std::fs::write(day_dir.join(&earlier), renamed).unwrap();
        let rename = "UPDATE message SET segment = ?2 WHERE segment = ?1";
        index.execute(rename, [name, earlier]).unwrap();
    }
    index.execute("DELETE FROM segment", []).unwrap();
}

/// The names of the two entries of a mail to oneself.
pub(crate) fn both_entries(message: MessageId) -> [EntryName; 2] {
    [EntryCopy::First, EntryCopy::Sent].map(|copy| EntryName { message, copy })
}

/// Ages a day of which nothing stays.
pub(crate) async fn drop_day(store: &Store, day: Day) {
    let aging = Aging {
        day,
        limit: DayLimit::OverBut(BTreeSet::new()),
        by: "shadowmail".to_owned(),
        now: Timestamp::now(),
    };
    let aged = store.age_day(aging, |_| {}).await.unwrap();
    assert_eq!(aged.fate, Fate::Dropped);
}

pub(crate) fn person(login: &str) -> MirroredAccount {
    MirroredAccount {
        key: login.to_owned(),
        login: login.to_owned(),
        name: login.to_owned(),
        addresses: vec![format!("{login}@corp.example").parse().unwrap()],
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    }
}

/// What the log called a mail of [`envelope`] when it came.
pub(crate) const MAIL_ID: &str = "0f3b2c1a-7/1";

pub(crate) fn envelope(at: &str) -> Envelope {
    Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: vec!["amy@corp.example".parse().unwrap()],
        received_at: time(at),
        peer: Peer {
            mail_id: Some(MAIL_ID.to_owned()),
            ..Peer::default()
        },
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    }
}

pub(crate) fn unknown(name: &str, folder: Folder) -> UnknownName {
    UnknownName {
        name: name.to_owned(),
        folder,
        at_primary: false,
    }
}

pub(crate) fn time(at: &str) -> Timestamp {
    at.parse().unwrap()
}

/// A filing into one inbox.
pub(crate) fn to(account: AccountId) -> Filing {
    let entry = Entry {
        account,
        folder: Folder::Inbox,
        seen: false,
    };
    Filing {
        entries: vec![entry],
        ..Filing::default()
    }
}

/// A filing into one inbox that is owed to its owner.
pub(crate) fn owed_to(account: AccountId, recipient: &str) -> Filing {
    let recipient = recipient.parse().unwrap();
    let owed = Owed {
        purpose: Purpose::Return,
        recipient,
        account: Some(account),
    };
    Filing {
        owed: vec![owed],
        ..to(account)
    }
}
