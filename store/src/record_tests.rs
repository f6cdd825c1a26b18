use std::cell::Cell;

use crate::aging::Aging;
use crate::fixture::{Fixture, owed_to, time, to};
use crate::survivor::DayLimit;

const AT: &str = "2026-10-01T09:12:00Z";

#[tokio::test]
async fn a_record_that_moves_while_it_is_read_is_not_damaged() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let owed = fixture.keep(AT, b"owed").await;
    let filing = owed_to(fixture.amy, "amy@corp.example");
    store.file(owed, filing).await.unwrap();
    let other = fixture.keep(AT, b"other").await;
    store.file(other, to(fixture.bo)).await.unwrap();
    let read = store.blocking(move |inner| {
        let tries = Cell::new(0);
        let found = inner.at_its_place(owed, |row| {
            tries.set(tries.get() + 1);
            if tries.get() == 1 {
                let aging = Aging {
                    day: owed.day(),
                    limit: DayLimit::OverBut(std::collections::BTreeSet::new()),
                    by: "shadowmail".to_owned(),
                    now: time("2026-11-22T09:00:00Z"),
                };
                assert_eq!(inner.age(&aging, &mut |_| Ok(()))?.survivors, 1);
            }
            inner.record(owed, row)
        });
        Ok((found?, tries.get()))
    });
    assert_eq!(read.await.unwrap(), (b"owed".to_vec(), 2));
}
