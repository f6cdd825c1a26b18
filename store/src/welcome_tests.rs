use rusqlite::Connection;

use super::*;
use crate::account::Recipient;
use crate::fixture::{Fixture, MAIL_ID, both_entries, owed_to, to, unknown};
use crate::queue::QueueState;
use crate::released::released;

const AT: &str = "2026-11-22T09:12:00Z";
const NEXT_DAY: &str = "2026-11-23T09:12:00Z";

const CY: &str = "cy@corp.example";

/// The directory has got to know a name; here it is one of the accounts of the fixture.
impl Fixture {
    async fn welcome(&self, name: &str, accounts: &[AccountId]) -> Vec<Welcomed> {
        let recipient = |account: &AccountId| Recipient {
            account: *account,
            primary: CY.parse().unwrap(),
        };
        let owners = match accounts {
            [one] => Owners::One(recipient(one)),
            all => Owners::Group(all.iter().map(recipient).collect()),
        };
        let mut welcomed = Vec::new();
        for (day, known) in self.store.unknown_names(None, 100).await.unwrap() {
            if known == name {
                let newcomer = Newcomer {
                    day,
                    name: known,
                    owners: owners.clone(),
                };
                welcomed.extend(self.store.welcome(newcomer, None, 100).await.unwrap());
            }
        }
        welcomed
    }

    /// Files a message and gives its name; `filing` also has an unknown name, for these folders.
    async fn file_for(&self, at: &str, filing: Filing, folders: &[Folder]) -> MessageId {
        let id = self.keep(at, b"Subject: hello\r\n\r\n").await;
        let unknown_names = folders.iter().map(|it| unknown(CY, *it)).collect();
        let filing = Filing {
            unknown_names,
            ..filing
        };
        self.store.file(id, filing).await.unwrap();
        id
    }

    async fn has(&self, account: AccountId, folder: Folder) -> Vec<MessageId> {
        let page = self.store.mailbox_page(account, folder, None, 100).await;
        let entries = page.unwrap().entries.into_iter();
        entries.map(|entry| entry.message).collect()
    }

    async fn names(&self) -> Vec<String> {
        let names = self.store.unknown_names(None, 100).await.unwrap();
        names.into_iter().map(|(_, name)| name).collect()
    }
}

fn joined(id: MessageId, home: MessageId, entries: usize) -> Welcomed {
    welcomed(id, WelcomedTo::Mailboxes { home, entries })
}

fn welcomed(id: MessageId, now: WelcomedTo) -> Welcomed {
    Welcomed {
        id,
        mail_id: Some(MAIL_ID.to_owned()),
        now,
    }
}

#[tokio::test]
async fn a_newcomer_gets_what_others_have_and_it_stays_theirs() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture
        .file_for(AT, to(fixture.amy), &[Folder::Inbox])
        .await;
    let deleted = fixture
        .file_for(AT, to(fixture.amy), &[Folder::Inbox])
        .await;
    let gone = fixture
        .file_for(AT, to(fixture.amy), &[Folder::Inbox])
        .await;
    for id in [deleted, gone] {
        let entry = vec![both_entries(id)[0]];
        store
            .move_to(fixture.amy, entry.clone(), Folder::Trash)
            .await
            .unwrap();
        if id == gone {
            store.delete_for_good(fixture.amy, entry).await.unwrap();
        }
    }
    assert_eq!(fixture.welcome("dan@corp.example", &[fixture.bo]).await, []);
    let welcomed = fixture.welcome(CY, &[fixture.bo]).await;
    assert_eq!(welcomed, [id, deleted, gone].map(|id| joined(id, id, 1)));
    assert_eq!(
        fixture.has(fixture.bo, Folder::Inbox).await,
        [gone, deleted, id]
    );
    let bos = store.entry(fixture.bo, id).await.unwrap();
    assert!(!bos.seen);
    // Whom it was filed for at first has it where they put it.
    assert_eq!(fixture.has(fixture.amy, Folder::Inbox).await, [id]);
    assert_eq!(fixture.has(fixture.amy, Folder::Trash).await, [deleted]);

    // And the newcomer keeps it where they put it, whoever else comes to have the name.
    let entry = vec![both_entries(id)[0]];
    store
        .move_to(fixture.bo, entry, Folder::Trash)
        .await
        .unwrap();
    assert_eq!(fixture.names().await, [""; 0]);
    assert_eq!(fixture.welcome(CY, &[fixture.info]).await, []);
    assert_eq!(fixture.has(fixture.info, Folder::Inbox).await, []);
    assert_eq!(fixture.has(fixture.bo, Folder::Trash).await, [id]);
}

#[tokio::test]
async fn a_sender_gets_it_into_sent_and_a_group_sends_nothing() {
    let fixture = Fixture::new().await;
    let both = [Folder::Inbox, Folder::Sent];
    let id = fixture.file_for(AT, to(fixture.amy), &both).await;
    let members = [fixture.bo, fixture.info];
    let welcomed = fixture.welcome(CY, &members).await;
    assert_eq!(welcomed, [joined(id, id, 2)]);
    for member in members {
        assert_eq!(fixture.has(member, Folder::Inbox).await, [id]);
        assert_eq!(fixture.has(member, Folder::Sent).await, []);
    }
    let own = fixture.file_for(AT, to(fixture.amy), &both).await;
    assert_eq!(
        fixture.welcome(CY, &[fixture.bo]).await,
        [joined(own, own, 2)]
    );
    assert_eq!(fixture.has(fixture.bo, Folder::Inbox).await, [own, id]);
    assert_eq!(fixture.has(fixture.bo, Folder::Sent).await, [own]);
    let sent = both_entries(own)[1];
    let sent = fixture.store.entry(fixture.bo, sent).await.unwrap();
    assert!(sent.seen, "one has read what one has written");
}

#[tokio::test]
async fn what_nobody_has_is_filed_again() {
    let fixture = Fixture::new().await;
    let id = fixture
        .file_for(AT, Filing::default(), &[Folder::Inbox])
        .await;
    assert_eq!(
        fixture.welcome(CY, &[fixture.bo]).await,
        [welcomed(id, WelcomedTo::Filing)]
    );
    let unfiled = fixture.store.unfiled(9).await.unwrap();
    let unfiled: Vec<_> = unfiled.iter().map(|one| one.id).collect();
    assert_eq!(unfiled, [id]);
    assert_eq!(fixture.welcome(CY, &[fixture.bo]).await, [], "once");
    assert_eq!(fixture.has(fixture.bo, Folder::Inbox).await, [], "not yet");
}

#[tokio::test]
async fn a_copy_brings_its_newcomer_to_the_message_also_of_another_day() {
    for at in [AT, NEXT_DAY] {
        let fixture = Fixture::new().await;
        let merging = |filing| Filing {
            merge_key: Some([1; 32]),
            ..filing
        };
        let home = fixture.file_for(AT, merging(to(fixture.amy)), &[]).await;
        let copy = merging(Filing::default());
        let copy = fixture.file_for(at, copy, &[Folder::Inbox]).await;
        let welcomed = fixture.welcome(CY, &[fixture.bo]).await;
        assert_eq!(welcomed, [joined(copy, home, 1)], "{at}");
        for account in [fixture.amy, fixture.bo] {
            assert_eq!(fixture.has(account, Folder::Inbox).await, [home], "{at}");
        }
        assert_eq!(fixture.names().await, [""; 0], "{at}");
    }
}

#[tokio::test]
async fn what_the_primary_has_for_a_newcomer_is_owed_to_them_no_more() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let merging = |filing| Filing {
        merge_key: Some([1; 32]),
        ..filing
    };
    let id = fixture.keep(AT, b"x").await;
    let mut told = unknown(CY, Folder::Inbox);
    told.at_primary = true;
    let filing = Filing {
        unknown_names: vec![told],
        ..merging(to(fixture.amy))
    };
    store.file(id, filing).await.unwrap();
    // It also comes past the primary, after the sync and before the names were looked at.
    let owed = fixture.keep(AT, b"x").await;
    let filing = merging(owed_to(fixture.bo, CY));
    store.file(owed, filing).await.unwrap();
    let state = async || {
        let rows = store.ledger_of(id).await.unwrap();
        rows.iter().map(|row| row.state).collect::<Vec<_>>()
    };
    assert_eq!(state().await, [QueueState::Waiting]);
    fixture.welcome(CY, &[fixture.bo]).await;
    assert_eq!(state().await, [QueueState::Confirmed]);
}

#[tokio::test]
async fn much_mail_is_given_in_pieces() {
    let fixture = Fixture::new().await;
    let mut ids = Vec::new();
    for _ in 0..7 {
        ids.push(
            fixture
                .file_for(AT, to(fixture.amy), &[Folder::Inbox])
                .await,
        );
    }
    let newcomer = Newcomer {
        day: ids[0].day(),
        name: CY.to_owned(),
        owners: Owners::One(Recipient {
            account: fixture.bo,
            primary: CY.parse().unwrap(),
        }),
    };
    let (mut after, mut given) = (None, Vec::new());
    for want in [3, 3, 1, 0] {
        let some = fixture.store.welcome(newcomer.clone(), after, 3).await;
        let some = some.unwrap();
        assert_eq!(some.len(), want);
        after = some.last().map(|it| it.id);
        given.extend(some.iter().map(|it| it.id));
    }
    assert_eq!(given, ids);
}

/// Somebody is given it by hand between the look and what follows from it.
#[tokio::test]
async fn what_somebody_was_given_meanwhile_is_not_filed_again() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture
        .file_for(AT, Filing::default(), &[Folder::Inbox])
        .await;
    let newcomer = Newcomer {
        day: id.day(),
        name: CY.to_owned(),
        owners: Owners::Nobody,
    };
    let settle_late = |number: i64| {
        let seen = Named {
            id: MessageId::from_parts(id.day(), number),
            mail_id: None,
            home: None,
            folders: Vec::new(),
        };
        let newcomer = newcomer.clone();
        store.blocking(move |inner| {
            let day = inner.days.of(seen.id)?;
            let nothing = Filing::default();
            day.index
                .write(|index| settle(index, &newcomer, (&seen, &nothing)))
        })
    };
    let now = AT.parse().unwrap();
    let to = (fixture.amy, Folder::Inbox);
    store.give(id, to, "shell:eva", now).await.unwrap();
    settle_late(id.number()).await.unwrap();
    assert!(store.unfiled(9).await.unwrap().is_empty());
    assert_eq!(fixture.names().await, [CY], "the next sync brings it");

    let other = fixture
        .file_for(AT, Filing::default(), &[Folder::Inbox])
        .await;
    settle_late(other.number()).await.unwrap();
    let unfiled = store.unfiled(9).await.unwrap();
    assert_eq!(unfiled.iter().map(|it| it.id).collect::<Vec<_>>(), [other]);
}

#[tokio::test]
async fn names_of_the_fourth_schema_say_no_folder() {
    let dir = released();
    let index = dir.path().join("days/2026-10-01/index.db");
    // As that schema had it.
    let before = Connection::open(&index).unwrap();
    for schema in [
        include_str!("../migrations/day/3.sql"),
        include_str!("../migrations/day/4.sql"),
    ] {
        before.execute_batch(schema).unwrap();
    }
    before.pragma_update(None, "user_version", 4).unwrap();
    before
        .execute_batch(
            "INSERT INTO unknown_name SELECT 'cy@corp.example', id FROM message
                 WHERE state = 'filed';
             UPDATE message SET from_address = 'Cy@corp.example', envelope = 'damaged' WHERE id =
                 (SELECT min(id) FROM message WHERE state = 'filed');
             UPDATE message SET from_address = 'Cy@corp.example',
                 envelope = json_set(envelope, '$.recipients', json_array('Cy@corp.example'))
                 WHERE id = (SELECT max(id) FROM message WHERE state = 'filed');",
        )
        .unwrap();
    let count = "SELECT count(*) FROM message WHERE state = 'filed'";
    let filed: usize = before.query_row(count, [], |row| row.get(0)).unwrap();
    drop(before);
    let store = Store::open(dir.path()).await.unwrap();
    let accounts = store.accounts().await.unwrap();
    let info = accounts.iter().find(|it| it.login == "info").unwrap().id;
    let newcomer = Newcomer {
        day: "2026-10-01".parse().unwrap(),
        name: CY.to_owned(),
        owners: Owners::One(Recipient {
            account: info,
            primary: CY.parse().unwrap(),
        }),
    };
    let before = store.folder_counts(info).await.unwrap();
    let welcomed = store.welcome(newcomer, None, 100).await.unwrap();
    assert!(filed > 2);
    assert_eq!(welcomed.len(), filed - 1, "From alone is nobody's proof");
    let after = store.folder_counts(info).await.unwrap();
    let more: Vec<_> = after
        .iter()
        .zip(&before)
        .map(|(a, b)| a.total - b.total)
        .collect();
    assert_eq!(more, [welcomed.len() as u64, 0, 0, 0, 0]);
}
