//! What goes wrong on an ordinary day: each gives one clear sentence that says what to do.

use std::fs::{self, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::net::TcpListener;

use crate::harness::{
    Chromium, Finished, ServerConfig, Shadowmail, Stop, Turn, free_address, mailbox,
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
