use std::future::ready;
use std::io;

use super::*;

fn trouble() -> StoreError {
    StoreError::from(io::Error::other("the disk is full"))
}

#[tokio::test]
async fn an_outcome_is_written_when_the_store_works_again() {
    let mut tries = 0;
    let settle = || {
        tries += 1;
        ready(if tries < 3 { Err(trouble()) } else { Ok(()) })
    };
    insist(&CancellationToken::new(), settle).await.unwrap();
    assert_eq!(tries, 3);
}

#[tokio::test]
async fn a_stop_ends_the_tries() {
    let shutdown = CancellationToken::new();
    let mut tries = 0;
    let settle = || {
        tries += 1;
        shutdown.cancel();
        ready(Err(trouble()))
    };
    insist(&shutdown, settle).await.unwrap_err();
    assert_eq!(tries, limits::SETTLE_LAST_TRIES);
}

#[tokio::test]
async fn a_row_that_is_no_longer_ours_is_let_go() {
    let mut tries = 0;
    let settle = || {
        tries += 1;
        ready(Err(StoreError::Refused("delivered".into())))
    };
    insist(&CancellationToken::new(), settle).await.unwrap_err();
    assert_eq!(tries, 1);
}
