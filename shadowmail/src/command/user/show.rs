//! `shadowmail user show`: all that is known of one account or one group.

use std::fmt::Write as _;
use std::io;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;
use store::{
    AccountCard, AccountKind, Card, GroupCard, Listing, Shown, ShownBy, Standing, VerifierCard,
    VerifierState,
};
use sync_ad::Origin;

use crate::command::{Opened, UsageError};
use crate::config::DirectorySource;
use crate::print::{self, Output};

/// Say all that is known of one account or group: names, rights, groups, and what lets it sign in
///
/// As the last sync brought it. Passwords, their hashes and codes are never shown.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user show amy                   why can she not sign in?
  shadowmail user show info@corp.example     who opens this mailbox?
  shadowmail user show all@corp.example      a group: who is in it, whom does it reach?
  shadowmail user show amy --json | jq .groups")]
pub struct Show {
    /// A sign-in name or an address of an account, also of one that is switched off or gone, or the
    /// address of a group
    name: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Report {
    #[serde(flatten)]
    card: Card,
    /// The directory, as the config names it.
    directory: String,
    /// What the directory says of its entry; nothing where it is a file.
    #[serde(flatten)]
    origin: Option<Origin>,
}

impl Show {
    /// Reads and prints it.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let store = &opened.store;
        let Some(card) = store.card(&self.name, Timestamp::now()).await? else {
            let name = print::plain(&self.name);
            let advice = "`shadowmail user list` names all accounts, `shadowmail sync --dry-run --full` \
                          says who has no mailbox here and why";
            return Err(UsageError(format!("nobody is called {name}; {advice}")).into());
        };
        let key = match &card {
            Card::Account(account) => account.key.clone(),
            Card::Group(group) => group.key.clone(),
        };
        let remembered = store.remembered_of(vec![key]).await?;
        let report = Report {
            card,
            directory: match &opened.config.directory {
                DirectorySource::File(path) => path.display().to_string(),
                DirectorySource::Server(settings) => settings.told(),
            },
            origin: remembered.first().and_then(|it| Origin::read(&it.entry)),
        };
        self.output.show(&report, Report::print)?;
        Ok(())
    }
}

impl Report {
    fn print(&self) -> io::Result<()> {
        let lines = match &self.card {
            Card::Account(account) => self.of_account(account),
            Card::Group(group) => self.of_group(group),
        };
        for (what, words) in lines {
            let words = print::plain(&words);
            let line = format!("{what:<12}  {words}");
            print::line(line.trim_end())?;
        }
        Ok(())
    }

    fn of_account(&self, account: &AccountCard) -> Vec<(&'static str, String)> {
        let roles: Vec<String> = account.roles.iter().map(print::word).collect();
        let or = |value: &Option<String>| value.clone().unwrap_or_else(|| "–".to_owned());
        let mut lines = vec![
            ("name", account.name.clone()),
            ("login", account.login.clone()),
            ("kind", print::word(&account.kind)),
            ("addresses", all(&account.addresses)),
            ("signs in as", all(&account.signs_in_as)),
            ("standing", self.standing(account)),
            ("roles", all(&roles)),
            ("groups", all(&account.groups)),
            ("opened by", all(&account.opened_by)),
            ("opens", all(&account.opens)),
            ("language", or(&account.language)),
            ("department", or(&account.listing.department)),
            ("phone", or(&account.listing.phone)),
            ("address book", listed(&account.listing)),
        ];
        if !account.directory_names.is_empty() {
            lines.push(("X.500 names", all(&account.directory_names)));
        }
        if account.kind == AccountKind::Person {
            lines.extend(ways_in(account));
        }
        lines.extend(self.origin(&account.key));
        lines
    }

    fn of_group(&self, group: &GroupCard) -> Vec<(&'static str, String)> {
        let reaches = match group.reaches {
            1 => "1 account".to_owned(),
            many => format!("{many} accounts, those of groups within it included"),
        };
        let mut lines = vec![
            ("name", group.name.clone()),
            ("kind", "group".to_owned()),
            ("address", group.address.clone()),
            ("members", all(&group.members)),
            ("groups", all(&group.groups)),
            ("reaches", reaches),
            ("address book", listed(&group.listing)),
        ];
        lines.extend(self.origin(&group.key));
        lines
    }

    fn standing(&self, account: &AccountCard) -> String {
        let mut words = match account.standing {
            _ if account.removed => {
                "gone: the directory has it no more; its mail stays until it ages".to_owned()
            }
            Standing::Active => "active".to_owned(),
            Standing::Locked => {
                "locked in the directory, after wrong passwords; a code opens".to_owned()
            }
            Standing::Expired => "expired in the directory".to_owned(),
            Standing::Disabled => "switched off in the directory".to_owned(),
        };
        let origin = self.origin.as_ref();
        let times = [
            ("locked", origin.and_then(|it| it.locked_at)),
            ("begins", origin.and_then(|it| it.starts_at)),
            ("ends", origin.and_then(|it| it.expires_at)),
        ];
        for (what, at) in times {
            if let Some(at) = at {
                // To a String it can not fail.
                let _ = write!(words, "; {what} {}", print::local(at));
            }
        }
        if account.suspended {
            words += "; taken at once, while the rest of a sync waits for a person";
        }
        words
    }

    fn origin(&self, key: &str) -> Vec<(&'static str, String)> {
        let mut lines = vec![("directory", self.directory.clone())];
        if let Some(origin) = &self.origin {
            lines.push(("entry", origin.dn.clone()));
        }
        lines.push(("key", key.to_owned()));
        lines
    }
}

/// What lets somebody in while the directory is down.
fn ways_in(account: &AccountCard) -> Vec<(&'static str, String)> {
    let ways = &account.reserve;
    let made = match &ways.verifier {
        None if ways.mirrored_verifier => "a hash that the directory hands out".to_owned(),
        None => "none; the page /ready makes one".to_owned(),
        Some(VerifierCard {
            made_at,
            expires_at,
            state,
        }) => {
            let state = match state {
                VerifierState::Good if *expires_at <= Timestamp::now() => "too old since",
                VerifierState::Good => "good until",
                VerifierState::Refused => {
                    "laid aside, because the directory refused its password; it would be good until"
                }
                VerifierState::Former => "of the password before; it would be good until",
            };
            let (made, until) = (print::local(*made_at), print::local(*expires_at));
            format!("made {made}, {state} {until}")
        }
    };
    let code = ways.code_until.map_or("none".to_owned(), |until| {
        format!("good until {}", print::local(until))
    });
    let tried = match ways.tried {
        None => "never".to_owned(),
        Some(Shown { at, how }) => {
            let how = match how {
                ShownBy::Check => "on /ready",
                ShownBy::SignIn => "in an emergency",
            };
            format!("{} {how}", print::local(at))
        }
    };
    let ready = if ways.ready { "yes" } else { "no" };
    vec![
        ("ready", format!("{ready}, if the directory were down now")),
        ("verifier", made),
        ("code", code),
        ("tried", tried),
    ]
}

fn listed(listing: &Listing) -> String {
    let words = if listing.hidden { "hidden" } else { "listed" };
    words.to_owned()
}

fn all(values: &[String]) -> String {
    if values.is_empty() {
        return "–".to_owned();
    }
    values.join(", ")
}
