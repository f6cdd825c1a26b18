use super::super::tests::{parsed as parse, refused as complains};
use super::*;

const MAIL: &str =
    "[outbound]\nsmarthost = \"relay.example:25\"\n[alerts]\nmail_from = \"shadow@corp.example\"\n";

#[track_caller]
fn hook_complains(lines: &str, words: &[&str]) {
    complains(
        &format!("[[alerts.webhook]]\nname = \"ops\"\n{lines}\n"),
        words,
    );
}

#[test]
fn nobody_is_told_until_somebody_is_named() {
    assert!(parse("").unwrap().alerts.is_none());
    assert!(
        parse("[alerts]\nlanguage = \"de\"\n")
            .unwrap()
            .alerts
            .is_none()
    );
    let alerts = parse(&format!("{MAIL}mail_to = [\"eva@out.example\"]\n"))
        .unwrap()
        .alerts
        .unwrap();
    assert_eq!(alerts.mail.unwrap().1, ["eva@out.example".parse().unwrap()]);
    assert_eq!(alerts.repeat.every, Duration::from_mins(30));
}

#[test]
fn mail_about_an_outage_must_not_need_what_is_out() {
    complains(
        &format!("{MAIL}mail_to = [\"eva@Corp.example\"]\n"),
        &["alerts.mail_to", "may be down"],
    );
    complains(
        &format!("{MAIL}mail_to = [\"eva\"]\n"),
        &["alerts.mail_to", "\"eva\" is not"],
    );
    complains(
        "[alerts]\nmail_to = [\"e@out.example\"]\n",
        &["alerts.mail_from"],
    );
    let no_way = "[alerts]\nmail_from = \"s@corp.example\"\nmail_to = [\"e@out.example\"]\n";
    complains(no_way, &["alerts.mail_to", "[outbound] smarthost"]);
    complains("[alerts]\nlanguage = \"fr\"\n", &["alerts.language"]);
    complains("[alerts]\nlink_hours = 0\n", &["alerts.link_hours"]);
    complains(
        "[alerts]\nrepeat_minutes = 99999\n",
        &["alerts.repeat_minutes"],
    );
}

#[test]
fn webhooks_that_can_not_work_are_told_without_their_address() {
    for (lines, words) in [
        ("", &["webhook \"ops\" needs either url or url_file"][..]),
        (
            "url = \"secret.example\"",
            &["has a url that is not an address"],
        ),
        ("url = \"http://secret.example/\"", &["use https://"]),
        (
            "url = \"https://x.y/\"\ntemplate = \"custom\"",
            &["needs a body"],
        ),
        (
            "url = \"https://x.y/\"\nbody = \"x\"",
            &["must be \"custom\""],
        ),
        (
            "url = \"https://x.y/\"\ncontent_type = \"x\"",
            &["must be \"custom\""],
        ),
        (
            "url = \"https://x.y/\"\ntemplate = \"team\"",
            &["team", "did you mean \"teams\""],
        ),
        (
            "url = \"https://x.y/\"\ntimeout_seconds = 0",
            &["timeout_seconds"],
        ),
        (
            "url_file = \"nowhere\"",
            &["url_file /etc/shadowmail/nowhere"],
        ),
        ("url = \"https://x.y/\"\nurll = 1", &["urll"]),
    ] {
        hook_complains(lines, words);
        let text = format!("[[alerts.webhook]]\nname = \"ops\"\n{lines}\n");
        let said = parse(&text).unwrap_err().to_string();
        assert!(!said.contains("secret"), "{said}");
    }
    let twice = "[[alerts.webhook]]\nname = \"a\"\nurl = \"https://x.y/\"\n".repeat(2);
    complains(&twice, &["webhook \"a\" stands here twice"]);
    let near = parse("[[alerts.webhook]]\nname = \"a\"\nurl = \"http://127.0.0.1:9/x\"\n").unwrap();
    assert_eq!(near.alerts.unwrap().hooks[0].body, Body::Json);
}
