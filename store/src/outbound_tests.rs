use super::*;
use crate::filing::{Filing, Owed};
use crate::fixture::{Fixture, time};
use crate::queue::Purpose;

const NOW: &str = "2026-11-22T09:12:00Z";

/// Somebody writes to somebody outside.
async fn write(fixture: &Fixture, writer: AccountId) {
    let id = fixture.keep(NOW, b"x").await;
    let owed = vec![Owed {
        purpose: Purpose::Send,
        recipient: "cy@out.example".parse().unwrap(),
        account: None,
    }];
    let filing = Filing {
        owed,
        writer: Some(writer),
        ..Filing::default()
    };
    fixture.store.file(id, filing).await.unwrap();
}

/// How many rows a worker may take now.
async fn claimable(fixture: &Fixture) -> usize {
    let store = &fixture.store;
    let claims = store.claim(&[Purpose::Send], time(NOW), 10).await.unwrap();
    for claim in &claims {
        let back = crate::queue::Settled::GivenBack(time(NOW));
        store.settle(claim.id, back, "", time(NOW)).await.unwrap();
    }
    claims.len()
}

#[tokio::test]
async fn a_stop_holds_mail_to_the_outside_of_everybody_or_of_one() {
    let fixture = Fixture::new().await;
    let (store, now) = (&fixture.store, time(NOW));
    write(&fixture, fixture.amy).await;
    write(&fixture, fixture.bo).await;
    write(&fixture, fixture.bo).await;
    assert_eq!(claimable(&fixture).await, 3);

    let stop = async |writer| {
        let because = (writer, "stolen");
        store.stop_outbound(because, "root", now).await.unwrap()
    };
    assert!(stop(Some(fixture.bo)).await);
    assert!(!stop(Some(fixture.bo)).await);
    assert_eq!(claimable(&fixture).await, 1);
    assert!(stop(None).await);
    assert_eq!(claimable(&fixture).await, 0);
    let stopped = store.outbound_stopped().await.unwrap();
    let writers: Vec<_> = stopped.stops.iter().map(|stop| stop.writer).collect();
    assert_eq!(writers, [None, Some(fixture.bo)]);
    assert_eq!((stopped.waiting, &*stopped.stops[0].reason), (3, "stolen"));

    // Another process sees it, and ends it.
    let other = fixture.reopened().await;
    assert!(other.resume_outbound(None, "root", now).await.unwrap());
    assert_eq!(claimable(&fixture).await, 1);
    assert_eq!(store.outbound_stopped().await.unwrap().waiting, 2);
    let bo = Some(fixture.bo);
    assert!(store.resume_outbound(bo, "root", now).await.unwrap());
    assert!(!store.resume_outbound(bo, "root", now).await.unwrap());
    assert_eq!(claimable(&fixture).await, 3);
    assert_eq!(store.outbound_stopped().await.unwrap(), Stopped::default());

    let log = store.audit_log(10).await.unwrap();
    let log: Vec<String> = log
        .iter()
        .map(|row| format!("{} {} {}", row.action, row.object, row.detail))
        .collect();
    assert_eq!(
        log,
        [
            "outbound-go bo ",
            "outbound-go everybody ",
            "outbound-stop everybody stolen",
            "outbound-stop bo stolen",
        ]
    );
}

#[tokio::test]
async fn what_is_owed_to_the_primary_is_not_stopped() {
    let fixture = Fixture::new().await;
    let id = fixture.keep(NOW, b"x").await;
    let owed = crate::fixture::owed_to(fixture.amy, "amy@corp.example");
    fixture.store.file(id, owed).await.unwrap();
    let because = (None, "stolen");
    let store = &fixture.store;
    store
        .stop_outbound(because, "root", time(NOW))
        .await
        .unwrap();
    let claims = store.claim(&[Purpose::Return], time(NOW), 10).await;
    assert_eq!(claims.unwrap().len(), 1);
}

#[tokio::test]
async fn recipients_are_counted_over_an_hour_and_a_day() {
    let fixture = Fixture::new().await;
    let limits = WriterLimits {
        per_hour: 10,
        per_day: 15,
    };
    let check = async |at: &str, writer, recipients, want: Result<(), OverLimit>| {
        let counted = fixture
            .store
            .count_recipients((writer, recipients), limits, time(at));
        assert_eq!(counted.await.unwrap(), want, "{at}");
    };
    let (amy, bo) = (fixture.amy, fixture.bo);
    let hour = Err(OverLimit::Hour(10));
    check("2026-11-22T09:00:00Z", amy, 10, Ok(())).await;
    check("2026-11-22T09:59:59Z", amy, 1, hour).await;
    check("2026-11-22T09:59:59Z", bo, 10, Ok(())).await;
    assert!(
        fixture
            .store
            .was_over_limit(time("2026-11-22T10:30:00Z"))
            .await
            .unwrap()
    );
    // What was refused does not count.
    check("2026-11-22T10:00:00Z", amy, 5, Ok(())).await;
    check("2026-11-22T11:00:01Z", amy, 1, Err(OverLimit::Day(15))).await;
    check("2026-11-23T08:59:59Z", amy, 1, Err(OverLimit::Day(15))).await;
    check("2026-11-23T09:00:00Z", amy, 10, Ok(())).await;
    check("2026-11-24T09:00:00Z", amy, 11, hour).await;
    check("2026-11-24T09:00:00Z", amy, usize::MAX, hour).await;
    assert!(
        !fixture
            .store
            .was_over_limit(time("2026-11-24T10:00:01Z"))
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn what_could_not_go_is_not_old_for_that() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    write(&fixture, fixture.amy).await;
    write(&fixture, fixture.bo).await;
    let bo = Some(fixture.bo);
    store
        .stop_outbound((bo, "stolen"), "root", time(NOW))
        .await
        .unwrap();
    // Much later than anything that was queued now.
    let later = time("2099-01-01T00:00:00Z");
    store.resume_outbound(bo, "root", later).await.unwrap();
    let claims = store.claim(&[Purpose::Send], later, 10).await.unwrap();
    let since: Vec<bool> = claims
        .iter()
        .map(|claim| claim.queued_at == later)
        .collect();
    assert_eq!(since, [false, true]);
}
