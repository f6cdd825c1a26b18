//! The mirror of a large directory: a real OpenLDAP with a hundred thousand generated entries.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::ensure;
use bench_parts::claim::Claim;
use bench_parts::document::Document;
use bench_parts::figure::{self, Durations};
use bench_parts::table::Table;

use crate::Findings;
use crate::harness::free_port::free_address;
use crate::harness::process::Stop;
use crate::harness::server::Shadowmail;
use crate::harness::server_config::ServerConfig;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, group, person};
use crate::memory;
use crate::plan::{Pace, Plan};
use crate::progress::say;

/// People with two addresses, and groups of thirty of them.
const PEOPLE: usize = 97_000;
const GROUPS: usize = 3_000;
const MEMBERS: usize = 30;

/// Changes in the directory that are each followed by a sync.
const CHANGES: usize = 10;

/// Makes the directory, and syncs with it.
pub fn run(plan: &Plan) -> anyhow::Result<Findings> {
    let share = match plan.pace {
        Pace::Quick => 10,
        Pace::Full => 1,
    };
    let (people, groups) = (PEOPLE / share, GROUPS / share);
    say(format!(
        "directory: OpenLDAP with {people} people and {groups} groups"
    ));
    let options = SlapdOptions {
        // It counts its changes, and lets us read all there is.
        database: "overlay syncprov\n\
            limits dn.exact=\"cn=reader,dc=corp,dc=example\" size=unlimited time=unlimited\n",
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start_with(options, &ldif(people, groups));
    let mut server = Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], "sync_every_seconds = 1\n")),
        ..ServerConfig::for_primary(free_address())
    });
    say("directory: everything");
    // Only who has nothing yet waits for it.
    let began = Instant::now();
    server.start_again();
    let whole = began.elapsed();
    let peak_whole = memory::peak(server.process().id())?;
    server.stop(Stop::Gently);

    say("directory: what has changed");
    let (mut changed, mut nothing) = (Durations::default(), Durations::default());
    for number in 0..CHANGES {
        slapd.modify(&format!(
            "dn: uid=user{number},ou=people,{BASE}\nchangetype: modify\nreplace: cn\ncn: Name {number}\n"
        ));
        let (said, time) = timed(&server, "sync");
        ensure!(said.contains("changed 1,"), "{said}");
        changed.add(time);
        let (said, time) = timed(&server, "sync");
        ensure!(said.contains("nothing has changed"), "{said}");
        nothing.add(time);
    }
    let (said, again) = timed(&server, "sync --full");
    ensure!(
        said.contains(&format!("{people} accounts and {groups} groups")),
        "{said}"
    );
    server.start_again();
    memory::forget_peak(server.process().id())?;
    slapd.modify(&format!(
        "dn: uid=user0,ou=people,{BASE}\nchangetype: modify\nreplace: cn\ncn: Another\n"
    ));
    wait_for(&server, "Another");
    let peak_changed = memory::peak(server.process().id())?;
    server.stop(Stop::Gently);

    let measured = Measured {
        entries: people + groups,
        whole,
        again,
        changed,
        nothing,
        peak_whole,
        peak_changed,
    };
    Ok(Findings {
        sections: measured.section(),
        claims: measured.claims(),
    })
}

/// What was measured.
struct Measured {
    entries: usize,
    whole: Duration,
    again: Duration,
    changed: Durations,
    nothing: Durations,
    peak_whole: u64,
    peak_changed: u64,
}

impl Measured {
    fn section(&self) -> Document {
        let mut section = Document::default();
        section.section("Directory");
        section.paragraph(&format!(
            "A real OpenLDAP on the same machine with {} entries, over TLS. The first sync is a start of `shadowmail \
             serve` on an empty store until its ports answer; the others are runs of `shadowmail sync`, start of the \
             process included. At its peak the server had {} of memory in the first sync, and {} in one that read \
             what had changed.",
            figure::count(self.entries as u64),
            figure::bytes(self.peak_whole),
            figure::bytes(self.peak_changed),
        ));
        let mut table = Table::new(&["what", "times", "p50 s", "longest s"]);
        let once = |time: Duration| {
            let mut once = Durations::default();
            once.add(time);
            once
        };
        for (what, times) in [
            ("the first sync", &once(self.whole)),
            ("`sync --full` when nothing has changed", &once(self.again)),
            ("`sync` after one change", &self.changed),
            ("`sync` after none", &self.nothing),
        ] {
            let seconds =
                |milliseconds: Option<f64>| figure::number(milliseconds.map(|it| it / 1e3));
            table.row([
                what.to_owned(),
                figure::count(times.len() as u64),
                seconds(times.p50()),
                seconds(times.longest()),
            ]);
        }
        section.table(&table);
        section
    }

    fn claims(&self) -> Vec<Claim> {
        // A smaller directory says nothing of a large one.
        let is_large = self.entries >= 100_000;
        let of_large = |value: f64| is_large.then_some(value);
        let changed = self.changed.p50().map_or(f64::MAX, |it| it / 1e3);
        vec![
            Claim::under(
                "a full sync of 100 000 entries",
                60.0,
                "s",
                of_large(self.whole.as_secs_f64()),
            ),
            Claim::under(
                "a sync of what has changed among them",
                1.0,
                "s",
                of_large(changed),
            ),
            Claim::under(
                "memory of the server at its peak in a full sync of them",
                512.0,
                "MB",
                of_large(megabytes(self.peak_whole)),
            ),
            Claim::under(
                "the same in a sync of what has changed",
                100.0,
                "MB",
                of_large(megabytes(self.peak_changed)),
            ),
        ]
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

/// Runs a command that must succeed, and says how long it took.
fn timed(server: &Shadowmail, words: &str) -> (String, Duration) {
    let began = Instant::now();
    let said = server.succeed(words);
    (said, began.elapsed())
}

/// Waits until the running server has mirrored a name.
fn wait_for(server: &Shadowmail, name: &str) {
    crate::harness::wait::until("the change is mirrored", || {
        server.succeed("user list").contains(name)
    });
}

fn ldif(people: usize, groups: usize) -> String {
    let mut ldif = String::new();
    for number in 0..people {
        let addresses = ["user", "name"].map(|it| format!("{it}{number}@corp.example"));
        let entry = person(&format!("user{number}"), &[&addresses[0], &addresses[1]]);
        let _ = write!(ldif, "{entry}");
    }
    for number in 0..groups {
        let members = (0..MEMBERS).map(|at| {
            let member = (number * 31 + at * 997) % people;
            format!("uid=user{member},ou=people")
        });
        let mut members: Vec<String> = members.collect();
        members.sort_unstable();
        members.dedup();
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let address = format!("group{number}@corp.example");
        ldif += &group(&format!("group{number}"), Some(&address), &members);
    }
    ldif
}
