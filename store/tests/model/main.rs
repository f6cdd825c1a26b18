//! Anything that may happen to a store, in any order, against a model in memory that a reader
//! understands at a glance. After each step mailboxes, counts, marks and bytes are the model's,
//! and what happened to the disk leaves nothing for `verify` to find.

#![allow(
    clippy::unwrap_used,
    reason = "a test stops at what it did not expect, and says where"
)]

mod disk;
mod mail;
mod scene;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use store::{Flag, Folder};

use mail::{ACCOUNTS, DAYS, MAILS};
use scene::Scene;

/// One thing that happens. Numbers choose among what there is, by their remainder.
#[derive(Clone, Debug)]
enum Step {
    /// A mail comes in for some accounts; the first of them may be owed it.
    Keep {
        mail: u8,
        day: usize,
        to: u8,
        owed: bool,
    },
    /// The filer files what came in: in one batch, or one by one.
    File {
        how: Batches,
    },
    /// An owner marks a mail, or takes the mark away.
    Mark {
        account: usize,
        which: usize,
        flag: usize,
        to: Mark,
    },
    /// An owner moves a mail.
    Move {
        account: usize,
        which: usize,
        to: usize,
    },
    /// An owner deletes one mail of the trash for good.
    Delete {
        account: usize,
        which: usize,
    },
    /// An owner empties the trash.
    EmptyTrash {
        account: usize,
    },
    /// A day is over, but not for the accounts in `longer`.
    Age {
        day: usize,
        longer: u8,
    },
    /// Somebody holds an account's mail, or one mail.
    HoldAccount {
        account: usize,
    },
    HoldMessage {
        which: usize,
    },
    /// All holds end.
    Release,
    /// All that is owed is settled.
    Settle,
    /// The process ends, well or not, and begins again.
    Restart {
        end: End,
    },
    /// The power goes while a mail is written: this share of its bytes is on the disk, and this share
    /// of what the log of the index grew by for some mails before it, which were answered.
    PowerCut {
        percent: u64,
        answered: u8,
        log_percent: u64,
    },
    /// The indexes are made again from the segments.
    Rebuild,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Batches {
    One,
    Many,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Set,
    Clear,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Well,
    /// Nothing is closed.
    Killed,
}

fn step() -> impl Strategy<Value = Step> {
    let account = 0..ACCOUNTS.len();
    let which = 0..64_usize;
    prop_oneof![
        6 => (0..MAILS, 0..DAYS.len(), 1..8_u8, any::<bool>())
            .prop_map(|(mail, day, to, owed)| Step::Keep { mail, day, to, owed }),
        5 => prop_oneof![Just(Batches::One), Just(Batches::Many)].prop_map(|how| Step::File { how }),
        2 => (account.clone(), which.clone(), 0..scene::FLAGS.len(), prop_oneof![Just(Mark::Set), Just(Mark::Clear)])
            .prop_map(|(account, which, flag, to)| Step::Mark { account, which, flag, to }),
        2 => (account.clone(), which.clone(), 0..Folder::ALL.len())
            .prop_map(|(account, which, to)| Step::Move { account, which, to }),
        1 => (account.clone(), which.clone())
            .prop_map(|(account, which)| Step::Delete { account, which }),
        1 => account.clone().prop_map(|account| Step::EmptyTrash { account }),
        2 => (0..DAYS.len(), 0..8_u8).prop_map(|(day, longer)| Step::Age { day, longer }),
        1 => account.prop_map(|account| Step::HoldAccount { account }),
        1 => which.prop_map(|which| Step::HoldMessage { which }),
        1 => Just(Step::Release),
        1 => Just(Step::Settle),
        1 => prop_oneof![Just(End::Well), Just(End::Killed)].prop_map(|end| Step::Restart { end }),
        2 => (0..=100_u64, 0..4_u8, 0..=100_u64).prop_map(|(percent, answered, log_percent)| {
            Step::PowerCut { percent, answered, log_percent }
        }),
        1 => Just(Step::Rebuild),
    ]
}

/// Runs the steps against a store and the model, and compares after each.
fn check(steps: &[Step]) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut scene = Scene::new().await;
        for (number, step) in steps.iter().enumerate() {
            let disk_changed = scene.take(step).await;
            scene.compare().await.map_err(|why| {
                TestCaseError::fail(format!("after step {number}, {step:?}: {why}"))
            })?;
            if disk_changed || number + 1 == steps.len() {
                scene.verify().await.map_err(|why| {
                    TestCaseError::fail(format!("verify after step {number}, {step:?}: {why}"))
                })?;
            }
        }
        Ok(())
    })
}

#[test]
fn whatever_happens_the_store_is_as_its_model() {
    let config = Config {
        cases: 48,
        max_shrink_time: 20_000,
        failure_persistence: None,
        ..Config::default()
    };
    let steps = proptest::collection::vec(step(), 1..40);
    let result = TestRunner::new(config).run(&steps, |steps| check(&steps));
    if let Err(why) = result {
        panic!("{why}");
    }
}

/// Cases that chance alone would not find each time.
#[test]
fn what_has_happened_once() {
    let mail = |mail, day, to, owed| Step::Keep {
        mail,
        day,
        to,
        owed,
    };
    let file = || Step::File { how: Batches::Many };
    let cases: &[&[Step]] = &[
        // A page is full to its last entries, and the day before has nothing for this account.
        &[
            mail(0, 0, 1, false),
            mail(1, 0, 1, false),
            mail(2, 1, 2, false),
            mail(3, 2, 1, false),
            mail(4, 2, 1, false),
            file(),
        ],
        // A copy comes on the next day, and the day of the first one goes.
        &[
            mail(0, 0, 1, false),
            file(),
            mail(0, 1, 3, false),
            file(),
            Step::Age { day: 0, longer: 0 },
            mail(0, 1, 1, false),
            file(),
            Step::Rebuild,
        ],
        // A power cut, and the next mail goes into another segment; then the day is thinned.
        &[
            mail(1, 0, 1, true),
            Step::PowerCut {
                percent: 50,
                answered: 0,
                log_percent: 100,
            },
            mail(2, 0, 2, false),
            file(),
            Step::Age { day: 0, longer: 0 },
            Step::Restart { end: End::Killed },
        ],
        // All rows of mails that were answered are gone, and their day is over, and made again.
        &[
            mail(1, 0, 1, false),
            file(),
            Step::PowerCut {
                percent: 100,
                answered: 3,
                log_percent: 0,
            },
            Step::Age { day: 0, longer: 0 },
            file(),
            Step::Rebuild,
            Step::Age { day: 0, longer: 0 },
        ],
        // Deleted for good, made again, copied once more: it stays deleted.
        &[
            mail(3, 2, 1, false),
            file(),
            Step::Move {
                account: 0,
                which: 0,
                to: 4,
            },
            Step::EmptyTrash { account: 0 },
            Step::Rebuild,
            mail(3, 2, 1, false),
            file(),
        ],
    ];
    for steps in cases {
        check(steps).unwrap();
    }
}

/// The mark that a number chooses.
fn flag(number: usize) -> Flag {
    scene::FLAGS[number % scene::FLAGS.len()]
}
