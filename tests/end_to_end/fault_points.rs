//! The server dies, or the disk fails, at each single step of making a mail durable.
//!
//! The faults are strace's: the real executable asks the real kernel, and at the chosen system
//! call of the one thread that keeps mail it is killed, or told that the disk is broken or full.

use std::fs;

use crate::harness::{
    Answered, Message, Outside, Promise, ServerConfig, Shadowmail, SmtpClient, SmtpReply, Stop,
    Strace, Threads, Turn, mailbox, wait,
};

/// The one thread that makes mail durable.
const WRITER: Threads = Threads::Named("store-writer");

/// With what it changes the disk for each mail.
const STEPS: &[&str] = &["write", "fdatasync", "pwrite64"];

/// With what it begins a segment.
const SEGMENT_STEPS: &[&str] = &["openat", "fsync", "pwrite64"];

/// With what it changes the disk for the first mail of a day, and how many of these calls are
/// tried: a new index is written page by page, and each page is the same step to us.
const FIRST_STEPS: &[(&str, usize)] = &[
    ("mkdir", 2),
    ("openat", 12),
    ("fsync", 12),
    ("pwrite64", 4),
    ("ftruncate", 2),
    ("unlink", 2),
];

/// More calls than any mail needs once its day is there.
const STEPS_MAX: usize = 12;

#[test]
fn killed_at_each_step_of_a_commit_it_has_every_mail_once() {
    let _turn = Turn::take();
    let mut scene = Scene::start().hold();
    for step in STEPS {
        let deaths = scene.die_at_each((step, STEPS_MAX), Scene::send_well);
        assert!(
            deaths > 0,
            "the writer keeps mail without {step}: what took its place?"
        );
    }
    // The first mail after a start opens a segment.
    for step in SEGMENT_STEPS {
        let deaths = scene.die_at_each((step, STEPS_MAX), Scene::restart);
        assert!(
            deaths > 0,
            "a segment is made without {step}: what took its place?"
        );
    }
    // Durable, and nobody knows.
    let fate = scene.send_under(Threads::All, "sendto:signal=KILL:when=1");
    assert!(
        matches!(fate, Fate::Died),
        "the 250 is written by another call than sendto"
    );
    scene.settle();
}

#[test]
fn killed_at_each_step_of_a_new_day_it_has_every_mail_once() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    let mut deaths = 0;
    for step in FIRST_STEPS {
        deaths += scene.die_at_each(*step, Scene::begin_anew);
    }
    assert!(deaths > FIRST_STEPS.len(), "only {deaths} steps were found");
    scene.settle();
}

#[test]
fn a_disk_that_fails_at_one_step_is_answered_4xx_and_loses_nothing() {
    let _turn = Turn::take();
    let mut scene = Scene::start().hold();
    for step in STEPS.iter().chain(&["openat", "ftruncate", "fsync"]) {
        for (error, code) in [("EIO", 451), ("ENOSPC", full_at(step))] {
            // Once, and for as long as it lasts. (Other threads are woken by writing, too.)
            for when in ["1", "1+"] {
                if (*step, when) == ("write", "1+") {
                    continue;
                }
                let fault = format!("{step}:error={error}:when={when}");
                scene.send_well();
                match scene.send_under(WRITER, &fault) {
                    Fate::Died => panic!("the server died of {fault}"),
                    // This step was not needed.
                    Fate::Answered(reply) if reply.code == 250 => {}
                    Fate::Answered(reply) => {
                        assert_eq!(reply.code, code, "{fault}: {}", reply.text);
                    }
                }
            }
        }
    }
    scene.settle();
}

#[test]
fn a_log_that_can_not_be_written_stops_nothing() {
    let _turn = Turn::take();
    let mut scene = Scene::start().hold();
    let directory = scene.shadowmail.directory().to_owned();
    let log = directory.join("shadowmail.log");
    let fault = "write:error=ENOSPC";
    let strace = Strace::inject_at(scene.shadowmail.process(), &directory, &log, fault);
    for _ in 0..3 {
        scene.send_well();
    }
    // A sentence of the writer's own.
    let days = directory.join("data/days");
    fs::rename(&days, directory.join("away")).unwrap();
    let to = [mailbox("info").address()];
    let mut client = SmtpClient::connect(scene.shadowmail.config().fallback).unwrap();
    let reply = client.send("a@outside.example", &to, &Message::numbered(0).bytes);
    assert_eq!(reply.unwrap().code, 451);
    fs::rename(directory.join("away"), days).unwrap();
    scene.send_well();
    strace.end();
    scene.settle();
}

/// What the peer hears when this step finds the disk full. Of a sync that fails `SQLite` only
/// says that it failed.
fn full_at(step: &str) -> u16 {
    if step == "fsync" { 451 } else { 452 }
}

/// What became of one mail that was sent under a fault.
enum Fate {
    /// The server said something. Unless it was 250, the mail was sent again, and taken.
    Answered(SmtpReply),
    /// The server was killed. It was started again, and the mail sent again, and taken.
    Died,
}

/// A server, its primary, and the list of what the server was given.
struct Scene {
    shadowmail: Shadowmail,
    primary: Outside,
    answered: Answered,
    next: usize,
}

impl Scene {
    fn start() -> Self {
        let primary = Outside::start();
        Self {
            shadowmail: Shadowmail::start(ServerConfig::for_primary(primary.address())),
            primary,
            answered: Answered::default(),
            next: 1,
        }
    }

    /// Nothing is handed over until [`Scene::settle`]: a death in the middle of that is another
    /// story.
    fn hold(self) -> Self {
        self.shadowmail.succeed("emergency start --reason test");
        self
    }

    /// Dies at the first call of this name, at the second one, and so on until a mail gets
    /// through alive, at most so often. Gives the number of deaths.
    fn die_at_each(&mut self, (step, most): (&str, usize), prepare: fn(&mut Self)) -> usize {
        let mut deaths = 0;
        while deaths < most {
            prepare(self);
            let fault = format!("{step}:signal=KILL:when={}", deaths + 1);
            if let Fate::Answered(reply) = self.send_under(WRITER, &fault) {
                assert_eq!(reply.code, 250, "{fault}: {}", reply.text);
                break;
            }
            deaths += 1;
        }
        println!("killed at {deaths} calls of {step}");
        deaths
    }

    fn restart(&mut self) {
        self.shadowmail.stop(Stop::AtOnce);
        self.shadowmail.start_again();
    }

    /// The server's first day once more. What it was given so far must have come through.
    fn begin_anew(&mut self) {
        self.wait_until_settled();
        self.shadowmail.stop(Stop::AtOnce);
        self.shadowmail.succeed("store verify");
        fs::remove_dir_all(self.shadowmail.directory().join("data")).unwrap();
        self.shadowmail.start_again();
    }

    /// A mail that is taken at the first try.
    fn send_well(&mut self) {
        let message = self.message();
        let mut client = SmtpClient::connect(self.shadowmail.config().fallback).unwrap();
        self.again(&mut client, &message);
    }

    /// A mail for which all is ready but the final dot when the fault is put in place.
    fn send_under(&mut self, threads: Threads, fault: &str) -> Fate {
        let message = self.message();
        let to = [mailbox("info").address()];
        let mut client = SmtpClient::connect(self.shadowmail.config().fallback).unwrap();
        let reply = client.begin("a@outside.example", &to).unwrap();
        assert_eq!(reply.code, 354, "{}", reply.text);
        client.write(&message.bytes).unwrap();

        let directory = self.shadowmail.directory().to_owned();
        let strace = Strace::inject(self.shadowmail.process(), &directory, threads, fault);
        let heard = client.finish();
        if let Ok(reply) = heard {
            strace.end();
            if reply.code == 250 {
                self.remember(&message);
            } else {
                // The same session goes on.
                self.again(&mut client, &message);
            }
            return Fate::Answered(reply);
        }
        wait::until("the server is dead", || {
            !self.shadowmail.process().is_running()
        });
        self.restart();
        let mut client = SmtpClient::connect(self.shadowmail.config().fallback).unwrap();
        self.again(&mut client, &message);
        Fate::Died
    }

    /// The primary gets each mail once.
    fn settle(self) {
        if self.shadowmail.json("status")["mode"]["mode"] != "normal" {
            self.shadowmail.succeed("emergency end --reason test");
        }
        self.wait_until_settled();
        self.answered.assert_came_once_to(&self.primary);
        self.shadowmail.succeed("store verify");
    }

    fn wait_until_settled(&self) {
        wait::until("nothing is owed", || {
            self.shadowmail.json("status")["owed"]["open"] == 0
        });
    }

    fn message(&mut self) -> Message {
        self.next += 1;
        Message::numbered(self.next)
    }

    fn again(&self, client: &mut SmtpClient, message: &Message) {
        let to = [mailbox("info").address()];
        let reply = client.send("a@outside.example", &to, &message.bytes);
        let reply = reply.unwrap();
        assert_eq!(reply.code, 250, "{}", reply.text);
        self.remember(message);
    }

    fn remember(&self, message: &Message) {
        let to = mailbox("info").address();
        self.answered.add(message, to, Promise::Owed);
    }
}
