//! Who answers for names and passwords of copy sources.

use std::net::IpAddr;

use async_trait::async_trait;
use store::Secret;

/// Those who may sign in at a listener.
#[async_trait]
pub trait Users: Send + Sync + 'static {
    /// Whether `login` and `password` belong together; `from` is where the peer sits. The answer
    /// must take as long for a name that does not exist.
    async fn check(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict;
}

/// The answer to a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// They do (235).
    Welcome,
    /// They do not, or there is no such name (535).
    Refused,
    /// Too many wrong ones came before, or nobody can say now (454).
    Later,
}
