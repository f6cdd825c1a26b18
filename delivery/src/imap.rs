//! What somebody wrote in the emergency webmail goes into the Sent folder of the primary by
//! IMAP (RFC 3501).
//!
//! A message that is there already is not put there again, so a try whose answer was lost can be
//! repeated.

use async_imap::imap_proto::{AttributeValue, MailboxDatum, NameAttribute, Response};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use store::Address;

use crate::config::Imap;
use crate::failure::MailboxFailure;
use crate::header::value_of;
use crate::imap_session::{Session, Trouble, quoted};
use crate::limits::{self, Patience};
use crate::progress::Progress;
use crate::sent_folder::{Listed, choose, to_create};

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
    let id = value_of(&copy.bytes, "Message-ID").filter(|id| can_be_searched(id));
    let mut session = Session::open(imap, &copy.writer, patience).await?;
    let put = put_once(&mut session, copy, id.as_deref(), progress).await;
    session.log_out().await;
    put.map_err(|trouble| match trouble {
        Trouble::No(how) => MailboxFailure::No(how),
        Trouble::Bad(how) => MailboxFailure::Bad(how),
        Trouble::Broken(how) if progress.is_whole_message_sent() => MailboxFailure::Unanswered {
            how,
            can_search: id.is_some(),
        },
        Trouble::Broken(how) => MailboxFailure::Broken(how),
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
        && holds(session, &folder, id).await?
    {
        return Ok(format!("is in the folder {folder} already"));
    }
    let answer = append(session, &folder, copy, progress).await?;
    Ok(format!("put into the folder {folder}: {answer}"))
}

/// The Sent folder, made when there is none.
async fn sent_folder(session: &mut Session) -> Result<String, Trouble> {
    let mut folders = Vec::new();
    let collect = |response: &Response<'_>| {
        if let Response::MailboxData(MailboxDatum::List(list)) = response {
            folders.push(Listed {
                name: list.name.to_string(),
                delimiter: list.delimiter.as_deref().map(ToOwned::to_owned),
                is_sent: list.name_attributes.contains(&NameAttribute::Sent),
                is_selectable: !list.name_attributes.iter().any(cannot_be_opened),
            });
        }
    };
    session.command("LIST \"\" \"*\"", collect).await?;
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

/// Whether a message with exactly this Message-ID is in the folder. SEARCH finds substrings,
/// without case (RFC 3501 §6.4.4).
async fn holds(session: &mut Session, folder: &str, id: &str) -> Result<bool, Trouble> {
    session
        .command(&format!("EXAMINE {}", quoted(folder)), |_| ())
        .await?;
    let mut found = Vec::new();
    let collect = |response: &Response<'_>| {
        if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
            found.extend(
                uids.iter()
                    .take(limits::SEARCH_HITS_MAX)
                    .map(ToString::to_string),
            );
        }
    };
    session
        .command(
            &format!("UID SEARCH HEADER Message-ID {}", quoted(id)),
            collect,
        )
        .await?;
    if found.is_empty() {
        return Ok(false);
    }
    let mut same = false;
    let compare = |response: &Response<'_>| {
        let Response::Fetch(_, attributes) = response else {
            return;
        };
        same |= attributes.iter().any(|it| {
            matches!(it, AttributeValue::BodySection { data: Some(header), .. }
                    if value_of(header, "Message-ID").as_deref() == Some(id))
        });
    };
    let fetch = format!(
        "UID FETCH {} (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])",
        found.join(",")
    );
    session.command(&fetch, compare).await?;
    Ok(same)
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

fn cannot_be_opened(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}

fn can_be_searched(id: &str) -> bool {
    !id.is_empty() && id.len() < 1000 && id.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
#[path = "imap_tests.rs"]
mod tests;
