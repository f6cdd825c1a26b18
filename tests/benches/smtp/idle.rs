//! How much memory the server has, with and without sessions.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use anyhow::{Context, ensure};
use bench_parts::claim::Claim;
use bench_parts::corpus::sized_mail;
use bench_parts::document::Document;
use bench_parts::figure;
use bench_parts::table::Table;

use super::cell::Outcome;
use super::source::{self, Load};
use crate::harness::free_port::free_address;
use crate::harness::scratch::Scratch;
use crate::harness::server::Shadowmail;
use crate::harness::server_config::ServerConfig;
use crate::memory;
use crate::progress::say;

/// Sessions of the design's number.
const SESSIONS: usize = 1000;

/// Bytes of each mail when all of them send.
const BUSY_MAIL_BYTES: usize = 1_000_000;

/// Bytes of main memory.
pub struct Memory {
    fresh: u64,
    sessions: u64,
    /// The peak while all sessions send, or what the client heard instead.
    busy: Result<u64, String>,
    after: u64,
}

/// Asks a fresh server.
pub fn measure() -> anyhow::Result<Memory> {
    let mut server = Shadowmail::start(ServerConfig::for_primary(free_address()));
    let process = server.process().id();
    let journal = server.config().journal;
    let fresh = memory::resident(process)?;

    let sessions: Vec<Idle> = (0..SESSIONS)
        .map(|number| Idle::open(journal).with_context(|| format!("session {number}")))
        .collect::<Result<_, _>>()?;
    let with_sessions = memory::resident(process)?;
    drop(sessions);

    let scratch = Scratch::new("bench");
    let mail = scratch.write("mail.eml", sized_mail(1, BUSY_MAIL_BYTES));
    let load = Load {
        mail: &mail,
        sessions: SESSIONS,
        mails: 2 * SESSIONS,
    };
    memory::forget_peak(process)?;
    let busy = match source::send(journal, load) {
        Ok(_) => Ok(memory::peak(process)?),
        Err(error) => Err(format!("{error:#}")),
    };
    if let Err(error) = &busy {
        say(format!("smtp: {SESSIONS} sessions with 1 MB each: {error}"));
    }
    Ok(Memory {
        fresh,
        sessions: with_sessions,
        busy,
        after: memory::resident(process)?,
    })
}

impl Memory {
    /// The section about it.
    pub fn describe(&self, document: &mut Document, outcomes: &[Outcome]) {
        document.section("Memory of the server");
        document.paragraph(
            "Resident memory (VmRSS) of the one process that runs all roles; under load, the peak (VmHWM).",
        );
        let mut table = Table::new(&["when", "memory"]);
        table.row([
            "just started, empty store".to_owned(),
            figure::bytes(self.fresh),
        ]);
        table.row([
            format!("{SESSIONS} SMTP sessions open after EHLO"),
            figure::bytes(self.sessions),
        ]);
        for outcome in outcomes {
            let size = figure::bytes(outcome.cell.bytes as u64);
            let when = format!("{} sessions keep {size} mails, peak", outcome.cell.sessions);
            table.row([when, figure::bytes(outcome.peak_bytes)]);
        }
        let busy = match &self.busy {
            Ok(peak) => figure::bytes(*peak),
            Err(why) => format!("a mail was refused: {why}"),
        };
        let size = figure::bytes(BUSY_MAIL_BYTES as u64);
        table.row([format!("{SESSIONS} sessions keep {size} mails, peak"), busy]);
        table.row(["after all that".to_owned(), figure::bytes(self.after)]);
        document.table(&table);
    }

    /// The design's numbers.
    pub fn claims(&self) -> Vec<Claim> {
        let megabytes = |bytes: u64| bytes as f64 / 1e6;
        let busy = self.busy.as_ref().ok().map(|peak| megabytes(*peak));
        vec![
            Claim::under("memory, idle", 100.0, "MB", Some(megabytes(self.fresh))),
            Claim::under(
                "memory, 1 000 SMTP sessions open",
                400.0,
                "MB",
                Some(megabytes(self.sessions)),
            ),
            Claim::under(
                "memory, 1 000 sessions that send 1 MB each",
                400.0,
                "MB",
                busy,
            ),
        ]
    }
}

/// A session that has said EHLO and waits.
struct Idle {
    _reader: BufReader<TcpStream>,
}

impl Idle {
    fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let mut reader = BufReader::new(TcpStream::connect(address)?);
        read_reply(&mut reader, "220")?;
        reader
            .get_mut()
            .write_all(b"EHLO idle.outside.example\r\n")?;
        read_reply(&mut reader, "250")?;
        Ok(Self { _reader: reader })
    }
}

fn read_reply(reader: &mut BufReader<TcpStream>, code: &str) -> anyhow::Result<()> {
    let mut line = String::new();
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        ensure!(line.starts_with(code), "wanted {code}, heard {line:?}");
        // The last line of a reply has a space after its code (RFC 5321 §4.2.1).
        if line.get(3..4) == Some(" ") {
            return Ok(());
        }
    }
}
