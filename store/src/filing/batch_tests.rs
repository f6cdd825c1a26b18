use super::*;
use crate::filing::Replayed;
use crate::fixture::{Fixture, owed_to, to};
use crate::mailbox::Folder;
use crate::queue::{QueueState, Settled};

const EVENING: &str = "2026-11-21T23:59:59Z";
const MORNING: &str = "2026-11-22T09:12:00Z";

/// With the key that all copies of one mail have.
fn keyed(filing: Filing) -> Filing {
    let merge_key = Some([7; 32]);
    Filing {
        merge_key,
        ..filing
    }
}

async fn inbox(fixture: &Fixture, account: AccountId) -> Vec<MessageId> {
    let page = fixture.store.mailbox_page(account, Folder::Inbox, None, 50);
    let entries = page.await.unwrap().entries;
    entries.into_iter().map(|entry| entry.message).collect()
}

/// What is owed of a message: to whom, and how far it has come.
async fn ledger(fixture: &Fixture, id: MessageId) -> Vec<(String, QueueState)> {
    let rows = fixture.store.ledger_of(id).await.unwrap();
    let row = |row: crate::ledger::LedgerRow| (row.recipient.as_str().to_owned(), row.state);
    rows.into_iter().map(row).collect()
}

/// Makes every write to one message fail, as a damaged page of the index would.
async fn poison(fixture: &Fixture, id: MessageId) {
    on_day(
        fixture,
        id,
        format!(
            "CREATE TRIGGER poison BEFORE UPDATE ON message WHEN new.id = {}
             BEGIN SELECT raise(ABORT, 'poisoned'); END",
            id.number()
        ),
    )
    .await;
}

async fn cure(fixture: &Fixture, id: MessageId) {
    on_day(fixture, id, "DROP TRIGGER poison".to_owned()).await;
}

async fn on_day(fixture: &Fixture, id: MessageId, sql: String) {
    let done = fixture.store.blocking(move |inner| {
        inner
            .days
            .of(id)?
            .index
            .write(|index| Ok(index.execute_batch(&sql)?))
    });
    done.await.unwrap();
}

/// Files as far as the debts: the power goes before the entries are written.
async fn cut_short(fixture: &Fixture, batch: Vec<(MessageId, Filing)>) {
    let done = fixture
        .store
        .blocking(move |inner| inner.write_debts(&inner.decide(&batch)?));
    done.await.unwrap();
}

#[tokio::test]
async fn copies_in_one_batch_find_each_other_across_midnight() {
    let fixture = Fixture::new().await;
    let first = fixture.keep(EVENING, b"x").await;
    let second = fixture.keep(MORNING, b"x").await;
    let other = fixture.keep(MORNING, b"y").await;
    let third = fixture.keep(MORNING, b"x").await;
    let batch = vec![
        (first, keyed(to(fixture.amy))),
        (second, keyed(to(fixture.bo))),
        (other, to(fixture.amy)),
        (third, keyed(to(fixture.info))),
    ];
    let filed = fixture.store.file_many(batch.clone()).await.unwrap();
    let merged = Filed::Merged(first);
    assert_eq!(filed, [Filed::Own, merged, Filed::Own, merged]);
    for _ in 0..2 {
        assert_eq!(inbox(&fixture, fixture.amy).await, [other, first]);
        assert_eq!(inbox(&fixture, fixture.bo).await, [first]);
        assert_eq!(inbox(&fixture, fixture.info).await, [first]);
        assert!(fixture.store.unfiled(10).await.unwrap().is_empty());
        // And again.
        assert_eq!(fixture.store.file_many(batch.clone()).await.unwrap(), filed);
    }
}

#[tokio::test]
async fn a_journal_copy_settles_what_its_own_batch_owes() {
    let fixture = Fixture::new().await;
    let mut owed = keyed(owed_to(fixture.amy, "amy@corp.example"));
    let bo = owed_to(fixture.bo, "bo@corp.example");
    owed.owed.extend(bo.owed);
    let served = keyed(Filing {
        served: vec![fixture.bo],
        ..to(fixture.bo)
    });

    let fallback = fixture.keep(EVENING, b"x").await;
    let copy = fixture.keep(MORNING, b"x").await;
    let batch = vec![(fallback, owed.clone()), (copy, served.clone())];
    fixture.store.file_many(batch).await.unwrap();
    let amy = "amy@corp.example".to_owned();
    let bo = "bo@corp.example".to_owned();
    assert_eq!(
        ledger(&fixture, fallback).await,
        [
            (amy.clone(), QueueState::Waiting),
            (bo, QueueState::Confirmed)
        ]
    );

    // The other way round it is never owed.
    let fixture = Fixture::new().await;
    let copy = fixture.keep(EVENING, b"x").await;
    let fallback = fixture.keep(MORNING, b"x").await;
    let batch = vec![(copy, served), (fallback, owed)];
    fixture.store.file_many(batch).await.unwrap();
    assert_eq!(ledger(&fixture, copy).await, [(amy, QueueState::Waiting)]);
}

#[tokio::test]
async fn a_power_cut_after_the_debts_is_made_good_in_any_order() {
    for backwards in [false, true] {
        let fixture = Fixture::new().await;
        let first = fixture.keep(MORNING, b"x").await;
        let second = fixture.keep(MORNING, b"x").await;
        let mut batch = vec![
            (first, keyed(owed_to(fixture.amy, "amy@corp.example"))),
            (second, keyed(owed_to(fixture.bo, "bo@corp.example"))),
        ];
        cut_short(&fixture, batch.clone()).await;
        assert_eq!(fixture.store.unfiled(10).await.unwrap().len(), 2);
        if backwards {
            batch.reverse();
        }
        let (home, copy) = (batch[0].0, batch[1].0);
        fixture.store.file_many(batch).await.unwrap();
        let mut owed = ledger(&fixture, home).await;
        owed.sort_by(|one, other| one.0.cmp(&other.0));
        let waiting = |to: &str| (to.to_owned(), QueueState::Waiting);
        assert_eq!(
            owed,
            [waiting("amy@corp.example"), waiting("bo@corp.example")]
        );
        assert_eq!(ledger(&fixture, copy).await, []);
        assert_eq!(inbox(&fixture, fixture.amy).await, [home]);
        assert_eq!(inbox(&fixture, fixture.bo).await, [home]);
    }
}

#[tokio::test]
async fn a_filing_cut_short_and_overtaken_by_a_copy_leaves_no_second_debt() {
    let fixture = Fixture::new().await;
    let filing = || keyed(owed_to(fixture.amy, "amy@corp.example"));
    let first = fixture.keep(MORNING, b"x").await;
    cut_short(&fixture, vec![(first, filing())]).await;
    let second = fixture.keep(MORNING, b"x").await;
    fixture.store.file(second, filing()).await.unwrap();
    let filed = fixture.store.file(first, filing()).await.unwrap();
    assert_eq!(filed, Filed::Merged(second));
    assert_eq!(ledger(&fixture, first).await, []);
    let waiting = ("amy@corp.example".to_owned(), QueueState::Waiting);
    assert_eq!(ledger(&fixture, second).await, [waiting]);
}

/// Hands over what one row owes, as the worker does.
async fn deliver(fixture: &Fixture, id: MessageId, recipient: &str) {
    let now = crate::fixture::time("2027-01-01T00:00:00Z");
    let store = &fixture.store;
    for claim in store.claim(&[Purpose::Return], now, 10).await.unwrap() {
        let outcome = if claim.message == id && claim.recipient.as_str() == recipient {
            Settled::Delivered
        } else {
            Settled::GivenBack(now)
        };
        store.settle(claim.id, outcome, "", now).await.unwrap();
    }
}

/// Every row of the queue that is not settled or was handed over, of all messages.
async fn all_owed(fixture: &Fixture) -> Vec<(String, QueueState)> {
    let rows = fixture.store.ledger(100).await.unwrap();
    let rows = rows.into_iter();
    let mut rows: Vec<_> = rows
        .map(|row| (row.recipient.as_str().to_owned(), row.state))
        .collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    rows
}

#[tokio::test]
async fn a_debt_that_was_partly_tried_is_neither_forgotten_nor_made_twice() {
    let fixture = Fixture::new().await;
    let amy = || owed_to(fixture.amy, "amy@corp.example");
    let mut both = keyed(amy());
    both.owed
        .extend(owed_to(fixture.bo, "bo@corp.example").owed);
    let carl = keyed(owed_to(fixture.info, "carl@corp.example"));
    let first = fixture.keep(MORNING, b"x").await;
    let second = fixture.keep(MORNING, b"x").await;
    // The batch comes as far as its debts; then the worker is faster than the next try, for which
    // the second one has become the home.
    cut_short(
        &fixture,
        vec![(first, both.clone()), (second, carl.clone())],
    )
    .await;
    deliver(&fixture, first, "amy@corp.example").await;
    deliver(&fixture, first, "carl@corp.example").await;
    fixture.store.file(second, carl.clone()).await.unwrap();
    let filed = fixture.store.file(first, both.clone()).await.unwrap();
    assert_eq!(filed, Filed::Merged(second));
    let owed = [
        ("amy@corp.example".to_owned(), QueueState::Delivered),
        ("bo@corp.example".to_owned(), QueueState::Waiting),
        ("carl@corp.example".to_owned(), QueueState::Delivered),
    ];
    assert_eq!(all_owed(&fixture).await, owed);
    let waiting = ledger(&fixture, second).await;
    assert_eq!(waiting, [owed[1].clone()], "it moved to its home");
    for (id, filing) in [(second, carl), (first, both)] {
        fixture.store.file(id, filing).await.unwrap();
    }
    assert_eq!(all_owed(&fixture).await, owed);
}

#[tokio::test]
async fn a_resend_that_was_asked_for_stays_when_its_message_becomes_a_copy() {
    let fixture = Fixture::new().await;
    let filing = || keyed(owed_to(fixture.amy, "amy@corp.example"));
    let first = fixture.keep(MORNING, b"x").await;
    cut_short(&fixture, vec![(first, filing())]).await;
    let bo = "bo@corp.example".parse().unwrap();
    let now = crate::fixture::time(MORNING);
    let resend = fixture.store.resend(first, &bo, "amy", now).await.unwrap();
    let second = fixture.keep(MORNING, b"x").await;
    fixture.store.file(second, filing()).await.unwrap();
    fixture.store.file(first, filing()).await.unwrap();
    let rows = fixture.store.ledger_of(first).await.unwrap();
    let rows: Vec<_> = rows.iter().map(|row| row.id).collect();
    assert_eq!(rows, [resend]);
}

#[tokio::test]
async fn a_copy_whose_home_has_aged_owes_nothing_when_it_is_filed_again() {
    for is_served in [false, true] {
        let fixture = Fixture::new().await;
        let filing = || keyed(owed_to(fixture.amy, "amy@corp.example"));
        let home = fixture.keep(EVENING, b"x").await;
        let first = if is_served {
            keyed(Filing {
                served: vec![fixture.amy],
                ..to(fixture.amy)
            })
        } else {
            filing()
        };
        fixture.store.file(home, first).await.unwrap();
        let mut second = filing();
        second
            .owed
            .extend(owed_to(fixture.bo, "bo@corp.example").owed);
        let copy = fixture.keep(MORNING, b"x").await;
        fixture.store.file(copy, second.clone()).await.unwrap();
        for to in ["amy@corp.example", "bo@corp.example"] {
            deliver(&fixture, home, to).await;
        }
        // Its day is gone, with its settled rows: that of the copy was thinned meanwhile.
        let day = home.day();
        let dir = fixture.dir.path().join("days").join(day.to_string());
        std::fs::remove_dir_all(dir).unwrap();
        let forget = fixture.store.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute("DELETE FROM queue WHERE day = ?1", [day.to_string()])?;
                decided::forget(shadow, day)
            })
        });
        forget.await.unwrap();
        assert_eq!(all_owed(&fixture).await, []);

        // Its index is made anew.
        let again = "UPDATE message SET state = 'unfiled', merged_into = NULL";
        on_day(&fixture, copy, again.to_owned()).await;
        fixture.store.file(copy, second).await.unwrap();
        assert_eq!(all_owed(&fixture).await, [], "is_served {is_served}");

        crate::fixture::drop_day(&fixture.store, copy.day()).await;
        let decided = fixture.store.blocking(|inner| {
            inner.shadow.read(|shadow| {
                let count = "SELECT count(*) FROM decided";
                Ok(shadow.query_row(count, [], |row| row.get::<_, i64>(0))?)
            })
        });
        assert_eq!(decided.await.unwrap(), 0, "it is forgotten with its day");
    }
}

#[tokio::test]
async fn what_comes_back_of_a_message_that_is_lost_is_a_mail_of_its_own() {
    let fixture = Fixture::new().await;
    let home = fixture.keep(MORNING, b"x").await;
    let owed = owed_to(fixture.amy, "amy@corp.example");
    fixture.store.file(home, owed).await.unwrap();
    let queue = fixture.store.ledger_of(home).await.unwrap()[0].id;
    let lost = format!(
        "DELETE FROM entry; DELETE FROM message WHERE id = {}",
        home.number()
    );
    on_day(&fixture, home, lost).await;
    let back = fixture.keep(MORNING, b"x").await;
    let filing = Filing {
        replayed: Some(Replayed {
            message: home,
            queue,
        }),
        ..to(fixture.amy)
    };
    let filed = fixture.store.file(back, filing).await.unwrap();
    assert_eq!(filed, Filed::Own);
    assert_eq!(inbox(&fixture, fixture.amy).await, [back]);
    let confirmed = ("amy@corp.example".to_owned(), QueueState::Confirmed);
    assert_eq!(all_owed(&fixture).await, [confirmed]);
}

#[tokio::test]
async fn what_comes_back_joins_the_home_that_its_own_batch_has_chosen() {
    let fixture = Fixture::new().await;
    let home = fixture.keep(MORNING, b"x").await;
    let returned = fixture.keep(MORNING, b"x").await;
    let owed = owed_to(fixture.amy, "amy@corp.example");
    fixture.store.file(returned, owed.clone()).await.unwrap();
    let queue = fixture.store.ledger_of(returned).await.unwrap()[0].id;
    let back = fixture.keep(MORNING, b"x").await;
    // The index is made anew, with keys that show that the first two are one mail.
    let again = "DELETE FROM entry; UPDATE message SET state = 'unfiled', merged_into = NULL";
    on_day(&fixture, home, again.to_owned()).await;
    let replayed = Replayed {
        message: returned,
        queue,
    };
    let replay = Filing {
        replayed: Some(replayed),
        ..to(fixture.bo)
    };
    let batch = vec![
        (home, keyed(to(fixture.amy))),
        (returned, keyed(owed)),
        (back, replay),
    ];
    let filed = fixture.store.file_many(batch).await.unwrap();
    let joined = Filed::Merged(home);
    assert_eq!(filed, [Filed::Own, joined, joined]);
    assert_eq!(inbox(&fixture, fixture.bo).await, [home]);
}

#[tokio::test]
async fn a_power_cut_between_two_days_is_made_good() {
    let fixture = Fixture::new().await;
    let first = fixture.keep(EVENING, b"x").await;
    let second = fixture.keep(MORNING, b"x").await;
    let batch = vec![
        (first, keyed(owed_to(fixture.amy, "amy@corp.example"))),
        (second, keyed(owed_to(fixture.bo, "bo@corp.example"))),
    ];
    poison(&fixture, second).await;
    fixture.store.file_many(batch.clone()).await.unwrap_err();
    let unfiled = fixture.store.unfiled(10).await.unwrap();
    assert_eq!(unfiled.len(), 1, "the first day is written");
    cure(&fixture, second).await;
    let rest = batch.get(1..).unwrap().to_vec();
    let filed = fixture.store.file_many(rest).await.unwrap();
    assert_eq!(filed, [Filed::Merged(first)]);
    assert_eq!(ledger(&fixture, first).await.len(), 2);
    assert_eq!(inbox(&fixture, fixture.bo).await, [first]);
}

#[tokio::test]
async fn a_copy_is_never_marked_before_its_home_has_the_entries() {
    let fixture = Fixture::new().await;
    // The clock was set back a day between the two.
    let home = fixture.keep(MORNING, b"x").await;
    fixture
        .store
        .file(home, owed_to(fixture.amy, "amy@corp.example"))
        .await
        .unwrap();
    let queue = fixture.store.ledger_of(home).await.unwrap()[0].id;
    let back = fixture.keep(EVENING, b"x").await;
    let filing = Filing {
        replayed: Some(Replayed {
            message: home,
            queue,
        }),
        ..to(fixture.bo)
    };
    on_day(
        &fixture,
        home,
        "CREATE TRIGGER poison BEFORE INSERT ON entry
         BEGIN SELECT raise(ABORT, 'poisoned'); END"
            .to_owned(),
    )
    .await;
    let filed = fixture.store.file(back, filing.clone()).await;
    assert!(filed.is_err());
    assert_eq!(fixture.store.unfiled(10).await.unwrap().len(), 1);
    cure(&fixture, home).await;
    fixture.store.file(back, filing).await.unwrap();
    assert_eq!(inbox(&fixture, fixture.bo).await, [home]);
}

#[tokio::test]
async fn a_new_owner_makes_the_full_text_incomplete() {
    let fixture = Fixture::new().await;
    let first = fixture.keep(MORNING, b"x").await;
    fixture
        .store
        .file(first, keyed(to(fixture.amy)))
        .await
        .unwrap();
    on_day(&fixture, first, "UPDATE message SET indexed = 1".to_owned()).await;
    let copy = fixture.keep(MORNING, b"x").await;
    fixture
        .store
        .file(copy, keyed(to(fixture.bo)))
        .await
        .unwrap();
    let unindexed = fixture.store.blocking(move |inner| {
        inner.days.of(first)?.index.read(|index| {
            let sql = "SELECT id FROM message WHERE indexed = 0 AND state = 'filed'";
            Ok(index.query_row(sql, [], |row| row.get::<_, i64>(0))?)
        })
    });
    assert_eq!(unindexed.await.unwrap(), first.number());
}

/// One message of a random history: its day, its key and who has it.
#[derive(Clone, Debug)]
struct Sketch {
    day: u8,
    key: Option<u8>,
    account: usize,
    is_owed: bool,
    is_served: bool,
    batch: Batch,
}

/// What becomes of the batch after a message.
#[derive(Clone, Copy, Debug)]
enum Batch {
    GoesOn,
    Ends,
    /// The power goes in the middle of it first.
    EndsAtSecondTry,
}

fn sketch() -> impl proptest::strategy::Strategy<Value = Sketch> {
    use proptest::prelude::*;
    let batch = prop_oneof![
        2 => Just(Batch::GoesOn),
        1 => Just(Batch::Ends),
        1 => Just(Batch::EndsAtSecondTry),
    ];
    (
        (10..25_u8, proptest::option::of(0..2_u8), 0..3_usize),
        (any::<bool>(), any::<bool>(), batch),
    )
        .prop_map(
            |((day, key, account), (is_owed, is_served, batch))| Sketch {
                day,
                key,
                account,
                is_owed,
                is_served,
                batch,
            },
        )
}

/// What can be seen of a history after it was filed, with messages by their number in it.
type Seen = (
    Vec<Option<usize>>,
    Vec<Vec<usize>>,
    Vec<Vec<(String, QueueState)>>,
);

async fn seen(history: &[Sketch]) -> Seen {
    let fixture = Fixture::new().await;
    let accounts = [
        (fixture.amy, "amy@corp.example"),
        (fixture.bo, "bo@corp.example"),
        (fixture.info, "info@corp.example"),
    ];
    let mut ids = Vec::new();
    let mut outcomes = Vec::new();
    let mut batch = Vec::new();
    for (number, sketch) in history.iter().enumerate() {
        let at = format!("2026-11-{:02}T09:12:00.{number:03}Z", sketch.day);
        let id = fixture.keep(&at, b"x").await;
        ids.push(id);
        let (account, address) = accounts[sketch.account];
        let filing = if sketch.is_owed {
            owed_to(account, address)
        } else {
            to(account)
        };
        let served = if sketch.is_served {
            vec![account]
        } else {
            Vec::new()
        };
        let merge_key = sketch.key.map(|key| [key; 32]);
        batch.push((
            id,
            Filing {
                merge_key,
                served,
                ..filing
            },
        ));
        let is_last = number + 1 == history.len();
        if is_last || !matches!(sketch.batch, Batch::GoesOn) {
            if matches!(sketch.batch, Batch::EndsAtSecondTry) {
                cut_short(&fixture, batch.clone()).await;
            }
            let filed = fixture.store.file_many(std::mem::take(&mut batch)).await;
            outcomes.extend(filed.unwrap());
        }
    }
    let number = |id: MessageId| ids.iter().position(|one| *one == id).unwrap();
    let outcomes = outcomes.into_iter().map(|filed| match filed {
        Filed::Own => None,
        Filed::Merged(home) => Some(number(home)),
    });
    let outcomes = outcomes.collect();
    let mut inboxes = Vec::new();
    for (account, _) in accounts {
        let inbox = inbox(&fixture, account).await;
        inboxes.push(inbox.into_iter().map(number).collect());
    }
    let mut ledgers = Vec::new();
    for id in &ids {
        ledgers.push(ledger(&fixture, *id).await);
    }
    (outcomes, inboxes, ledgers)
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(12))]
    #[test]
    fn a_batch_ends_as_one_by_one_would(
        history in proptest::collection::vec(sketch(), 1..10)
    ) {
        let singly: Vec<_> = history
            .iter()
            .map(|sketch| Sketch { batch: Batch::Ends, ..sketch.clone() })
            .collect();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (batches, singly) = runtime.block_on(async {
            (seen(&history).await, seen(&singly).await)
        });
        proptest::prop_assert_eq!(batches, singly);
    }
}
