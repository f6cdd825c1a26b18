//! Signing in: whether the time of a refusal tells which names exist.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{anyhow, ensure};
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

/// What was before the password that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Nothing,
    /// Who exists has signed in.
    SignedIn,
    /// More wrong passwords of the same name than the directory is shown.
    TooMany,
    /// As many as are free, from the same address, under another name that whoever exists has.
    OtherName,
}

/// Where somebody types it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// `/signin`, in an emergency.
    Mail,
    /// `/ready`, which is open all year.
    Ready,
    /// `/admin/signin`.
    Console,
}

const CASES: [(Door, State, Before, &str); 14] = [
    (
        Door::Mail,
        State::Up,
        Before::Nothing,
        "the directory answers",
    ),
    (
        Door::Mail,
        State::UpWithHashes,
        Before::Nothing,
        "it answers, and its hashes are mirrored",
    ),
    (Door::Mail, State::Down, Before::Nothing, "it is down"),
    (
        Door::Mail,
        State::DownWithHashes,
        Before::Nothing,
        "it is down, and its hashes were mirrored",
    ),
    (
        Door::Mail,
        State::Hanging,
        Before::Nothing,
        "it takes connections and does not answer",
    ),
    (
        Door::Mail,
        State::Up,
        Before::SignedIn,
        "it answers; who exists has a verifier, others costlier mirrored hashes",
    ),
    (
        Door::Mail,
        State::Down,
        Before::SignedIn,
        "it is down; who exists has a verifier, others costlier mirrored hashes",
    ),
    (
        Door::Mail,
        State::Up,
        Before::TooMany,
        "it answers; too many wrong ones",
    ),
    (
        Door::Mail,
        State::Up,
        Before::OtherName,
        "it answers; five wrong ones under another name",
    ),
    (
        Door::Mail,
        State::Down,
        Before::OtherName,
        "it is down; five wrong ones under another name",
    ),
    (
        Door::Ready,
        State::Up,
        Before::Nothing,
        "`/ready`, it answers",
    ),
    (
        Door::Ready,
        State::Down,
        Before::Nothing,
        "`/ready`, it is down",
    ),
    (
        Door::Console,
        State::Up,
        Before::Nothing,
        "the console, it answers",
    ),
    (
        Door::Console,
        State::Down,
        Before::Nothing,
        "the console, it is down",
    ),
];

/// Names of each kind from which on a difference that matters would show: with so many, 3 σ is a known
/// name that takes longer than an unknown one in 60 of 100 cases instead of 50.
const NAMES_MIN: usize = 150;

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
    let mut measured = Vec::new();
    for (door, state, before, what) in CASES {
        let names = match (plan.pace, before) {
            (Pace::Quick, Before::Nothing | Before::SignedIn) => 30,
            (Pace::Quick, _) => 15,
            (Pace::Full, _) => NAMES_MIN,
        };
        say(format!("signin: {what}"));
        measured.push(measure((door, state, before), what, names)?);
    }
    let mut findings = Findings::default();
    describe(&measured, &mut findings);
    Ok(findings)
}

fn measure(
    (door, state, before): (Door, State, Before),
    what: &'static str,
    names: usize,
) -> anyhow::Result<Measured> {
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
    if door == Door::Mail {
        server.succeed("emergency start --reason benchmark");
    }
    let web = (server.config().web, door.path());
    if before == Before::SignedIn {
        for number in 0..names {
            let login = format!("user{number}");
            Typed::new(login, RIGHT, number).answer(web, "HTTP/1.1 303")?;
        }
    }
    match state {
        State::Up | State::UpWithHashes => {}
        State::Down | State::DownWithHashes => slapd.stop(),
        State::Hanging => slapd.freeze(),
    }
    let mut measured = Measured {
        what,
        known: Vec::new(),
        unknown: Vec::new(),
    };
    // The first ones are slower: what they need was not needed before.
    for number in 0..5 {
        Typed::new(format!("first{number}"), "wrong+guess", names + number).refusal(web)?;
    }
    for number in 0..names {
        let order = if number % 2 == 0 { [0, 1] } else { [1, 0] };
        for kind in order {
            let (login, into) = match kind {
                0 => (format!("user{number}"), &mut measured.known),
                _ => (format!("none{number}"), &mut measured.unknown),
            };
            let place = names + 5 + 2 * number + kind;
            let typed = prepare(web, before, (login, place))?;
            into.push(typed.refusal(web)?.as_secs_f64() * 1000.0);
        }
    }
    if state == State::Hanging {
        slapd.thaw();
    }
    Ok(measured)
}

/// What is typed, after what was typed before it: all of that at once, so that it takes no longer.
fn prepare(web: Web, before: Before, (login, place): (String, usize)) -> anyhow::Result<Typed> {
    let guesses = match before {
        Before::Nothing | Before::SignedIn => 0,
        Before::TooMany => 3,
        Before::OtherName => 5,
    };
    let before_it = (0..guesses).map(|guess| {
        let typed = Typed::new(login.clone(), &format!("guess+{guess}"), place);
        thread::spawn(move || typed.refusal(web))
    });
    for typed in before_it.collect::<Vec<_>>() {
        let refused = typed.join();
        refused.map_err(|_| anyhow!("a guess panicked"))??;
    }
    let login = match before {
        Before::OtherName => format!("{login}%40corp.example"),
        _ => login,
    };
    Ok(Typed::new(login, "wrong+guess", place))
}

/// The password of who has one in clear.
const RIGHT: &str = "only-for-the-benchmark";

/// People with passwords. Hashes are of several kinds, none of them ours. Somebody has a costly one in any
/// case: whoever has none, and nobody, takes as long.
fn company(names: usize, passwords: Passwords) -> String {
    let hashes = [("16384", 3), ("65536", 2), ("8192", 1)].map(|(memory, passes)| {
        format!("{{ARGON2}}$argon2id$v=19$m={memory},t={passes},p=1$c29tZXNhbHRzYWx0$c29tZWhhc2hzb21laGFzaHNvbWVoYXNoc29tZWhhcw")
    });
    let with_password = |login: String, password: &str| {
        let entry = person(&login, &[&format!("{login}@corp.example")]);
        format!("{}\nuserPassword: {password}\n\n", entry.trim_end())
    };
    let people = (0..names).map(|number| {
        let password = match passwords {
            Passwords::Hashed => &hashes[number % hashes.len()],
            Passwords::Plain => RIGHT,
        };
        with_password(format!("user{number}"), password)
    });
    people
        .chain([with_password("costly".to_owned(), &hashes[1])])
        .collect()
}

/// Where the server is, and the path of the door.
type Web = (SocketAddr, &'static str);

impl Door {
    fn path(self) -> &'static str {
        match self {
            Self::Mail => "/signin",
            Self::Ready => "/ready",
            Self::Console => "/admin/signin",
        }
    }
}

/// A name and a password, from an address of its own.
struct Typed {
    login: String,
    password: String,
    from: Ipv4Addr,
}

impl Typed {
    /// Both as they stand in a form.
    fn new(login: String, password: &str, place: usize) -> Self {
        let [_, a, b, c] = u32::try_from(place).unwrap_or(u32::MAX).to_be_bytes();
        Self {
            login,
            password: password.to_owned(),
            from: Ipv4Addr::new(10, a, b, c),
        }
    }

    /// How long it takes until it is refused.
    fn refusal(&self, web: Web) -> anyhow::Result<Duration> {
        self.answer(web, "HTTP/1.1 401")
    }

    /// How long the answer takes, which begins so.
    fn answer(&self, (web, path): Web, begins: &str) -> anyhow::Result<Duration> {
        let Self {
            login,
            password,
            from,
        } = self;
        let form = format!("login={login}&password={password}");
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: {web}\r\nX-Forwarded-For: {from}\r\nConnection: close\r\n\
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
            answer.starts_with(begins.as_bytes()),
            "{login} hears {:?} instead of {begins}",
            String::from_utf8_lossy(&answer).lines().next()
        );
        Ok(took)
    }
}

fn describe(measured: &[Measured], findings: &mut Findings) {
    let document = &mut findings.sections;
    document.section("Sign-in");
    document.paragraph(
        "Wrong passwords of names that exist and of names that do not, by turns, over HTTP, with a real OpenLDAP; each \
         name and each address once, but for what is said of the state. Mann-Whitney asks whether one kind takes longer: \"longer\" is how often a known name \
         takes longer than an unknown one (0.5: nothing tells them apart), p how likely that is if there is no difference. \
         \"apart\" is how far the medians are from each other. With 150 of each, 3 σ is what a \"longer\" of 0.6 or 0.4 would \
         be: a smaller difference than that is not found. With fewer nothing is claimed.",
    );
    let mut table = Table::new(&[
        "state",
        "of each",
        "known p50 ms",
        "unknown p50 ms",
        "known p99",
        "unknown p99",
        "apart ms",
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
            figure::number(apart(it)),
            part(|it| it.longer),
            part(|it| it.z),
            part(|it| it.p),
        ]);
        let z = difference.map(|it| it.z.abs());
        worst = worst.into_iter().chain(z).reduce(f64::max);
    }
    // That a few names are not told apart says nothing.
    let are_many = measured
        .iter()
        .all(|it| it.known.len().min(it.unknown.len()) >= NAMES_MIN);
    document.table(&table);
    findings.claims.push(Claim::under(
        "known and unknown names told apart by time, |z|, the worst state",
        3.0,
        "σ",
        worst.filter(|_| are_many),
    ));
}

/// How far the medians are from each other, in milliseconds.
fn apart(measured: &Measured) -> Option<f64> {
    let median = |values: &[f64]| figure::percentile(values, 50.0);
    Some((median(&measured.known)? - median(&measured.unknown)?).abs())
}
