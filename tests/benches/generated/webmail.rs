//! Mailbox pages as a browser gets them: the server's own time, with session and HTML.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Instant;

use anyhow::{Context, ensure};
use bench_parts::claim::Claim;
use bench_parts::document::Document;
use bench_parts::figure::{self, Durations};
use store::{Account, Store};
use tokio::runtime::Runtime;

use super::fill::Made;
use super::{p99_under, pages, start, timing, timings};
use crate::harness::process::Stop;
use crate::harness::server;
use crate::harness::wait;
use crate::memory;

const PASSWORD: &str = "only for the benchmark";

/// Pages of each kind.
const TIMES: usize = 500;

/// What was measured.
pub struct Webmail {
    first: Durations,
    resident: u64,
}

/// Opens the webmail, signs in as the owner of the fullest mailbox, and reads.
pub fn measure(made: &Made, runtime: &Runtime) -> anyhow::Result<Webmail> {
    made.while_changed(|| measure_in_emergency(made, runtime))
}

fn measure_in_emergency(made: &Made, runtime: &Runtime) -> anyhow::Result<Webmail> {
    let owner = runtime.block_on(fullest(made))?;
    let mut server = start::install(made)?;
    let hashed = server::run(
        server.directory(),
        &["user", "hash"],
        &format!("{PASSWORD}\n"),
    );
    let password = format!("password = \"{}\"\n", hashed.stdout.trim());
    start::write_users(&server, made, |login| {
        if login == owner.login { &password } else { "" }
    })?;
    server.succeed("sync");
    server.start_again();
    server.succeed("emergency start --reason benchmark");
    let mut browser = Browser::open(server.config().web)?;
    browser.sign_in(&owner.login)?;
    let path = format!("/mail/{}/inbox", owner.id);
    let mut first = Durations::default();
    for _ in 0..TIMES {
        let began = Instant::now();
        let answer = browser.ask("GET", &path, "")?;
        first.add(began.elapsed());
        ensure!(answer.status == 200, "{path}: {}", answer.status);
    }
    let resident = memory::resident(server.process().id())?;
    server.succeed("emergency end --reason measured");
    wait::until("the mode is normal again", || {
        server.json("status")["mode"]["mode"] == "normal"
    });
    server.stop(Stop::Gently);
    Ok(Webmail { first, resident })
}

async fn fullest(made: &Made) -> anyhow::Result<Account> {
    let store = Store::open(&made.data_dir).await?;
    let mailboxes = pages::by_size(&store).await?;
    let (_, id) = mailboxes.first().context("the store has no mailbox")?;
    let account = store.account(*id).await?;
    store.close().await;
    Ok(account)
}

impl Webmail {
    /// The section about it.
    pub fn describe(&self, document: &mut Document) {
        document.section("Webmail");
        document.paragraph(&format!(
            "The inbox of the fullest mailbox in an emergency, from the first byte of the request to the last of the \
             answer, on one connection. The gate asks for mode and session each time. The server then has {} of memory.",
            figure::bytes(self.resident),
        ));
        let mut table = timings();
        timing(&mut table, "GET inbox", &self.first);
        document.table(&table);
    }

    /// The design's number.
    pub fn claims(&self) -> Vec<Claim> {
        vec![p99_under("mailbox page over HTTP", 10.0, self.first.p99())]
    }
}

/// One connection that stays open, and the cookie of a session.
struct Browser {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    cookie: String,
}

struct Answer {
    status: u16,
    cookie: Option<String>,
}

impl Browser {
    fn open(address: SocketAddr) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::new(stream),
            address,
            cookie: String::new(),
        })
    }

    fn sign_in(&mut self, login: &str) -> anyhow::Result<()> {
        let form = format!("login={login}&password={}", PASSWORD.replace(' ', "+"));
        let answer = self.ask("POST", "/signin", &form)?;
        self.cookie = answer
            .cookie
            .with_context(|| format!("status {}", answer.status))?;
        Ok(())
    }

    fn ask(&mut self, method: &str, path: &str, form: &str) -> anyhow::Result<Answer> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.address,
            self.cookie,
            form.len()
        );
        self.stream.get_mut().write_all(request.as_bytes())?;
        let status = self.line()?;
        let status = status.split(' ').nth(1).context("no status")?.parse()?;
        let mut cookie = None;
        let mut length = 0;
        loop {
            let line = self.line()?;
            let Some((name, value)) = line.split_once(": ") else {
                break;
            };
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse()?,
                "set-cookie" if value.starts_with("session=") => {
                    cookie = value.split(';').next().map(str::to_owned);
                }
                _ => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        Ok(Answer { status, cookie })
    }

    fn line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        ensure!(self.stream.read_line(&mut line)? > 0, "the server hung up");
        Ok(line.trim_end().to_owned())
    }
}
