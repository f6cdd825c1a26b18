use super::*;

#[test]
fn the_webmail_is_open_only_where_it_runs() {
    let directory = tempfile::tempdir().unwrap();
    let text =
        "hostname = \"shadow.corp.example\"\ndomains = [\"corp.example\"]\ndata_dir = \".\"\n";
    let config = Config::parse(&directory.path().join("shadowmail.toml"), text).unwrap();
    let words = webmail(&config);
    assert!(
        words.ends_with("as soon as `shadowmail serve` runs"),
        "{words}"
    );
    let _runs = lock::hold_web(directory.path()).unwrap();
    let words = webmail(&config);
    assert!(words.contains("is open at http://"), "{words}");
}

#[test]
fn a_refusal_has_the_times_of_the_reader() {
    let since: Timestamp = "2026-11-22T02:10:00Z".parse().unwrap();
    let present = ModeChange {
        number: 1,
        mode: Mode::Emergency,
        since,
        by: "shell:root".to_owned(),
        reason: "Exchange is down".to_owned(),
        expected_end: None,
        scope: Scope::Everyone,
    };
    let words = refused(ModeRefusal::Already(present)).to_string();
    assert!(words.contains(&print::local(since)), "{words}");
}
