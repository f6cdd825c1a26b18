use super::*;
use crate::emergency_code::NewCode;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{MirroredGroup, Snapshot};
use crate::secret::Secret;

const NOW: &str = "2026-11-22T09:00:00Z";
const END: &str = "2026-11-29T09:00:00Z";

/// amy has a verifier, bo a code, cy nothing; info is shared.
async fn three_people() -> Fixture {
    let fixture = Fixture::new().await;
    let mut amy = person("amy");
    amy.verifier = Some(Secret::new("$argon2id$of her password"));
    let mut info = person("info");
    info.kind = crate::account::AccountKind::Shared;
    let group = MirroredGroup {
        hidden: false,
        key: String::new(),
        address: "sales@corp.example".parse().unwrap(),
        name: "Sales".to_owned(),
        members: vec!["bo".to_owned()],
        groups: Vec::new(),
    };
    let snapshot = Snapshot {
        accounts: vec![amy, person("bo"), person("cy"), info],
        groups: vec![group],
    };
    fixture.store.mirror(snapshot).await.unwrap();
    let code = NewCode {
        account: fixture.bo,
        hash: Secret::new("hash"),
    };
    let made = (String::from("eva"), time(END));
    let issued = fixture.store.issue_codes(vec![code], made, time(NOW)).await;
    issued.unwrap();
    fixture
}

#[tokio::test]
async fn a_verifier_or_a_code_that_is_good_makes_ready() {
    let fixture = three_people().await;
    let ready = async |at| {
        let all = fixture.store.readiness(time(at)).await.unwrap();
        let one = |it: Readiness| (it.login.clone(), it.is_ready());
        all.into_iter().map(one).collect::<Vec<_>>()
    };
    let want = |bo| {
        let people = [("amy", true), ("bo", bo), ("cy", false)];
        people.map(|(login, ready)| (login.to_owned(), ready))
    };
    assert_eq!(ready(NOW).await, want(true));
    assert_eq!(ready(END).await, want(false));
}

#[tokio::test]
async fn what_was_shown_last_is_remembered_until_it_is_forgotten() {
    let fixture = three_people().await;
    let store = &fixture.store;
    let of_amy = async || store.readiness(time(NOW)).await.unwrap()[0].shown;
    assert_eq!(of_amy().await, None);
    for (at, how) in [(NOW, ShownBy::Check), (END, ShownBy::SignIn)] {
        let shown = Shown { at: time(at), how };
        let event = AuditEvent {
            actor: "amy".to_owned(),
            action: "ready",
            object: String::new(),
            detail: String::new(),
            address: None,
        };
        store
            .show_readiness(fixture.amy, shown, event)
            .await
            .unwrap();
        assert_eq!(of_amy().await, Some(shown));
    }
    assert_eq!(store.audit_log(10).await.unwrap().len(), 3);
    let by = "eva".to_owned();
    store
        .forget_sign_in(fixture.amy, by, time(END))
        .await
        .unwrap();
    assert_eq!(of_amy().await, None);
}

#[tokio::test]
async fn groups_are_told() {
    let fixture = three_people().await;
    let groups = fixture.store.groups().await.unwrap();
    let group = Group {
        address: "sales@corp.example".parse().unwrap(),
        name: "Sales".to_owned(),
    };
    assert_eq!(groups, [group]);
}
