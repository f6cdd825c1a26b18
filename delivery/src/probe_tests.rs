use super::*;
use crate::scripted_peer::{Manners, Say, ScriptedPeer};

async fn ask(greeting: Say) -> Result<String, String> {
    let peer = ScriptedPeer::start(Manners {
        greeting,
        ..Manners::default()
    })
    .await;
    probe(&peer.door().address, "shadow.example")
        .await
        .map_err(|e| e.to_string())
}

#[tokio::test]
async fn tells_the_words_of_the_greeting() {
    assert_eq!(
        ask(Say::Line(b"220 primary.example ESMTP\r\n"))
            .await
            .unwrap(),
        "primary.example ESMTP"
    );
    let two_lines = Say::Line(b"220-primary.example\r\n220 second line\r\n");
    assert_eq!(ask(two_lines).await.unwrap(), "primary.example");
}

#[tokio::test]
async fn errors_are_sentences() {
    let refused = ask(Say::Line(b"554 go\x07 away\r\n")).await.unwrap_err();
    assert!(
        refused.ends_with("answered \"554 go away\" instead of a welcome"),
        "{refused}"
    );
    let broken = ask(Say::HangUp).await.unwrap_err();
    assert!(broken.contains("closed the connection"), "{broken}");
    let nobody = "127.0.0.1:1".parse().unwrap();
    let unreachable = probe(&nobody, "shadow.example")
        .await
        .unwrap_err()
        .to_string();
    assert!(
        unreachable.starts_with("cannot connect to 127.0.0.1:1: "),
        "{unreachable}"
    );
}

#[test]
fn knows_a_whole_reply() {
    let check = |reply: &str, want| assert_eq!(is_whole(reply.as_bytes()), want, "{reply:?}");
    check("220 a\r\n", true);
    check("220-a\r\n220 b\r\n", true);
    check("220-a\r\n", false);
    check("220 a", false);
    check("", false);
    check("\n", true);
}
