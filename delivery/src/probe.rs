//! Asks a mail server for its name, for `shadowmail check`.

use std::io;
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::config::{Door, HostPort};
use crate::failure::Ending;
use crate::limits::{self, Patience};
use crate::smtp::Line;
use crate::words::clean;

/// A server could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// Nobody takes the connection.
    #[error("cannot connect to {0}: {1}")]
    Unreachable(HostPort, io::Error),
    /// Nothing came in time.
    #[error("{0} said nothing for {1} seconds")]
    Silent(HostPort, u64),
    /// What it said is not "welcome".
    #[error("{0} answered {1:?} instead of a welcome")]
    Unwelcome(HostPort, String),
    /// The connection broke.
    #[error("{0} closed the connection: {1}")]
    Broken(HostPort, io::Error),
}

/// Connects, says EHLO as `hello` and QUIT, and gives the words of the greeting.
pub async fn probe(address: &HostPort, hello: &str) -> Result<String, ProbeError> {
    let connecting = TcpStream::connect((address.host(), address.port()));
    let mut stream = bounded(address, connecting)
        .await?
        .map_err(|e| ProbeError::Unreachable(address.clone(), e))?;
    let greeting = said(address, &mut stream, "220").await?;
    say(address, &mut stream, &format!("EHLO {hello}\r\n")).await?;
    said(address, &mut stream, "250").await?;
    // It told all we asked for; whether it says goodbye does not matter.
    let _ = say(address, &mut stream, "QUIT\r\n").await;
    Ok(greeting)
}

/// Comes to a mail server as a hand-over does, encrypted and signed in where it must be, and goes
/// away again. Gives what was found, or why nothing could be handed over.
pub async fn knock(door: &Door, hello: &str) -> Result<String, String> {
    let patience = Patience {
        connect: limits::PROBE_PATIENCE,
        command: limits::PROBE_PATIENCE,
        ..Patience::default()
    };
    let opened = AssertUnwindSafe(Line::open(door, hello, patience)).catch_unwind();
    let Ok(opened) = opened.await else {
        return Err(format!("what {} says can not be read", door.address));
    };
    let line = opened.map_err(|failure| match failure.ending() {
        Ending::Unreachable(words) | Ending::TurnedAway(words) => words,
        other => format!("{other:?}"),
    })?;
    let encrypted = if line.is_encrypted() {
        "encrypted"
    } else {
        "not encrypted"
    };
    line.quit().await;
    let signed_in = match &door.login {
        Some(login) => format!("signed in as {}", login.name),
        None => "no sign-in".to_owned(),
    };
    Ok(format!("{encrypted}, {signed_in}"))
}

async fn say(address: &HostPort, stream: &mut TcpStream, text: &str) -> Result<(), ProbeError> {
    bounded(address, stream.write_all(text.as_bytes()))
        .await?
        .map_err(|e| ProbeError::Broken(address.clone(), e))
}

/// Reads one reply (RFC 5321 §4.2.1) and gives the text of its first line.
async fn said(
    address: &HostPort,
    stream: &mut TcpStream,
    want: &str,
) -> Result<String, ProbeError> {
    let mut reply = Vec::new();
    while !is_whole(&reply) {
        let mut piece = [0; 512];
        let broken = |e| ProbeError::Broken(address.clone(), e);
        let read = bounded(address, stream.read(&mut piece))
            .await?
            .map_err(broken)?;
        if read == 0 || reply.len() > limits::REPLY_BYTES_MAX {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        reply.extend(piece.iter().take(read));
    }
    let reply = String::from_utf8_lossy(&reply);
    let first = clean(reply.lines().next().unwrap_or_default());
    match first.strip_prefix(want) {
        Some(words) => Ok(words.trim_start_matches([' ', '-']).to_owned()),
        None => Err(ProbeError::Unwelcome(address.clone(), first)),
    }
}

/// Whether the last line is there and no hyphen after its code promises another one.
fn is_whole(reply: &[u8]) -> bool {
    let Some(lines) = reply.strip_suffix(b"\n") else {
        return false;
    };
    let last = lines.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    last.get(3) != Some(&b'-')
}

async fn bounded<T>(address: &HostPort, work: impl Future<Output = T>) -> Result<T, ProbeError> {
    let patience = limits::PROBE_PATIENCE;
    timeout(patience, work)
        .await
        .map_err(|_| ProbeError::Silent(address.clone(), patience.as_secs()))
}

#[cfg(test)]
#[path = "probe_tests.rs"]
mod tests;
