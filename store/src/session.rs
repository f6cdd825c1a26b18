//! Sessions of signed-in people.

use jiff::Timestamp;

use crate::account::Account;
use crate::account::AccountId;
use crate::error::StoreError;
use crate::mode::ModeChange;
use crate::secret::Secret;
use crate::shadow::Store;

/// What the browser shows to prove its session: 32 random bytes in hexadecimal. The store keeps
/// only a hash of it.
#[derive(Clone, Debug)]
pub struct SessionToken(pub Secret);

/// A signed-in person.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// Since when.
    pub started_at: Timestamp,
    /// What forms of this session must bring along, so that no other site can post them.
    pub form_token: Secret,
}

/// All that the gate needs to decide, read at one moment.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The mode.
    pub mode: ModeChange,
    /// The session of the token, where it is valid.
    pub session: Option<Session>,
}

impl Store {
    /// Begins a session for `account` and gives the token that proves it. Old sessions go:
    /// those idle for longer than the limit are removed on the way.
    pub async fn open_session(&self, account: AccountId, now: Timestamp) -> Result<SessionToken, StoreError> {
        todo!()
    }

    /// The mode, and the session of `token` where it is valid, read together. Using a session
    /// renews its idle time.
    pub async fn admission(&self, token: Option<&SessionToken>, now: Timestamp) -> Result<Admission, StoreError> {
        todo!()
    }

    /// Ends one session.
    pub async fn end_session(&self, token: &SessionToken) -> Result<(), StoreError> {
        todo!()
    }
}
