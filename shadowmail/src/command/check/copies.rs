//! Whether journal mailboxes are nobody's.

use std::collections::BTreeMap;

use store::Address;

use crate::config::{Config, DirectorySource};

/// What is wrong with the journal mailboxes: whoever writes to somebody's mailbox could bring reports
/// there, and what the primary delivers to it is no report. What is wrong with the directory is told
/// where that is looked at.
pub fn owned(config: &Config) -> Option<String> {
    // A server is asked by the sync, not here.
    let DirectorySource::File(path) = &config.directory else {
        return None;
    };
    let snapshot = sync_ad::read_file(path).ok()?;
    let accounts = snapshot.accounts.iter().flat_map(|it| &it.addresses);
    let groups = snapshot.groups.iter().map(|it| &it.address);
    let known: Vec<String> = accounts.chain(groups).map(Address::key).collect();
    let sources: BTreeMap<_, _> = config.sources.iter().collect();
    let mut wrong = Vec::new();
    for (listener, rules) in sources {
        for journal in &rules.journal_recipients {
            let resolved = config.alias_domains.resolved(journal);
            let mut both = [Some(journal), resolved.as_ref()].into_iter().flatten();
            if both.any(|address| known.contains(&address.key())) {
                wrong.push(format!(
                    "{journal}, in journal_recipients of listener \"{listener}\", belongs to somebody \
                     in the directory; choose an address that nobody has"
                ));
            }
        }
    }
    (!wrong.is_empty()).then(|| wrong.join("; "))
}
