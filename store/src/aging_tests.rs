use std::cell::Cell;
use std::collections::BTreeSet;

use super::*;
use crate::fixture::{Fixture, owed_to, time, to};
use crate::hold::HoldScope;
use crate::id::MessageId;
use crate::mailbox::Folder;
use crate::mode::Mode;
use crate::mode::ModeChange;
use crate::survivor::Outlook;

const AT: &str = "2026-10-01T09:12:00Z";

fn aging(limit: DayLimit) -> Aging {
    Aging {
        day: "2026-10-01".parse().unwrap(),
        limit,
        by: "shadowmail".to_owned(),
        now: time("2026-11-22T09:00:00Z"),
    }
}

/// The day is over for everybody but these.
fn over_but(accounts: &[AccountId]) -> Aging {
    aging(DayLimit::OverBut(accounts.iter().copied().collect()))
}

async fn age(store: &Store, aging: Aging) -> Aged {
    store.age_day(aging, |_| {}).await.unwrap()
}

async fn lives(store: &Store, id: MessageId) -> bool {
    match store.record(id).await {
        Ok(_) => true,
        Err(StoreError::Missing(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

async fn inbox(store: &Store, account: AccountId) -> Vec<MessageId> {
    let page = store
        .mailbox_page(account, Folder::Inbox, None, 50)
        .await
        .unwrap();
    page.entries.iter().map(|entry| entry.message).collect()
}

/// Amy got `gone`; bo is owed `owed`; nobody has filed `unfiled`; and info has `settled`, which the
/// primary has by now.
struct OldDay {
    fixture: Fixture,
    gone: MessageId,
    owed: MessageId,
    unfiled: MessageId,
    settled: MessageId,
}

impl OldDay {
    async fn new() -> Self {
        let fixture = Fixture::new().await;
        let store = &fixture.store;
        let gone = fixture.receive(AT).await;
        let owed = fixture.keep(AT, b"owed").await;
        let filing = owed_to(fixture.bo, "bo@corp.example");
        store.file(owed, filing).await.unwrap();
        let settled = fixture.keep(AT, b"settled").await;
        let filing = owed_to(fixture.info, "info@corp.example");
        store.file(settled, filing).await.unwrap();
        let row = store.ledger_of(settled).await.unwrap().remove(0).id;
        store.write_off(row, "amy", "spam", time(AT)).await.unwrap();
        let unfiled = fixture.keep(AT, b"unfiled").await;
        Self {
            fixture,
            gone,
            owed,
            unfiled,
            settled,
        }
    }

    /// Which of them are there: gone, owed, unfiled, settled.
    async fn living(&self, store: &Store) -> [bool; 4] {
        [
            lives(store, self.gone).await,
            lives(store, self.owed).await,
            lives(store, self.unfiled).await,
            lives(store, self.settled).await,
        ]
    }

    async fn check_thinned(&self, store: &Store) {
        assert_eq!(self.living(store).await, [false, true, true, false]);
        assert_eq!(store.record(self.owed).await.unwrap(), b"owed");
        assert_eq!(store.ledger_of(self.owed).await.unwrap().len(), 1);
        assert_eq!(store.ledger_of(self.settled).await.unwrap().len(), 0);
        assert_eq!(inbox(store, self.fixture.bo).await, [self.owed]);
        assert_eq!(inbox(store, self.fixture.amy).await, []);
        let unfiled = store.unfiled(10).await.unwrap();
        assert_eq!(unfiled[0].id, self.unfiled);
        assert_eq!(unfiled.len(), 1);
        let files = std::fs::read_dir(self.fixture.dir.path().join("days")).unwrap();
        let names: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(names, ["2026-10-01"]);
        let seen = crate::verify(self.fixture.dir.path(), None, |_| {})
            .await
            .unwrap();
        assert_eq!((seen.findings.len(), seen.notes.len()), (0, 0), "{seen:?}");
    }
}

#[tokio::test]
async fn a_day_that_nothing_protects_goes_with_its_directory() {
    let fixture = Fixture::new().await;
    let id = fixture.receive(AT).await;
    let other = fixture.reopened().await;
    assert!(lives(&other, id).await);
    let aged = age(&fixture.store, over_but(&[])).await;
    assert_eq!(aged.fate, Fate::Dropped);
    for store in [&fixture.store, &other, &fixture.reopened().await] {
        assert!(!lives(store, id).await);
        assert_eq!(store.days().await.unwrap(), []);
    }
    let files = std::fs::read_dir(fixture.dir.path().join("days")).unwrap();
    assert_eq!(files.count(), 0);
    let audit = fixture.store.audit_log(1).await.unwrap();
    assert_eq!(
        (audit[0].action.as_str(), audit[0].detail.as_str()),
        ("aging", "dropped")
    );
}

#[tokio::test]
async fn what_is_owed_or_unfiled_survives_and_the_rest_goes_on_time() {
    let day = OldDay::new().await;
    let store = &day.fixture.store;
    // Another process, with everything open before the directory is replaced.
    let other = day.fixture.reopened().await;
    assert_eq!(day.living(&other).await, [true; 4]);
    let outlook = store
        .day_outlook(day.gone.day(), over_but(&[]).limit)
        .await
        .unwrap();
    let count = |why| outlook.staying.get(&why).map(|tally| tally.messages);
    assert_eq!(outlook.going.messages, 2);
    assert_eq!(count(Protection::Owed), Some(1));
    assert_eq!(count(Protection::Unfiled), Some(1));

    let aged = age(store, over_but(&[])).await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 2));
    for store in [store, &other, &day.fixture.reopened().await] {
        day.check_thinned(store).await;
    }
    assert_eq!(age(&other, over_but(&[])).await.fate, Fate::Stays);

    // What survived is a message like others: it is filed, settled, and then it goes.
    other.file(day.unfiled, to(day.fixture.amy)).await.unwrap();
    assert_eq!(inbox(store, day.fixture.amy).await, [day.unfiled]);
    let row = store.ledger_of(day.owed).await.unwrap().remove(0).id;
    store.write_off(row, "amy", "spam", time(AT)).await.unwrap();
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Dropped);
    assert_eq!(other.days().await.unwrap(), []);
    assert_eq!(other.ledger_of(day.owed).await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_crash_after_any_step_is_finished_by_the_next_start() {
    use AgingStep::{Copied, Indexed, Marked, RowsGone, Swapped, Unmarked};
    for step in [Copied(2, 2), Indexed, Marked, Swapped, RowsGone, Unmarked] {
        let day = OldDay::new().await;
        let stopped = day
            .fixture
            .store
            .blocking(move |inner| {
                inner.age(&over_but(&[]), &mut |reached| {
                    if reached == step {
                        Err(StoreError::Closed)
                    } else {
                        Ok(())
                    }
                })
            })
            .await;
        assert!(matches!(stopped, Err(StoreError::Closed)), "{step:?}");
        let later = day.fixture.reopened().await;
        if matches!(step, Copied(..) | Indexed) {
            assert_eq!(day.living(&later).await, [true; 4], "{step:?}");
            age(&later, over_but(&[])).await;
        }
        day.check_thinned(&later).await;
        day.check_thinned(&day.fixture.store).await;
        assert_eq!(age(&later, over_but(&[])).await.fate, Fate::Stays);
    }
}

#[tokio::test]
async fn a_crash_in_dropping_is_finished_by_the_next_start() {
    use AgingStep::{Marked, RowsGone, Swapped, Unmarked};
    for step in [Marked, Swapped, RowsGone, Unmarked] {
        let fixture = Fixture::new().await;
        let id = fixture.receive(AT).await;
        let stopped = fixture
            .store
            .blocking(move |inner| {
                inner.age(&over_but(&[]), &mut |reached| match reached {
                    reached if reached == step => Err(StoreError::Closed),
                    _ => Ok(()),
                })
            })
            .await;
        assert!(stopped.is_err());
        let later = fixture.reopened().await;
        assert!(!lives(&later, id).await, "{step:?}");
        let files = std::fs::read_dir(fixture.dir.path().join("days")).unwrap();
        assert_eq!(files.count(), 0, "{step:?}");
    }
}

/// Runs `between` when the survivors are copied for the first time, and gives what was done.
async fn age_while(day: &OldDay, between: fn(&Inner, MessageId)) -> Aged {
    let gone = day.gone;
    day.fixture
        .store
        .blocking(move |inner| {
            let is_first = Cell::new(true);
            inner.age(&over_but(&[]), &mut |step| {
                if matches!(step, AgingStep::Copied(..)) && is_first.replace(false) {
                    between(inner, gone);
                }
                Ok(())
            })
        })
        .await
        .unwrap()
}

#[tokio::test]
async fn what_is_held_or_owed_meanwhile_survives() {
    let day = OldDay::new().await;
    let aged = age_while(&day, |inner, id| {
        inner
            .shadow
            .write(|shadow| {
                shadow.execute(
                    "INSERT INTO hold (kind, what, reason, by_whom, since)
                     VALUES ('message', ?1, 'r', 'b', 0)",
                    [id.to_string()],
                )?;
                Ok(())
            })
            .unwrap();
    })
    .await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 3));
    let store = &day.fixture.store;
    assert_eq!(day.living(store).await, [true, true, true, false]);
    assert_eq!(inbox(store, day.fixture.amy).await, [day.gone]);

    let day = OldDay::new().await;
    let aged = age_while(&day, |inner, id| {
        let sql = "INSERT INTO queue (day, message, envelope_of, recipient, recipient_key, purpose,
                state, next_attempt_at, changed_at)
            VALUES (?1, ?2, ?3, 'x@y.z', 'x@y.z', 'resend', 'waiting', 0, 0)";
        let row = (id.day().to_string(), id.number(), id.to_string());
        inner
            .shadow
            .write(|shadow| Ok(shadow.execute(sql, row)?))
            .unwrap();
    })
    .await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 3));
    assert!(lives(&day.fixture.store, day.gone).await);
}

#[tokio::test]
async fn a_record_whose_envelope_is_owed_survives() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut filing = owed_to(fixture.bo, "bo@corp.example");
    filing.merge_key = Some([7; 32]);
    // The copy that made the debt came a day later, and its mail goes out with that envelope.
    let home = fixture.keep("2026-09-30T09:00:00Z", b"home").await;
    let journal = crate::filing::Filing {
        owed: Vec::new(),
        ..filing.clone()
    };
    store.file(home, journal).await.unwrap();
    let copy = fixture.keep(AT, b"copy").await;
    store.file(copy, filing).await.unwrap();
    let other = fixture.receive(AT).await;
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Thinned);
    assert_eq!(store.record(copy).await.unwrap(), b"copy");
    assert!(!lives(store, other).await);
}

#[tokio::test]
async fn a_longer_limit_spares_the_mail_of_its_people_only() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let both = fixture.receive(AT).await;
    store
        .blocking({
            let (bo, number) = (fixture.bo, both.number());
            move |inner| {
                inner.days.of(both)?.index.write(|index| {
                    let entry =
                        "INSERT INTO entry (account, folder, message) VALUES (?1, 'inbox', ?2)";
                    Ok(index.execute(entry, (bo.0, number))?)
                })
            }
        })
        .await
        .unwrap();
    let amys = fixture.receive(AT).await;
    let aged = age(store, over_but(&[fixture.bo])).await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 1));
    assert_eq!(inbox(store, fixture.bo).await, [both]);
    assert_eq!(inbox(store, fixture.amy).await, [], "her time is over");
    assert!(!lives(store, amys).await);
    assert_eq!(age(store, over_but(&[fixture.bo])).await.fate, Fate::Stays);
    // Bo's time ends later.
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Dropped);
}

#[tokio::test]
async fn a_shorter_limit_takes_entries_and_leaves_messages() {
    let day = OldDay::new().await;
    let store = &day.fixture.store;
    let everybody = [day.fixture.amy, day.fixture.bo].into_iter().collect();
    let over_for = aging(DayLimit::OverFor(everybody));
    let outlook = Outlook {
        entries_going: 1,
        ..Outlook::default()
    };
    let limit = over_for.limit.clone();
    assert_eq!(
        store.day_outlook(day.gone.day(), limit).await.unwrap(),
        outlook
    );
    let aged = age(store, over_for.clone()).await;
    assert_eq!((aged.fate, aged.entries), (Fate::EntriesRemoved, 1));
    assert_eq!(day.living(store).await, [true; 4]);
    assert_eq!(inbox(store, day.fixture.amy).await, []);
    let counts = store.folder_counts(day.fixture.amy).await.unwrap();
    assert!(counts.iter().all(|count| count.total == 0), "{counts:?}");
    // What is owed to bo stays in his mailbox.
    assert_eq!(inbox(store, day.fixture.bo).await, [day.owed]);
    assert_eq!(age(store, over_for).await.fate, Fate::Stays);
}

#[tokio::test]
async fn nothing_ages_outside_normal_mode_or_beside_another_who_ages() {
    let day = OldDay::new().await;
    let store = &day.fixture.store;
    let alone = lock::try_alone(&day.fixture.dir.path().join("aging.lock")).unwrap();
    let refused = store.age_day(over_but(&[]), |_| {}).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    drop(alone);
    let normal = store.mode().await.unwrap();
    let emergency = ModeChange {
        mode: Mode::Emergency,
        ..normal.clone()
    };
    store.append_mode(&normal, emergency).await.unwrap();
    let for_amy = DayLimit::OverFor(BTreeSet::from([day.fixture.amy]));
    for aging in [over_but(&[]), aging(for_amy)] {
        let refused = store.age_day(aging, |_| {}).await;
        assert!(
            matches!(refused, Err(StoreError::Refused(_))),
            "{refused:?}"
        );
    }
    assert_eq!(day.living(&day.fixture.reopened().await).await, [true; 4]);
    assert_eq!(inbox(store, day.fixture.amy).await, [day.gone]);
}

#[tokio::test]
async fn holds_spare_their_mail_and_let_it_go_when_they_end() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let scopes: [fn(MessageId) -> HoldScope; 3] = [
        |_| HoldScope::Account("amy".to_owned()),
        |_| HoldScope::Account("amy@corp.example".to_owned()),
        HoldScope::Message,
    ];
    for scope in scopes {
        let held = fixture.receive(AT).await;
        let other = fixture.keep(AT, b"other").await;
        store.file(other, to(fixture.bo)).await.unwrap();
        let now = time("2026-11-22T09:00:00Z");
        let hold = store.add_hold(scope(held), "a lawsuit", "eve", now).await;
        let aged = age(store, over_but(&[])).await;
        assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 1));
        assert_eq!(inbox(store, fixture.amy).await, [held]);
        assert!(!lives(store, other).await);
        store.release_hold(hold.unwrap(), "eve", now).await.unwrap();
        assert_eq!(age(store, over_but(&[])).await.fate, Fate::Dropped);
    }
}

#[tokio::test]
async fn a_hold_by_search_waits_for_the_full_text() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let other = fixture.receive(AT).await;
    // Also what lies in nobody's mailbox.
    let held = fixture.keep(AT, b"Subject: our offer\r\n\r\n").await;
    let unsorted = crate::filing::Filing::default();
    store.file(held, unsorted).await.unwrap();
    let now = time("2026-11-22T09:00:00Z");
    let scope = |text: &str| HoldScope::Query(text.to_owned());
    let refused = store.add_hold(scope(" "), "a lawsuit", "eve", now).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(_))),
        "{refused:?}"
    );
    store
        .add_hold(scope("subject:offer"), "a lawsuit", "eve", now)
        .await
        .unwrap();
    let aged = age(store, over_but(&[])).await;
    assert!(matches!(aged.fate, Fate::StaysWhole(_)), "{aged:?}");
    let text = |message, subject: &str| crate::search::IndexText {
        message,
        subject: subject.to_owned(),
        sender: String::new(),
        recipient: String::new(),
        copy: String::new(),
        file: String::new(),
        body: String::new(),
        extent: crate::search::Extent::Whole,
    };
    let texts = vec![text(held, "our offer"), text(other, "lunch")];
    store.index_texts(texts).await.unwrap();
    assert_eq!(age(store, over_but(&[])).await.survivors, 1);
    assert!(lives(store, held).await);
    assert!(!lives(store, other).await);
    // The new directory has no full text yet, and that must not cost what is held.
    let aged = age(store, over_but(&[])).await;
    assert!(matches!(aged.fate, Fate::StaysWhole(_)), "{aged:?}");
    store
        .index_texts(vec![text(held, "our offer")])
        .await
        .unwrap();
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Stays);
    assert!(lives(store, held).await);
}

#[tokio::test]
async fn a_message_lives_as_long_as_its_last_copy() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let file = async |at: &str, account| {
        let id = fixture.keep(at, b"Subject: hello\r\n\r\n").await;
        let filing = crate::filing::Filing {
            merge_key: Some([7; 32]),
            ..to(account)
        };
        (id, store.file(id, filing).await.unwrap())
    };
    let (home, _) = file(AT, fixture.amy).await;
    let gone = fixture.receive(AT).await;
    let (copy, filed) = file("2026-10-05T09:12:00Z", fixture.bo).await;
    assert_eq!(filed, crate::filing::Filed::Merged(home));

    let aged = age(store, over_but(&[])).await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 1));
    assert!(!lives(store, gone).await);
    assert_eq!(inbox(store, fixture.bo).await, [home]);
    let outlook = store.day_outlook(home.day(), over_but(&[]).limit).await;
    let staying = outlook.unwrap().staying;
    assert_eq!(staying[&Protection::LaterCopy].messages, 1);
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Stays);

    let later = Aging {
        day: copy.day(),
        ..over_but(&[])
    };
    assert_eq!(age(store, later).await.fate, Fate::Dropped);
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Dropped);
    assert_eq!(store.days().await.unwrap(), []);
}

#[tokio::test]
async fn a_day_stays_whole_while_its_copies_can_not_be_seen() {
    let fixture = Fixture::new().await;
    let home = fixture.receive(AT).await;
    fixture.receive("2026-10-05T09:12:00Z").await;
    let far = fixture.receive("2026-11-05T09:12:00Z").await;
    let Fixture { dir, store, .. } = fixture;
    store.close().await;
    drop(store);
    let index = |day: &str| dir.path().join("days").join(day).join("index.db");
    for day in ["2026-10-05", "2026-11-05"] {
        std::fs::write(index(day), [7; 8192]).unwrap();
    }
    let store = &Store::open(dir.path()).await.unwrap();
    for _ in 0..2 {
        let aged = age(store, over_but(&[])).await;
        let Fate::StaysWhole(why) = aged.fate else {
            panic!("{aged:?}");
        };
        assert!(why.starts_with("2026-10-05 can not be read"), "{why}");
    }
    assert!(lives(store, home).await);
    // No copy comes so late.
    assert_eq!(far.day().to_string(), "2026-11-05");
    std::fs::remove_dir_all(index("2026-10-05").parent().unwrap()).unwrap();
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Dropped);
}

#[tokio::test]
async fn a_day_stays_whole_while_a_hold_can_not_promise_what_it_covers() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    fixture.receive(AT).await;
    let texts = store.unindexed(9).await.unwrap();
    store.index_texts(texts).await.unwrap();
    let hold = HoldScope::Query("subject:abc*".to_owned());
    let now = time("2026-11-22T09:12:00Z");
    let hold = store.add_hold(hold, "why", "eve", now).await.unwrap();
    // As versions took it that did not know what it leaves out, and that people's clicks change it.
    for what in ["subject:ab*", "is:flagged"] {
        let older = move |inner: &Inner| {
            inner
                .shadow
                .write(|shadow| Ok(shadow.execute("UPDATE hold SET what = ?1", [what])?))
        };
        assert_eq!(store.blocking(older).await.unwrap(), 1);
        let aged = age(store, over_but(&[])).await;
        assert!(matches!(aged.fate, Fate::StaysWhole(_)), "{what}: {aged:?}");
    }
    store.release_hold(hold, "eve", now).await.unwrap();
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Dropped);
}

#[tokio::test]
async fn a_damaged_survivor_is_copied_as_it_is() {
    let day = OldDay::new().await;
    let (store, owed) = (&day.fixture.store, day.owed);
    let dir = day.fixture.dir.path().join("days/2026-10-01");
    let place = store
        .blocking(move |inner| Ok(inner.row(owed)?.place))
        .await
        .unwrap();
    let path = dir.join(&place.segment);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[usize::try_from(place.offset + place.length).unwrap() - 1] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(age(store, over_but(&[])).await.survivors, 2);
    let mut alerts = store.alerts().await.unwrap();
    alerts.retain(|alert| alert.kind == AlertKind::DayDamaged);
    let alert = &alerts[0];
    assert!(alert.words.contains("1 message of 2026-10-01"), "{alert:?}");
    let damaged = store.record(owed).await;
    assert!(
        matches!(damaged, Err(StoreError::Damaged(..))),
        "{damaged:?}"
    );
    assert_eq!(store.record(day.unfiled).await.unwrap(), b"unfiled");
}

#[tokio::test]
async fn a_row_that_says_too_long_a_length_does_not_stop_its_day() {
    let day = OldDay::new().await;
    let (store, owed) = (&day.fixture.store, day.owed);
    let lengthen = move |inner: &Inner| {
        inner.days.of(owed)?.index.write(|index| {
            let longer = "UPDATE message SET length = length + 1 WHERE id = ?1";
            Ok(index.execute(longer, [owed.number()])?)
        })
    };
    assert_eq!(store.blocking(lengthen).await.unwrap(), 1);
    let before = store.record(owed).await;
    let aged = age(store, over_but(&[])).await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 2));
    assert!(before.is_err(), "{before:?}");
    assert_eq!(store.record(owed).await.unwrap(), b"owed");
    assert_eq!(store.record(day.unfiled).await.unwrap(), b"unfiled");
}

#[tokio::test]
async fn a_lost_segment_does_not_stop_its_day() {
    let day = OldDay::new().await;
    let (dir, owed) = (day.fixture.dir.path(), day.owed);
    // Another process writes into a segment of its own.
    let other = day.fixture.reopened().await;
    let mut held = crate::held::Held::new(100);
    held.append(b"other").unwrap();
    let kept = other
        .keep(held, crate::fixture::envelope(AT))
        .await
        .unwrap();
    let segment = async |id| {
        let place = other.blocking(move |inner| Ok(inner.row(id)?.place)).await;
        place.unwrap().segment
    };
    let lost = segment(owed).await;
    assert_ne!(lost, segment(kept).await);
    std::fs::remove_file(dir.join("days/2026-10-01").join(lost)).unwrap();
    // Owed, and not filed yet; that of the other process is not filed either.
    let aged = age(&day.fixture.store, over_but(&[])).await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 3));
    let damaged = other.record(owed).await;
    assert!(
        matches!(damaged, Err(StoreError::Damaged(..))),
        "{damaged:?}"
    );
    assert_eq!(other.record(kept).await.unwrap(), b"other");
    assert_eq!(day.fixture.store.ledger_of(owed).await.unwrap().len(), 1);
}

/// Whoever has the lock of the full text may be waiting for the index of the day, so inside of a
/// transaction of that nobody may wait for the lock, or write into the index himself.
#[tokio::test]
async fn a_full_text_that_breaks_while_a_day_is_thinned_stops_nothing() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let [held, other] = [fixture.receive(AT).await, fixture.receive(AT).await];
    let now = time("2026-11-22T09:00:00Z");
    let scope = HoldScope::Query("subject:offer".to_owned());
    store
        .add_hold(scope, "a lawsuit", "eve", now)
        .await
        .unwrap();
    let text = |message, subject: &str| crate::search::IndexText {
        message,
        subject: subject.to_owned(),
        sender: String::new(),
        recipient: String::new(),
        copy: String::new(),
        file: String::new(),
        body: String::new(),
        extent: crate::search::Extent::Whole,
    };
    let texts = || vec![text(held, "our offer"), text(other, "lunch")];
    store.index_texts(texts()).await.unwrap();
    let dir = fixture.dir.path().join("days/2026-10-01");
    let breaks = move |step| {
        if matches!(step, AgingStep::Copied(..)) {
            for journal in ["text.db-wal", "text.db-shm"] {
                let _ = std::fs::remove_file(dir.join(journal));
            }
            std::fs::write(dir.join("new"), [b'x'; 9000]).unwrap();
            std::fs::rename(dir.join("new"), dir.join("text.db")).unwrap();
        }
    };
    let aging = store.age_day(over_but(&[]), breaks);
    let aged = tokio::time::timeout(std::time::Duration::from_secs(20), aging)
        .await
        .expect("aging waits for itself")
        .unwrap();
    assert!(matches!(aged.fate, Fate::StaysWhole(_)), "{aged:?}");
    assert!(lives(store, held).await && lives(store, other).await);
    store.index_texts(texts()).await.unwrap();
    let aged = age(store, over_but(&[])).await;
    assert_eq!((aged.fate, aged.survivors), (Fate::Thinned, 1));
    assert!(lives(store, held).await);
}

#[tokio::test]
async fn a_day_whose_newest_records_can_not_be_read_stays_and_is_told() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.receive(AT).await;
    let dir = fixture.dir.path().join("days/2026-10-01");
    let unreadable = dir.join(crate::segment::Seal::name([7; 8]));
    std::fs::create_dir(&unreadable).unwrap();
    let aged = store.age_day(over_but(&[]), |_| {}).await;
    let why = aged.unwrap_err().to_string();
    assert!(why.contains("nobody knows whether they are owed"), "{why}");
    let alerts = store.alerts().await.unwrap();
    assert_eq!(alerts[0].kind, AlertKind::DayDamaged);
    assert!(lives(store, id).await);
    std::fs::remove_dir(&unreadable).unwrap();
    assert_eq!(age(store, over_but(&[])).await.fate, Fate::Dropped);
}
