//! `shadowmail init`: the first config and the first administrator.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;
use store::{Address, Secret};

use super::UsageError;
use crate::cli::Common;
use crate::config::{Config, SAMPLE};
use crate::print;

/// Fewest characters of a password (NIST SP 800-63B §5.1.1.2).
const PASSWORD_CHARS_LEAST: usize = 8;

/// Write a commented config and the first administrator
///
/// Writes the file named by --config and, beside it, users.toml. Neither may exist yet.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail init --domain corp.example
      asks for the password of admin@corp.example, writes to /etc/shadowmail/
  shadowmail init --domain corp.example --domain corp.test --hostname shadow.corp.example \\
      --login anna --name \"Anna Becker\" --primary mail.corp.example:25
  pass show shadowmail | shadowmail init --domain corp.example --password-stdin
  shadowmail init --domain corp.example --generate-password
  shadowmail --config ./shadowmail.toml init --domain corp.example --data-dir ./data")]
pub struct Init {
    /// A mail domain of the organisation; repeat for more
    #[arg(long = "domain", value_name = "DOMAIN", required = true)]
    domains: Vec<String>,
    /// The name of this server [default: shadow. and the first domain]
    #[arg(long)]
    hostname: Option<String>,
    /// Where mail will be kept
    #[arg(long, value_name = "DIR", default_value = "/var/lib/shadowmail")]
    data_dir: PathBuf,
    /// Where the organisation's mail server takes mail
    #[arg(
        long,
        value_name = "HOST:PORT",
        default_value = "",
        hide_default_value = true
    )]
    primary: String,
    /// Sign-in name of the first administrator
    #[arg(long, default_value = "admin")]
    login: String,
    /// Name of the first administrator
    #[arg(long, default_value = "Administrator")]
    name: String,
    /// Address of the first administrator [default: the login at the first domain]
    #[arg(long)]
    address: Option<Address>,
    /// Read the password from the first line of standard input
    #[arg(long, conflicts_with = "generate_password")]
    password_stdin: bool,
    /// Make a password and print it once
    #[arg(long)]
    generate_password: bool,
}

impl Init {
    /// Writes both files.
    pub fn run(&self, common: &Common) -> anyhow::Result<ExitCode> {
        let config = &common.config;
        let users = config.with_file_name("users.toml");
        for file in [config, &users] {
            if file.exists() {
                bail!("{} exists already; init overwrites nothing", file.display());
            }
        }
        let text = self.config_text();
        // What would not load is not written.
        Config::parse(config, &text)?;
        let (password, generated) = self.password()?;
        let users_text = self.users_text(&password)?;
        if let Some(directory) = config.parent().filter(|it| !it.as_os_str().is_empty()) {
            let mut builder = fs::DirBuilder::new();
            let made = builder.recursive(true).mode(0o750).create(directory);
            made.with_context(|| format!("cannot make {}", directory.display()))?;
        }
        write_new(&users, &users_text)?;
        write_new(config, &text).inspect_err(|_| {
            // Half of it would keep the next init from writing the whole.
            let _ = fs::remove_file(&users);
        })?;
        print::line(format_args!("wrote {}", config.display()))?;
        print::line(format_args!(
            "wrote {} with the administrator {}",
            users.display(),
            self.login
        ))?;
        if generated {
            print::line(format_args!(
                "password of {}: {}",
                self.login,
                password.expose()
            ))?;
            print::line("it is not shown again; only its hash is kept")?;
        }
        let config = config.display();
        print::line(format_args!(
            "next: read {config}, then shadowmail --config {config} check"
        ))?;
        Ok(ExitCode::SUCCESS)
    }

    /// The sample with the answers in it.
    fn config_text(&self) -> String {
        let first = self.domains.first().map_or("corp.example", String::as_str);
        let hostname = self
            .hostname
            .clone()
            .unwrap_or_else(|| format!("shadow.{first}"));
        let answers = [
            ("hostname = ", quoted(&hostname)),
            (
                "domains = ",
                format!(
                    "[{}]",
                    self.domains
                        .iter()
                        .map(|it| quoted(it))
                        .collect::<Vec<_>>()
                        .join(", ")
                ),
            ),
            ("data_dir = ", quoted(&self.data_dir.to_string_lossy())),
            ("smtp = ", quoted(&self.primary)),
        ];
        let line = |line: &str| match answers.iter().find(|(key, _)| line.starts_with(key)) {
            Some((key, value)) => format!("{key}{value}\n"),
            None => format!("{line}\n"),
        };
        SAMPLE.lines().map(line).collect()
    }

    fn users_text(&self, password: &Secret) -> anyhow::Result<String> {
        let address = match (&self.address, self.domains.first()) {
            (Some(address), _) => address.clone(),
            (None, first) => {
                let text = format!("{}@{}", self.login, first.map_or("", String::as_str));
                text.parse()
                    .map_err(|error| UsageError(format!("--login {}: {error}", self.login)))?
            }
        };
        Ok(format!(
            "# Accounts and groups. Read again when it changes, or with `shadowmail sync`.\n\
             # `shadowmail user hash` makes a password line.\n\n\
             [[account]]\n\
             login = {}\n\
             name = {}\n\
             addresses = [{}]\n\
             password = {}\n\
             kind = \"person\"          # person | shared | room\n\
             roles = [\"admin\"]        # admin, auditor; none for staff\n\
             # language = \"de\"        # de | en\n\
             # sign_in_names = []     # beside the login and the addresses\n\
             # department = \"Sales\"\n\
             # phone = \"+49 30 1\"\n\
             # hidden = true          # does not stand in the address book\n\
             # disabled = true        # does not sign in; its mail goes on coming\n\n\
             # [[group]]\n\
             # address = \"sales@corp.example\"\n\
             # name = \"Sales\"\n\
             # members = [{}]\n",
            quoted(&self.login),
            quoted(&self.name),
            quoted(address.as_str()),
            quoted(&sync_ad::hash(password)?),
            quoted(&self.login),
        ))
    }

    /// The password, and whether we made it.
    fn password(&self) -> anyhow::Result<(Secret, bool)> {
        if self.generate_password {
            return Ok((generated()?, true));
        }
        let password = if self.password_stdin {
            first_line(io::stdin().lock())?
        } else if io::stdin().is_terminal() {
            asked(&self.login)?
        } else {
            let advice = "add --password-stdin or --generate-password";
            let reason = format!("there is no terminal to ask for a password; {advice}");
            return Err(UsageError(reason).into());
        };
        if password.expose().chars().count() < PASSWORD_CHARS_LEAST {
            let reason = format!("the password needs at least {PASSWORD_CHARS_LEAST} characters");
            return Err(UsageError(reason).into());
        }
        Ok((password, false))
    }
}

/// The first line of `input`, which holds a password.
pub fn first_line(mut input: impl BufRead) -> anyhow::Result<Secret> {
    let mut line = String::new();
    input
        .read_line(&mut line)
        .context("cannot read the password")?;
    Ok(Secret::new(line.trim_end_matches(['\r', '\n'])))
}

/// Asks twice on the terminal, without echo.
fn asked(login: &str) -> anyhow::Result<Secret> {
    let once = rpassword::prompt_password(format!("Password for {login}: "))?;
    let twice = rpassword::prompt_password("Once more: ")?;
    if once != twice {
        return Err(UsageError("the two passwords differ".into()).into());
    }
    Ok(Secret::new(once))
}

/// Twenty letters and digits in groups of five, none of which looks like another: 100 bits.
fn generated() -> anyhow::Result<Secret> {
    const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut random = [0u8; 20];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no random numbers: {error}"))?;
    let letter = |byte: &u8| {
        LETTERS
            .get(usize::from(byte % 32))
            .map_or('x', |it| char::from(*it))
    };
    let groups: Vec<String> = random
        .chunks(5)
        .map(|group| group.iter().map(letter).collect())
        .collect();
    Ok(Secret::new(groups.join("-")))
}

/// Writes a file that nobody else may read. Never overwrites one.
pub fn write_new(path: &Path, text: &str) -> anyhow::Result<()> {
    let open = || -> io::Result<File> {
        OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
    };
    let write = open().and_then(|mut file| {
        let written = file.write_all(text.as_bytes());
        written.and_then(|()| file.sync_all()).inspect_err(|_| {
            let _ = fs::remove_file(path);
        })
    });
    write.with_context(|| format!("cannot write {}", path.display()))
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

#[cfg(test)]
#[path = "init_tests.rs"]
mod tests;
