//! What somebody wrote in the emergency webmail goes into the Sent folder of the primary by
//! IMAP (RFC 3501).
//!
//! A message that is there already is not put there again, so a try whose answer was lost can be
//! repeated.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::Address;

use crate::config::Imap;
use crate::failure::MailboxFailure;
use crate::imap_look;
use crate::imap_session::{Session, Trouble, quoted};
use crate::limits::Patience;
use crate::progress::Progress;
use crate::sent_folder::{choose, to_create};

/// A message for the Sent folder of its writer.
#[derive(Clone, Debug)]
pub(crate) struct SentCopy {
    /// Whose folder.
    pub writer: Address,
    /// The message as it was written, octet for octet.
    pub bytes: Vec<u8>,
    /// When it was written.
    pub date: Timestamp,
}

/// Puts the copy into the folder, unless it is there already. Gives the last words.
pub(crate) async fn put(
    imap: &Imap,
    copy: &SentCopy,
    patience: Patience,
    progress: &Progress,
) -> Result<String, MailboxFailure> {
    if copy.bytes.contains(&0) {
        // A literal can not hold it (RFC 3501 §4.3).
        return Err(MailboxFailure::Held(
            "IMAP can not carry a message with a NUL in it".into(),
        ));
    }
    let id = imap_look::name_of(&copy.bytes);
    let mut session = Session::open(imap, &copy.writer, patience).await?;
    let put = put_once(&mut session, copy, id.as_deref(), progress).await;
    session.log_out().await;
    put.map_err(|trouble| match trouble {
        Trouble::Broken(how) if progress.is_whole_message_sent() => MailboxFailure::Unanswered {
            how,
            can_search: id.is_some(),
        },
        other => other.of_looking(),
    })
}

async fn put_once(
    session: &mut Session,
    copy: &SentCopy,
    id: Option<&str>,
    progress: &Progress,
) -> Result<String, Trouble> {
    let folder = sent_folder(session).await?;
    if let Some(id) = id
        && imap_look::holds(session, &folder, id).await?
    {
        return Ok(format!("is in the folder {folder} already"));
    }
    let answer = append(session, &folder, copy, progress).await?;
    Ok(format!("put into the folder {folder}: {answer}"))
}

/// The Sent folder, made when there is none.
async fn sent_folder(session: &mut Session) -> Result<String, Trouble> {
    let folders = imap_look::folders(session).await?;
    if let Some(name) = choose(&folders) {
        return Ok(name.to_owned());
    }
    let mut refused = Trouble::No("no folder can be made".into());
    for name in to_create(&folders) {
        match session
            .command(&format!("CREATE {}", quoted(&name)), |_| ())
            .await
        {
            Ok(_) => {
                // Mail programs show it without that, too; some only after a subscription.
                let _ = session
                    .command(&format!("SUBSCRIBE {}", quoted(&name)), |_| ())
                    .await;
                return Ok(name);
            }
            Err(trouble @ Trouble::No(_)) => refused = trouble,
            Err(trouble) => return Err(trouble),
        }
    }
    Err(refused)
}

async fn append(
    session: &mut Session,
    folder: &str,
    copy: &SentCopy,
    progress: &Progress,
) -> Result<String, Trouble> {
    let date = copy
        .date
        .to_zoned(TimeZone::UTC)
        .strftime("%e-%b-%Y %H:%M:%S +0000");
    let command = format!("APPEND {} (\\Seen) \"{date}\"", quoted(folder));
    session
        .command_with_literal(&command, &copy.bytes, progress)
        .await
}

#[cfg(test)]
#[path = "imap_tests.rs"]
mod tests;
