//! Handing back after an outage: how fast the primary gets what it missed, beside how fast it takes
//! mail at all.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_parts::claim::Claim;
use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;

use crate::Findings;
use crate::harness::dovecot::Dovecot;
use crate::harness::organisation::mailbox;
use crate::harness::postfix::{Copying, Postfix};
use crate::harness::process::installed;
use crate::harness::server::Shadowmail;
use crate::harness::server_config::ServerConfig;
use crate::harness::wait;
use crate::plan::{Pace, Plan};
use crate::progress::say;

/// Connections of `smtp-source`; the fastest counts.
const SESSIONS: [usize; 3] = [1, 4, 20];

/// Bytes of a mail.
const MAIL_BYTES: usize = 10_000;

/// How long any step may take.
const PATIENCE: Duration = Duration::from_mins(20);

/// Feeds a Postfix that delivers to Dovecot: by `smtp-source`, and by handing back, in turns.
pub fn run(plan: &Plan) -> anyhow::Result<Findings> {
    let (mails, rounds) = match plan.pace {
        Pace::Quick => (500, 1),
        Pace::Full => (10_000, 2),
    };
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(dovecot.lmtp(), Copying::Nothing);
    let server = Shadowmail::start(ServerConfig::for_primary(postfix.address()));
    let idle = || wait::within(PATIENCE, "Postfix has delivered", || postfix.is_idle());
    let mut measured = Measured {
        mails,
        fed: SESSIONS.map(|sessions| (sessions, Vec::new())),
        handed_back: Vec::new(),
    };
    for round in 1..=rounds {
        for (sessions, rates) in &mut measured.fed {
            say(format!(
                "reinject: round {round}, smtp-source with {sessions} sessions"
            ));
            let time = feed(postfix.address(), (*sessions, mails))?;
            rates.push(mails as f64 / time.as_secs_f64());
            idle();
        }
        say(format!("reinject: round {round}, handing back"));
        let time = hand_back(&server, mails * round, mails)?;
        measured.handed_back.push(mails as f64 / time.as_secs_f64());
        idle();
    }
    Ok(Findings {
        sections: measured.section(),
        claims: vec![Claim::at_least(
            "handing back 10 000 mails, to smtp-source feeding the same Postfix",
            0.9,
            "×",
            (mails >= 10_000).then(|| measured.ratio()),
        )],
    })
}

/// Sends so many mails; how long until the last one was taken.
fn feed(to: SocketAddr, (sessions, mails): (usize, usize)) -> anyhow::Result<Duration> {
    installed("smtp-source, a part of Postfix,", "/usr/sbin/smtp-source");
    let began = Instant::now();
    let done = Command::new("/usr/sbin/smtp-source")
        .args(["-s", &sessions.to_string(), "-m", &mails.to_string()])
        .args(["-l", &MAIL_BYTES.to_string(), "-f", "kunde@outside.example"])
        .args([
            "-M",
            "source.outside.example",
            "-t",
            mailbox("tom").address(),
            &to.to_string(),
        ])
        .stdin(Stdio::null())
        .status()?;
    ensure!(done.success(), "smtp-source could not send");
    Ok(began.elapsed())
}

/// An outage in which so many mails come, and how long it takes after its end until the primary has
/// taken them; then it has taken `settled` in all.
fn hand_back(server: &Shadowmail, settled: usize, mails: usize) -> anyhow::Result<Duration> {
    server.succeed("emergency start --reason outage");
    feed(server.config().fallback, (20, mails))?;
    let owed = || server.json("reinject status")["owed"].clone();
    wait::within(PATIENCE, "everything is owed", || owed()["open"] == mails);
    let began = Instant::now();
    server.succeed("emergency end --reason back");
    wait::within(PATIENCE, "nothing is owed", || owed()["open"] == 0);
    let time = began.elapsed();
    let owed = owed();
    ensure!(owed["settled"] == settled, "{owed}");
    wait::within(PATIENCE, "the mode is normal", || {
        server.json("status")["mode"]["mode"] == "normal"
    });
    Ok(time)
}

/// Mails in a second, round by round.
struct Measured {
    mails: usize,
    fed: [(usize, Vec<f64>); 3],
    handed_back: Vec<f64>,
}

impl Measured {
    /// How much of the fastest feeding handing back reaches.
    fn ratio(&self) -> f64 {
        let fed = self.fed.iter().map(|(_, rates)| mean(rates));
        mean(&self.handed_back) / fed.fold(f64::MIN, f64::max)
    }

    fn section(&self) -> Document {
        let mut section = Document::default();
        section.section("Handing back");
        section.paragraph(&format!(
            "{} mails of 10 KB that came during an outage go to a real Postfix, which delivers to Dovecot by LMTP \
             meanwhile; before that, the same Postfix takes as many from `smtp-source`. Each mail that is handed \
             back is claimed, sent in a transaction of its own, and its outcome is written, each on disk, before \
             the next one goes over the same connection. Measured from the end of the emergency until nothing is \
             owed; for smtp-source until it ends.",
            figure::count(self.mails as u64),
        ));
        let mut table = Table::new(&["what", "mails/s"]);
        for (sessions, rates) in &self.fed {
            let rate = figure::number(Some(mean(rates)));
            table.row([format!("smtp-source, {sessions} sessions"), rate]);
        }
        let rate = figure::number(Some(mean(&self.handed_back)));
        table.row(["Shadowmail, handing back".to_owned(), rate]);
        section.table(&table);
        section
    }
}

fn mean(rates: &[f64]) -> f64 {
    rates.iter().sum::<f64>() / rates.len() as f64
}
