//! What the primary's mailboxes hold, asked by IMAP without changing anything (RFC 3501).

use std::collections::HashSet;

use async_imap::imap_proto::{AttributeValue, MailboxDatum, NameAttribute, Response};
use jiff::civil::Date;

use crate::header::value_of;
use crate::imap_session::{Session, Trouble, quoted};
use crate::limits;
use crate::sent_folder::{Listed, choose};

/// Folders of others, or of everybody, below which somebody's own mail does not lie. Servers are free
/// in what they call them (RFC 2342 §4 tells of Dovecot's, Cyrus' and Exchange's).
const OF_OTHERS: &[&str] = &[
    "shared",
    "Shared Folders",
    "user",
    "Other Users",
    "Other People",
    "public",
    "Public Folders",
    "#shared",
    "#public",
    "#news",
];

/// All folders of the mailbox.
pub(crate) async fn folders(session: &mut Session) -> Result<Vec<Listed>, Trouble> {
    let mut folders = Vec::new();
    let mut are_too_many = false;
    let collect = |response: &Response<'_>| {
        if let Response::MailboxData(MailboxDatum::List(list)) = response
            // What has a line end in its name can not be asked for in one command.
            && !list.name.chars().any(char::is_control)
        {
            if folders.len() == limits::FOLDERS_MAX {
                are_too_many = true;
                return;
            }
            folders.push(Listed {
                name: list.name.to_string(),
                delimiter: list.delimiter.as_deref().map(ToOwned::to_owned),
                is_sent: list.name_attributes.contains(&NameAttribute::Sent),
                is_selectable: !list.name_attributes.iter().any(cannot_be_opened),
            });
        }
    };
    session.command("LIST \"\" \"*\"", collect).await?;
    if are_too_many {
        let most = limits::FOLDERS_MAX;
        return Err(Trouble::No(format!("it has more than {most} folders")));
    }
    Ok(folders)
}

/// The folder for sent mail, and the others that hold its owner's mail and nobody else's.
async fn own_folders(session: &mut Session) -> Result<(Option<String>, Vec<String>), Trouble> {
    let folders = folders(session).await?;
    let sent = choose(&folders).map(ToOwned::to_owned);
    let own = folders.into_iter();
    let own = own.filter(|folder| folder.is_selectable && !is_of_others(folder));
    let own = own.map(|folder| folder.name);
    let others = own.filter(|name| Some(name) != sent.as_ref()).collect();
    Ok((sent, others))
}

/// The folder in which a message with exactly this Message-ID came in. That it lies in the one for sent
/// mail says nothing: people write to themselves.
pub(crate) async fn find(session: &mut Session, id: &str) -> Result<Option<String>, Trouble> {
    let (_, others) = own_folders(session).await?;
    for folder in others {
        if holds(session, &folder, id).await? {
            return Ok(Some(folder));
        }
    }
    Ok(None)
}

/// Whether a message with exactly this Message-ID is in the folder. SEARCH finds substrings,
/// without case (RFC 3501 §6.4.4).
pub(crate) async fn holds(session: &mut Session, folder: &str, id: &str) -> Result<bool, Trouble> {
    open(session, folder).await?;
    let search = format!("UID SEARCH HEADER Message-ID {}", quoted(id));
    let mut found = search_for(session, &search).await?;
    found.truncate(limits::SEARCH_HITS_MAX);
    let mut same = false;
    fetch_names(session, &found, |name| same |= name == id).await?;
    Ok(same)
}

/// Message-IDs of a mailbox.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Of what lies in the folder for sent mail.
    pub sent: HashSet<String>,
    /// Of what lies in all others.
    pub others: HashSet<String>,
}

/// The Message-IDs of all that came into the mailbox since a day. The server's own time zone decides
/// what came on that day (RFC 3501 §6.4.4), so it begins earlier than what it is asked for.
pub(crate) async fn names_since(session: &mut Session, since: Date) -> Result<Names, Trouble> {
    let (sent, others) = own_folders(session).await?;
    let mut names = Names::default();
    if let Some(sent) = sent {
        names_in(session, (&sent, since), &mut names.sent).await?;
    }
    for folder in others {
        names_in(session, (&folder, since), &mut names.others).await?;
    }
    Ok(names)
}

async fn names_in(
    session: &mut Session,
    (folder, since): (&str, Date),
    names: &mut HashSet<String>,
) -> Result<(), Trouble> {
    open(session, folder).await?;
    let search = format!("UID SEARCH SINCE {}", since.strftime("%-d-%b-%Y"));
    let found = search_for(session, &search).await?;
    for some in found.chunks(limits::FETCHED_AT_ONCE) {
        fetch_names(session, some, |name| {
            if can_be_searched(name) {
                names.insert(name.to_owned());
            }
        })
        .await?;
        if names.len() > limits::NAMES_MAX {
            return Err(Trouble::No(format!(
                "more than {} messages since {since}",
                limits::NAMES_MAX
            )));
        }
    }
    Ok(())
}

/// The Message-ID of a message, where a server can be asked for it.
pub(crate) fn name_of(message: &[u8]) -> Option<String> {
    value_of(message, "Message-ID").filter(|name| can_be_searched(name))
}

async fn open(session: &mut Session, folder: &str) -> Result<(), Trouble> {
    let examine = format!("EXAMINE {}", quoted(folder));
    session.command(&examine, |_| ()).await?;
    Ok(())
}

async fn search_for(session: &mut Session, search: &str) -> Result<Vec<u32>, Trouble> {
    let mut found = Vec::new();
    let collect = |response: &Response<'_>| {
        if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
            found.extend(uids.iter().take(limits::NAMES_MAX));
        }
    };
    session.command(search, collect).await?;
    Ok(found)
}

async fn fetch_names(
    session: &mut Session,
    uids: &[u32],
    mut each: impl FnMut(&str),
) -> Result<(), Trouble> {
    if uids.is_empty() {
        return Ok(());
    }
    let uids: Vec<String> = uids.iter().map(ToString::to_string).collect();
    let fetch = format!(
        "UID FETCH {} (BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])",
        uids.join(",")
    );
    let look = |response: &Response<'_>| {
        let Response::Fetch(_, attributes) = response else {
            return;
        };
        for attribute in attributes {
            if let AttributeValue::BodySection {
                data: Some(header), ..
            } = attribute
                && let Some(name) = value_of(header, "Message-ID")
            {
                each(&name);
            }
        }
    };
    session.command(&fetch, look).await?;
    Ok(())
}

fn cannot_be_opened(attribute: &NameAttribute<'_>) -> bool {
    match attribute {
        NameAttribute::NoSelect => true,
        NameAttribute::Extension(name) => name.eq_ignore_ascii_case("\\NonExistent"),
        _ => false,
    }
}

fn is_of_others(folder: &Listed) -> bool {
    let highest = folder.levels().first().copied().unwrap_or_default();
    OF_OTHERS.iter().any(|it| it.eq_ignore_ascii_case(highest))
}

fn can_be_searched(id: &str) -> bool {
    !id.is_empty() && id.len() < 1000 && id.bytes().all(|b| b.is_ascii_graphic())
}
