use super::*;
use crate::fixture::{Fixture, time};

const NOW: &str = "2026-11-22T09:00:00Z";

fn pressed(by: &str) -> AuditEvent {
    AuditEvent {
        actor: by.to_owned(),
        action: "sync",
        object: String::new(),
        detail: String::new(),
        address: None,
    }
}

async fn ask(store: &Store, order: DirectoryOrder) -> Option<i64> {
    store
        .ask_directory(order, pressed("eva"), time(NOW))
        .await
        .unwrap()
}

#[tokio::test]
async fn the_worker_finds_in_another_process_what_a_page_asks_for() {
    let fixture = Fixture::new().await;
    let worker = fixture.reopened().await;
    let now = time(NOW);
    assert_eq!(worker.take_directory_order(now).await.unwrap(), None);
    let order = DirectoryOrder {
        dry_run: true,
        everything: true,
        accepted: Some("0000000a".parse().unwrap()),
    };
    let number = ask(&fixture.store, order).await.unwrap();
    // Pressed twice.
    assert_eq!(ask(&fixture.store, order).await, None);
    let taken = worker.take_directory_order(now).await.unwrap().unwrap();
    assert_eq!(
        (taken.number, taken.by.as_str(), taken.order),
        (number, "eva", order)
    );
    assert_eq!(worker.take_directory_order(now).await.unwrap(), None);
    assert_eq!(ask(&fixture.store, order).await, None, "it runs");
    let report = DirectoryReport {
        problem: "the server says no".to_owned(),
        ..DirectoryReport::default()
    };
    let end = (DirectoryRunState::Failed, report.clone());
    worker.end_directory_run(number, end, now).await.unwrap();
    let runs = fixture.store.directory_runs(9).await.unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (runs[0].state, &runs[0].report),
        (DirectoryRunState::Failed, &report)
    );
    assert_eq!(ask(&fixture.store, order).await, Some(number + 1));
    let log = fixture.store.audit_log(9).await.unwrap();
    let count = |action: &str| log.iter().filter(|row| row.action == action).count();
    assert_eq!((count("sync"), count("sync-not-taken")), (2, 2));
}

#[tokio::test]
async fn what_a_dead_worker_had_begun_has_failed() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    ask(store, DirectoryOrder::default()).await;
    store.take_directory_order(time(NOW)).await.unwrap();
    store.fail_directory_runs(time(NOW)).await.unwrap();
    let runs = store.directory_runs(1).await.unwrap();
    assert_eq!(runs[0].state, DirectoryRunState::Failed);
    assert!(!runs[0].report.problem.is_empty());
}

#[tokio::test]
async fn reports_and_their_number_are_bounded() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let report = DirectoryReport {
        changes: vec![
            "ä".repeat(limits::DIRECTORY_LINE_CHARS_MAX + 9);
            limits::DIRECTORY_REPORT_LINES_MAX + 3
        ],
        ..DirectoryReport::default()
    };
    for _ in 0..limits::DIRECTORY_RUNS_MAX + 2 {
        let by = ("shadowmail".to_owned(), DirectoryOrder::default());
        let done = (DirectoryRunState::Done, report.clone());
        store.note_directory_run(by, done, time(NOW)).await.unwrap();
    }
    let runs = store.directory_runs(1000).await.unwrap();
    assert_eq!(
        i64::try_from(runs.len()).unwrap(),
        limits::DIRECTORY_RUNS_MAX
    );
    let kept = &runs[0].report;
    assert_eq!(
        (kept.changes.len(), kept.more),
        (limits::DIRECTORY_REPORT_LINES_MAX, 3)
    );
    assert_eq!(
        kept.changes[0].chars().count(),
        limits::DIRECTORY_LINE_CHARS_MAX
    );
}

#[tokio::test]
async fn when_the_directory_last_answered_is_known() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.store.directory_answered_at().await.unwrap(), None);
    fixture.store.directory_answered(time(NOW)).await.unwrap();
    assert_eq!(
        fixture.store.directory_answered_at().await.unwrap(),
        Some(time(NOW))
    );
}
