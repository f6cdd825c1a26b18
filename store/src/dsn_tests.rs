use super::*;
use crate::envelope::{Envelope, Trust};
use crate::fixture;

#[test]
fn an_envelope_of_an_older_version_is_read() {
    let mut envelope = fixture::envelope("2026-11-22T09:00:00Z");
    let old = serde_json::to_string(&envelope).unwrap();
    for word in ["dsn", "via", "trust"] {
        assert!(
            !old.contains(word),
            "{word} is not written when it is not there"
        );
    }
    assert_eq!(serde_json::from_str::<Envelope>(&old).unwrap(), envelope);

    let recipient: Address = "amy@corp.example".parse().unwrap();
    envelope.peer.via = Some([10, 0, 0, 1].into());
    envelope.peer.trust = Some(Trust::Login("gateway".into()));
    envelope.dsn = Some(Dsn {
        ret: Some(Ret::Hdrs),
        envid: Some("id+2B1".into()),
        recipients: vec![RecipientDsn {
            recipient: recipient.clone(),
            notify: Some(Vec::new()),
            orcpt: None,
        }],
    });
    let text = serde_json::to_string(&envelope).unwrap();
    let read: Envelope = serde_json::from_str(&text).unwrap();
    assert_eq!(read, envelope);
    let dsn = read.dsn.unwrap();
    let asked = dsn.of(&recipient).unwrap();
    assert_eq!(asked.notify_word().as_deref(), Some("NEVER"));
    assert_eq!(dsn.of(&"bob@corp.example".parse().unwrap()), None);
}
