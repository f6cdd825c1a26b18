//! Whether journal mailboxes are nobody's, and whose Sent folders copies fill.

use std::collections::BTreeMap;

use shadow_smtpd::{CopyRules, Senders};
use store::{Address, Owners, Store, StoreError};

use crate::config::{Config, DirectorySource};

/// What is wrong with the journal mailboxes: whoever writes to somebody's mailbox could bring reports
/// there, and what the primary delivers to it is no report. What is wrong with the directory is told
/// where that is looked at. Of a server the last sync answers.
pub async fn owned(config: &Config) -> Option<String> {
    let known = match &config.directory {
        DirectorySource::File(path) => Known::of_file(path)?,
        DirectorySource::Server(_) if config.has_store() => {
            let opened = Store::open_with(&config.data_dir, config.store_options()).await;
            Known::Mirror(opened.ok()?)
        }
        DirectorySource::Server(_) => return None,
    };
    let sources: BTreeMap<_, _> = config.sources.iter().collect();
    let mut wrong = Vec::new();
    for (listener, rules) in sources {
        for journal in &rules.journal_recipients {
            let resolved = config.alias_domains.resolved(journal);
            let mut is_owned = false;
            for address in [Some(journal), resolved.as_ref()].into_iter().flatten() {
                // A mirror that can not be read is told of with the directory.
                is_owned |= known.has(address).await.unwrap_or(false);
            }
            if is_owned {
                wrong.push(format!(
                    "{journal}, in journal_recipients of listener \"{listener}\", belongs to somebody \
                     in the directory; choose an address that nobody has"
                ));
            }
        }
    }
    if let Known::Mirror(store) = known {
        store.close().await;
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}

/// What to know of whom copies name as their senders, by listener: where nothing but copies comes, and
/// where they are believed. Reports of Exchange need no word.
pub fn senders(config: &Config) -> Vec<(&str, String)> {
    let domain = config.domains.first().map_or("", String::as_str);
    let sources: BTreeMap<_, _> = config.sources.iter().collect();
    let told = |rules: &CopyRules| {
        match rules.senders {
        Senders::Unchecked if rules.journal_recipients.is_empty() => Some(
            "unchecked: copies fill no Sent folder; if the gateway refuses your own addresses as senders \
             from strangers, as the recipes for Postfix and Exim have it, say senders = \"checked\""
                .to_owned(),
        ),
        Senders::Unchecked => None,
        Senders::Checked => Some(format!(
            "checked: copies fill Sent folders, so the gateway must refuse your own addresses as senders \
             from strangers; from a host outside see that it refuses this: swaks --server GATEWAY \
             --from somebody@{domain} --to somebody@{domain} --quit-after RCPT"
        )),
    }
    };
    let of_each = sources.into_iter();
    of_each
        .filter_map(|(listener, rules)| Some((listener.as_str(), told(rules)?)))
        .collect()
}

/// The addresses that somebody has.
enum Known {
    /// In lower case.
    File(Vec<String>),
    Mirror(Store),
}

impl Known {
    fn of_file(path: &std::path::Path) -> Option<Self> {
        let snapshot = sync_ad::read_file(path).ok()?;
        let accounts = snapshot.accounts.iter().flat_map(|it| &it.addresses);
        let groups = snapshot.groups.iter().map(|it| &it.address);
        Some(Self::File(
            accounts.chain(groups).map(Address::key).collect(),
        ))
    }

    async fn has(&self, address: &Address) -> Result<bool, StoreError> {
        match self {
            Self::File(known) => Ok(known.contains(&address.key())),
            Self::Mirror(store) => Ok(store.owners(address).await? != Owners::Nobody),
        }
    }
}
