//! Sending mail with other people's programs: swaks, and the smtp-source of Postfix.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::harness::message::Message;
use crate::harness::process::installed;
use crate::harness::scratch::Scratch;

/// Sends a message as it is, in one transaction. Fails unless the server took it.
#[track_caller]
pub fn swaks(server: SocketAddr, from: &str, to: &[&str], message: &Message) {
    installed("swaks", "swaks");
    let scratch = Scratch::new("swaks");
    // swaks adds the last line end itself.
    let text = message
        .bytes
        .strip_suffix(b"\r\n")
        .unwrap_or(&message.bytes);
    let file = scratch.write("message.eml", text);
    let output = Command::new("swaks")
        .args([
            "--server",
            &server.to_string(),
            "--helo",
            "client.outside.example",
        ])
        .args(["--from", from, "--to", &to.join(",")])
        .args(["--data", &format!("@{}", file.display()), "--suppress-data"])
        .stdin(Stdio::null())
        .output()
        .expect("swaks can be started");
    let heard = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "swaks could not send {}:\n{heard}",
        message.name
    );
}

/// Sends `count` messages of its own making over a few connections at once. Fails unless the
/// server took them all.
#[track_caller]
pub fn smtp_source(server: SocketAddr, from: &str, to: &str, count: usize) {
    installed("smtp-source, a part of Postfix,", "/usr/sbin/smtp-source");
    let output = Command::new("/usr/sbin/smtp-source")
        .args(["-s", "3", "-l", "4000", "-m", &count.to_string()])
        .args([
            "-M",
            "source.outside.example",
            "-f",
            from,
            "-t",
            to,
            &server.to_string(),
        ])
        .stdin(Stdio::null())
        .output()
        .expect("smtp-source can be started");
    let heard = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "smtp-source could not send:\n{heard}"
    );
}
