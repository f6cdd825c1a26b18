//! Whether journal mailboxes are nobody's.

use std::collections::BTreeMap;

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
