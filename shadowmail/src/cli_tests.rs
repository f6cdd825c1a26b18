use clap::CommandFactory;
use clap::error::ErrorKind;

use super::*;

/// The words parse, or are refused for this reason; clap ends with code 2 for all but help.
#[track_caller]
fn check(words: &str, want: Result<(), ErrorKind>) {
    let got = Cli::try_parse_from(words.split_whitespace());
    assert_eq!(
        got.map(|_| ()).map_err(|error| error.kind()),
        want,
        "{words}"
    );
}

#[test]
fn commands_parse() {
    check("shadowmail serve --role smtp --role web", Ok(()));
    check("shadowmail serve --log-format json --config x.toml", Ok(()));
    check("shadowmail --config x.toml check --json", Ok(()));
    check(
        "shadowmail emergency start --reason x --for 8h --json",
        Ok(()),
    );
    check("shadowmail emergency extend --for 90m", Ok(()));
    check("shadowmail probe list --json", Ok(()));
    check("shadowmail alert list --json", Ok(()));
    check("shadowmail alert ack primary-failing", Ok(()));
    check("shadowmail alert snooze disk-full --for 4h", Ok(()));
    check("shadowmail alert test --json", Ok(()));
    check("shadowmail probe run mail owa --json", Ok(()));
    check("shadowmail probe history --limit 5 --json", Ok(()));
    check("shadowmail reinject write-off 17 --reason x", Ok(()));
    check(
        "shadowmail resend 20261122-0f3b2c1a9d04e --to a@b.example",
        Ok(()),
    );
    check("shadowmail retention run --dry-run --json", Ok(()));
    check("shadowmail unsorted list --limit 5 --json", Ok(()));
    check("shadowmail unsorted retry --json", Ok(()));
    let id = "20261122-0f3b2c1a9d04e";
    check(
        &format!("shadowmail unsorted give {id} {id} --to a@c.example --folder sent --json"),
        Ok(()),
    );
    for what in [
        "account anna",
        "group board@corp.example",
        "query from:acme",
        "message 20261122-0f3b2c1a9d04e",
    ] {
        let add = "shadowmail retention hold add --reason audit";
        check(&format!("{add} --{what}"), Ok(()));
    }
    check("shadowmail retention hold list --all --json", Ok(()));
    check("shadowmail retention hold release 3", Ok(()));
    check("shadowmail store verify --day 2026-11-22 --json", Ok(()));
    check(
        "shadowmail store export --format mbox --out x --since 2026-11-20 --folder inbox --reason y",
        Ok(()),
    );
    check("shadowmail backup /mnt/backup --json", Ok(()));
    check("shadowmail restore /mnt/backup", Ok(()));
    check("shadowmail store rebuild 2026-11-22", Ok(()));
    check("shadowmail store rebuild --all", Ok(()));
    check("shadowmail demo --outage", Ok(()));
    check("shadowmail user hash", Ok(()));
}

#[test]
fn wrong_usage_is_refused() {
    check(
        "shadowmail",
        Err(ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand),
    );
    check("shadowmail srve", Err(ErrorKind::InvalidSubcommand));
    check(
        "shadowmail alert ack nothing",
        Err(ErrorKind::ValueValidation),
    );
    check("shadowmail serve --role all", Err(ErrorKind::InvalidValue));
    check(
        "shadowmail emergency start",
        Err(ErrorKind::MissingRequiredArgument),
    );
    check(
        "shadowmail emergency start --reason x --for soon",
        Err(ErrorKind::ValueValidation),
    );
    check(
        "shadowmail emergency start --reason x --for 0s",
        Err(ErrorKind::ValueValidation),
    );
    let blank = ["shadowmail", "emergency", "start", "--reason", " "];
    let error = Cli::try_parse_from(blank).map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ValueValidation);
    check(
        "shadowmail retention hold add --reason audit",
        Err(ErrorKind::MissingRequiredArgument),
    );
    check(
        "shadowmail retention hold add --account anna",
        Err(ErrorKind::MissingRequiredArgument),
    );
    check(
        "shadowmail retention hold add --reason audit --account anna --group b@c.d",
        Err(ErrorKind::ArgumentConflict),
    );
    check(
        "shadowmail store rebuild",
        Err(ErrorKind::MissingRequiredArgument),
    );
    check("shadowmail resend 17", Err(ErrorKind::ValueValidation));
    check("shadowmail init", Err(ErrorKind::MissingRequiredArgument));
    check(
        "shadowmail init --domain a.b --password geheim",
        Err(ErrorKind::UnknownArgument),
    );
}

#[test]
fn the_definition_is_sound_and_every_command_has_examples() {
    let command = Cli::command();
    command.clone().debug_assert();
    for command in command.get_subcommands() {
        let help = command
            .get_after_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        assert!(help.contains("Examples:"), "{}", command.get_name());
    }
}

#[test]
fn a_wrong_config_or_usage_is_code_2_and_the_rest_1() {
    use crate::command::{UsageError, exit_code};
    use crate::config::ConfigError;
    let code = |error: anyhow::Error| format!("{:?}", exit_code(&error));
    let two = format!("{:?}", std::process::ExitCode::from(2));
    assert_eq!(
        code(ConfigError::file("x".as_ref(), "is wrong").into()),
        two
    );
    assert_eq!(code(UsageError("no".into()).into()), two);
    assert_ne!(code(anyhow::anyhow!("the disk is full")), two);
}
