//! Asks the directory about a password, unless that could do harm.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use store::{Entrant, NewVerifier, Secret, Store, StoreError};

use super::{Knows, Visitor};
use crate::bind::{PasswordBind, Said, Silence, Whose};
use crate::kept;
use crate::password::HashError;
use crate::password_mark;
use crate::wrong_passwords::{Answer, Claim, MayAsk, Who, WrongPasswords};

/// A directory that knows passwords, and what it said of them.
pub(super) struct DirectoryCheck {
    bind: PasswordBind,
    wrong: WrongPasswords,
    verifier_age: SignedDuration,
}

/// What came of asking.
pub(super) enum Asked {
    /// It said this; and its mark of the password, where it shows one.
    Said(Said, Option<String>),
    /// It called this very password wrong a while ago.
    KnownWrong,
    /// It is not asked: one more wrong one could make it lock the account.
    TooMany,
    /// It is not asked now: too many others ask.
    Crowded,
    /// There is no server to ask: the verifier alone counts.
    ByVerifier,
    /// No server answers.
    Silent,
}

/// A password typed for a name, and whether that name has had too many wrong ones.
pub(super) struct Typed {
    who: Who,
    may_ask: MayAsk,
}

impl Asked {
    /// Whether it is the password.
    pub(super) fn is_right(&self) -> bool {
        matches!(self, Self::Said(Said::Right | Said::RightBut(_), _))
    }
}

impl DirectoryCheck {
    pub(super) fn new(bind: PasswordBind) -> Result<Self, HashError> {
        let settings = bind.settings();
        Ok(Self {
            wrong: WrongPasswords::new(settings.wrong_passwords)?,
            verifier_age: settings.verifier_age,
            bind,
        })
    }

    /// Counts what was typed for a name, whoever has it; [`DirectoryCheck::told`] says what came of it.
    pub(super) fn typed(&self, visitor: &Visitor<'_>) -> Typed {
        let who = Who::Typed(visitor.login.to_lowercase());
        let claim = (Claim::Nothing, Instant::now());
        Typed {
            may_ask: self.wrong.begin(&who, (visitor.typed, None), claim),
            who,
        }
    }

    /// What is told of what is known: that it were too many wrong ones hangs on the name alone.
    pub(super) fn told(&self, visitor: &Visitor<'_>, typed: &Typed, knows: Knows) -> Knows {
        let answer = match knows {
            Knows::Yes(_) | Knows::But(..) | Knows::Overtaken => Answer::Right,
            Knows::No => Answer::Wrong,
            Knows::TooMany | Knows::Crowded | Knows::Unanswered => Answer::None,
        };
        let end = (answer, Instant::now());
        self.wrong.ended(&typed.who, (visitor.typed, None), end);
        match knows {
            Knows::No if typed.may_ask == MayAsk::TooMany => Knows::TooMany,
            other => other,
        }
    }

    /// Whether the directory answered when it was asked last.
    pub(super) fn answers(&self) -> bool {
        self.bind.answers()
    }

    /// Asks about the password that somebody typed.
    pub(super) async fn ask(&self, visitor: &Visitor<'_>, claim: Claim) -> Asked {
        let entrant = visitor.entrant.as_ref();
        let who = entrant.map_or_else(
            || Who::Nobody(visitor.login.to_lowercase()),
            |entrant| Who::Account(entrant.account.id),
        );
        let mark = entrant.and_then(|it| it.password_mark.as_deref());
        let typed = (visitor.typed, mark);
        match self.wrong.begin(&who, typed, (claim, Instant::now())) {
            MayAsk::KnownWrong => return Asked::KnownWrong,
            MayAsk::TooMany => return Asked::TooMany,
            MayAsk::Yes => {}
        }
        let whose = entrant.map(whose);
        // A browser that goes away leaves the password counted: the directory may have heard it, and
        // count it itself.
        let answered = self.bind.ask(whose.as_ref(), visitor.typed).await;
        let answer = match answered.as_ref().map(|it| it.said) {
            Ok(Said::Right) => Answer::Right,
            Ok(Said::Wrong | Said::NoEntry) => Answer::Wrong,
            // Of these the directory counts none.
            Ok(Said::RightBut(_) | Said::Locked) | Err(Silence::Unshown | Silence::Crowded) => {
                Answer::None
            }
            // It stays counted.
            Err(Silence::Shown) => return Asked::Silent,
        };
        self.wrong.ended(&who, typed, (answer, Instant::now()));
        match answered {
            Ok(it) => Asked::Said(it.said, it.password_mark),
            Err(Silence::Crowded) => Asked::Crowded,
            Err(_) => Asked::Silent,
        }
    }

    /// Keeps a verifier of a password that the directory took.
    pub(super) async fn remember(
        &self,
        store: &Store,
        entrant: &Entrant,
        hash: Secret,
        mark: Option<String>,
    ) -> Result<Kept, StoreError> {
        let now = Timestamp::now();
        if mark
            .as_deref()
            .is_some_and(|mark| password_mark::is_fresh(mark, now))
        {
            let stale = entrant.made.as_ref().filter(|it| it.password_mark != mark);
            if let Some(stale) = stale {
                let hash = stale.hash.clone();
                store.drop_verifier(entrant.account.id, hash).await?;
            }
            return Ok(Kept::JustChanged);
        }
        let new = NewVerifier {
            account: entrant.account.id,
            hash,
            password_mark: mark.or_else(|| entrant.password_mark.clone()),
            mark_before: entrant.password_mark.clone(),
        };
        let is_kept = store.keep_verifier(new, self.verifier_age, now).await?;
        Ok(if is_kept { Kept::Yes } else { Kept::Overtaken })
    }
}

/// Whether a verifier was kept.
pub(super) enum Kept {
    Yes,
    /// It is another password by now.
    Overtaken,
    /// The password may be the one before it.
    JustChanged,
}

fn whose(entrant: &Entrant) -> Whose {
    let kept = entrant
        .entry
        .as_deref()
        .map(serde_json::from_str::<kept::Kept>);
    let dn = kept.and_then(Result::ok).map(|kept| kept.dn);
    Whose {
        key: entrant.key.clone(),
        dn: dn.unwrap_or_default(),
    }
}
