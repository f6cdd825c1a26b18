//! What an administrator must know of the directory while it lasts.

use std::fmt::Display;

use jiff::Timestamp;
use store::{AlertKind, Store, StoreError};
use sync_ad::{Dispute, Flaw, FlawKind, Shown, SyncError};

/// Disputes, or flaws, that an alert names one by one.
const NAMED_MAX: usize = 5;

/// The directory can not be read, or not be written down.
pub async fn unreadable(store: &Store, why: impl Display, now: Timestamp) {
    let words = format!("{why}; the accounts stay as they were");
    let kind = AlertKind::DirectoryUnreadable;
    store.raise_alert(kind, &words, now).await;
}

/// What was read is not in the mirror.
pub async fn not_mirrored(store: &Store, failed: &SyncError, now: Timestamp) {
    match failed {
        SyncError::TooMuchLost(lost) => {
            let kind = AlertKind::DirectoryShrunk;
            store.raise_alert(kind, &lost.to_string(), now).await;
            store.clear_alert(AlertKind::DirectoryUnreadable).await;
        }
        // The faster one has said what there is to say.
        SyncError::Overtaken => {}
        SyncError::Store(error) => {
            let why = format!("the directory was read, and can not be mirrored: {error}");
            unreadable(store, why, now).await;
        }
    }
}

/// The mirror is as the directory.
pub async fn mirrored(store: &Store) {
    if let Err(error) = store.directory_answered(Timestamp::now()).await {
        tracing::error!("that the directory has answered can not be written down: {error}");
    }
    store.clear_alert(AlertKind::DirectoryUnreadable).await;
    store.clear_alert(AlertKind::DirectoryShrunk).await;
}

/// What a person must decide.
pub async fn disputed(store: &Store, disputes: &[Dispute], now: Timestamp) {
    let kind = AlertKind::DirectoryDisputed;
    let all: Vec<String> = disputes.iter().map(sentence).collect();
    match named(&all, "; ") {
        Some(named) => {
            let words = format!(
                "the directory gives one name to two entries; take it from one of them: {named}"
            );
            store.raise_alert(kind, &words, now).await;
        }
        None => store.clear_alert(kind).await,
    }
}

/// What was said of disputes and flaws, and still is so.
pub async fn standing(store: &Store) -> Result<Vec<String>, StoreError> {
    let stands = [AlertKind::DirectoryDisputed, AlertKind::DirectoryIncomplete];
    let alerts = store.alerts().await?.into_iter();
    let alerts = alerts.filter(|alert| stands.contains(&alert.kind));
    Ok(alerts.map(|alert| alert.words).collect())
}

/// What may be shown to the directory of wrong passwords.
pub async fn shown(store: &Store, shown: Shown, now: Timestamp) {
    let kind = AlertKind::DirectoryLocksEarly;
    if shown.is_tight() {
        store.raise_alert(kind, &tight(shown), now).await;
    } else {
        store.clear_alert(kind).await;
    }
}

/// That hardly any may be, and what to do.
pub fn tight(shown: Shown) -> String {
    let Shown {
        wanted,
        most,
        locks_after,
    } = shown;
    let after = locks_after.unwrap_or_default();
    format!(
        "the domain locks an account after {after} wrong passwords, and they count wherever somebody types them; so no \
         more than {most} of each account is shown to it instead of {wanted} (directory.wrong_passwords_max), and people \
         who mistype here soon hear that there were too many. A lockoutThreshold of 5 or more leaves room"
    )
}

/// What can not be used of entries.
pub async fn flawed(store: &Store, flaws: &[Flaw], now: Timestamp) {
    let kind = AlertKind::DirectoryIncomplete;
    let all: Vec<String> = flaws.iter().map(flaw).collect();
    match named(&all, "; ") {
        Some(named) => {
            let words = format!("the directory does not show all that is needed: {named}");
            store.raise_alert(kind, &words, now).await;
        }
        None => store.clear_alert(kind).await,
    }
}

/// One flaw, and what to do.
pub fn flaw(flaw: &Flaw) -> String {
    let dn = &flaw.dn;
    match &flaw.what {
        FlawKind::HidesStanding => format!(
            "{dn} does not sign in, because directory.bind_dn may not read its userAccountControl and \
             accountExpires, or because what says whether it may is no number or no time"
        ),
        FlawKind::HidesKey => format!(
            "{dn} is left out, because directory.bind_dn may not read its objectGUID or entryUUID"
        ),
        FlawKind::CostlyHash => format!(
            "the password hash of {dn} takes more work to check than 64 MiB of memory in four passes and \
             four lanes; it is not mirrored, so a first sign-in here makes its verifier"
        ),
        FlawKind::LongName => {
            format!("{dn}… is left out, because its name is longer than any can be")
        }
        FlawKind::Oversized(attribute) => format!(
            "{attribute} of {dn} has values that are larger or more than any can be; they are left out"
        ),
    }
}

/// The first few, and how many more there are; `None` when there is nothing.
fn named(all: &[String], between: &str) -> Option<String> {
    let (first, rest) = all.split_at(all.len().min(NAMED_MAX));
    if first.is_empty() {
        return None;
    }
    let more = match rest.len() {
        0 => String::new(),
        more => format!("{between}and {more} more (`shadowmail sync --dry-run --full` lists them)"),
    };
    Some(first.join(between) + &more)
}

/// One dispute.
pub fn sentence(dispute: &Dispute) -> String {
    let claimed_by = dispute.claimed_by.join(" and ");
    let name = &dispute.name;
    match &dispute.stays_with {
        Some(owner) => format!("{name} is claimed by {claimed_by} and stays with {owner}"),
        None => format!("{name} is claimed by {claimed_by} and belongs to nobody until then"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn disputes_are_named_and_the_rest_is_counted() {
        let dispute = |number: usize| Dispute {
            name: format!("name{number}@corp.example"),
            claimed_by: vec!["cn=a".to_owned(), "cn=b".to_owned()],
            stays_with: (number == 0).then(|| "cn=b".to_owned()),
        };
        assert_eq!(named(&[], "; "), None);
        let seven: Vec<String> = (0..7).map(|number| sentence(&dispute(number))).collect();
        let words = named(&seven, "; ").unwrap();
        assert!(
            words.contains("name0@corp.example is claimed by cn=a and cn=b and stays with cn=b")
        );
        assert!(words.contains("belongs to nobody"));
        assert!(
            !words.contains("name5@") && words.contains("2 more"),
            "{words}"
        );
    }
}
