//! Decides where a message goes. Looks nothing up and writes nothing.

use std::collections::HashSet;

use store::{
    AccountId, Address, Entry, Filing, Folder, Owed, Owners, Purpose, Recipient, UnknownName,
};

use crate::limits;

/// An address and what the directory says of it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    /// As it was given.
    pub(super) address: Address,
    /// Whose it is.
    pub(super) owners: Owners,
    /// Its domain is one of the organisation's.
    pub(super) domain_is_ours: bool,
}

/// Whom a copy is for.
#[derive(Debug)]
pub(super) enum CopiedTo {
    /// The envelope or a journal report says so: the primary has it for them.
    Told(Vec<Named>),
    /// Only the header says so. The primary may have it for some of them alone: a sender may
    /// hand over one mail in parts, and each part names all recipients.
    Guessed(Vec<Named>),
}

/// Files a copy of what the primary has: into the Inbox of all who got it, and into Sent of the
/// `senders`: who wrote it, and in whose name. Nothing is owed; what was owed is settled for those whom we were told, not for those
/// whom we guess.
pub(super) fn copy(to: &CopiedTo, senders: &[AccountId], filing: Filing) -> Filing {
    let (CopiedTo::Told(named) | CopiedTo::Guessed(named)) = to;
    let mut tray = Tray::new(filing);
    for (owner, _) in each_owner(named) {
        tray.entry(owner.account, Folder::Inbox);
        if matches!(to, CopiedTo::Told(_)) {
            tray.filing.served.push(owner.account);
        }
    }
    for sender in senders {
        tray.entry(*sender, Folder::Sent);
    }
    match to {
        CopiedTo::Told(named) => tray.unknown(named, told_recipient),
        // Whoever wrote the header may have made up any number of them.
        CopiedTo::Guessed(named) => {
            let most = named.len().min(limits::GUESSED_NAMES_MAX);
            tray.unknown(named.get(..most).unwrap_or_default(), recipient);
        }
    }
    tray.filing
}

/// Files what somebody else has decided about: into one mailbox.
pub(super) fn placed(account: AccountId, folder: Folder, filing: Filing) -> Filing {
    let mut tray = Tray::new(filing);
    tray.entry(account, folder);
    tray.filing
}

/// A filing without entries: for what no owner may read, because it may name who got a blind copy.
pub(super) fn unsorted(because: &str, filing: Filing) -> Filing {
    Filing {
        unsorted_because: Some(because.to_owned()),
        ..filing
    }
}

/// Files what came to us instead of the primary: into the Inbox of all owners, and the primary
/// must still get it for each of them.
pub(super) fn fallback(named: &[Named], filing: Filing) -> Filing {
    let mut tray = Tray::new(filing);
    for (owner, address) in each_owner(named) {
        tray.entry(owner.account, Folder::Inbox);
        tray.owe(Purpose::Return, address.clone(), Some(owner.account));
    }
    for named in named.iter().filter(|named| has_no_mailbox(&named.owners)) {
        // It was known when we took it, or is a group of outsiders: the primary decides.
        tray.owe(Purpose::Return, named.address.clone(), None);
    }
    tray.unknown(named, recipient);
    tray.filing
}

/// Files what somebody wrote here: into the writer's Sent and into the Inbox of colleagues. The
/// primary must get a copy for the writer and one for each colleague; everybody else is sent to.
pub(super) fn written(
    named: &[Named],
    (writer, own_address): (AccountId, Option<Address>),
    filing: Filing,
) -> Filing {
    let mut tray = Tray::new(filing);
    tray.entry(writer, Folder::Sent);
    if let Some(own_address) = own_address {
        tray.owe(Purpose::SentCopy, own_address, Some(writer));
    }
    for (owner, address) in each_owner(named) {
        tray.entry(owner.account, Folder::Inbox);
        tray.owe(Purpose::Return, address.clone(), Some(owner.account));
    }
    for named in named.iter().filter(|named| has_no_mailbox(&named.owners)) {
        let internal = named.domain_is_ours || matches!(named.owners, Owners::Group(_));
        let purpose = if internal {
            Purpose::Return
        } else {
            Purpose::Send
        };
        tray.owe(purpose, named.address.clone(), None);
    }
    tray.unknown(named, recipient);
    tray.filing
}

/// Files what somebody wrote in a drill: into the writer's Sent and into the Inbox of those who take
/// part. Nobody is owed it.
pub(super) fn rehearsed(named: &[Named], writer: AccountId, filing: Filing) -> Filing {
    let mut tray = Tray::new(filing);
    tray.entry(writer, Folder::Sent);
    for (owner, _) in each_owner(named) {
        tray.entry(owner.account, Folder::Inbox);
    }
    tray.filing
}

/// Files what Shadowmail wrote itself: into the Inbox of the people it is for, to whom the primary
/// delivers it. Nobody is owed it. Administrators get it past the primary, at addresses elsewhere.
pub(super) fn notice(named: &[Named], filing: Filing) -> Filing {
    let mut tray = Tray::new(filing);
    for (owner, address) in each_owner(named) {
        tray.entry(owner.account, Folder::Inbox);
        tray.owe(Purpose::Notice, address.clone(), Some(owner.account));
    }
    let is_outside = |it: &&Named| has_no_mailbox(&it.owners) && !it.domain_is_ours;
    for named in named.iter().filter(is_outside) {
        tray.owe(Purpose::Send, named.address.clone(), None);
    }
    tray.filing
}

/// Each owner once, with the address the primary is to deliver to: the one that was given, or
/// for a member of a group its own, because the group's address would reach all members again.
fn each_owner(named: &[Named]) -> Vec<(&Recipient, &Address)> {
    let direct = named.iter().filter_map(|named| match &named.owners {
        Owners::One(owner) => Some((owner, &named.address)),
        Owners::Nobody | Owners::Group(_) => None,
    });
    let members = named.iter().flat_map(|named| match &named.owners {
        Owners::Group(members) => members.as_slice(),
        Owners::Nobody | Owners::One(_) => &[],
    });
    let mut seen = HashSet::new();
    direct
        .chain(members.map(|member| (member, &member.primary)))
        .filter(|(owner, _)| seen.insert(owner.account))
        .collect()
}

fn has_no_mailbox(owners: &Owners) -> bool {
    match owners {
        Owners::Nobody => true,
        Owners::One(_) => false,
        Owners::Group(members) => members.is_empty(),
    }
}

/// A filing under way.
struct Tray {
    filing: Filing,
}

impl Tray {
    fn new(filing: Filing) -> Self {
        Self { filing }
    }

    /// Mail one wrote oneself has been read.
    fn entry(&mut self, account: AccountId, folder: Folder) {
        self.filing.entries.push(Entry {
            account,
            folder,
            seen: folder == Folder::Sent,
        });
    }

    fn owe(&mut self, purpose: Purpose, recipient: Address, account: Option<AccountId>) {
        let twice = self.filing.owed.iter().any(|owed| {
            owed.purpose == purpose
                && owed.account == account
                && owed.recipient.key() == recipient.key()
        });
        if !twice {
            self.filing.owed.push(Owed {
                purpose,
                recipient,
                account,
            });
        }
    }

    fn unknown(&mut self, named: &[Named], unknown: impl Fn(String) -> UnknownName) {
        let unknown = named
            .iter()
            .filter(|named| named.owners == Owners::Nobody && named.domain_is_ours)
            .map(|named| unknown(named.address.key()));
        self.filing.unknown_names.extend(unknown);
    }
}

/// Somebody who is to get a message and whom the directory does not know.
fn recipient(name: String) -> UnknownName {
    UnknownName {
        name,
        folder: Folder::Inbox,
        at_primary: false,
    }
}

/// The same, of whom we were told that the primary has it for them.
pub(super) fn told_recipient(name: String) -> UnknownName {
    UnknownName {
        at_primary: true,
        ..recipient(name)
    }
}

/// Who sent a message and whom the directory does not know.
pub(super) fn sender(name: String) -> UnknownName {
    UnknownName {
        folder: Folder::Sent,
        ..recipient(name)
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
