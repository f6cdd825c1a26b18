//! The server dies, or the disk fails, at each single step of making a mail durable.
//!
//! The faults are strace's: the real executable asks the real kernel, and at the chosen system
//! call of the one thread that keeps mail it is killed, or told that the disk is broken or full.

use crate::harness::{
    Answered, Message, Outside, ServerConfig, Shadowmail, SmtpClient, SmtpReply, Stop, Strace,
    Threads, Turn, free_address, mailbox, wait,
};

/// The one thread that makes mail durable.
const WRITER: Threads = Threads::Named("store-writer");

/// All system calls with which it changes the disk, and whether it needs them for every mail.
const STEPS: &[(&str, Needed)] = &[
    ("write", Needed::Always),
    ("fdatasync", Needed::Always),
    ("pwrite64", Needed::Always),
    ("fsync", Needed::Always),
    ("openat", Needed::ForNewFiles),
    ("mkdir", Needed::ForNewFiles),
    ("unlink", Needed::ForNewFiles),
    ("rename", Needed::ForNewFiles),
    ("ftruncate", Needed::ForNewFiles),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Needed {
    Always,
    ForNewFiles,
}

#[test]
fn killed_at_each_step_of_a_commit_it_has_every_mail_once() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    for (step, needed) in STEPS {
        let mut deaths = 0;
        loop {
            // The first mail after a start opens a segment, the next one finds it open.
            match needed {
                Needed::Always => scene.send_well(),
                Needed::ForNewFiles => scene.restart(),
            }
            let fault = format!("{step}:signal=KILL:when={}", deaths + 1);
            match scene.send_under(WRITER, &fault) {
                Fate::Answered(reply) => {
                    assert_eq!(reply.code, 250, "{fault}: {}", reply.text);
                    break;
                }
                Fate::Died => deaths += 1,
            }
        }
        println!("killed at {deaths} calls of {step}");
        let enough = *needed == Needed::ForNewFiles || deaths > 0;
        assert!(
            enough,
            "the writer keeps mail without {step}: which call took its place?"
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
fn a_disk_that_fails_at_one_step_is_answered_4xx_and_loses_nothing() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    for (step, _) in STEPS {
        for (error, code) in [("EIO", 451), ("ENOSPC", full_at(step))] {
            // Once, and for as long as it lasts.
            for when in ["1", "1+"] {
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

/// What the peer hears when this step finds the disk full. Of a sync that fails SQLite only says
/// that it failed.
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

/// A server that hands nothing over, and the list of what it was given.
struct Scene {
    shadowmail: Shadowmail,
    answered: Answered,
    next: usize,
}

impl Scene {
    fn start() -> Self {
        let shadowmail = Shadowmail::start(ServerConfig::for_primary(free_address()));
        // Nothing is handed over meanwhile: a death in the middle of that is another story.
        shadowmail.succeed("emergency start --reason test");
        Self {
            shadowmail,
            answered: Answered::default(),
            next: 1,
        }
    }

    fn message(&mut self) -> Message {
        self.next += 1;
        Message::numbered(self.next)
    }

    fn restart(&mut self) {
        self.shadowmail.stop(Stop::AtOnce);
        self.shadowmail.start_again();
    }

    /// A mail that is taken at the first try.
    fn send_well(&mut self) {
        let message = self.message();
        let mut client = SmtpClient::connect(self.shadowmail.config().fallback).unwrap();
        self.again(&mut client, &message);
    }

    fn again(&self, client: &mut SmtpClient, message: &Message) {
        let to = [mailbox("info").address()];
        let reply = client.send("a@outside.example", &to, &message.bytes);
        let reply = reply.unwrap();
        assert_eq!(reply.code, 250, "{}", reply.text);
        self.answered.add(message);
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
                self.answered.add(&message);
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

    /// The primary comes back and gets each mail once.
    fn settle(self) {
        let primary = Outside::start_at(self.shadowmail.config().primary);
        self.shadowmail.succeed("emergency end --reason test");
        wait::until("every mail has come", || {
            self.answered.all_came_to(&primary)
        });
        wait::until("nothing is owed", || {
            self.shadowmail.json("status")["owed"]["open"] == 0
        });
        self.answered.assert_came_once_to(&primary);
    }
}
