use std::fs;

use store::{AuditEvent, DirectoryOrder, DirectoryRun};

use super::*;

fn people(logins: &[&str]) -> String {
    let one = |login: &&str| {
        format!(
            "[[account]]\nlogin = \"{login}\"\nname = \"{login}\"\n\
             addresses = [\"{login}@corp.example\"]\n"
        )
    };
    logins.iter().map(one).collect()
}

/// The line in the audit log.
fn by_eva() -> AuditEvent {
    AuditEvent {
        actor: "eva".to_owned(),
        action: "sync",
        object: String::new(),
        detail: String::new(),
        address: None,
    }
}

async fn pressed(store: &Store, order: DirectoryOrder, source: &DirectorySource) -> DirectoryRun {
    let asked = store.ask_directory(order, by_eva(), Timestamp::now()).await;
    let number = asked.unwrap();
    Orders::default().follow(store, source).await.unwrap();
    let run = store.directory_runs(1).await.unwrap().remove(0);
    assert_eq!(Some(run.number), number);
    run
}

async fn logins(store: &Store) -> Vec<String> {
    let accounts = store.accounts().await.unwrap();
    accounts.into_iter().map(|it| it.login).collect()
}

#[tokio::test]
async fn a_button_foretells_syncs_is_stopped_by_the_guard_and_gets_it_accepted() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("data")).await.unwrap();
    let file = dir.path().join("users.toml");
    let source = DirectorySource::File(file.clone());
    store.begin_work(Timestamp::now()).await.unwrap();
    let many = ["a", "b", "c", "d", "e", "f", "g", "h"];
    fs::write(&file, people(&many)).unwrap();
    let dry = DirectoryOrder {
        dry_run: true,
        ..DirectoryOrder::default()
    };
    let sync = DirectoryOrder::default();

    let foretold = pressed(&store, dry, &source).await;
    assert_eq!(foretold.state, DirectoryRunState::Done);
    assert_eq!(foretold.report.changes.len(), 8);
    assert!(foretold.report.summary[0].starts_with("would be added 8"));
    assert_eq!(foretold.report.difference.map(|it| it.added), Some(8));
    assert!(logins(&store).await.is_empty());

    let done = pressed(&store, sync, &source).await;
    assert!(done.report.summary[0].starts_with("added 8"), "{done:?}");
    assert_eq!(logins(&store).await, many);
    assert!(store.directory_answered_at().await.unwrap().is_some());
    let again = pressed(&store, sync, &source).await;
    assert!(again.report.summary.is_empty(), "{again:?}");

    fs::write(&file, people(&["a"])).unwrap();
    let stopped = pressed(&store, sync, &source).await;
    assert_eq!(stopped.state, DirectoryRunState::Stopped);
    assert_eq!(stopped.report.to_accept, Some(7), "{stopped:?}");
    assert_eq!(logins(&store).await, many);
    let accepted = DirectoryOrder {
        accepted: stopped.report.question,
        ..sync
    };
    // Meanwhile something else goes: that is another question.
    fs::write(&file, people(&["b"])).unwrap();
    let again = pressed(&store, accepted, &source).await;
    assert_eq!(again.state, DirectoryRunState::Stopped);
    assert_ne!(again.report.question, stopped.report.question);
    assert_eq!(logins(&store).await, many);
    fs::write(&file, people(&["a"])).unwrap();
    let done = pressed(&store, accepted, &source).await;
    assert_eq!(done.state, DirectoryRunState::Done);
    assert_eq!(logins(&store).await, ["a"]);

    fs::write(&file, "broken").unwrap();
    let failed = pressed(&store, sync, &source).await;
    assert_eq!(failed.state, DirectoryRunState::Failed);
    assert!(failed.report.problem.contains("users.toml"), "{failed:?}");
}

#[tokio::test]
async fn one_worker_takes_an_order_once_and_only_as_the_worker() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(&dir.path().join("data")).await.unwrap();
    let file = dir.path().join("users.toml");
    fs::write(&file, people(&["a"])).unwrap();
    let source = DirectorySource::File(file);
    // What another worker has begun is its own while we are none.
    let order = DirectoryOrder::default();
    let asked = store.ask_directory(order, by_eva(), Timestamp::now()).await;
    let taken = store.take_directory_order(Timestamp::now()).await.unwrap();
    assert_eq!(taken.map(|it| it.number), asked.unwrap());
    assert!(
        store
            .take_directory_order(Timestamp::now())
            .await
            .unwrap()
            .is_none()
    );
    let mut orders = Orders::default();
    orders.follow(&store, &source).await.unwrap();
    let state = async || store.directory_runs(1).await.unwrap()[0].state;
    assert_eq!(state().await, DirectoryRunState::Running);
    store.begin_work(Timestamp::now()).await.unwrap();
    orders.follow(&store, &source).await.unwrap();
    assert_eq!(state().await, DirectoryRunState::Failed);
    // What could not be written down is written down later, and nothing is read again for it.
    let done = pressed(&store, order, &source).await;
    let end = (DirectoryRunState::Stopped, DirectoryReport::default());
    orders.ended = Some((done.number, end));
    orders.follow(&store, &source).await.unwrap();
    assert_eq!(state().await, DirectoryRunState::Stopped);
    assert!(orders.ended.is_none());
}
