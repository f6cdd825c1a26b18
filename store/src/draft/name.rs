//! The names of drafts, of their versions and of what is attached to them.

use std::fmt;
use std::str::FromStr;

use crate::error::StoreError;

/// Names a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DraftId(pub(crate) i64);

/// A draft as it was at one moment. As text: `12.3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DraftVersion {
    /// Which draft.
    pub id: DraftId,
    /// How often it had been saved.
    pub(crate) number: i64,
}

/// Names an attachment of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AttachmentId(pub(super) i64);

impl fmt::Display for DraftId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for DraftId {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let id = text.parse().map(Self);
        id.map_err(|_| StoreError::Missing(format!("draft {text}")))
    }
}

impl fmt::Display for AttachmentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for AttachmentId {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let id = text.parse().map(Self);
        id.map_err(|_| StoreError::Missing(format!("attachment {text}")))
    }
}

impl fmt::Display for DraftVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, self.number)
    }
}

impl FromStr for DraftVersion {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let parts = text.split_once('.');
        let parsed = parts.and_then(|(id, number)| {
            let number = number.parse().ok()?;
            let id = id.parse().ok()?;
            Some(Self { id, number })
        });
        parsed.ok_or_else(|| StoreError::Missing(format!("draft {text}")))
    }
}
