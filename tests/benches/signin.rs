//! Signing in: whether the time of a refusal tells which names exist.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_parts::claim::Claim;
use bench_parts::difference::{Difference, mann_whitney};
use bench_parts::figure;
use bench_parts::table::Table;

use crate::Findings;
use crate::harness::free_port::free_address;
use crate::harness::server::Shadowmail;
use crate::harness::server_config::ServerConfig;
use crate::harness::slapd::{Slapd, SlapdOptions, person};
use crate::plan::{Pace, Plan};
use crate::progress::say;

/// What the directory does meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Up,
    UpWithHashes,
    Down,
    DownWithHashes,
    Hanging,
}

const STATES: [(State, &str); 5] = [
    (State::Up, "the directory answers"),
    (
        State::UpWithHashes,
        "it answers, and its hashes are mirrored",
    ),
    (State::Down, "it is down"),
    (
        State::DownWithHashes,
        "it is down, and its hashes were mirrored",
    ),
    (State::Hanging, "it takes connections and does not answer"),
];

/// What the directory has of passwords.
#[derive(Clone, Copy)]
enum Passwords {
    Plain,
    Hashed,
}

/// Refusals of both kinds, in milliseconds.
struct Measured {
    what: &'static str,
    known: Vec<f64>,
    unknown: Vec<f64>,
}

/// Asks as many known names as unknown ones, by turns, each once, in each state.
pub fn run(plan: &Plan) -> anyhow::Result<Findings> {
    let names = match plan.pace {
        Pace::Quick => 30,
        Pace::Full => 150,
    };
    let mut measured = Vec::new();
    for (state, what) in STATES {
        say(format!("signin: {what}"));
        measured.push(measure(state, what, names)?);
    }
    let mut findings = Findings::default();
    describe(&measured, &mut findings);
    Ok(findings)
}

fn measure(state: State, what: &'static str, names: usize) -> anyhow::Result<Measured> {
    let passwords = match state {
        State::UpWithHashes | State::DownWithHashes => Passwords::Hashed,
        _ => Passwords::Plain,
    };
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company(names, passwords));
    let more = "sync_every_seconds = 3600\npassword_hashes = true\n";
    let server = Shadowmail::start(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], more)),
        ..ServerConfig::for_primary(free_address())
    });
    server.succeed("emergency start --reason benchmark");
    match state {
        State::Up | State::UpWithHashes => {}
        State::Down | State::DownWithHashes => slapd.stop(),
        State::Hanging => slapd.freeze(),
    }
    let web = server.config().web;
    let mut measured = Measured {
        what,
        known: Vec::new(),
        unknown: Vec::new(),
    };
    // The first ones are slower: what they need was not needed before.
    for number in 0..5 {
        refusal(web, &format!("first{number}"), number)?;
    }
    for number in 0..names {
        let order = if number % 2 == 0 { [0, 1] } else { [1, 0] };
        for kind in order {
            let (login, into) = match kind {
                0 => (format!("user{number}"), &mut measured.known),
                _ => (format!("none{number}"), &mut measured.unknown),
            };
            let took = refusal(web, &login, 2 * number + kind + 5)?;
            into.push(took.as_secs_f64() * 1000.0);
        }
    }
    if state == State::Hanging {
        slapd.thaw();
    }
    Ok(measured)
}

/// People with passwords. Hashes are of several kinds, none of them ours.
fn company(names: usize, passwords: Passwords) -> String {
    let hashes = [("16384", 3), ("65536", 2), ("8192", 1)].map(|(memory, passes)| {
        format!("{{ARGON2}}$argon2id$v=19$m={memory},t={passes},p=1$c29tZXNhbHRzYWx0$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhcw")
    });
    let people = (0..names).map(|number| {
        let login = format!("user{number}");
        let entry = person(&login, &[&format!("{login}@corp.example")]);
        let password = match passwords {
            Passwords::Hashed => &hashes[number % hashes.len()],
            Passwords::Plain => "only for the benchmark",
        };
        format!("{}\nuserPassword: {password}\n\n", entry.trim_end())
    });
    people.collect()
}

/// How long a wrong password takes, each from an address of its own.
fn refusal(web: SocketAddr, login: &str, number: usize) -> anyhow::Result<Duration> {
    let [_, a, b, c] = u32::try_from(number)?.to_be_bytes();
    let from = Ipv4Addr::new(10, a, b, c);
    let form = format!("login={login}&password=wrong+guess");
    let request = format!(
        "POST /signin HTTP/1.1\r\nHost: {web}\r\nX-Forwarded-For: {from}\r\nConnection: close\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
        form.len()
    );
    let mut stream = TcpStream::connect(web)?;
    stream.set_nodelay(true)?;
    let began = Instant::now();
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let took = began.elapsed();
    ensure!(
        answer.starts_with(b"HTTP/1.1 401"),
        "{login} is not refused"
    );
    Ok(took)
}

fn describe(measured: &[Measured], findings: &mut Findings) {
    let document = &mut findings.sections;
    document.section("Sign-in");
    document.paragraph(
        "Wrong passwords of names that exist and of names that do not, by turns, over HTTP, with a real OpenLDAP; each \
         name and each address once. Mann-Whitney asks whether one kind takes longer: \"longer\" is how often a known name \
         takes longer than an unknown one (0.5: nothing tells them apart), p how likely that is if there is no difference.",
    );
    let mut table = Table::new(&[
        "state",
        "of each",
        "known p50 ms",
        "unknown p50 ms",
        "known p99",
        "unknown p99",
        "longer",
        "z",
        "p",
    ]);
    let mut worst: Option<f64> = None;
    for it in measured {
        let difference = mann_whitney(&it.known, &it.unknown);
        let part = |part: fn(&Difference) -> f64| figure::number(difference.as_ref().map(part));
        let at = |values: &[f64], percent| figure::number(figure::percentile(values, percent));
        table.row([
            it.what.to_owned(),
            it.known.len().to_string(),
            at(&it.known, 50.0),
            at(&it.unknown, 50.0),
            at(&it.known, 99.0),
            at(&it.unknown, 99.0),
            part(|it| it.longer),
            part(|it| it.z),
            part(|it| it.p),
        ]);
        let z = difference.map(|it| it.z.abs());
        worst = worst.into_iter().chain(z).reduce(f64::max);
    }
    document.table(&table);
    findings.claims.push(Claim::under(
        "known and unknown names told apart by time, |z|, the worst state",
        3.0,
        "σ",
        worst,
    ));
}
