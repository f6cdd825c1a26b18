//! What the checks found when a message came, in words for its reader.

use store::{DmarcPolicy, EntryRow, Findings, Outcome, Spam, SpamAction, StoreError, Virus};
use templates::Words;
use templates::pages::{Gravity, Person, Warning};
use templates::words::fill;

use crate::app::App;
use crate::refusal::Refusal;

/// What a reader should know.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Doubt {
    /// The gravest first.
    pub(crate) warnings: Vec<Warning>,
    /// Who stands behind the message, when there is no warning.
    pub(crate) assurance: Option<String>,
}

/// What to say about a message whose page shows that it is `from` these.
pub(crate) async fn of(
    app: &App,
    entry: &EntryRow,
    from: &[Person],
    words: &Words,
) -> Result<Doubt, Refusal> {
    match app.store.envelope(entry.message).await {
        Ok(envelope) => Ok(envelope
            .peer
            .findings
            .map(|findings| in_words(&findings, from, words))
            .unwrap_or_default()),
        // Whoever may read it has just read it, so its day went in between.
        Err(StoreError::Missing(_)) => Ok(Doubt::default()),
        Err(error) => Err(error.into()),
    }
}

fn in_words(findings: &Findings, from: &[Person], words: &Words) -> Doubt {
    let mut warnings = Vec::new();
    let mut warn = |gravity, text| warnings.push(Warning { gravity, text });
    if let Some(Virus::Found(name)) = &findings.virus {
        warn(Gravity::Danger, fill(words.virus_found, name));
    }
    if let Some(domain) = denied_by(findings) {
        warn(Gravity::Doubt, fill(words.not_from, domain));
    }
    if let Some(domain) = unconfirmed(findings) {
        warn(Gravity::Doubt, fill(words.not_confirmed, domain));
    }
    if findings.unclear_author {
        warn(Gravity::Doubt, words.unclear_author.to_owned());
    }
    let is_spam = |action: SpamAction| matches!(action, SpamAction::Mark | SpamAction::Refuse);
    if matches!(findings.spam, Some(Spam::Rated { action, .. }) if is_spam(action)) {
        warn(Gravity::Doubt, words.rated_spam.to_owned());
    }
    if !findings.block_lists.is_empty() {
        let lists = findings.block_lists.join(", ");
        warn(Gravity::Doubt, fill(words.listed_peer, lists));
    }
    if let Some(Virus::Unscanned(_)) = &findings.virus {
        warn(Gravity::Note, words.not_scanned.to_owned());
    }
    let confirmed = findings
        .dmarc
        .as_ref()
        .filter(|it| it.outcome == Outcome::Pass && is_domain_of(&it.domain, from));
    Doubt {
        assurance: confirmed
            .filter(|_| warnings.is_empty())
            .map(|it| fill(words.stands_behind, &it.domain)),
        warnings,
    }
}

/// Whether this is the domain, in ASCII, of the one address that is shown: what was judged may have
/// been another one.
fn is_domain_of(domain: &str, from: &[Person]) -> bool {
    let [author] = from else {
        return false;
    };
    let shown = author.address.rsplit_once('@').map(|(_, shown)| shown);
    let shown = shown.and_then(|shown| idna::domain_to_ascii(shown).ok());
    shown.is_some_and(|shown| shown.eq_ignore_ascii_case(domain))
}

/// The domain of From, where it wants to stand behind its messages and nobody could tell whether it
/// does.
fn unconfirmed(findings: &Findings) -> Option<&str> {
    let wants_it = matches!(
        findings.dmarc_policy,
        Some(DmarcPolicy::Quarantine | DmarcPolicy::Reject)
    );
    let of_from = findings.dmarc.as_ref().filter(|_| wants_it)?;
    let is_open = matches!(of_from.outcome, Outcome::TempError | Outcome::Neutral);
    is_open.then_some(of_from.domain.as_str())
}

/// The domain that does not stand behind the message: that of From, or, when it says nothing
/// about that, the one of the envelope.
fn denied_by(findings: &Findings) -> Option<&str> {
    let of_from = findings.dmarc.as_ref();
    match of_from.map(|it| it.outcome) {
        Some(Outcome::Fail) => of_from.map(|it| it.domain.as_str()),
        Some(Outcome::Pass) => None,
        _ => findings
            .spf
            .as_ref()
            .filter(|it| it.outcome == Outcome::Fail)
            .map(|it| it.domain.as_str()),
    }
}
