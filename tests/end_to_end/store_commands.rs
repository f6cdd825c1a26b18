//! The commands about kept mail, run as people run them, on a store with mail of several days.

use std::fs;
use std::path::Path;

use serde_json::Value;
use store::{Day, MessageId};

use crate::harness::{ServerConfig, Shadowmail, Stop, Turn, free_address, seeded, wait};

/// The mail of juergen and anna.
struct Scene {
    shadowmail: Shadowmail,
    /// Of long ago.
    old: MessageId,
    held: MessageId,
    owed: MessageId,
    /// Of today, filed by the server.
    new: MessageId,
}

impl Scene {
    fn start() -> Self {
        let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(free_address()));
        // Nothing is handed over meanwhile.
        shadowmail.succeed("emergency start --reason test");
        shadowmail.stop(Stop::Gently);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let (old, held, owed, new) = runtime.block_on(async {
            let seeded = seeded(&shadowmail.data_dir()).await;
            let at = "2026-01-05T09:12:00Z";
            let old = seeded.receive(at, "juergen", &mail("old lunch")).await;
            let held = seeded.receive(at, "anna", &mail("our offer")).await;
            let owed = seeded.receive_owed(at, "anna", &mail("owed")).await;
            let now = jiff::Timestamp::now().to_string();
            let new = seeded.receive(&now, "juergen", &mail("of today")).await;
            seeded.store.close().await;
            (old, held, owed, new)
        });
        Self {
            shadowmail,
            old,
            held,
            owed,
            new,
        }
    }

    /// The ids of all messages, by an export.
    fn exported(&self, name: &str) -> Vec<String> {
        let out = self.shadowmail.directory().join(name);
        let words = format!(
            "store export --format eml --out {} --reason test",
            out.display()
        );
        self.shadowmail.succeed(&words);
        let manifest = fs::read_to_string(out.join("manifest.jsonl")).unwrap_or_default();
        let lines = manifest.lines().map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            line["id"].as_str().unwrap().to_owned()
        });
        let mut ids: Vec<String> = lines.collect();
        ids.sort();
        ids
    }

    fn all(&self) -> Vec<String> {
        let mut ids = [self.old, self.held, self.owed, self.new].map(|id| id.to_string());
        ids.sort();
        ids.to_vec()
    }

    /// A command that must fail, and what it says.
    #[track_caller]
    fn fails(&self, words: &str, code: i32, says: &str) {
        let finished = self.shadowmail.command(words);
        assert_eq!(finished.code, Some(code), "{words}: {}", finished.stderr);
        assert!(
            finished.stderr.contains(says),
            "{words}: {}",
            finished.stderr
        );
    }

    #[track_caller]
    fn says(&self, words: &str, says: &[&str]) {
        let printed = self.shadowmail.succeed(words);
        for says in says {
            assert!(
                printed.contains(says),
                "{words} does not say {says:?}:\n{printed}"
            );
        }
    }
}

fn mail(subject: &str) -> Vec<u8> {
    format!(
        "Subject: {subject}\r\nMessage-ID: <{}@x.test>\r\n\r\nhello\r\n",
        subject.len()
    )
    .into_bytes()
}

#[test]
fn on_an_empty_store_every_command_has_a_sentence() {
    let _turn = Turn::take();
    let shadowmail = Shadowmail::install(ServerConfig::for_primary(free_address()));
    // A disk that is not mounted looks like this: nobody makes a store underneath.
    fs::create_dir(shadowmail.data_dir()).unwrap();
    for words in [
        "retention status",
        "retention hold list",
        "status",
        "user list",
    ] {
        let finished = shadowmail.command(words);
        assert_eq!(finished.code, Some(1), "{words}");
        assert!(
            finished.stderr.contains("look whether its disk is mounted"),
            "{}",
            finished.stderr
        );
    }
    let _ = shadowmail.command("check");
    assert_eq!(fs::read_dir(shadowmail.data_dir()).unwrap().count(), 0);

    let mut shadowmail = shadowmail;
    shadowmail.start_again();
    assert!(
        shadowmail
            .succeed("retention status")
            .contains("no mail is kept yet")
    );
    assert!(
        shadowmail
            .succeed("retention hold list")
            .contains("nothing is held")
    );
    let finished = shadowmail.command("retention hold release 7");
    assert_eq!(finished.code, Some(1));
    assert!(
        finished.stderr.contains("there is no hold 7"),
        "{}",
        finished.stderr
    );
    assert!(shadowmail.succeed("store verify").contains("all is whole"));
}

#[test]
fn holds_and_aging_from_the_command_line() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    scene.says(
        "retention status",
        &[
            "2026-01-05",
            "over; goes with the next run",
            "1 owed",
            "stands still",
        ],
    );
    scene.says(
        "retention hold add --account anna --reason lawsuit",
        &["hold 1 begins", "covers 2 messages"],
    );
    scene.says("retention hold list", &["account anna", "lawsuit"]);
    scene.fails(
        "retention hold add --account nobody --reason x",
        1,
        "nobody",
    );
    scene.fails("retention run", 1, "emergency");
    scene.shadowmail.start_again();
    wait::until("the full text is made", || {
        let begun = scene
            .shadowmail
            .command("retention hold add --query subject:offer --reason x --json");
        let begun: Value = serde_json::from_str(&begun.stdout).unwrap();
        let id = begun["hold"].as_i64().unwrap();
        let coverage = &begun["coverage"];
        let is_made = coverage["behind"] == 0;
        if is_made {
            assert_eq!(
                (&coverage["messages"], &coverage["in_doubt"]),
                (&1.into(), &0.into())
            );
        }
        scene
            .shadowmail
            .succeed(&format!("retention hold release {id}"));
        is_made
    });
    scene.fails("retention hold release 2", 1, "hold 2 was released by");
    scene.shadowmail.stop(Stop::Gently);
    scene.shadowmail.succeed("emergency end --reason test");
    // Recovery does not end while something is owed.
    scene.fails("retention run", 1, "recovery");
}

#[test]
fn a_backup_is_checked_and_brought_back() {
    let _turn = Turn::take();
    let scene = Scene::start();
    let backup = scene.shadowmail.directory().join("backup");
    scene.says(
        &format!("backup {}", backup.display()),
        &["4 messages of 2 days"],
    );
    scene.says(
        &format!("store verify --dir {}", backup.display()),
        &["all is whole"],
    );
    let before = scene.exported("before");
    assert_eq!(before, scene.all());
    let data = scene.shadowmail.data_dir();
    scene.fails(&format!("restore {}", backup.display()), 1, "");
    fs::rename(&data, scene.shadowmail.directory().join("old")).unwrap();
    scene.says(
        &format!("restore {}", backup.display()),
        &["4 messages are back"],
    );
    assert_eq!(scene.exported("after"), before);
    scene.shadowmail.succeed("store verify");
    for id in scene.all() {
        let name = |of: &str| find(&scene.shadowmail.directory().join(of), &id);
        assert_eq!(name("before"), name("after"));
    }
}

/// The mail that an export wrote for a message.
fn find(out: &Path, id: &str) -> Vec<u8> {
    let files = fs::read_dir(out).unwrap().map(|file| file.unwrap().path());
    let mut of_id = files.filter(|path| path.to_string_lossy().contains(id));
    fs::read(
        of_id
            .next()
            .unwrap_or_else(|| panic!("{id} is not in {}", out.display())),
    )
    .unwrap()
}

#[test]
fn a_day_is_made_again_and_an_export_comes_in_again() {
    let _turn = Turn::take();
    let mut scene = Scene::start();
    let day = scene.held.day();
    let index = scene
        .shadowmail
        .data_dir()
        .join("days")
        .join(day.to_string())
        .join("index.db");
    fs::write(&index, [b'x'; 5000]).unwrap();
    let seen = scene.shadowmail.command("store verify");
    assert_eq!(seen.code, Some(1));
    let advice = format!("store rebuild {day}");
    assert!(seen.stdout.contains(&advice), "{}", seen.stdout);
    scene.says(&advice, &["3 messages, of which 3 are filed again"]);
    scene.shadowmail.succeed("store verify");
    scene.shadowmail.start_again();
    // What is not filed yet counts, too; what was owed is owed once.
    let is_filed = || scene.shadowmail.json("status")["owed"]["open"] == 1;
    wait::until("it is filed again", is_filed);
    let before = scene.exported("before");
    assert_eq!(before, scene.all());

    let out = scene.shadowmail.directory().join("before");
    let words = format!("store import {} --old --reason test", out.display());
    let imported = scene.shadowmail.command(&words);
    assert_eq!(
        imported.code,
        Some(0),
        "{}{}",
        imported.stdout,
        imported.stderr
    );
    wait::until("it is filed, and owed to nobody", is_filed);
    let days = scene.shadowmail.json("retention status");
    let days: Vec<&str> = days["days"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["day"].as_str().unwrap())
        .collect();
    let today = Day::of(jiff::Timestamp::now()).to_string();
    assert_eq!(days, ["2026-01-05", today.as_str()]);
    scene.shadowmail.stop(Stop::Gently);
    scene.shadowmail.succeed("store verify");
}
