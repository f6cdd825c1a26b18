use store::{AccountKind, MirroredAccount};

use super::*;

fn snapshot(accounts: usize) -> Snapshot {
    let account = |number: usize| MirroredAccount {
        key: format!("user{number}"),
        login: format!("user{number}"),
        name: format!("User {number}"),
        addresses: vec![format!("user{number}@corp.example").parse().unwrap()],
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    };
    Snapshot {
        accounts: (0..accounts).map(account).collect(),
        groups: Vec::new(),
    }
}

/// Syncs a directory of `before` accounts, then one of `after`.
#[track_caller]
fn check(before: usize, after: usize, removals_max: Option<usize>, want: Result<usize, usize>) {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let got = runtime.block_on(async {
        let store = Store::open(dir.path()).await.unwrap();
        sync(&store, snapshot(before), None, None).await.unwrap();
        sync(&store, snapshot(after), None, removals_max).await
    });
    let got = got
        .map(|difference| difference.removed)
        .map_err(|error| match error {
            SyncError::TooManyRemovals { removed, .. } => removed,
            SyncError::Store(error) => panic!("{error}"),
        });
    assert_eq!(got, want, "{before} -> {after}");
}

#[test]
fn the_guard_stops_a_half_answer() {
    check(100, 90, None, Ok(10));
    check(100, 89, None, Err(11));
    check(100, 89, Some(11), Ok(11));
    check(10, 7, None, Ok(3));
    check(10, 6, None, Err(4));
    check(10, 0, None, Err(10));
    check(2, 0, None, Err(2));
    check(2, 1, None, Ok(1));
    check(0, 5, None, Ok(0));
}
