//! What was found out about a mail from a stranger when it came. Later nobody can: senders change
//! their keys and their servers.

use serde::{Deserialize, Serialize};

/// What the checks found. What was not checked is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Findings {
    /// Block lists that name the peer's address.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub block_lists: Vec<String>,
    /// Whether the peer may send for the domain of MAIL FROM, or of EHLO for a bounce (RFC 7208).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spf: Option<Confirmation>,
    /// Each signature (RFC 6376), the first ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dkim: Vec<Confirmation>,
    /// Whether the domain of From stands behind the mail (RFC 9989).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmarc: Option<Confirmation>,
    /// What the domain of From wants done with mail it does not stand behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dmarc_policy: Option<DmarcPolicy>,
    /// It does not say in one way who it is from, so no domain can stand behind it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unclear_author: bool,
    /// Whether those who passed the mail on have sealed what they saw (RFC 8617).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arc: Option<Outcome>,
    /// What the spam filter thinks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spam: Option<Spam>,
    /// What the virus scanner found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub virus: Option<Virus>,
}

/// What a check of a domain gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The domain.
    pub domain: String,
    /// What it gave.
    pub outcome: Outcome,
}

/// The results of RFC 8601 §2.7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There is nothing to check.
    None,
    /// It is confirmed.
    Pass,
    /// It is denied.
    Fail,
    /// It is denied, probably.
    SoftFail,
    /// The domain does not say.
    Neutral,
    /// Nobody could tell just then.
    TempError,
    /// What the domain says can not be understood.
    PermError,
}

impl Outcome {
    /// Its word in RFC 8601.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::SoftFail => "softfail",
            Self::Neutral => "neutral",
            Self::TempError => "temperror",
            Self::PermError => "permerror",
        }
    }
}

/// What a domain wants done with mail it does not stand behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DmarcPolicy {
    /// Nothing.
    None,
    /// It shall be looked at with suspicion.
    Quarantine,
    /// It shall be refused.
    Reject,
}

/// What the spam filter thinks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Spam {
    /// It has an opinion.
    Rated {
        /// The more the worse, in hundredths.
        score_hundredths: i64,
        /// From which on it is refused, in hundredths.
        refuse_hundredths: i64,
        /// What it would do, in its own words.
        action: SpamAction,
    },
    /// It could not be asked, or the mail was too large for it.
    Unrated(NotScanned),
}

/// What the spam filter would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpamAction {
    /// Let it pass.
    Pass,
    /// Say "later" once, to see whether it comes again.
    Later,
    /// Mark it as spam.
    Mark,
    /// Refuse it.
    Refuse,
}

/// What the virus scanner found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Virus {
    /// Nothing.
    Clean,
    /// This.
    Found(String),
    /// It could not be asked, or the mail was too large for it.
    Unscanned(NotScanned),
}

/// Why a scanner has no opinion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotScanned {
    /// It does not answer, or not in time.
    Down,
    /// The mail is larger than what it is given.
    TooLarge,
}
