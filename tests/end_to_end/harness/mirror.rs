//! The mirror of the directory, as the commands show it.

use serde_json::Value;
use store::Store;

use crate::harness::server::Shadowmail;

/// Makes the store that a server would make at its first start.
pub fn with_store(shadowmail: Shadowmail) -> Shadowmail {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&shadowmail.data_dir()).await.unwrap();
        store.close().await;
    });
    shadowmail
}

/// What a sync says that it would do, without the lines about nobody's mailbox and those about values.
#[track_caller]
pub fn would(shadowmail: &Shadowmail) -> Vec<String> {
    let said = shadowmail.succeed("sync --dry-run");
    let lines = said
        .lines()
        .filter(|it| !it.starts_with("no mailbox") && !it.starts_with(' '));
    lines.map(str::to_owned).collect()
}

/// Syncs. What it says must begin with this, and say no more that differs; after it nothing is new.
#[track_caller]
pub fn sync(shadowmail: &Shadowmail, want: &[&str]) {
    let would = would(shadowmail);
    let changes: Vec<&str> = would.iter().map(String::as_str).collect();
    assert_eq!(&changes[..changes.len().min(want.len())], want, "{would:?}");
    let differs = |it: &&&str| {
        let begins = ["added", "changed", "removed", "dispute:", "incomplete:"];
        begins.iter().any(|word| it.starts_with(word)) || it.contains(" takes over ")
    };
    assert_eq!(
        changes.iter().filter(differs).count(),
        want.len(),
        "{would:?}"
    );
    shadowmail.succeed("sync");
    let again = shadowmail.succeed("sync");
    let again = again.lines().next();
    assert_eq!(again, Some("nothing has changed in the directory"));
}

/// All accounts, as the command lists them.
pub fn accounts(shadowmail: &Shadowmail) -> Value {
    shadowmail.json("user list")
}

/// Syncs, which the guard stops with a sentence that has these words. Gives the command with which
/// one agrees.
#[track_caller]
pub fn stopped(shadowmail: &Shadowmail, words: &str) -> String {
    let refused = shadowmail.command("sync");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    assert!(refused.stderr.contains(words), "{}", refused.stderr);
    let (_, command) = refused.stderr.split_once("`shadowmail ").unwrap();
    command.split('`').next().unwrap().to_owned()
}

/// The addresses of one.
#[track_caller]
pub fn addresses(shadowmail: &Shadowmail, login: &str) -> Vec<String> {
    let all = accounts(shadowmail);
    let account = all
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["login"] == login);
    let account = account.unwrap_or_else(|| panic!("{login} is not in {all}"));
    let addresses = account["addresses"].as_array().unwrap().iter();
    addresses
        .map(|it| it.as_str().unwrap().to_owned())
        .collect()
}

/// Kinds and words of the alerts about the directory.
pub fn alerts(shadowmail: &Shadowmail) -> Vec<(String, String)> {
    let status = shadowmail.json("status");
    let alerts = status["alerts"].as_array().unwrap().iter();
    let text = |it: &Value| it.as_str().unwrap().to_owned();
    let of_directory = alerts.filter(|it| it["kind"].as_str().unwrap().starts_with("directory"));
    of_directory
        .map(|it| (text(&it["kind"]), text(&it["words"])))
        .collect()
}
