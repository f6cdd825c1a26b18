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
