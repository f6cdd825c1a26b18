use clap::Parser;

use super::*;
use crate::cli::{Cli, Command};
use crate::command::check;

/// Runs `shadowmail init` with a config in `directory`.
fn init(directory: &Path, more: &[&str]) -> anyhow::Result<ExitCode> {
    let file = directory.join("etc/shadowmail.toml");
    let data = directory.join("data");
    let words = [
        "shadowmail",
        "--config",
        file.to_str().unwrap(),
        "init",
        "--generate-password",
    ];
    let data = ["--data-dir", data.to_str().unwrap()];
    let cli = Cli::try_parse_from(words.iter().chain(&data).chain(more)).unwrap();
    match &cli.command {
        Command::Init(init) => init.run(&cli.common),
        _ => unreachable!(),
    }
}

#[tokio::test]
async fn check_accepts_what_init_writes() {
    let directory = tempfile::tempdir().unwrap();
    // Somebody must answer as the primary.
    let primary = crate::demo::switched_on("mail.corp.example").await;
    let address = primary.address().to_string();
    init(
        directory.path(),
        &[
            "--domain",
            "corp.example",
            "--domain",
            "corp.test",
            "--primary",
            &address,
            "--name",
            "Anna \"A\" Groß",
        ],
    )
    .unwrap();

    let config = Config::load(&directory.path().join("etc/shadowmail.toml")).unwrap();
    assert_eq!(config.hostname, "shadow.corp.example");
    assert_eq!(config.domains, ["corp.example", "corp.test"]);
    for finding in check::look(&config).await {
        // The usual ports may be taken on the machine that runs the test.
        let port = finding.line().contains("in use by another program");
        // Nobody asked init for a smarthost.
        let outbound = finding.line().starts_with("fix outbound: no smarthost");
        assert!(finding.ok() || port || outbound, "{}", finding.line());
    }
    let users = sync_ad::read_file(&directory.path().join("etc/users.toml")).unwrap();
    assert_eq!(users.accounts[0].name, "Anna \"A\" Groß");
    assert_eq!(
        users.accounts[0].addresses[0].as_str(),
        "admin@corp.example"
    );
}

#[test]
fn nothing_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    init(directory.path(), &["--domain", "corp.example"]).unwrap();
    let file = directory.path().join("etc/users.toml");
    let before = fs::read(&file).unwrap();
    let error = init(directory.path(), &["--domain", "corp.example"])
        .unwrap_err()
        .to_string();
    assert!(error.contains("exists already"), "{error}");
    fs::remove_file(directory.path().join("etc/shadowmail.toml")).unwrap();
    assert!(init(directory.path(), &["--domain", "corp.example"]).is_err());
    assert_eq!(fs::read(&file).unwrap(), before);
}

#[test]
fn both_files_are_written_or_none() {
    let directory = tempfile::tempdir().unwrap();
    let etc = directory.path().join("etc");
    fs::create_dir(&etc).unwrap();
    // Seems not to exist, and can not be made.
    std::os::unix::fs::symlink("/nowhere/at/all", etc.join("shadowmail.toml")).unwrap();
    assert!(init(directory.path(), &["--domain", "corp.example"]).is_err());
    assert!(!etc.join("users.toml").exists());
}

#[test]
fn nobody_else_may_read_them() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    init(directory.path(), &["--domain", "corp.example"]).unwrap();
    for name in ["shadowmail.toml", "users.toml"] {
        let file = directory.path().join("etc").join(name);
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o777,
            0o600,
            "{name}"
        );
    }
}

#[test]
fn what_would_not_load_is_not_written() {
    let directory = tempfile::tempdir().unwrap();
    for wrong in [["--domain", "corp example"], ["--domain", "a@b.example"]] {
        let error = init(directory.path(), &wrong).unwrap_err();
        assert!(error.is::<crate::config::ConfigError>(), "{error}");
    }
    assert!(
        init(
            directory.path(),
            &["--domain", "corp.example", "--login", "a b"]
        )
        .is_err()
    );
    assert!(!directory.path().join("etc/shadowmail.toml").exists());
}

#[test]
fn a_generated_password_is_long_and_never_the_same() {
    let (one, other) = (generated().unwrap(), generated().unwrap());
    assert_ne!(one.expose(), other.expose());
    assert_eq!(one.expose().len(), 23);
    assert!(
        one.expose()
            .chars()
            .all(|c| c == '-' || c.is_ascii_lowercase() || c.is_ascii_digit())
    );
}

#[test]
fn the_first_line_is_the_password() {
    assert_eq!(
        first_line(&b"geheim \r\nmore\n"[..]).unwrap().expose(),
        "geheim "
    );
    assert_eq!(first_line(&b"geheim"[..]).unwrap().expose(), "geheim");
    assert_eq!(first_line(&b""[..]).unwrap().expose(), "");
}
