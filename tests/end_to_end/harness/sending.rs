//! Sending mail with other people's programs: swaks, and the smtp-source of Postfix.

use std::net::SocketAddr;
use std::process::{Command, Stdio};

use crate::harness::message::Message;
use crate::harness::process::installed;
use crate::harness::scratch::Scratch;
use crate::harness::smtp_client::stuffed;

/// Sends a message as it is, in one transaction. Fails unless the server took it.
#[track_caller]
pub fn swaks(server: SocketAddr, from: &str, to: &[&str], message: &Message) {
    let words = ["--from", from, "--to", &to.join(",")];
    let (taken, heard) = swaks_with(server, message, &words);
    assert!(taken, "swaks could not send {}:\n{heard}", message.name);
}

/// Sends a message as it is with these words for swaks. Tells whether the server took it, and what
/// both said.
pub fn swaks_with(server: SocketAddr, message: &Message, words: &[&str]) -> (bool, String) {
    installed("swaks", "swaks");
    let scratch = Scratch::new("swaks");
    // As it goes over the wire: left to itself, swaks makes a line end of each `\n` in a text. It
    // adds the last line end.
    let mut text = stuffed(&message.bytes);
    text.push(b'.');
    let file = scratch.write("message.eml", text);
    let output = Command::new("swaks")
        .args(["--server", &server.to_string()])
        .args(["--helo", "client.outside.example", "--suppress-data"])
        .args(["--data", &format!("@{}", file.display())])
        .arg("--no-data-fixup")
        .args(words)
        .stdin(Stdio::null())
        .output()
        .expect("swaks can be started");
    let [heard, complained] =
        [output.stdout, output.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    (output.status.success(), format!("{heard}{complained}"))
}

/// Sends `count` messages of its own making over a few connections at once. Fails unless the
/// server took them all.
#[track_caller]
pub fn smtp_source(server: SocketAddr, from: &str, to: &str, count: usize) {
    smtp_source_at_once(server, from, to, (3, count));
}

/// The same over so many connections at once.
#[track_caller]
pub fn smtp_source_at_once(
    server: SocketAddr,
    from: &str,
    to: &str,
    (sessions, count): (usize, usize),
) {
    installed("smtp-source, a part of Postfix,", "/usr/sbin/smtp-source");
    let output = Command::new("/usr/sbin/smtp-source")
        .args(["-s", &sessions.to_string(), "-l", "4000"])
        .args(["-m", &count.to_string()])
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
