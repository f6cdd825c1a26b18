use super::*;
use crate::emergency_code::NewCode;
use crate::filing::{Filing, Owed};
use crate::fixture::{Fixture, time};
use crate::queue::{Purpose, Settled};
use crate::secret::Secret;

const NOW: &str = "2026-11-22T09:00:00Z";
const PAUSE: Duration = Duration::from_hours(14 * 24);

async fn ask(fixture: &Fixture, who: &[AccountId], at: &str) -> (usize, usize) {
    let by = ("eva".to_owned(), "all".to_owned());
    let asked = fixture
        .store
        .ask_reminders(who.to_vec(), PAUSE, by, time(at));
    let RemindersAsked { asked, recently } = asked.await.unwrap();
    (asked, recently)
}

async fn due(fixture: &Fixture) -> Option<String> {
    let due = fixture.store.due_reminder(time(NOW)).await.unwrap();
    due.map(|due| due.login)
}

#[tokio::test]
async fn nobody_is_reminded_twice_within_the_pause() {
    let fixture = Fixture::new().await;
    let (amy, bo) = (fixture.amy, fixture.bo);
    assert_eq!(ask(&fixture, &[amy], NOW).await, (1, 0));
    assert_eq!(
        ask(&fixture, &[amy, bo], "2026-12-06T08:59:59Z").await,
        (1, 1)
    );
    assert_eq!(
        ask(&fixture, &[amy, bo], "2026-12-06T09:00:00Z").await,
        (1, 1)
    );
    // The clock was wrong when they were asked.
    assert_eq!(ask(&fixture, &[amy, bo], NOW).await, (2, 0));
    let log = fixture.store.audit_log(10).await.unwrap();
    let reminds = log.iter().filter(|row| row.action == "remind").count();
    assert_eq!(reminds, 4);
}

#[tokio::test]
async fn a_reminder_stays_due_until_it_is_written() {
    let fixture = Fixture::new().await;
    assert_eq!(due(&fixture).await, None);
    ask(&fixture, &[fixture.bo], NOW).await;
    ask(&fixture, &[fixture.amy], "2026-11-22T09:00:01Z").await;
    for _ in 0..2 {
        assert_eq!(due(&fixture).await.as_deref(), Some("bo"));
    }
    let message = fixture.keep(NOW, b"x").await;
    fixture
        .store
        .reminder_written(fixture.bo, message)
        .await
        .unwrap();
    assert_eq!(due(&fixture).await.as_deref(), Some("amy"));
    let reopened = fixture.reopened().await;
    let due = reopened.due_reminder(time(NOW)).await.unwrap().unwrap();
    assert_eq!(
        (due.account, due.asked_at),
        (fixture.amy, time("2026-11-22T09:00:01Z"))
    );
}

#[tokio::test]
async fn whoever_can_sign_in_meanwhile_or_is_gone_is_not_reminded() {
    let fixture = Fixture::new().await;
    ask(&fixture, &[fixture.amy, fixture.bo, fixture.info], NOW).await;
    let code = NewCode {
        account: fixture.amy,
        hash: Secret::new("hash"),
    };
    let made = ("eva".to_owned(), time("2026-11-29T09:00:00Z"));
    fixture
        .store
        .issue_codes(vec![code], made, time(NOW))
        .await
        .unwrap();
    assert_eq!(due(&fixture).await.as_deref(), Some("bo"));
    fixture
        .store
        .mirror(crate::mirror::Snapshot::default())
        .await
        .unwrap();
    assert_eq!(due(&fixture).await, None);
    assert_eq!(fixture.store.reminders().await.unwrap().waiting, 0);
}

#[tokio::test]
async fn what_became_of_them_is_counted() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    ask(&fixture, &[fixture.amy, fixture.bo], NOW).await;
    let message = fixture.keep(NOW, b"x").await;
    let notice = Filing {
        owed: vec![Owed {
            purpose: Purpose::Notice,
            recipient: "amy@corp.example".parse().unwrap(),
            account: Some(fixture.amy),
        }],
        ..crate::fixture::to(fixture.amy)
    };
    store.file(message, notice).await.unwrap();
    store.reminder_written(fixture.amy, message).await.unwrap();
    let count = async || {
        let sent = store.reminders().await.unwrap();
        (sent.waiting, sent.delivered, sent.given_up)
    };
    assert_eq!(count().await, (2, 0, 0));
    assert_eq!(
        store.owed().await.unwrap().open,
        0,
        "the primary lacks nothing"
    );
    let claims = store.claim(&[Purpose::Notice], time(NOW), 1).await.unwrap();
    store
        .settle(claims[0].id, Settled::GivenUp, "550 no", time(NOW))
        .await
        .unwrap();
    assert_eq!(count().await, (1, 0, 1));
    assert!(
        store.open_ledger(9).await.unwrap().is_empty(),
        "nobody needs to decide"
    );
}

#[tokio::test]
async fn a_worker_that_died_gives_its_notice_up() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let message = fixture.keep(NOW, b"x").await;
    let notice = Filing {
        owed: vec![Owed {
            purpose: Purpose::Notice,
            recipient: "amy@corp.example".parse().unwrap(),
            account: Some(fixture.amy),
        }],
        ..crate::fixture::to(fixture.amy)
    };
    store.file(message, notice).await.unwrap();
    store.claim(&[Purpose::Notice], time(NOW), 1).await.unwrap();
    assert_eq!(store.begin_work(time(NOW)).await.unwrap(), 0);
    assert_eq!(store.reminders().await.unwrap().given_up, 1);
}

#[tokio::test]
async fn the_schedule_comes_round_when_its_days_are_over() {
    let fixture = Fixture::new().await;
    let day = Duration::from_hours(24);
    let is_due = async |at: &str| fixture.store.is_reminding_due(day, time(at)).await.unwrap();
    assert!(is_due(NOW).await);
    assert!(!is_due("2026-11-23T08:59:59Z").await);
    assert!(is_due("2026-11-23T09:00:00Z").await);
    assert!(!is_due("2026-11-23T09:00:01Z").await);
    assert!(is_due(NOW).await, "the clock was wrong");
}
