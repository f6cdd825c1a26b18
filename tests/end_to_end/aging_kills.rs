//! Aging is killed again and again while it thins and drops days: what is owed or held is there
//! with every byte, what should go is gone in the end, and the store is whole at any moment.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::ToSpan;
use jiff::civil::date;
use store::{Day, HoldScope, MessageId, Store, StoreError};

use crate::harness::{Random, ServerConfig, Shadowmail, Stop, Turn, free_address, seeded};

/// Days that are over. Of each second one nothing stays.
const DAYS: i64 = 16;

/// Mails of a day.
const MAILS: usize = 8;

/// How often it is killed at most; as a rule all is done before.
const KILLS_MAX: u64 = 60;

/// After so many kills, what it left is checked as it is.
const VERIFY_EVERY: u64 = 8;

/// Each time it may live so much longer: first it dies while it starts, later in the midst of a day,
/// however fast the machine is.
const STEP_MICROSECONDS: u64 = 10_000;

/// What must be there in the end, and what must not.
#[derive(Default)]
struct Promised {
    staying: BTreeMap<MessageId, Vec<u8>>,
    going: Vec<MessageId>,
    owed: u64,
}

#[test]
fn killed_at_any_moment_aging_loses_nothing_and_is_finished_in_the_end() {
    let _turn = Turn::take();
    let mut random = Random::new();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(free_address()));
    shadowmail.stop(Stop::Gently);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let promised = runtime.block_on(seed(&shadowmail));
    let mut cut_off = 0;
    for kill in 1..=KILLS_MAX {
        let time = Duration::from_micros(random.below(kill * STEP_MICROSECONDS));
        match shadowmail.killed_after("retention run", time) {
            None => cut_off += 1,
            Some(0) => break,
            Some(other) => panic!("it failed: {other}"),
        }
        if kill % VERIFY_EVERY == 0 {
            shadowmail.succeed("store verify");
            runtime.block_on(check_staying(&shadowmail, &promised));
        }
    }
    println!("{cut_off} runs were cut off");
    assert!(cut_off > 2, "it was done at once");

    shadowmail.succeed("retention run");
    shadowmail.succeed("store verify");
    runtime.block_on(check_staying(&shadowmail, &promised));
    runtime.block_on(check_gone(&shadowmail, &promised));
    let leftovers: Vec<String> = std::fs::read_dir(shadowmail.data_dir().join("days"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.parse::<Day>().is_err())
        .collect();
    assert_eq!(leftovers, [] as [String; 0]);
    assert_eq!(shadowmail.json("status")["owed"]["open"], promised.owed);
}

/// Days of mail; on each second day some of it is owed, and some held.
async fn seed(shadowmail: &Shadowmail) -> Promised {
    let seeded = seeded(&shadowmail.data_dir()).await;
    let mut promised = Promised::default();
    for day in 0..DAYS {
        let date = date(2026, 1, 1).saturating_add(day.days());
        for number in 0..MAILS {
            let at = format!("{date}T09:12:{number:02}Z");
            let body = "some words ".repeat(number * 400);
            let mail = format!("Subject: {date} {number}\r\n\r\n{body}\r\n").into_bytes();
            let is_owed = day % 2 == 0 && number % 3 == 0;
            let is_held = day % 2 == 0 && number % 4 == 1;
            let id = if is_owed {
                promised.owed += 1;
                seeded.receive_owed(&at, "anna", &mail).await
            } else {
                seeded.receive(&at, "juergen", &mail).await
            };
            if is_held {
                let scope = HoldScope::Message(id);
                let now = jiff::Timestamp::now();
                let hold = seeded.store.add_hold(scope, "a lawsuit", "eve", now);
                hold.await.unwrap();
            }
            if is_owed || is_held {
                promised.staying.insert(id, mail);
            } else {
                promised.going.push(id);
            }
        }
    }
    seeded.store.close().await;
    promised
}

/// Opening the store finishes what a death left, as any start does.
async fn check_staying(shadowmail: &Shadowmail, promised: &Promised) {
    let store = Store::open(&shadowmail.data_dir()).await.unwrap();
    for (id, mail) in &promised.staying {
        let record = store.record(*id).await;
        assert_eq!(record.unwrap(), *mail, "message {id}");
    }
    store.close().await;
}

async fn check_gone(shadowmail: &Shadowmail, promised: &Promised) {
    let store = Store::open(&shadowmail.data_dir()).await.unwrap();
    for id in &promised.going {
        let record = store.record(*id).await;
        assert!(
            matches!(record, Err(StoreError::Missing(_))),
            "message {id} is still there"
        );
    }
    store.close().await;
}
