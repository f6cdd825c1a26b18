//! Asks the directory about a password, unless that could do harm.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use store::{AccountId, AlertKind, Entrant, NewVerifier, Secret, ShownEnd, Store, StoreError};

use super::doubt::{Doubt, Refusal};
use super::verifier::Verifier;
use super::{Knows, Visitor};
use crate::bind::{PasswordBind, Said, Silence, Whose};
use crate::kept;
use crate::lockout::Lockout;
use crate::password::HashError;
use crate::wrong_passwords::{Answer, Claim, MayAsk, Who, WrongPasswords};

/// A directory that knows passwords, and what it said of them.
pub(super) struct DirectoryCheck {
    bind: PasswordBind,
    wrong: WrongPasswords,
    verifier_age: SignedDuration,
    doubt: Mutex<Doubt>,
    /// Whether it has taken a password since the start.
    has_taken: AtomicBool,
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
            doubt: Mutex::default(),
            has_taken: AtomicBool::new(false),
            bind,
        })
    }

    /// It locks accounts after so many wrong passwords.
    pub(super) fn heed(&self, lockout: Option<Lockout>) {
        self.wrong.heed(lockout);
    }

    /// Counts what was typed for a name, whoever has it; [`DirectoryCheck::told`] says what came of it.
    pub(super) fn typed(&self, visitor: &Visitor<'_>) -> Typed {
        let who = Who::Typed(visitor.login.to_lowercase());
        let claim = (Claim::First, Instant::now());
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

    /// Whether the directory answered when it was asked last, and may be believed.
    pub(super) fn answers(&self) -> bool {
        self.bind.answers() && !self.is_doubted()
    }

    /// What is known of a name that nobody has.
    pub(super) fn no(&self) -> Knows {
        if self.answers() {
            Knows::No
        } else {
            Knows::Unanswered
        }
    }

    /// Whether it refuses everybody.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubt().lasts()
    }

    /// It has refused what it took before.
    pub(super) async fn refused(&self, store: &Store, account: AccountId, what: Refusal) {
        let begins = self.doubt().refused(account, what, Instant::now());
        if begins {
            let kind = AlertKind::DirectoryRefusesAll;
            store.raise_alert(kind, REFUSES_ALL, Timestamp::now()).await;
        }
    }

    /// Whether it has refused what it took of this account before, since it last took anybody's.
    pub(super) fn has_refused(&self, account: AccountId) -> bool {
        self.doubt().has_refused(account)
    }

    /// Somebody comes in although it refuses.
    pub(super) fn let_in(&self, account: AccountId, verifier: &Verifier) -> Knows {
        self.doubt().let_in(account);
        Knows::Yes(verifier.opens_in_doubt(account))
    }

    /// It has taken a password. Who came in while it took none, if that is over now.
    pub(super) async fn taken(&self, store: &Store) -> Option<Vec<AccountId>> {
        let let_in = self.doubt().taken();
        let is_first = !self.has_taken.swap(true, Ordering::Relaxed);
        if let_in.is_some() || is_first {
            store.clear_alert(AlertKind::DirectoryRefusesAll).await;
        }
        Some(let_in?.into_iter().collect())
    }

    fn doubt(&self) -> MutexGuard<'_, Doubt> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks about the password that somebody typed.
    pub(super) async fn ask(&self, store: &Store, visitor: &Visitor<'_>, claim: Claim) -> Asked {
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
        let Some(number) = self.counted(store, &who, claim).await else {
            let end = (Answer::None, Instant::now());
            self.wrong.ended(&who, typed, end);
            return Asked::TooMany;
        };
        let whose = entrant.map(whose);
        let may_show = |policy| {
            self.wrong.learn(&who, policy);
            number <= self.wrong.most(&who, claim).passwords
        };
        // A browser that goes away leaves the password counted: the directory may have heard it, and
        // count it itself.
        let asked = (whose.as_ref(), visitor.typed);
        let answered = self.bind.ask(store, asked, &may_show).await;
        let answer = match answered.as_ref().map(|it| it.said) {
            Ok(Said::Right) => Answer::Right,
            Ok(Said::Wrong | Said::NoEntry) => Answer::Wrong,
            // Of these the directory counts none.
            Ok(Said::RightBut(_) | Said::Locked | Said::Unwilling | Said::Withheld)
            | Err(Silence::Unshown | Silence::Crowded) => Answer::None,
            // It stays counted.
            Err(Silence::Shown) => return Asked::Silent,
        };
        self.wrong.ended(&who, typed, (answer, Instant::now()));
        self.was_shown(store, &who, answer).await;
        match answered {
            Ok(it) if it.said == Said::Withheld => Asked::TooMany,
            Ok(it) => Asked::Said(it.said, it.password_mark),
            Err(Silence::Crowded) => Asked::Crowded,
            Err(_) => Asked::Silent,
        }
    }

    /// Counts one more password of somebody, and says the how manyth it is; `None` when it may not be
    /// shown after what this and other processes have shown.
    async fn counted(&self, store: &Store, who: &Who, claim: Claim) -> Option<usize> {
        let here = self.wrong.shown(who);
        let Who::Account(account) = who else {
            return Some(here);
        };
        let most = self.wrong.most(who, claim);
        match store.show_password(*account, most, Timestamp::now()).await {
            Ok(shown) => Some(shown?.max(here)),
            Err(error) => {
                // A full disk must not keep anybody out; what this process has shown it knows.
                tracing::error!(%error, "wrong passwords can not be counted");
                Some(here)
            }
        }
    }

    /// Writes down what came of it.
    async fn was_shown(&self, store: &Store, who: &Who, answer: Answer) {
        let Who::Account(account) = who else {
            return;
        };
        let end = match answer {
            Answer::Right => ShownEnd::Right,
            // By now it is known for how long the directory counts it.
            Answer::Wrong => ShownEnd::Wrong(self.wrong.most(who, Claim::Home).window),
            Answer::None => ShownEnd::Uncounted,
        };
        let counted = store.password_shown(*account, end, Timestamp::now()).await;
        if let Err(error) = counted {
            tracing::error!(%error, "wrong passwords can not be counted");
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
}

/// What an administrator must know.
const REFUSES_ALL: &str = "the directory refuses the passwords of three people that it took before, and takes \
    nobody's. Until it takes one, those open that it took last. Look whether it asks another server for passwords, \
    or restricts who may ask; if these people have other passwords by now, say `shadowmail user forget`";

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
