//! Whether a server lets people read (RFC 9051).

use store::Secret;

use super::talk::Talk;
use crate::limits;
use crate::wire::{Place, Security};

/// Asks and gives its last words.
pub(super) async fn ask(
    (place, security): (&Place, &Security),
    login: Option<&(String, Secret)>,
) -> Result<String, String> {
    let mut talk = Talk::open(place, security).await?;
    let greeting = talk.line().await?;
    if !["* OK", "* PREAUTH"]
        .iter()
        .any(|it| greeting.starts_with(it))
    {
        return Err(format!("{place} answered \"{greeting}\" to the connection"));
    }
    let Some((login, password)) = login else {
        let _ = talk.say("a LOGOUT\r\n").await;
        return Ok(greeting);
    };
    let (login, password) = (quoted(login), quoted(password.expose()));
    talk.say(&format!("a LOGIN {login} {password}\r\n")).await?;
    for _ in 0..limits::PROBE_LINES_MAX {
        let line = talk.line().await?;
        if line.starts_with("a OK") {
            let _ = talk.say("b LOGOUT\r\n").await;
            return Ok(line);
        }
        if line.starts_with("a ") {
            // Some say again what they heard.
            let line = line.replace(&password, "…");
            return Err(format!("{place} answered \"{line}\" to LOGIN"));
        }
    }
    Err(format!("{place} says lines without an end"))
}

/// A quoted string (RFC 9051 §4.3). The configuration takes no line ends in it.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
