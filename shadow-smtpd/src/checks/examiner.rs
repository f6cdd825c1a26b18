//! The checks as one session sees them.

use std::net::IpAddr;
use std::sync::Arc;

use store::{Address, Envelope, Findings, Held, ReversePath};

use super::Checks;
use crate::mail_log::Origin;
use crate::proto::Reply;

/// Checks what one peer brings, where that is checked.
pub(crate) struct Examiner {
    checks: Option<Arc<Checks>>,
    /// The block lists that name an address, once somebody asked.
    listed: Option<(IpAddr, Vec<String>)>,
}

/// How a mail came.
pub(super) struct Arrival<'a> {
    /// Where from.
    pub(super) origin: &'a Origin,
    /// What the peer calls itself.
    pub(super) helo: &'a str,
    /// Where a bounce would go.
    pub(super) reverse_path: &'a ReversePath,
    /// Whom it is for.
    pub(super) recipients: &'a [Address],
}

impl Examiner {
    /// Without checks everything passes.
    pub(crate) fn new(checks: Option<Arc<Checks>>) -> Self {
        Self {
            checks,
            listed: None,
        }
    }

    /// Whether the peer may bring mail at all, as far as block lists go. They are asked once.
    pub(crate) async fn may_come(&mut self, origin: &Origin) -> Result<(), Reply> {
        let (Some(checks), Some(address)) = (&self.checks, origin.address) else {
            return Ok(());
        };
        let lists = match self.listed.take() {
            Some((of, lists)) if of == address => lists,
            _ => checks.block_lists(address).await,
        };
        let verdict = checks.may_come(&lists);
        self.listed = Some((address, lists));
        verdict
    }

    /// What is found out about a mail that is whole. `Err` is what the peer hears instead of 250.
    pub(crate) async fn examine(
        &self,
        origin: &Origin,
        held: &mut Held,
        envelope: &Envelope,
    ) -> Result<Option<Box<Findings>>, Reply> {
        let Some(checks) = &self.checks else {
            return Ok(None);
        };
        let arrival = Arrival {
            origin,
            helo: &envelope.peer.helo,
            reverse_path: &envelope.reverse_path,
            recipients: &envelope.recipients,
        };
        let lists = self.listed.as_ref().map(|(_, lists)| lists.clone());
        let examined = checks.examine(held, &arrival, lists.unwrap_or_default());
        examined.await.map(|findings| Some(Box::new(findings)))
    }
}
