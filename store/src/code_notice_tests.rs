use super::*;
use crate::emergency_code::NewCode;
use crate::fixture::{Fixture, time};
use crate::mode::{Mode, ModeChange};
use crate::proof::{Proof, Proven};
use crate::secret::Secret;

const MADE: &str = "2026-11-22T09:00:00Z";
const USED: &str = "2026-11-22T10:00:00Z";

async fn issue(fixture: &Fixture) {
    let code = NewCode {
        account: fixture.amy,
        hash: Secret::new("$argon2id$of the code"),
    };
    let made = ("eva".to_owned(), time("2026-11-29T09:00:00Z"));
    let issued = fixture.store.issue_codes(vec![code], made, time(MADE));
    issued.await.unwrap();
}

#[tokio::test]
async fn one_is_told_once_also_when_the_code_is_gone() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    assert_eq!(store.take_code_notice(fixture.amy).await.unwrap(), None);
    issue(&fixture).await;
    let from = store.mode().await.unwrap();
    let next = ModeChange {
        mode: Mode::Emergency,
        ..from.clone()
    };
    store.append_mode(&from, next).await.unwrap();
    let code = store.emergency_code(fixture.amy, time(USED)).await;
    let proven = Proven {
        account: fixture.amy,
        proof: Proof::Code(code.unwrap().unwrap().id),
        from: None,
    };
    let opened = store.open_session(proven, time(USED)).await;
    assert!(opened.unwrap().token().is_some());
    let want = CodeNotice {
        made_at: time(MADE),
        made_by: "eva".to_owned(),
        used_at: Some(time(USED)),
    };
    let told = store.take_code_notice(fixture.amy).await.unwrap();
    assert_eq!(told, Some(want));
    assert_eq!(store.take_code_notice(fixture.amy).await.unwrap(), None);
    assert_eq!(store.take_code_notice(fixture.bo).await.unwrap(), None);
}
