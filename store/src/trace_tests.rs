use super::*;
use crate::audit::AuditEvent;
use crate::filing::{Filed, Filing, Summary};
use crate::fixture::{Fixture, envelope, owed_to, time, to, unknown};
use crate::held::Held;
use crate::mailbox::Folder;
use crate::queue::QueueState;

const EVENING: &str = "2026-11-21T23:59:59Z";
const MORNING: &str = "2026-11-22T00:00:01Z";

fn keyed(filing: Filing) -> Filing {
    Filing {
        merge_key: Some([7; 32]),
        references: vec!["1@acme.example".to_owned()],
        summary: Summary {
            subject: "offer".to_owned(),
            from_address: "Max@Acme.example".to_owned(),
            header_message_id: Some("1@acme.example".to_owned()),
            ..Summary::default()
        },
        ..filing
    }
}

impl Fixture {
    /// Keeps a message and files it so.
    async fn filed(&self, at: &str, filing: Filing) -> MessageId {
        let id = self.keep(at, b"x").await;
        self.store.file(id, filing).await.unwrap();
        id
    }

    async fn trace(&self, id: MessageId) -> Trace {
        self.store.trace(id).await.unwrap()
    }

    async fn arrived(&self, sought: Sought) -> Vec<MessageId> {
        let span = time("2026-11-20T00:00:00Z")..time("2026-11-24T00:00:00Z");
        self.store.arrived(sought, span, 50).await.unwrap()
    }
}

#[tokio::test]
async fn every_copy_tells_the_life_of_the_mail() {
    let fixture = Fixture::new().await;
    let home = fixture.keep(EVENING, b"x").await;
    let owed = keyed(owed_to(fixture.amy, "amy@corp.example"));
    fixture.store.file(home, owed).await.unwrap();
    let copy = fixture.keep(MORNING, b"x").await;
    let filed = fixture.store.file(copy, keyed(to(fixture.bo))).await;
    assert_eq!(filed.unwrap(), Filed::Merged(home));
    let read = AuditEvent {
        actor: "bo".to_owned(),
        action: "read-message",
        object: home.to_string(),
        detail: "mailbox bo".to_owned(),
        address: None,
    };
    fixture.store.audit(read, time(MORNING)).await.unwrap();
    let bo = "bo@corp.example".parse().unwrap();
    fixture
        .store
        .resend(home, &bo, "eve", time(MORNING))
        .await
        .unwrap();

    for id in [home, copy] {
        let trace = fixture.trace(id).await;
        assert_eq!((trace.id, trace.subject.as_str()), (home, "offer"));
        let arrivals: Vec<_> = trace.arrivals.iter().map(|it| (it.id, it.state)).collect();
        let wanted = [(home, ArrivalState::Filed), (copy, ArrivalState::Merged)];
        assert_eq!(arrivals, wanted);
        let places: Vec<_> = trace
            .places
            .iter()
            .map(|it| (&*it.login, &*it.folder))
            .collect();
        assert_eq!(places, [("amy", "inbox"), ("bo", "inbox")]);
        let states: Vec<_> = trace.deliveries.iter().map(|row| row.state).collect();
        assert_eq!(states, [QueueState::Waiting, QueueState::Waiting]);
        let audit = fixture.store.audit_of(&trace).await.unwrap();
        let done: Vec<_> = audit.iter().map(|row| &*row.action).collect();
        assert_eq!(done, ["read-message", "resend"]);
    }
}

#[tokio::test]
async fn a_copy_whose_home_is_lost_tells_its_own_life() {
    let fixture = Fixture::new().await;
    let home = fixture.filed(EVENING, keyed(to(fixture.amy))).await;
    let copy = fixture.filed(MORNING, keyed(Filing::default())).await;
    let day = fixture.dir.path().join("days").join(home.day().to_string());
    std::fs::remove_dir_all(day).unwrap();
    let trace = fixture.trace(copy).await;
    assert_eq!((trace.id, trace.places.len()), (copy, 0));
    let gone = fixture.store.trace(home).await;
    assert!(matches!(gone, Err(StoreError::Missing(_))), "{gone:?}");
}

#[tokio::test]
async fn mail_is_found_by_what_no_text_index_knows() {
    let fixture = Fixture::new().await;
    let mut blind = envelope(MORNING);
    blind.recipients = vec!["Secret@Corp.example".parse().unwrap()];
    blind.reverse_path = "bounce@acme.example".to_owned().try_into().unwrap();
    blind.peer.helo = "boss@corp.example".to_owned();
    let mut held = Held::new(10);
    held.append(b"x").unwrap();
    let id = fixture.store.keep(held, blind).await.unwrap();
    let address = |text: &str| Sought::Address(text.parse().unwrap());
    for found in [
        "secret@corp.example",
        "SECRET@CORP.EXAMPLE",
        "bounce@acme.example",
    ] {
        assert_eq!(fixture.arrived(address(found)).await, [id], "{found}");
    }
    for strange in ["boss@corp.example", "ecret@corp.example"] {
        assert_eq!(fixture.arrived(address(strange)).await, [], "{strange}");
    }
    // What its own header says is known when it is filed.
    fixture
        .store
        .file(id, keyed(to(fixture.amy)))
        .await
        .unwrap();
    assert_eq!(fixture.arrived(address("max@acme.example")).await, [id]);
    let message_id = Sought::HeaderMessageId("1@acme.example".to_owned());
    assert_eq!(fixture.arrived(message_id).await, [id]);
    let earlier = time("2026-11-20T00:00:00Z")..time(EVENING);
    let earlier = fixture
        .store
        .arrived(address("secret@corp.example"), earlier, 50);
    assert_eq!(earlier.await.unwrap(), []);
}

#[tokio::test]
async fn an_address_finds_what_lies_in_its_mailbox_and_what_nobody_has() {
    let fixture = Fixture::new().await;
    // A copy for the journal: no envelope names its owner.
    let copy = async || {
        let mut copy = envelope(MORNING);
        copy.recipients = vec!["journal@shadow.corp.example".parse().unwrap()];
        let mut held = Held::new(10);
        held.append(b"x").unwrap();
        fixture.store.keep(held, copy).await.unwrap()
    };
    let bos = copy().await;
    fixture.store.file(bos, to(fixture.bo)).await.unwrap();
    let unsorted = copy().await;
    let nobodys = Filing {
        unknown_names: vec![unknown("zoe@corp.example", Folder::Inbox)],
        ..Filing::default()
    };
    fixture.store.file(unsorted, nobodys).await.unwrap();
    let address = |text: &str| Sought::Address(text.parse().unwrap());
    assert_eq!(fixture.arrived(address("bo@corp.example")).await, [bos]);
    let zoe = fixture.arrived(address("Zoe@corp.example")).await;
    assert_eq!(zoe, [unsorted]);
}

#[tokio::test]
async fn names_with_umlauts_are_found_in_any_case() {
    let fixture = Fixture::new().await;
    let mut to_him = envelope(MORNING);
    to_him.recipients = vec!["JÜRGEN@corp.example".parse().unwrap()];
    let mut held = Held::new(10);
    held.append(b"x").unwrap();
    let id = fixture.store.keep(held, to_him).await.unwrap();
    let sought = Sought::Address("jürgen@corp.example".parse().unwrap());
    assert_eq!(fixture.arrived(sought).await, [id]);
}

#[tokio::test]
async fn a_damaged_envelope_hides_neither_its_mail_nor_others() {
    let fixture = Fixture::new().await;
    let home = fixture.filed(EVENING, keyed(to(fixture.amy))).await;
    let copy = fixture.filed(MORNING, keyed(to(fixture.bo))).await;
    let spoil = fixture.store.blocking(move |inner| {
        inner
            .days
            .of(copy)?
            .index
            .write(|index| Ok(index.execute("UPDATE message SET envelope = '{'", [])?))
    });
    spoil.await.unwrap();
    let trace = fixture.trace(home).await;
    let known: Vec<bool> = trace
        .arrivals
        .iter()
        .map(|it| it.envelope.is_some())
        .collect();
    assert_eq!(known, [true, false]);
}

#[tokio::test]
async fn what_comes_back_after_weeks_is_a_copy_too() {
    let fixture = Fixture::new().await;
    let home = fixture.keep("2026-11-01T09:00:00Z", b"x").await;
    let owed = owed_to(fixture.amy, "amy@corp.example");
    fixture.store.file(home, owed).await.unwrap();
    let queue = fixture.store.ledger_of(home).await.unwrap()[0].id;
    let back = fixture.keep(MORNING, b"x").await;
    let replayed = crate::filing::Replayed {
        message: home,
        queue,
    };
    let filing = Filing {
        replayed: Some(replayed),
        ..to(fixture.amy)
    };
    fixture.store.file(back, filing).await.unwrap();
    let arrivals = fixture.trace(back).await.arrivals;
    let ids: Vec<MessageId> = arrivals.iter().map(|it| it.id).collect();
    assert_eq!(ids, [home, back]);
}
