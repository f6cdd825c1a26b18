//! Whether a server takes mail (RFC 5321), without handing any over.

use store::Address;

use super::talk::Talk;
use crate::wire::{Place, Security};

/// Asks and gives its last words.
pub(super) async fn ask(
    (place, security): (&Place, &Security),
    hello: &str,
    recipient: Option<&Address>,
) -> Result<String, String> {
    let mut talk = Talk::open(place, security).await?;
    let mut words = talk.reply("220", "the connection").await?;
    talk.say(&format!("EHLO {hello}\r\n")).await?;
    talk.reply("250", "EHLO").await?;
    if let Some(recipient) = recipient {
        // As a bounce comes: nobody is answered.
        talk.say("MAIL FROM:<>\r\n").await?;
        talk.reply("250", "MAIL FROM:<>").await?;
        let rcpt = format!("RCPT TO:<{recipient}>");
        talk.say(&format!("{rcpt}\r\n")).await?;
        words = talk.reply("25", &rcpt).await?;
        talk.say("RSET\r\n").await?;
        talk.reply("250", "RSET").await?;
    }
    // It said all we asked for; whether it says goodbye does not matter.
    let _ = talk.say("QUIT\r\n").await;
    Ok(words)
}
