use super::*;
use crate::findings::{Confirmation, Outcome, Virus};

/// What stands in records of before the checks.
const OLD: &str = r#"{"source":"fallback-mail","reverse_path":"a@x.example",
    "recipients":["b@y.example"],"received_at":"2026-11-20T10:00:00Z",
    "peer":{"listener":"mx","address":"192.0.2.1","helo":"c.test","protocol":"ESMTP"},
    "bare_line_ends":false,"smtputf8":false}"#;

#[test]
fn old_records_stay_readable() {
    let envelope: Envelope = serde_json::from_str(OLD).unwrap();
    assert_eq!(envelope.peer.listener, "mx");
    assert_eq!(envelope.peer.findings, None);
    let again = serde_json::to_string(&envelope).unwrap();
    assert!(!again.contains("findings"), "{again}");
}

#[test]
fn findings_come_back_as_they_were() {
    let mut envelope: Envelope = serde_json::from_str(OLD).unwrap();
    let spf = Confirmation {
        domain: "x.example".to_owned(),
        outcome: Outcome::SoftFail,
    };
    envelope.peer.findings = Some(Box::new(Findings {
        spf: Some(spf),
        virus: Some(Virus::Found("Eicar".to_owned())),
        ..Findings::default()
    }));
    let text = serde_json::to_string(&envelope).unwrap();
    assert!(text.contains(r#""outcome":"softfail""#), "{text}");
    assert!(!text.contains("dkim"), "{text}");
    assert_eq!(serde_json::from_str::<Envelope>(&text).unwrap(), envelope);
}
