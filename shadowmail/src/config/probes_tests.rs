use super::super::Config;
use super::super::tests::{LEAST, parsed as parse, refused as complains};
use super::*;
use continuity::Automatic;

#[track_caller]
fn probe_complains(lines: &str, words: &[&str]) {
    complains(&format!("[[probe]]\nname = \"mail\"\n{lines}\n"), words);
}

#[test]
fn the_journal_is_listened_to_in_any_case() {
    let kinds = |more: &str| -> Vec<(String, Kind)> {
        let probes = parse(more).unwrap().probes;
        probes
            .iter()
            .map(|it| (it.name.clone(), it.asks.kind()))
            .collect()
    };
    assert_eq!(kinds(""), [("journal".to_owned(), Kind::Journal)]);
    let own = "[[probe]]\nname = \"silence\"\nkind = \"journal\"\nspan_minutes = 30\n";
    assert_eq!(kinds(own), [("silence".to_owned(), Kind::Journal)]);
    let relay = "[[listener]]\nname = \"r\"\nrole = \"relay\"\naddress = \"127.0.0.1:1\"\nallow = [\"::1\"]\n";
    assert_eq!(kinds(relay), []);
}

#[test]
fn probes_take_what_the_primary_has() {
    let config = parse(
        "[primary]\nsmtp = \"mail.corp.example:25\"\n[[probe]]\nname = \"mail\"\nkind = \"smtp\"\n\
         recipient = \"probe@corp.example\"\n",
    )
    .unwrap();
    let probe = &config.probes[0];
    let Asks::Smtp { place, .. } = &probe.asks else {
        panic!("{probe:?}")
    };
    assert_eq!(place.to_string(), "mail.corp.example:25");
    assert_eq!(probe.every, Duration::from_secs(30));
    assert_eq!(probe.rule.within, Duration::from_mins(5));
    assert_eq!(config.policy.automatic, Automatic::Alert);
}

#[test]
fn what_can_not_work_is_told() {
    for (lines, words) in [
        ("kind = \"smpt\"", &["smpt", "did you mean"][..]),
        (
            "kind = \"smtp\"",
            &["probe \"mail\" needs an address", "primary.smtp"],
        ),
        ("kind = \"smtp\"\naddress = \"x\"", &["has no port"]),
        ("kind = \"ldap\"", &["needs an address"]),
        ("kind = \"https\"", &["needs the url"]),
        (
            "kind = \"https\"\nurl = \"mail.corp.example\"",
            &["is not an address such as"],
        ),
        (
            "kind = \"https\"\nurl = \"https://x.y/\"\naddress = \"x:1\"",
            &["not for its kind: address"],
        ),
        (
            "kind = \"imap\"\naddress = \"x:143\"\nlogin = \"a\"",
            &["both, login and password_file"],
        ),
        ("kind = \"canary\"\naddress = \"x:25\"", &["needs from"]),
        (
            "kind = \"ldap\"\naddress = \"x:1\"\nca_file = \"a\"",
            &["without tls"],
        ),
        (
            "kind = \"ldap\"\naddress = \"x:1\"\ntls = \"implicit\"\nca_file = \"no\"",
            &["no: cannot be read"],
        ),
        (
            "kind = \"ldap\"\naddress = \"x:1\"\nevery_seconds = 0",
            &["every_seconds"],
        ),
        (
            "kind = \"ldap\"\naddress = \"x:1\"\ntimeout_seconds = 31",
            &["timeout_seconds", "30"],
        ),
        (
            "kind = \"ldap\"\naddress = \"x:1\"\nfails = 20\nwithin_seconds = 60",
            &["can not fail 20 times within 60 s", "must be 580 or more"],
        ),
        (
            "kind = \"ldap\"\naddress = \"x:1\"\nevry_seconds = 3",
            &["evry_seconds", "every_seconds"],
        ),
    ] {
        probe_complains(lines, words);
    }
    let twice = "[[probe]]\nname = \"a\"\nkind = \"journal\"\n".repeat(2);
    complains(&twice, &["probe \"a\" stands here twice"]);
}

#[test]
fn a_start_by_itself_needs_enough_probes_that_vote() {
    let start = "[continuity]\nautomatic = \"start\"\n";
    let ldap =
        |name: &str| format!("[[probe]]\nname = \"{name}\"\nkind = \"ldap\"\naddress = \"x:1\"\n");
    let journal = "[[probe]]\nname = \"j\"\nkind = \"journal\"\n";
    let too_few = format!("{start}{}{journal}", ldap("a"));
    complains(
        &too_few,
        &["continuity.automatic", "there are 1", "probes_agree"],
    );
    let config = parse(&format!("{start}{}{}", ldap("a"), ldap("b"))).unwrap();
    assert_eq!(config.policy.automatic, Automatic::Start);
    assert_eq!(config.policy.agree, 2);
    complains(
        "[continuity]\nautomatic = \"yes\"\n",
        &["continuity.automatic", "start"],
    );
    complains("[continuity]\nprobes_agree = 0\n", &["must be 1 or more"]);
}

#[test]
fn no_password_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("imap"), "opensesame\n").unwrap();
    let text = format!(
        "{LEAST}[[probe]]\nname = \"i\"\nkind = \"imap\"\naddress = \"x:143\"\nlogin = \"probe\"\n\
         password_file = \"imap\"\n"
    );
    let config = Config::parse(&directory.path().join("shadowmail.toml"), &text).unwrap();
    let Asks::Imap {
        login: Some((_, password)),
        ..
    } = &config.probes[0].asks
    else {
        panic!("it signs in")
    };
    assert_eq!(password.expose(), "opensesame");
    assert!(!format!("{config:?}").contains("opensesame"));
}
