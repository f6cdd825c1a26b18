//! Python's smtplib.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use super::scene::{PASSWORD, Scene};
use crate::harness::{Message, Turn, installed, mailbox};

#[track_caller]
fn send(scene: &Scene, way: &str, server: SocketAddr, to: &str, message: &Message) {
    installed("Python", "python3");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("end_to_end/clients/smtplib_client.py");
    let file = scene.file(&message.name);
    std::fs::write(&file, &message.bytes).unwrap();
    let mut child = Command::new("python3")
        .arg(script)
        .args([way, &server.to_string()])
        .arg(file)
        .args([to, scene.server.certificate.to_str().unwrap(), "gateway"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 can be started");
    let mut input = child.stdin.take().unwrap();
    let _ = writeln!(input, "{PASSWORD}");
    drop(input);
    let output = child.wait_with_output().unwrap();
    let heard = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{way}:\n{heard}");
}

#[test]
fn smtplib_delivers_every_way() {
    let _turn = Turn::take();
    let scene = Scene::open();
    let anna = mailbox("anna").address();
    let fallback = scene.shadowmail.config().fallback;
    let mut mails = Vec::new();
    let mut brings = |way: &str, server: SocketAddr, bytes: usize| {
        let message = Message::with_body(mails.len(), bytes);
        send(&scene, way, server, anna, &message);
        mails.push(message.bytes);
    };
    brings("plain", fallback, 5000);
    brings("starttls", scene.starttls, 5000);
    brings("implicit", scene.implicit, 5_000_000);
    // It reads one reply only, so one recipient is all that it can have.
    brings("lmtp", scene.lmtp, 5000);
    let mails: Vec<&[u8]> = mails.iter().map(Vec::as_slice).collect();
    scene.assert_mailbox("anna", &mails);
}
