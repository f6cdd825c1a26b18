//! `shadowmail dkim`: what must stand in the DNS for the signatures of mail to the outside.

use std::process::ExitCode;

use clap::Args;
use delivery::DkimDomain;
use serde::Serialize;

use super::UsageError;
use crate::config::Config;
use crate::print::{self, Output};

/// Print what must stand in the DNS, so that others believe the DKIM signatures of mail to the outside
///
/// Without a signature, mail from this host looks forged to others, because it comes from another one
/// than usual. Signing begins with the next start of the server; put the record into the DNS before.
#[derive(Args)]
#[command(after_help = "\
Examples:
  openssl genrsa -out /etc/shadowmail/dkim.pem 2048
  chown shadowmail /etc/shadowmail/dkim.pem && chmod 400 /etc/shadowmail/dkim.pem
  write into the config:
      [[outbound.dkim]]
      domain = \"corp.example\"
      selector = \"shadow\"
      key_file = \"/etc/shadowmail/dkim.pem\"
  shadowmail dkim
      put the line that it prints into the zone of corp.example")]
pub struct Dkim {
    #[command(flatten)]
    output: Output,
}

/// What must stand in the DNS for one key.
#[derive(Serialize)]
struct Record {
    domain: String,
    name: String,
    /// In one piece; the DNS takes strings of 255 octets.
    value: String,
    #[serde(skip)]
    zone_line: String,
}

impl Record {
    fn of(key: &DkimDomain) -> Self {
        Self {
            domain: key.domain().to_owned(),
            name: key.record_name(),
            value: key.record().to_owned(),
            zone_line: key.zone_line(),
        }
    }
}

impl Dkim {
    /// Prints the records.
    pub fn run(&self, config: &Config) -> anyhow::Result<ExitCode> {
        let keys = config.delivery.outbound.dkim.keys();
        if keys.is_empty() {
            let words = "there is no [[outbound.dkim]] in the config, so nothing is signed; \
                         `shadowmail dkim --help` says how to begin";
            return Err(UsageError(words.to_owned()).into());
        }
        let records: Vec<Record> = keys.iter().map(Record::of).collect();
        self.output.show(&records, |records| {
            let mut records = records.iter();
            records.try_for_each(|record| print::line(&record.zone_line))
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
