//! `shadowmail retention hold`.

use std::io;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use store::{Address, HoldId, HoldScope, MessageId};

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
      a day stays whole until all of it is in the full text
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
    /// unsorted mail that lies in none
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
                store.release_hold(*id, &actor::shell(), now).await?;
                output.show(&Changed { hold: *id }, |changed| {
                    let words = "is over; what it covered ages when it is due";
                    print::line(format_args!("hold {} {words}", changed.hold))
                })?;
            }
        }
        Ok(())
    }
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
        let (by, now) = (actor::shell(), Timestamp::now());
        let hold = opened
            .store
            .add_hold(scope.clone(), &self.reason, &by, now)
            .await?;
        self.output.show(&Changed { hold }, |changed| {
            let id = changed.hold;
            print::line(format_args!(
                "hold {id} begins: {scope} does not age until `shadowmail retention hold release {id}`"
            ))
        })?;
        Ok(())
    }
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
