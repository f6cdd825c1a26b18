use std::time::Duration;

use futures_util::FutureExt;

use super::*;
use crate::filing::fixture::keep;

#[tokio::test]
async fn a_message_that_can_not_be_filed_stops_no_other_of_its_batch() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let filer = Filer::new(store.clone(), "shadow.example", &[]);
    let (first, last) = (keep(&store).await, keep(&store).await);
    let aged: MessageId = "20200101-0000000000000".parse().unwrap();

    let batch = [first, aged, last].map(|id| (id, Filing::default()));
    let outcomes = filer.file(batch.to_vec(), &HashMap::new()).await;
    let filed: Vec<_> = outcomes
        .iter()
        .map(|(id, outcome)| (*id, outcome.is_ok()))
        .collect();
    assert_eq!(filed, [(first, true), (aged, false), (last, true)]);
    assert_eq!(store.unfiled(10).await.unwrap().len(), 0);
    store.close().await;
}

#[tokio::test]
async fn big_mails_are_read_one_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let filer = Filer::new(store.clone(), "shadow.example", &[]);
    // Without the runtime's budget, which ends after some dozens of such questions.
    let share = |bytes| tokio::task::unconstrained(filer.share(bytes));
    let big = || share(220 << 20);
    let one = big().now_or_never();
    assert!(
        matches!(one, Some(Some(_))),
        "alone it may be as big as it is"
    );
    assert!(big().now_or_never().is_none());
    assert!(share(1 << 20).now_or_never().is_none());
    drop(one);
    let small: Vec<_> = (0..64)
        .map(|_| share(1 << 20).now_or_never().is_some_and(|it| it.is_some()))
        .collect();
    assert_eq!(small, [true; 64]);
    let small: Vec<_> = (0..64)
        .filter_map(|_| share(1 << 20).now_or_never())
        .collect();
    assert_eq!(small.len(), 64, "together they fit");
    assert!(share(1).now_or_never().is_none(), "just full");
    store.close().await;
}

/// Keeps so many at the same time.
async fn pour(store: &Store, messages: usize) -> MessageId {
    let kept = futures_util::future::join_all((0..messages).map(|_| keep(store))).await;
    *kept.first().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_flood_delays_filing_by_ten_seconds_and_not_longer() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    // The clock stands still while a blocking task runs, unless it is moved.
    let (over, is_over) = std::sync::mpsc::channel::<()>();
    let still = tokio::task::spawn_blocking(move || is_over.recv());
    let first = pour(&store, 50).await;
    let stop = CancellationToken::new();
    let filer = tokio::spawn(Filer::new(store.clone(), "shadow.example", &[]).run(stop.clone()));
    let step = Duration::from_millis(200);
    let steps = 49;
    for _ in 0..steps {
        pour(&store, 50).await;
        tokio::time::advance(step).await;
    }
    let unfiled = store.unfiled(10_000).await.unwrap().len();
    assert_eq!(unfiled, 50 * (1 + steps), "mail on its way in came first");
    for _ in 0..2 {
        pour(&store, 50).await;
        tokio::time::advance(step).await;
    }
    let filed = store.wait_until_filed(first).await;
    assert!(filed.unwrap());
    stop.cancel();
    drop(over);
    assert!(still.await.unwrap().is_err());
    filer.await.unwrap();
    store.close().await;
}
