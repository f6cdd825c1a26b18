use super::*;
use crate::draft::{Attachments, DraftFields, DraftSave};
use crate::fixture::{Fixture, envelope, time};

const NOW: &str = "2026-11-22T09:12:00Z";
const DUE: &str = "2026-11-22T09:12:10Z";

fn posting(undo: Option<Undo>) -> Posting {
    Posting {
        envelope: envelope(NOW),
        bytes: b"Subject: x\r\n\r\n".to_vec(),
        due_at: time(DUE),
        undo,
    }
}

async fn draft(fixture: &Fixture) -> Undo {
    let save = DraftSave {
        over: None,
        fields: DraftFields::default(),
        attachments: Attachments::AsTheyAre,
    };
    let whose = (fixture.amy, fixture.amy);
    let saved = fixture.store.save_draft(whose, save, time(NOW)).await;
    Undo {
        writer: fixture.amy,
        draft: saved.unwrap().version(),
        about: None,
    }
}

#[tokio::test]
async fn a_mail_goes_when_its_time_comes_and_its_draft_with_it() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let undo = draft(&fixture).await;
    let id = store.post(posting(Some(undo))).await.unwrap();
    assert!(store.leaving(time(NOW)).await.unwrap().is_none());
    let leaving = store.leaving(time(DUE)).await.unwrap().unwrap();
    assert_eq!((leaving.id, leaving.bytes), (id, posting(None).bytes));
    assert_eq!(leaving.envelope, posting(None).envelope);
    // It is on its way: too late.
    assert_eq!(
        store.take_back(id, fixture.amy, time(NOW)).await.unwrap(),
        None
    );
    assert!(!store.is_in_outbox(id, fixture.amy).await.unwrap());
    // A crash before it was kept: it comes again.
    let other = fixture.reopened().await;
    assert_eq!(other.leaving(time(DUE)).await.unwrap().unwrap().id, id);
    let message = fixture.keep(NOW, b"x").await;
    other.has_left(id, message, time(DUE)).await.unwrap();
    assert!(store.leaving(time(DUE)).await.unwrap().is_none());
    assert!(store.draft(fixture.amy, undo.draft.id).await.is_err());
}

#[tokio::test]
async fn a_mail_is_taken_back_by_its_writer_alone() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let undo = draft(&fixture).await;
    let id = store.post(posting(Some(undo))).await.unwrap();
    assert!(!store.is_in_outbox(id, fixture.bo).await.unwrap());
    assert_eq!(
        store.take_back(id, fixture.bo, time(NOW)).await.unwrap(),
        None
    );
    assert!(store.is_in_outbox(id, fixture.amy).await.unwrap());
    let back = store.take_back(id, fixture.amy, time(NOW)).await.unwrap();
    assert_eq!(back, Some(undo.draft.id));
    assert!(store.draft(fixture.amy, undo.draft.id).await.is_ok());
    assert_eq!(
        store.take_back(id, fixture.amy, time(NOW)).await.unwrap(),
        None
    );
    assert!(store.leaving(time(DUE)).await.unwrap().is_none());
}

#[tokio::test]
async fn what_was_saved_over_the_draft_stays_and_drafts_on_their_way_are_not_listed() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let whose = (fixture.amy, fixture.amy);
    let undo = draft(&fixture).await;
    let id = store.post(posting(Some(undo))).await.unwrap();
    assert_eq!(store.drafts(whose).await.unwrap(), []);
    assert_eq!(store.draft_count(whose).await.unwrap(), 0);
    let save = DraftSave {
        over: Some(undo.draft),
        fields: DraftFields {
            text: "one more thing".to_owned(),
            ..DraftFields::default()
        },
        attachments: Attachments::AsTheyAre,
    };
    store.save_draft(whose, save, time(NOW)).await.unwrap();
    store.leaving(time(DUE)).await.unwrap().unwrap();
    let message = fixture.keep(NOW, b"x").await;
    store.has_left(id, message, time(DUE)).await.unwrap();
    assert_eq!(store.drafts(whose).await.unwrap().len(), 1);
    let line = store.audit_log(1).await.unwrap().remove(0);
    assert_eq!(
        (line.action.as_str(), line.object),
        ("send", message.to_string())
    );
}

#[tokio::test]
async fn recipients_of_a_mail_that_was_taken_back_do_not_count() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let limits = crate::WriterLimits {
        per_hour: 1,
        per_day: 1,
    };
    let recipients = envelope(NOW).recipients.len();
    for _ in 0..2 {
        let counted = (fixture.amy, recipients);
        let counted = store.count_recipients(counted, limits, time(NOW)).await;
        assert_eq!(counted.unwrap(), Ok(()));
        let undo = draft(&fixture).await;
        let id = store.post(posting(Some(undo))).await.unwrap();
        let back = store.take_back(id, fixture.amy, time(NOW)).await.unwrap();
        assert!(back.is_some());
    }
}
