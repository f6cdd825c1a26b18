//! The configuration of the server under test, and its directory of people.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::harness::certificate::Certificate;
use crate::harness::dovecot::{MASTER_PASSWORD, MASTER_USER};
use crate::harness::free_port::free_address;
use crate::harness::organisation::{DOMAIN, GROUPS, MAILBOXES, SHADOW_DOMAIN};
use crate::harness::scratch::Scratch;

/// Whether the gateway must encrypt its copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JournalTls {
    /// Yes, with a certificate of the scenario's own.
    Required,
    /// STARTTLS is not offered.
    Off,
}

/// What a scenario decides about its server.
pub struct ServerConfig {
    /// Where the gateway sends its copies.
    pub journal: SocketAddr,
    /// Where the world sends mail when the primary is down.
    pub fallback: SocketAddr,
    /// Whether the copies come encrypted.
    pub journal_tls: JournalTls,
    /// More lines for the journal listener.
    pub journal_lines: String,
    /// The pages.
    pub web: SocketAddr,
    /// The primary's SMTP server.
    pub primary: SocketAddr,
    /// The primary's mailboxes, where it lets us write to them.
    pub imap: Option<SocketAddr>,
    /// The way to the outside.
    pub smarthost: Option<SocketAddr>,
    /// Where the store is, unless beside the configuration.
    pub data_dir: Option<PathBuf>,
    /// For how long a sent mail can be taken back.
    pub undo_seconds: u8,
    /// Whole days that mail is kept.
    pub retention_days: u16,
    /// `[directory]`, unless it is a file beside the configuration.
    pub directory: Option<String>,
    /// More lines for the top of the file.
    pub top: String,
    /// More tables for the end of the file.
    pub end: String,
}

impl ServerConfig {
    /// Free ports, and this primary.
    pub fn for_primary(primary: SocketAddr) -> Self {
        Self {
            journal: free_address(),
            fallback: free_address(),
            journal_tls: JournalTls::Off,
            journal_lines: String::new(),
            web: free_address(),
            primary,
            imap: None,
            smarthost: None,
            data_dir: None,
            retention_days: 28,
            undo_seconds: 0,
            directory: None,
            top: String::new(),
            end: String::new(),
        }
    }

    /// The file, for a server that lives in this directory.
    pub fn text(&self, scratch: &Scratch) -> String {
        let root = scratch.path().display();
        let data_dir = self
            .data_dir
            .clone()
            .unwrap_or_else(|| scratch.path().join("data"));
        let mut text = format!(
            r#"hostname = "{SHADOW_DOMAIN}"
domains = ["{DOMAIN}"]
data_dir = "{data_dir}"
{top}
[retention]
days = {retention_days}

[[listener]]
name = "journal"
role = "journal"
address = "{journal}"
protocol = "smtp"
allow = ["127.0.0.0/8"]
tls = "{journal_tls}"
{journal_lines}
[[listener]]
name = "fallback"
role = "fallback"
address = "{fallback}"
protocol = "smtp"
tls = "off"

[web]
address = "{web}"
url = "http://{web}/"
undo_seconds = {undo_seconds}

[directory]
{directory}

[primary]
smtp = "{primary}"
tls = "off"
"#,
            data_dir = data_dir.display(),
            retention_days = self.retention_days,
            top = self.top,
            journal = self.journal,
            fallback = self.fallback,
            journal_lines = self.journal_lines,
            journal_tls = match self.journal_tls {
                JournalTls::Required => "required",
                JournalTls::Off => "off",
            },
            web = self.web,
            undo_seconds = self.undo_seconds,
            primary = self.primary,
            directory = self
                .directory
                .clone()
                .unwrap_or_else(|| format!("kind = \"file\"\npath = \"{root}/users.toml\"")),
        );
        text.push_str(&self.ways(scratch));
        text.push_str(&self.end);
        text
    }

    /// The end of `[primary]`, and the tables after it.
    fn ways(&self, scratch: &Scratch) -> String {
        let mut text = String::new();
        if let Some(imap) = self.imap {
            let password_file = scratch.write("imap-password", MASTER_PASSWORD);
            let _ = write!(
                text,
                r#"imap = "{imap}"
imap_tls = "off"
imap_login = "{{address}}*{MASTER_USER}"
imap_password_file = "{}"
imap_lacks_after_seconds = 5
"#,
                password_file.display()
            );
        }
        if let Some(smarthost) = self.smarthost {
            let _ = write!(text, "\n[outbound]\nsmarthost = \"{smarthost}\"\n");
        }
        if self.journal_tls == JournalTls::Required {
            let made = Certificate::new(scratch.path(), SHADOW_DOMAIN);
            let (certificate, key) = (made.certificate.display(), made.key.display());
            let _ = write!(
                text,
                "\n[tls]\ncertificate = \"{certificate}\"\nkey = \"{key}\"\n"
            );
        }
        text
    }
}

/// `users.toml`: the organisation, with these password hashes.
pub fn users(hash: impl Fn(&str) -> String) -> String {
    let mut text = String::new();
    for it in MAILBOXES {
        let addresses: Vec<String> = it
            .addresses
            .iter()
            .map(|address| format!("\"{address}\""))
            .collect();
        let _ = writeln!(
            text,
            "[[account]]\nlogin = \"{}\"\nname = \"{}\"\naddresses = [{}]\nkind = \"{}\"\nlanguage = \"{}\"",
            it.login,
            it.name,
            addresses.join(", "),
            it.kind,
            it.language
        );
        if it.kind == "person" {
            let _ = writeln!(text, "password = \"{}\"", hash(&it.password()));
        }
        text.push('\n');
    }
    for group in GROUPS {
        let members: Vec<String> = group
            .members
            .iter()
            .map(|login| format!("\"{login}\""))
            .collect();
        let _ = writeln!(
            text,
            "[[group]]\naddress = \"{}\"\nname = \"{}\"\nmembers = [{}]\n",
            group.address,
            group.name,
            members.join(", ")
        );
    }
    text
}
