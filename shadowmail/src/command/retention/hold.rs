//! `shadowmail retention hold`.

use std::io;

use anyhow::anyhow;
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use store::{Address, Coverage, HoldId, HoldScope, MessageId, Store, StoreError};

use crate::actor;
use crate::command::Opened;
use crate::print::{self, Output};

/// Hold mail, so that it does not age
#[derive(Args)]
pub struct Hold {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    Add(Add),
    /// Show the holds that last
    List {
        /// Those that were released, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        output: Output,
    },
    /// End a hold: what it covered ages when it is due. It stays in `list --all`
    #[command(after_help = "\
Examples:
  shadowmail retention hold release 3")]
    Release {
        /// Its number, as `list` shows it
        id: HoldId,
        #[command(flatten)]
        output: Output,
    },
}

/// Begin a hold on mail that is kept already and on mail that comes
///
/// It protects from aging only. Whoever adds and releases it stands in the audit log.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail retention hold add --account anna --reason \"lawsuit 12/2026\"
      also somebody who has left, by login
  shadowmail retention hold add --group board@corp.example --reason audit
      its members now, and whoever joins while the hold lasts; who leaves stays held
  shadowmail retention hold add --query 'from:acme subject:offer after:2026-11-01' --reason audit
      a day stays whole until all of it is in the full text; `today` and `7d` are kept as dates
  shadowmail retention hold add --message 20261122-0f3b2c1a9d04e --reason \"patent claim\"")]
#[group(id = "covered", required = true, multiple = false, args = ["account", "group", "query", "message"])]
struct Add {
    /// The mail of this account
    #[arg(long, value_name = "LOGIN|ADDRESS")]
    account: Option<String>,
    /// The mail of the members of this group, nested groups included
    #[arg(long, value_name = "ADDRESS")]
    group: Option<Address>,
    /// All mail that a search finds, as in the webmail's search field: in whosever mailbox, and
    /// unsorted mail that lies in none. One that is not understood as a whole is refused
    #[arg(long, value_name = "SEARCH")]
    query: Option<String>,
    /// One message
    #[arg(long, value_name = "ID")]
    message: Option<MessageId>,
    /// Why; whoever finds it later must know
    #[arg(long)]
    reason: String,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Changed {
    hold: HoldId,
}

#[derive(Serialize)]
struct Begun {
    hold: HoldId,
    #[serde(flatten)]
    scope: HoldScope,
    /// Absent when the hold lasts, but how much it covers could not be told.
    coverage: Option<Coverage>,
}

impl Hold {
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let (store, now) = (&opened.store, Timestamp::now());
        match &self.what {
            What::Add(add) => add.run(opened).await?,
            What::List { all, output } => {
                let mut holds = store.holds().await?;
                holds.retain(|hold| *all || hold.released.is_none());
                output.show(&holds, |holds| list(holds))?;
            }
            What::Release { id, output } => {
                match store.release_hold(*id, &actor::shell(), now).await {
                    Err(StoreError::Missing(_)) => return Err(not_lasting(store, *id).await?),
                    released => released?,
                }
                output.show(&Changed { hold: *id }, |changed| {
                    let words = "is over; what it covered ages when it is due";
                    print::line(format_args!("hold {} {words}", changed.hold))
                })?;
            }
        }
        Ok(())
    }
}

/// Why a hold can not be released.
async fn not_lasting(store: &Store, id: HoldId) -> anyhow::Result<anyhow::Error> {
    let holds = store.holds().await?;
    let past = holds.into_iter().find(|hold| hold.id == id);
    Ok(match past.and_then(|hold| hold.released) {
        Some(released) => anyhow!(
            "hold {id} was released by {} at {}",
            released.by,
            print::local(released.at)
        ),
        None => {
            anyhow!("there is no hold {id}; `shadowmail retention hold list` shows those there are")
        }
    })
}

impl Add {
    async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let account = || self.account.clone().map(HoldScope::Account);
        let group = || self.group.clone().map(HoldScope::Group);
        let query = || self.query.clone().map(HoldScope::Query);
        let message = || self.message.map(HoldScope::Message);
        let scope = account().or_else(group).or_else(query).or_else(message);
        let Some(scope) = scope else {
            return Ok(()); // clap asks for one of them
        };
        let (store, by) = (&opened.store, actor::shell());
        let hold = store
            .add_hold(scope.clone(), &self.reason, &by, Timestamp::now())
            .await?;
        let begun = begun(store, hold, scope).await;
        self.output.show(&begun, |begun| {
            let Begun { hold, scope, .. } = begun;
            print::line(format_args!(
                "hold {hold} begins: {scope} does not age until `shadowmail retention hold release {hold}`"
            ))?;
            match begun.coverage {
                Some(coverage) => print::line(covers(coverage)),
                None => Ok(()),
            }
        })?;
        Ok(())
    }
}

/// What there is to say of a hold that lasts already, so that nothing here is an error.
async fn begun(store: &Store, hold: HoldId, asked: HoldScope) -> Begun {
    let coverage = store.hold_coverage(hold).await;
    let holds = store.holds().await.unwrap_or_default();
    let stored = holds.into_iter().find(|it| it.id == hold);
    Begun {
        hold,
        scope: stored.map_or(asked, |hold| hold.scope),
        coverage: coverage
            .inspect_err(|error| {
                tracing::warn!("the hold lasts, but how much it covers can not be told: {error}");
            })
            .ok(),
    }
}

fn covers(coverage: Coverage) -> String {
    let Coverage {
        messages,
        in_doubt,
        behind,
    } = coverage;
    let unsure = match in_doubt {
        0 => String::new(),
        in_doubt => format!(
            ", {in_doubt} of them because not all of their text is in the full text, so that \
             nobody can tell"
        ),
    };
    let waiting = match behind {
        0 => String::new(),
        behind => format!(
            "; {behind} more are not in the full text yet, and their days stay whole until they are"
        ),
    };
    let doubt = match (messages, behind) {
        (0, 0) => "; if that is a mistake, release it and begin another one",
        _ => "",
    };
    format!("it covers {messages} messages now{unsure}{waiting}{doubt}")
}

fn list(holds: &[store::Hold]) -> io::Result<()> {
    if holds.is_empty() {
        return print::line("nothing is held");
    }
    let cells: Vec<[String; 6]> = holds.iter().map(cells).collect();
    print::table(
        ["HOLD", "SINCE", "WHO", "WHAT", "REASON", "RELEASED"],
        &cells,
    )
}

fn cells(hold: &store::Hold) -> [String; 6] {
    let scope = match (&hold.scope, hold.accounts) {
        (HoldScope::Group(_), accounts) => format!("{}, {accounts} accounts", hold.scope),
        (scope, _) => scope.to_string(),
    };
    let released = hold.released.as_ref().map_or_else(String::new, |released| {
        format!("{}, by {}", print::local(released.at), released.by)
    });
    [
        hold.id.to_string(),
        print::local(hold.since),
        hold.by.clone(),
        scope,
        hold.reason.clone(),
        released,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hold_says_what_it_covers() {
        #[track_caller]
        fn check(messages: u64, in_doubt: u64, behind: u64, want: &str) {
            let coverage = Coverage {
                messages,
                in_doubt,
                behind,
            };
            assert_eq!(covers(coverage), want);
        }
        check(12, 0, 0, "it covers 12 messages now");
        check(
            12,
            2,
            0,
            "it covers 12 messages now, 2 of them because not all of their text is in the full \
             text, so that nobody can tell",
        );
        check(
            0,
            0,
            0,
            "it covers 0 messages now; if that is a mistake, release it and begin another one",
        );
        check(
            0,
            0,
            7,
            "it covers 0 messages now; 7 more are not in the full text yet, and their days stay \
             whole until they are",
        );
    }
}
