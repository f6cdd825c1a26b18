use super::*;
use crate::fixture::{Fixture, owed_to, time, to};
use crate::queue::{QueueId, QueueState, Settled};

const MORNING: &str = "2026-11-22T09:12:00Z";

async fn inbox(fixture: &Fixture, account: AccountId) -> Vec<MessageId> {
    let page = fixture
        .store
        .mailbox_page(account, Folder::Inbox, None, 50)
        .await
        .unwrap();
    page.entries
        .into_iter()
        .map(|entry| entry.message)
        .collect()
}

async fn states(fixture: &Fixture, id: MessageId) -> Vec<QueueState> {
    fixture
        .store
        .ledger_of(id)
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.state)
        .collect()
}

#[tokio::test]
async fn kept_mail_survives_a_restart_and_is_still_to_file() {
    let fixture = Fixture::new().await;
    let bytes = b"Subject: \xff\r\n\r\nany \0 bytes";
    let id = fixture.keep(MORNING, bytes).await;
    let later = fixture.reopened().await;
    let unfiled = later.unfiled(10).await.unwrap();
    assert_eq!(
        unfiled.iter().map(|message| message.id).collect::<Vec<_>>(),
        [id]
    );
    assert_eq!(later.record(id).await.unwrap(), bytes);
    assert_eq!(
        later.owed().await.unwrap().open,
        1,
        "what is not filed may be owed"
    );

    later.file(id, to(fixture.amy)).await.unwrap();
    assert!(later.unfiled(10).await.unwrap().is_empty());
    assert!(later.wait_until_filed(id).await.unwrap());
    assert_eq!(inbox(&fixture, fixture.amy).await, [id]);
    assert!(inbox(&fixture, fixture.bo).await.is_empty());
}

#[tokio::test]
async fn filing_twice_changes_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.keep(MORNING, b"x").await;
    for _ in 0..2 {
        fixture
            .store
            .file(id, owed_to(fixture.amy, "amy@corp.example"))
            .await
            .unwrap();
    }
    assert_eq!(inbox(&fixture, fixture.amy).await, [id]);
    assert_eq!(states(&fixture, id).await, [QueueState::Waiting]);
}

#[tokio::test]
async fn an_envelope_that_can_not_be_read_in_its_row_is_read_in_its_record() {
    let fixture = Fixture::new().await;
    let id = fixture.keep(MORNING, b"x").await;
    let breaks = async |what: &'static str| {
        let done = fixture.store.blocking(move |inner| {
            let index = &inner.days.of(id)?.index;
            index.write(|index| Ok(index.execute(&format!("UPDATE message SET {what}"), [])?))
        });
        done.await.unwrap();
    };
    breaks("envelope = '{\"source\":'").await;
    let unfiled = fixture.store.unfiled(10).await.unwrap();
    let envelopes: Vec<_> = unfiled.into_iter().map(|it| (it.id, it.envelope)).collect();
    assert_eq!(envelopes, [(id, crate::fixture::envelope(MORNING))]);
    assert_eq!(fixture.store.alerts().await.unwrap(), []);

    breaks("offset = 1").await;
    assert_eq!(fixture.store.unfiled(10).await.unwrap().len(), 0);
    assert_eq!(fixture.store.unsorted(10).await.unwrap(), [id]);
    let alerts = fixture.store.alerts().await.unwrap();
    let kinds: Vec<_> = alerts.iter().map(|alert| alert.kind).collect();
    assert_eq!(kinds, [AlertKind::DayDamaged]);
    assert!(alerts[0].words.contains(&id.to_string()), "{alerts:?}");
}

#[tokio::test]
async fn the_inner_message_is_cut_out_exactly() {
    let fixture = Fixture::new().await;
    let id = fixture.keep(MORNING, b"outer|inner|outer").await;
    let filing = Filing {
        content: Some(Piece::as_is(6..11)),
        ..to(fixture.amy)
    };
    fixture.store.file(id, filing).await.unwrap();
    assert_eq!(fixture.store.content(id).await.unwrap(), b"inner");
    assert_eq!(
        fixture.store.record(id).await.unwrap(),
        b"outer|inner|outer"
    );
    assert_eq!(
        fixture
            .store
            .entry(fixture.amy, id)
            .await
            .unwrap()
            .size_bytes,
        5
    );

    let broken = fixture.keep(MORNING, b"short").await;
    let filing = Filing {
        content: Some(Piece::as_is(3..99)),
        ..to(fixture.amy)
    };
    fixture.store.file(broken, filing).await.unwrap();
    assert!(matches!(
        fixture.store.content(broken).await,
        Err(StoreError::Damaged(..))
    ));
}

#[tokio::test]
async fn copies_of_one_mail_become_one_across_midnight() {
    let fixture = Fixture::new().await;
    let key = Some([7; 32]);
    let first = fixture.keep("2026-11-21T23:59:59Z", b"x").await;
    fixture
        .store
        .file(
            first,
            Filing {
                merge_key: key,
                ..to(fixture.amy)
            },
        )
        .await
        .unwrap();
    let second = fixture.keep("2026-11-22T00:00:01Z", b"x").await;
    let filed = fixture
        .store
        .file(
            second,
            Filing {
                merge_key: key,
                ..to(fixture.bo)
            },
        )
        .await;
    assert_eq!(filed.unwrap(), Filed::Merged(first));
    assert_eq!(inbox(&fixture, fixture.amy).await, [first]);
    assert_eq!(inbox(&fixture, fixture.bo).await, [first]);

    let much_later = fixture.keep("2026-11-29T00:00:01Z", b"x").await;
    let filed = fixture
        .store
        .file(
            much_later,
            Filing {
                merge_key: key,
                ..to(fixture.bo)
            },
        )
        .await;
    assert_eq!(filed.unwrap(), Filed::Own);
}

#[tokio::test]
async fn a_journal_copy_settles_the_debt_of_those_it_served() {
    let fixture = Fixture::new().await;
    let key = Some([7; 32]);
    let id = fixture.keep(MORNING, b"x").await;
    let mut filing = owed_to(fixture.amy, "amy@corp.example");
    filing
        .owed
        .extend(owed_to(fixture.bo, "bo@corp.example").owed);
    fixture
        .store
        .file(
            id,
            Filing {
                merge_key: key,
                ..filing
            },
        )
        .await
        .unwrap();
    let copy = fixture.keep(MORNING, b"x").await;
    let served = vec![fixture.bo];
    let filing = Filing {
        merge_key: key,
        served,
        ..to(fixture.bo)
    };
    fixture.store.file(copy, filing).await.unwrap();
    assert_eq!(
        states(&fixture, id).await,
        [QueueState::Waiting, QueueState::Confirmed]
    );
}

#[tokio::test]
async fn what_the_primary_has_is_never_owed() {
    let fixture = Fixture::new().await;
    let key = Some([7; 32]);
    let copy = fixture.keep(MORNING, b"x").await;
    let served = vec![fixture.amy];
    let filing = Filing {
        merge_key: key,
        served,
        ..to(fixture.amy)
    };
    fixture.store.file(copy, filing).await.unwrap();
    let again = fixture.keep(MORNING, b"x").await;
    let mut filing = owed_to(fixture.amy, "amy@corp.example");
    filing
        .owed
        .extend(owed_to(fixture.bo, "bo@corp.example").owed);
    fixture
        .store
        .file(
            again,
            Filing {
                merge_key: key,
                ..filing
            },
        )
        .await
        .unwrap();
    let rows = fixture.store.ledger_of(copy).await.unwrap();
    let owed: Vec<_> = rows.iter().map(|row| row.recipient.as_str()).collect();
    assert_eq!(owed, ["bo@corp.example"]);
}

#[tokio::test]
async fn our_own_marker_confirms_and_keeps_no_second_copy() {
    let fixture = Fixture::new().await;
    let id = fixture.keep(MORNING, b"x").await;
    fixture
        .store
        .file(id, owed_to(fixture.amy, "amy@corp.example"))
        .await
        .unwrap();
    let now = time(MORNING);
    let claim = fixture
        .store
        .claim(&[Purpose::Return], now, 1)
        .await
        .unwrap()
        .remove(0);

    // The primary gave it to bo as well, by a rule of amy's.
    let back = fixture.keep(MORNING, b"x").await;
    let replayed = Some(Replayed {
        message: id,
        queue: claim.id,
    });
    let filing = Filing {
        replayed,
        ..to(fixture.bo)
    };
    let filed = fixture.store.file(back, filing).await.unwrap();
    assert_eq!(filed, Filed::Merged(id));
    assert_eq!(inbox(&fixture, fixture.amy).await, [id]);
    assert_eq!(inbox(&fixture, fixture.bo).await, [id]);
    // The journal copy was faster than our own note of the delivery.
    fixture
        .store
        .settle(claim.id, Settled::Delivered, "250 ok", now)
        .await
        .unwrap();
    assert_eq!(states(&fixture, id).await, [QueueState::Confirmed]);

    let stranger = fixture.keep(MORNING, b"x").await;
    let replayed = Some(Replayed {
        message: id,
        queue: QueueId(999),
    });
    let filing = Filing {
        replayed,
        ..to(fixture.bo)
    };
    let filed = fixture.store.file(stranger, filing).await.unwrap();
    assert_eq!(
        filed,
        Filed::Own,
        "a row that does not exist settles nothing"
    );
}

#[tokio::test]
async fn a_sent_copy_that_comes_back_is_no_new_mail() {
    let fixture = Fixture::new().await;
    let id = fixture.keep(MORNING, b"x").await;
    let recipient = "amy@corp.example".parse().unwrap();
    let account = Some(fixture.amy);
    let owed = vec![Owed {
        purpose: Purpose::SentCopy,
        recipient,
        account,
    }];
    let sent = Entry {
        account: fixture.amy,
        folder: Folder::Sent,
        seen: true,
    };
    let filing = Filing {
        owed,
        entries: vec![sent],
        ..Filing::default()
    };
    fixture.store.file(id, filing).await.unwrap();
    let row = fixture.store.ledger_of(id).await.unwrap().remove(0);
    let back = fixture.keep(MORNING, b"x").await;
    let replayed = Some(Replayed {
        message: id,
        queue: row.id,
    });
    let filing = Filing {
        replayed,
        ..to(fixture.amy)
    };
    fixture.store.file(back, filing).await.unwrap();
    assert!(inbox(&fixture, fixture.amy).await.is_empty());
    assert_eq!(states(&fixture, id).await, [QueueState::Confirmed]);
}

#[tokio::test]
async fn a_debt_goes_out_with_the_envelope_that_made_it() {
    let fixture = Fixture::new().await;
    let key = Some([7; 32]);
    let copy = fixture.keep(MORNING, b"x").await;
    let filing = Filing {
        merge_key: key,
        served: vec![fixture.amy],
        ..to(fixture.amy)
    };
    fixture.store.file(copy, filing).await.unwrap();
    let fallback = fixture.keep(MORNING, b"x").await;
    let filing = Filing {
        merge_key: key,
        ..owed_to(fixture.bo, "bo@corp.example")
    };
    fixture.store.file(fallback, filing).await.unwrap();
    let claims = fixture
        .store
        .claim(&[Purpose::Return], time(MORNING), 9)
        .await
        .unwrap();
    let claims: Vec<_> = claims
        .iter()
        .map(|claim| (claim.message, claim.envelope_of))
        .collect();
    assert_eq!(claims, [(copy, fallback)]);
}

#[tokio::test]
async fn an_envelope_that_can_not_be_read_stops_nobody_else() {
    let fixture = Fixture::new().await;
    let broken = fixture.keep(MORNING, b"x").await;
    let sound = fixture.keep(MORNING, b"y").await;
    fixture
        .store
        .blocking(move |inner| {
            inner.days.of(broken)?.index.write(|index| {
                let sql = "UPDATE message SET envelope = 'no envelope', offset = 1 WHERE id = ?1";
                index.execute(sql, [broken.number()])?;
                Ok(())
            })
        })
        .await
        .unwrap();
    let unfiled = fixture.store.unfiled(10).await.unwrap();
    assert_eq!(
        unfiled.iter().map(|one| one.id).collect::<Vec<_>>(),
        [sound]
    );
    assert_eq!(fixture.store.unsorted(10).await.unwrap(), [broken]);
}

#[tokio::test]
async fn one_process_files() {
    let fixture = Fixture::new().await;
    assert!(fixture.store.begin_filing().await.unwrap());
    let other = fixture.reopened().await;
    assert!(!other.begin_filing().await.unwrap());
    drop(fixture.store);
    assert!(
        other.begin_filing().await.unwrap(),
        "the first one has ended"
    );
}

#[tokio::test]
async fn mail_without_an_owner_is_unsorted_until_a_copy_has_one() {
    let fixture = Fixture::new().await;
    let key = Some([7; 32]);
    let id = fixture.keep(MORNING, b"x").await;
    let filing = Filing {
        merge_key: key,
        ..Filing::default()
    };
    fixture.store.file(id, filing).await.unwrap();
    assert_eq!(fixture.store.unsorted(10).await.unwrap(), [id]);
    let copy = fixture.keep(MORNING, b"x").await;
    fixture
        .store
        .file(
            copy,
            Filing {
                merge_key: key,
                ..to(fixture.amy)
            },
        )
        .await
        .unwrap();
    assert!(fixture.store.unsorted(10).await.unwrap().is_empty());
    assert_eq!(inbox(&fixture, fixture.amy).await, [id]);
}
