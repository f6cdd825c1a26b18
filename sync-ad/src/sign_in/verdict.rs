//! What comes of a sign-in.

use std::time::Duration;

use store::{AccountId, Proof};

use crate::bind::Hindrance;

/// The answer to a sign-in.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict<Who = Welcome> {
    /// They belong together.
    Welcome(Who),
    /// They do not, or there is no such name: nobody learns which.
    Refused(Seemed),
    /// They do, and the directory keeps this person out all the same.
    Hindered(Hindrance),
    /// Too many wrong passwords, or something changed meanwhile; wait that long.
    Wait(Duration),
}

/// Who may come in, and what shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Welcome {
    /// Who.
    pub account: AccountId,
    /// What the store looks at again when it opens the session.
    pub proof: Proof,
}

/// What was typed for a password, by its look alone: it is no secret, for it says nothing about what
/// would have been right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seemed {
    /// A password.
    Password,
    /// A password, while no directory server answers: it may be right, and nobody can say so.
    PasswordOfSilence,
    /// A password, after so many wrong ones of the name that even the right one may not be looked at.
    OneOfTooMany,
    /// An emergency code, but not one that is good now and belongs to the name.
    Code,
    /// An emergency code with a typing mistake.
    MistypedCode,
}
