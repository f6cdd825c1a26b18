//! A disk that gives back other bytes than it was given: `store verify` finds it and names it, the
//! server starts all the same, the rest is there, and mail is kept.

use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use crate::harness::{
    Answered, Message, Outside, Promise, Random, Scratch, ServerConfig, Shadowmail, SmtpClient,
    Stop, Turn, mailbox, wait,
};

/// Mails in each of the two segments.
const MAILS: usize = 5;

/// Bytes that are changed, one at a time. (`store` tries every byte of a segment.)
const FLIPS: u64 = 16;

#[test]
fn any_changed_byte_and_any_cut_is_found_and_named() {
    let _turn = Turn::take();
    let mut random = Random::new();
    let mut scene = Scene::start();
    let (code, said) = scene.verify_copy(|_| {});
    assert_eq!(code, Some(0), "{said}");

    let segment = scene.file(is_segment);
    let segment_name = segment.file_name().unwrap().to_str().unwrap();
    let length = fs::metadata(scene.data().join(&segment)).unwrap().len();
    for _ in 0..FLIPS {
        let at = random.below(length);
        let mask = u8::try_from(random.below(255) + 1).unwrap();
        let what = format!("byte {at} ^ {mask}");
        scene.check((&segment, segment_name), &what, |path| flip(path, at, mask));
    }
    let index = scene.file(|path| path.ends_with("index.db"));
    let log = scene.file(|path| path.ends_with("index.db-wal"));
    let cuts = |scene: &Scene, file: &Path, name: &str, tenths: &[u64]| {
        for keep_of_ten in tenths {
            let what = format!("cut to {keep_of_ten} tenths");
            scene.check((file, name), &what, |path| cut(path, *keep_of_ten));
        }
    };
    cuts(&scene, &segment, segment_name, &[0, 3, 9]);
    // Of a log that is cut nobody sees more than that rows are missing; and a row that came last
    // is as one whose commit was cut by a crash.
    cuts(&scene, &log, "damaged:", &[0, 3]);
    // What also stands in the log would not be missed.
    scene.shadowmail.start_again();
    scene.shadowmail.stop(Stop::Gently);
    cuts(&scene, &index, "index", &[0, 3, 9]);
    cuts(&scene, Path::new("shadow.db"), "shadow.db", &[0, 3, 9]);
}

#[test]
fn with_a_damaged_segment_it_starts_and_has_the_rest() {
    let _turn = Turn::take();
    let scene = Scene::start();
    let segment = scene.file(is_segment);
    // In the middle of the last record.
    let path = scene.data().join(&segment);
    let length = fs::metadata(&path).unwrap().len();
    flip(&path, length - 20, 1);
    scene.goes_on_without(1);
}

#[test]
fn with_a_cut_segment_it_starts_and_has_the_rest() {
    let _turn = Turn::take();
    let scene = Scene::start();
    let segment = scene.file(is_segment);
    cut(&scene.data().join(&segment), 5);
    // More than half of its mails, at most.
    scene.goes_on_without(MAILS / 2 + 1);
}

/// A server that was killed after it had kept a few mails in two segments.
struct Scene {
    shadowmail: Shadowmail,
    primary: Outside,
    answered: Answered,
}

impl Scene {
    fn start() -> Self {
        let primary = Outside::start();
        let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(primary.address()));
        shadowmail.succeed("emergency start --reason test");
        let answered = Answered::default();
        for segment in 0..2 {
            if segment > 0 {
                shadowmail.stop(Stop::Gently);
                shadowmail.start_again();
            }
            for mail in 0..MAILS {
                send(&shadowmail, &answered, segment * MAILS + mail);
            }
        }
        wait::until("all is filed", || {
            shadowmail.process().said().matches("filed message").count() == 2 * MAILS
        });
        shadowmail.stop(Stop::AtOnce);
        Self {
            shadowmail,
            primary,
            answered,
        }
    }

    fn data(&self) -> PathBuf {
        self.shadowmail.directory().join("data")
    }

    /// The first file of the only day, by its name, that is `wanted`; as a path in the data
    /// directory.
    fn file(&self, wanted: impl Fn(&Path) -> bool) -> PathBuf {
        let data = self.data();
        let day = fs::read_dir(data.join("days"))
            .unwrap()
            .next()
            .unwrap()
            .unwrap()
            .path();
        let mut files: Vec<PathBuf> = fs::read_dir(day)
            .unwrap()
            .map(|entry| {
                entry
                    .unwrap()
                    .path()
                    .strip_prefix(&data)
                    .unwrap()
                    .to_owned()
            })
            .collect();
        files.sort();
        files.into_iter().find(|path| wanted(path)).unwrap()
    }

    /// Damages a file in a copy of the data directory: `verify` must find that and name
    /// it so.
    #[track_caller]
    fn check(&self, (file, name): (&Path, &str), what: &str, damage: impl Fn(&Path)) {
        let (code, said) = self.verify_copy(|copy| damage(&copy.join(file)));
        let found = code == Some(1) && said.contains(name);
        assert!(found, "{}, {what}: {code:?}\n{said}", file.display());
    }

    /// In a copy, because to look at a database is to carry its log over into it.
    fn verify_copy(&self, damage: impl Fn(&Path)) -> (Option<i32>, String) {
        let scratch = Scratch::new("copy");
        let copy = scratch.directory("data");
        copy_all(&self.data(), &copy);
        damage(&copy);
        self.verify(&copy)
    }

    fn verify(&self, data: &Path) -> (Option<i32>, String) {
        let words = format!("store verify --dir {}", data.display());
        let finished = self.shadowmail.command(&words);
        (
            finished.code,
            format!("{}{}", finished.stdout, finished.stderr),
        )
    }

    /// It starts, tells of the damage, keeps mail, and gives all the rest to the primary.
    fn goes_on_without(mut self, lost_max: usize) {
        let (code, said) = self.verify(&self.data());
        assert_eq!(code, Some(1), "{said}");
        self.shadowmail.start_again();
        send(&self.shadowmail, &self.answered, 2 * MAILS);
        self.shadowmail.succeed("emergency end --reason test");
        let least = self.answered.len() - lost_max;
        wait::until("the rest has come", || {
            self.primary.arrived().len() >= least
        });
        let lost = self.answered.lacking_at(&self.primary);
        assert!((1..=lost_max).contains(&lost.len()), "lacking: {lost:?}");
    }
}

fn send(shadowmail: &Shadowmail, answered: &Answered, number: usize) {
    let message = Message::with_body(number, 500);
    let to = mailbox("info").address();
    let mut client = SmtpClient::connect(shadowmail.config().fallback).unwrap();
    let reply = client
        .send("a@outside.example", &[to], &message.bytes)
        .unwrap();
    assert_eq!(reply.code, 250, "{}", reply.text);
    answered.add(&message, to, Promise::Owed);
}

fn is_segment(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "seg")
}

fn flip(path: &Path, at: u64, mask: u8) {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .open(path)
        .unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ mask], at).unwrap();
}

fn cut(path: &Path, keep_of_ten: u64) {
    let file = OpenOptions::new().write(true).open(path).unwrap();
    let length = file.metadata().unwrap().len();
    file.set_len(length * keep_of_ten / 10).unwrap();
}

fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_all(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
