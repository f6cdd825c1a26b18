//! The disk is full, breaks, or is gone: the peer is asked to come again, an alert says what is
//! wrong, nothing that was answered 250 is lost, and all goes on by itself.

use std::fs;
use std::sync::Arc;
use std::thread;

use crate::harness::{
    Load, Message, Outside, Promise, ServerConfig, Shadowmail, SmallDisk, SmtpClient, Stop, Strace,
    Threads, Turn, mailbox, wait,
};

/// Connections that send while the disk fills up.
const CONNECTIONS: usize = 4;

#[test]
fn a_full_disk_is_answered_452_and_passes() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    scene.must_answer(250);

    let filler = scene.disk.fill();
    for _ in 0..3 {
        scene.must_answer(452);
    }
    assert!(scene.shadowmail.process().is_running());
    scene.must_tell(&["ERROR", "full", "room"]);

    fs::remove_file(filler).unwrap();
    scene.recovers();
    scene.settle();
}

#[test]
fn a_disk_that_fills_up_under_load_loses_nothing() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    scene.shadowmail.succeed("emergency start --reason test");
    let load = Arc::clone(&scene.load);
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| load.send());
        }
        for _ in 0..2 {
            let before = load.through();
            wait::until("mail is taken", || load.through() > before + 20);
            let filler = scene.disk.fill();
            wait::until("the peer hears it", || scene.answer() == 452);
            fs::remove_file(filler).unwrap();
            scene.recovers();
        }
        load.end();
    });
    scene.shadowmail.succeed("emergency end --reason test");
    scene.settle();
}

#[test]
fn a_disk_that_has_become_read_only_is_answered_4xx_and_told() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    scene.must_answer(250);
    // As the kernel does it to a disk it has found broken: who has a file open keeps it, and can
    // not write.
    let fault = "write,pwrite64,fsync,fdatasync,ftruncate,mkdir,unlink:error=EROFS";
    let directory = scene.shadowmail.directory().to_owned();
    let writer = Threads::Named("store-writer");
    let strace = Strace::inject(scene.shadowmail.process(), &directory, writer, fault);
    scene.must_answer(451);
    scene.must_tell(&["ERROR", "Read-only"]);
    strace.end();
    scene.recovers();
    scene.settle();
}

#[test]
fn a_disk_that_is_gone_is_answered_4xx_and_nothing_is_written_in_its_place() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    scene.must_answer(250);

    scene.disk.pull_out();
    for _ in 0..3 {
        scene.must_answer(451);
    }
    scene.must_tell(&["ERROR", "alert=disk-unusable"]);
    assert!(scene.shadowmail.process().is_running());
    let underneath: Vec<_> = fs::read_dir(scene.disk.path()).unwrap().collect();
    assert!(underneath.is_empty(), "{underneath:?}");

    scene.disk.put_back();
    scene.recovers();
    scene.settle();
}

/// A server on a small disk, its primary, and what it was given.
struct Scene {
    // Stopped before its disk goes.
    shadowmail: Shadowmail,
    primary: Outside,
    load: Arc<Load>,
    next: usize,
    disk: SmallDisk,
}

impl Scene {
    fn start() -> Self {
        let disk = SmallDisk::mount();
        let primary = Outside::start();
        let config = ServerConfig {
            data_dir: Some(disk.path().join("data")),
            ..ServerConfig::for_primary(primary.address())
        };
        let load = Arc::new(Load::new(&config));
        Self {
            shadowmail: Shadowmail::start(config),
            primary,
            load,
            // Beyond the numbers of the load.
            next: 1_000_000,
            disk,
        }
    }

    /// Sends one mail and gives the code that the server answered with.
    fn answer(&mut self) -> u16 {
        self.next += 1;
        let message = Message::numbered(self.next);
        let to = mailbox("anna").address();
        let mut client = SmtpClient::connect(self.shadowmail.config().fallback).unwrap();
        let reply = client
            .send("a@outside.example", &[to], &message.bytes)
            .unwrap();
        if reply.code == 250 {
            self.load.answered.add(&message, to, Promise::Owed);
        }
        reply.code
    }

    #[track_caller]
    fn must_answer(&mut self, code: u16) {
        assert_eq!(self.answer(), code);
    }

    /// Without being started again.
    fn recovers(&mut self) {
        wait::until_equal("mail is kept again", &250, || self.answer());
        self.must_answer(250);
    }

    /// One line of the log has all these words.
    fn must_tell(&mut self, words: &[&str]) {
        wait::until("the log tells it", || {
            let log = self.shadowmail.process().said();
            log.lines()
                .any(|line| words.iter().all(|word| line.contains(word)))
        });
    }

    /// The primary gets each mail once, and all that is on the disk is whole.
    fn settle(mut self) {
        wait::until("nothing is owed", || {
            self.shadowmail.json("status")["owed"]["open"] == 0
        });
        self.load.answered.assert_came_once_to(&self.primary);
        self.shadowmail.stop(Stop::Gently);
        self.shadowmail.succeed("store verify");
    }
}
