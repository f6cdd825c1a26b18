//! The staff webmail and the console of the administrators: pages that a browser without JavaScript
//! can use, each behind a gate of its own.

mod app;
mod attachment;
mod audit;
mod book;
mod clock;
mod compose;
mod console;
mod conversation;
mod cookie;
mod delivery;
mod doubt;
mod draft;
mod fields;
mod frame;
mod gate;
mod headers;
mod language;
pub mod limits;
mod mail;
mod mailbox;
mod message;
mod modes;
mod objections;
mod outbox;
mod preparation;
mod proxies;
mod ready;
mod refusal;
mod routes;
mod search;
mod seldom;
mod server;
mod shell;
mod sign_in;
mod source;
mod statics;
mod status;
mod taking_back;
mod tidy;
mod visitor;
mod write;
mod write_form;

pub use app::app;
pub use console::alerts::alert_title;
pub use modes::{ModeOrder, ModeRefused, ModeStep, Modes};
pub use outbox::SendingRules;
pub use preparation::{CodeForm, CodeOrder, CodesFailed, Preparation};
pub use proxies::Proxies;
pub use server::run;

use std::net::IpAddr;
use std::sync::Arc;

use store::{AccountId, Proof, SecondFactor, Secret, Store};

/// What the webmail needs from outside.
#[derive(Clone)]
pub struct Parts {
    /// Mail, accounts, sessions and the mode.
    pub store: Store,
    /// Who checks passwords.
    pub sign_in: Arc<dyn SignIn>,
    /// Who makes people ready.
    pub preparation: Arc<dyn Preparation>,
    /// Who starts and ends emergencies.
    pub modes: Arc<dyn Modes>,
    /// Whose word counts about where a browser sits.
    pub proxies: Proxies,
    /// Our host name: in Message-IDs and on the pages.
    pub hostname: String,
    /// What people type to come here.
    pub url: String,
    /// Whether the console opens without a second factor for who has none.
    pub second_factor: SecondFactor,
    /// The public address is https: cookies are marked so and the browser is told to stay there.
    pub secure_cookie: bool,
    /// How mail leaves.
    pub sending: SendingRules,
}

/// Checks a name and a password. `shadowmail` passes in the directory's check.
#[async_trait::async_trait]
pub trait SignIn: Send + Sync {
    /// Says whether `login` may come in with `password`, which may be an emergency code. `from` is
    /// where the browser sits.
    async fn check(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict;

    /// The same where an emergency code is no way in, and is not looked at.
    async fn check_password(&self, login: &str, password: &Secret, from: Option<IpAddr>)
    -> Verdict;

    /// Whether `password` is the one of a break-glass administrator that `hash` was made from. `None`
    /// when nobody can say now.
    async fn is_break_glass(&self, password: &Secret, hash: Secret) -> Option<bool>;

    /// The same for who only tries it out: an emergency code is no way in.
    async fn try_out(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict;
}

/// The answer to a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Name and password belong together; the store looks at what shows it once more.
    Welcome(AccountId, Proof),
    /// They do not, or there is no such account: nobody is told which.
    Refused,
    /// The same, and what was typed looks like an emergency code.
    RefusedCode,
    /// The same, and it looks like one with a typing mistake.
    MistypedCode,
    /// The same, while the directory answers nobody: the password may even be right.
    Unanswered,
    /// They do not, and there were so many wrong ones of this name that the right one would not be
    /// looked at either.
    TooMany,
    /// Name and password belong together, and the directory keeps this person out all the same.
    Hindered(Hindrance),
    /// Nobody can say now: too many tries, or trouble with the store.
    Later,
}

/// What keeps somebody with the right password out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The account is switched off.
    Disabled,
    /// The account's time is over.
    AccountExpired,
    /// It may not sign in at this time.
    NotNow,
    /// It may not sign in at every computer.
    NotHere,
    /// The password is too old; only who tries it out hears of that.
    PasswordExpired,
    /// The password must be changed before it is used; the same.
    MustChange,
    /// The password may be the one before the last change; the same.
    JustChanged,
}

#[cfg(test)]
mod tests;
