//! `shadowmail user break-glass`: administrators who need no directory.

use std::io::{self, BufRead};

use anyhow::{anyhow, bail};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;
use store::{
    AlertKind, AuditEvent, BreakGlass as Listed, BreakGlassKept, BreakGlassName, BreakGlassOrder,
    NewBreakGlass, Secret, Store, TotpSecret,
};
use sync_ad::BreakGlassPassword;

use super::totp;
use crate::actor;
use crate::command::{Opened, UsageError};
use crate::print::{self, Output};

/// Administrators who need no directory, for the day on which nobody else gets into the console
///
/// Each has a password that is made here and shown once, and a second factor. Print the password, put
/// it into a sealed envelope in a safe, and keep the phone or a second copy of the key elsewhere.
/// They come in at /admin/break-glass of the webmail, in every mode, also with the directory down.
/// Each use stands in the audit log and raises an alert.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user break-glass make safe-1     shows a QR code, asks for a code of it, shows the password
  shadowmail user break-glass list            who there is, and when somebody came in as them
  shadowmail user break-glass renew safe-1    after a use, or once a year: another password, another QR code
  shadowmail user break-glass remove safe-1   nobody comes in as safe-1 any more; who is in is out
  shadowmail user break-glass seen            a use was one of ours: takes the alert back")]
pub struct BreakGlass {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make one
    Make {
        /// What it is called: letters, digits, dots, hyphens
        name: BreakGlassName,
    },
    /// List them, without anything that lets them in
    List {
        #[command(flatten)]
        output: Output,
    },
    /// Give one another password and another second factor, and end its sessions
    Renew {
        /// What it is called
        name: BreakGlassName,
    },
    /// Remove one, and end its sessions
    Remove {
        /// What it is called
        name: BreakGlassName,
    },
    /// Take the alert back that tells of a use
    Seen,
}

#[derive(Serialize)]
struct Row {
    name: BreakGlassName,
    made_at: Timestamp,
    made_by: String,
    used_at: Option<Timestamp>,
}

impl BreakGlass {
    /// Does what was asked.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        match &self.what {
            What::Make { name } => keep(opened, name, BreakGlassOrder::Make).await,
            What::Renew { name } => keep(opened, name, BreakGlassOrder::Renew).await,
            What::List { output } => list(&opened.store, *output).await,
            What::Remove { name } => remove(&opened.store, name).await,
            What::Seen => seen(&opened.store).await,
        }
    }
}

async fn keep(
    opened: &Opened,
    name: &BreakGlassName,
    order: BreakGlassOrder,
) -> anyhow::Result<()> {
    let store = &opened.store;
    let is_there = store.break_glass().await?.iter().any(|it| it.name == *name);
    match (order, is_there) {
        (BreakGlassOrder::Make, true) => return Err(exists(name)),
        (BreakGlassOrder::Renew, false) => return Err(missing(name)),
        _ => {}
    }
    let password = BreakGlassPassword::generate()
        .map_err(|error| anyhow!("the operating system has no random numbers: {error}"))?;
    let secret = TotpSecret::generate()?;
    totp::show(&secret, &opened.config.hostname, &name.actor())?;
    for line in io::stdin().lock().lines().take(totp::TRIES) {
        let new = NewBreakGlass {
            name: name.clone(),
            hash: password.hash()?,
            secret: secret.clone(),
            code: line?,
        };
        let by = (actor::shell(), Timestamp::now());
        match store.keep_break_glass(new, order, by).await? {
            BreakGlassKept::Yes => return tell(&opened.config.web.url, name, &password.shown()),
            BreakGlassKept::Exists => return Err(exists(name)),
            BreakGlassKept::Missing => return Err(missing(name)),
            BreakGlassKept::WrongCode => {
                print::line("that is not the code; wait for the next one, and compare the clocks")?;
            }
        }
    }
    bail!("no right code was typed; everything is as it was")
}

/// The one time that the password is shown.
fn tell(url: &str, name: &BreakGlassName, password: &Secret) -> anyhow::Result<()> {
    print::line(format_args!("door      {url}/admin/break-glass"))?;
    print::line(format_args!("name      {name}"))?;
    print::line(format_args!("password  {}", password.expose()))?;
    print::line(
        "the password is not shown again: print it, and put it into a sealed envelope; try the door once, with \
         the next code of the app",
    )?;
    Ok(())
}

fn exists(name: &BreakGlassName) -> anyhow::Error {
    let advice = format!("`shadowmail user break-glass renew {name}` gives it another password");
    UsageError(format!("there is a {name} already; {advice}")).into()
}

fn missing(name: &BreakGlassName) -> anyhow::Error {
    let advice = "`shadowmail user break-glass list` names all";
    UsageError(format!(
        "no break-glass administrator is called {name}; {advice}"
    ))
    .into()
}

async fn list(store: &Store, output: Output) -> anyhow::Result<()> {
    let row = |it: Listed| Row {
        name: it.name,
        made_at: it.made_at,
        made_by: it.made_by,
        used_at: it.used_at,
    };
    let rows: Vec<Row> = store.break_glass().await?.into_iter().map(row).collect();
    output.show(&rows, |rows| {
        let cells: Vec<[String; 4]> = rows.iter().map(cells).collect();
        print::table(["NAME", "MADE", "BY", "USED"], &cells)
    })?;
    Ok(())
}

fn cells(row: &Row) -> [String; 4] {
    let used = row.used_at.map(print::local);
    [
        row.name.to_string(),
        print::local(row.made_at),
        row.made_by.clone(),
        used.unwrap_or_else(|| "never".to_owned()),
    ]
}

async fn remove(store: &Store, name: &BreakGlassName) -> anyhow::Result<()> {
    let by = (actor::shell(), Timestamp::now());
    if !store.remove_break_glass(name.clone(), by).await? {
        return Err(missing(name));
    }
    print::line(format_args!(
        "nobody comes in as {name} any more, and who was in is out"
    ))?;
    Ok(())
}

async fn seen(store: &Store) -> anyhow::Result<()> {
    let kind = AlertKind::BreakGlassUsed;
    let event = AuditEvent {
        actor: actor::shell(),
        action: "alert-seen",
        object: kind.to_string(),
        detail: String::new(),
        address: None,
    };
    if !store.see_alert(kind, event, Timestamp::now()).await? {
        bail!("there is no such alert: nobody has come in that way since it was last seen");
    }
    print::line("the alert is taken back")?;
    Ok(())
}
