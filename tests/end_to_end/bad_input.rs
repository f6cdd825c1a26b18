//! What goes wrong on an ordinary day: each gives one clear sentence that says what to do.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{
    Chromium, Finished, Message, Outside, Scratch, ServerConfig, Shadowmail, SmtpClient, Stop,
    Turn, free_address, mailbox, wait,
};

/// Where `SQLite` keeps the version of what is in the file: four bytes, big endian.
const USER_VERSION_AT: u64 = 60;

/// The server must not start, end with this code, and say one sentence with all these words.
#[track_caller]
fn check(finished: &Finished, code: i32, words: &[&str]) {
    let said = &finished.stderr;
    assert_eq!(finished.code, Some(code), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    let complaint = said.lines().last().unwrap_or_default();
    for word in words {
        assert!(
            complaint.contains(word),
            "the sentence lacks `{word}`: {complaint}"
        );
    }
}

fn some_config() -> ServerConfig {
    ServerConfig::for_primary(free_address())
}

#[test]
fn an_unknown_key_is_refused_with_file_and_line() {
    let _turn = Turn::take();
    let config = ServerConfig {
        top: "hostnmae = \"typo\"".to_owned(),
        ..some_config()
    };
    let finished = Shadowmail::install(config).serve_in_vain();
    check(
        &finished,
        2,
        &["shadowmail.toml", "line 4", "hostnmae", "hostname"],
    );

    let config = ServerConfig {
        end: "\n[retention_days]\ndays = 3\n".to_owned(),
        ..some_config()
    };
    let finished = Shadowmail::install(config).serve_in_vain();
    check(&finished, 2, &["shadowmail.toml", "retention_days"]);
}

#[test]
fn a_port_in_use_is_named() {
    let _turn = Turn::take();
    let config = some_config();
    let taken = TcpListener::bind(config.fallback).unwrap();
    let address = config.fallback.to_string();
    let finished = Shadowmail::install(config).serve_in_vain();
    drop(taken);
    check(&finished, 1, &["fallback", &address]);
}

#[test]
fn a_missing_certificate_is_named() {
    let _turn = Turn::take();
    let end =
        "\n[tls]\ncertificate = \"/nowhere/mail.pem\"\nkey = \"/nowhere/mail.key\"\n".to_owned();
    let finished = Shadowmail::install(ServerConfig {
        end,
        ..some_config()
    })
    .serve_in_vain();
    check(&finished, 2, &["tls.certificate", "/nowhere/mail.pem"]);

    let top = "# one listener asks for what nobody has".to_owned();
    let end = "\n[[listener]]\nname = \"strict\"\nrole = \"journal\"\naddress = \"127.0.0.1:0\"\n\
               tls = \"required\"\n"
        .to_owned();
    let finished = Shadowmail::install(ServerConfig {
        top,
        end,
        ..some_config()
    })
    .serve_in_vain();
    check(&finished, 2, &["strict", "certificate"]);
}

#[test]
fn a_data_directory_of_a_newer_version_is_left_alone() {
    let _turn = Turn::take();
    let mut shadowmail = Shadowmail::start(some_config());
    assert_eq!(shadowmail.stop(Stop::Gently), Some(0));
    let database = shadowmail.directory().join("data/shadow.db");
    let mut file = OpenOptions::new().write(true).open(&database).unwrap();
    file.seek(SeekFrom::Start(USER_VERSION_AT)).unwrap();
    file.write_all(&9999_u32.to_be_bytes()).unwrap();
    drop(file);
    let before = fs::read(&database).unwrap();

    check(&shadowmail.serve_in_vain(), 1, &["newer", "data"]);
    assert_eq!(fs::read(&database).unwrap(), before, "it was changed");
}

#[test]
fn a_full_disk_is_answered_452_and_passes() {
    let _turn = Turn::take();
    let disk = SmallDisk::mount();
    let primary = Outside::start();
    let config = ServerConfig {
        data_dir: Some(disk.path.join("data")),
        ..ServerConfig::for_primary(primary.address())
    };
    let mut shadowmail = Shadowmail::start(config);
    let to = [mailbox("anna").address()];
    let send = |shadowmail: &Shadowmail, number| {
        let mut client = SmtpClient::connect(shadowmail.config().fallback).unwrap();
        client
            .send("a@outside.example", &to, &Message::numbered(number).bytes)
            .unwrap()
    };
    assert_eq!(send(&shadowmail, 1).code, 250);

    let filler = disk.fill();
    let reply = send(&shadowmail, 2);
    assert_eq!(reply.code, 452, "{}", reply.text);
    assert!(shadowmail.process().is_running());
    let log = shadowmail.process().said();
    let directory = disk.path.display().to_string();
    let tells = |line: &str| line.contains("full") && line.contains(&directory);
    assert!(
        log.lines().any(tells),
        "no line says that {directory} is full:\n{log}"
    );

    fs::remove_file(filler).unwrap();
    wait::until_equal("mail is kept again", &250, || send(&shadowmail, 3).code);
    wait::until("it has arrived", || primary.arrived().len() >= 2);
    let first = primary
        .arrived()
        .iter()
        .filter(|it| it.bytes.ends_with(b"Nummer 1.\r\n"))
        .count();
    assert_eq!(first, 1);
}

#[tokio::test]
async fn a_wrong_password_is_refused_in_words() {
    let _turn = Turn::take();
    let shadowmail = Shadowmail::start(some_config());
    shadowmail.succeed("emergency start --reason test");
    let browser = Chromium::start("de").await;
    for (login, password) in [
        ("anna", "falsch"),
        ("niemand", "falsch"),
        ("info", "falsch"),
    ] {
        browser.open(&shadowmail.url("/signin")).await;
        browser.fill("login", login).await;
        browser.fill("password", password).await;
        browser.click("main form button").await;
        // The same words whether the name exists or not.
        browser.shows("Name oder Passwort stimmt nicht.").await;
        assert!(!browser.has(".row-subject").await);
    }
    // By her second name, her address.
    browser.fill("login", mailbox("anna").address()).await;
    browser.fill("password", &mailbox("anna").password()).await;
    browser.click("main form button").await;
    assert!(browser.url().await.contains("/mail/"));
    browser.close().await;
}

/// A disk of a few megabytes, in memory.
struct SmallDisk {
    path: PathBuf,
    _scratch: Scratch,
}

impl SmallDisk {
    /// Mounts one.
    fn mount() -> Self {
        let scratch = Scratch::new("disk");
        let path = scratch.directory("small");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m,mode=755", "shadowmail-test"])
            .arg(&path)
            .status()
            .is_ok_and(|status| status.success());
        assert!(
            mounted,
            "no small disk can be mounted here: run the tests as root, in a container with the \
             capability SYS_ADMIN"
        );
        Self {
            path,
            _scratch: scratch,
        }
    }

    /// Writes until nothing more fits. Gives the file that takes the place.
    fn fill(&self) -> PathBuf {
        let path = self.path.join("filler");
        let mut file = fs::File::create(&path).unwrap();
        let mut block = vec![1_u8; 1 << 16];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = |path: &Path| Command::new("umount").arg("--lazy").arg(path).status();
        assert!(
            unmounted(&self.path).is_ok_and(|status| status.success()),
            "{}",
            self.path.display()
        );
    }
}
