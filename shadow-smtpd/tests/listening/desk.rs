//! A desk without a store.

use std::sync::Mutex;

use async_trait::async_trait;
use shadow_smtpd::{Answer, Desk};
use store::{Address, Envelope, Held, KeepError};

/// Knows the recipients it is told and keeps mail in memory.
#[derive(Default)]
pub struct TestDesk {
    /// Whom it knows; nobody means everybody.
    pub known: Vec<Address>,
    /// Says "later" to every recipient.
    pub undecided: bool,
    /// What it says instead of keeping.
    pub trouble: Option<fn() -> KeepError>,
    /// Panics at this recipient.
    pub panics_at: Option<Address>,
    /// What it kept.
    pub kept: Mutex<Vec<(Envelope, Vec<u8>)>>,
}

impl TestDesk {
    /// What was kept so far.
    pub fn kept(&self) -> Vec<(Envelope, Vec<u8>)> {
        self.kept.lock().unwrap().clone()
    }
}

#[async_trait]
impl Desk for TestDesk {
    async fn recipient(&self, address: &Address) -> Answer {
        assert_ne!(Some(address), self.panics_at.as_ref(), "a panic on purpose");
        if self.undecided {
            Answer::Later
        } else if self.known.is_empty() || self.known.contains(address) {
            Answer::Ours
        } else {
            Answer::Unknown
        }
    }

    async fn keep(&self, held: Held, envelope: Envelope) -> Result<String, KeepError> {
        if let Some(trouble) = self.trouble {
            return Err(trouble());
        }
        let mut kept = self.kept.lock().unwrap();
        kept.push((envelope, held.into_bytes().unwrap()));
        Ok(format!("m{}", kept.len()))
    }
}
