//! `shadowmail user totp`: the second factor of an administrator.

use std::io::{self, BufRead};

use anyhow::bail;
use clap::Args;
use jiff::Timestamp;
use store::{Account, TotpSecret};

use super::nobody;
use crate::actor;
use crate::command::{Opened, UsageError};
use crate::print;
use crate::qr;

/// Codes that may be typed before nothing is kept.
pub(super) const TRIES: usize = 3;

/// Set up the second factor of an administrator: codes of an authenticator app
///
/// The console asks for a code after the password then. Shows a QR code for the app, and keeps
/// nothing until a code of it was typed here. A new one takes the place of the one before. The
/// webmail in an emergency does not ask for it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail user totp eva            she scans the picture and reads you the code
  shadowmail user totp eva --remove   a lost phone; then set up the next one

With `require_totp = true` in [console] nobody gets into the console without.")]
pub struct Totp {
    /// A sign-in name or an address
    login: String,
    /// Take it away
    #[arg(long)]
    remove: bool,
}

impl Totp {
    /// Does it.
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        let login = &self.login;
        let found = opened.store.person_named(login).await?;
        let account = found.ok_or_else(|| nobody(login))?;
        if self.remove {
            return remove(opened, &account).await;
        }
        if account.roles.is_empty() {
            let why = "is neither administrator nor auditor, and the console opens for nobody else";
            return Err(UsageError(format!("{} {why}", account.login)).into());
        }
        let secret = TotpSecret::generate()?;
        show(&secret, &opened.config.hostname, &account.login)?;
        for line in io::stdin().lock().lines().take(TRIES) {
            let typed = (secret.clone(), line?);
            let by = (actor::shell(), Timestamp::now());
            if opened.store.set_totp(account.id, typed, by).await? {
                let login = &account.login;
                print::line(format_args!(
                    "from now on the console asks {login} for a code"
                ))?;
                return Ok(());
            }
            print::line("that is not the code; wait for the next one, and compare the clocks")?;
        }
        bail!("no right code was typed; everything is as it was")
    }
}

/// The secret as a picture and as text.
pub(super) fn show(secret: &TotpSecret, hostname: &str, name: &str) -> io::Result<()> {
    let url = secret.url(&format!("Shadowmail {hostname}"), name);
    if let Some(picture) = qr::text(&url) {
        print::line(picture)?;
    }
    print::line(format_args!("key  {}", secret.base32()))?;
    print::line(format_args!("url  {url}"))?;
    print::line("scan the picture with an authenticator app, or type the key; then type its code:")
}

async fn remove(opened: &Opened, account: &Account) -> anyhow::Result<()> {
    let (by, now) = (actor::shell(), Timestamp::now());
    let login = &account.login;
    if !opened.store.remove_totp(account.id, by, now).await? {
        bail!("{login} has no second factor");
    }
    print::line(format_args!(
        "{login} has no second factor any more, and its sessions of the console have ended"
    ))?;
    Ok(())
}
