//! Alerts reach administrators by mail past the primary and by a webhook, and the link in them starts the
//! emergency when somebody presses the button behind it.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::harness::{
    Arrived, Hooked, Outside, ServerConfig, Shadowmail, Turn, free_address, wait,
};

fn http(server: SocketAddr, request: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server).unwrap();
    let length = body.len();
    write!(
        stream,
        "{request} HTTP/1.1\r\nHost: {server}\r\nConnection: close\r\nAccept-Language: en\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|it| it.parse().ok());
    (status.unwrap(), answer)
}

fn mode(shadowmail: &Shadowmail) -> String {
    shadowmail.json("status")["mode"]["mode"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// The news that the hook heard, oldest first, of one kind.
fn news(hook: &Hooked, kind: &str) -> Vec<Value> {
    let all = hook.heard().into_iter();
    let all = all.map(|body| serde_json::from_str::<Value>(&body).unwrap());
    all.filter(|it| it["kind"] == kind).collect()
}

/// A server whose primary nobody answers for, and that tells of it outside and at the hook.
fn server(outside: &Outside, hook: &Hooked) -> Shadowmail {
    Shadowmail::start(ServerConfig {
        smarthost: Some(outside.address()),
        end: format!(
            r#"
[[probe]]
name = "mail"
kind = "smtp"
every_seconds = 1
timeout_seconds = 1
fails = 2
within_seconds = 5

[alerts]
mail_from = "shadow@corp.example"
mail_to = ["eva@private.example"]

[[alerts.webhook]]
name = "ops"
url = "http://{}/alerts"
"#,
            hook.address()
        ),
        ..ServerConfig::for_primary(free_address())
    })
}

#[test]
fn a_primary_that_is_down_is_told_by_mail_and_webhook() {
    let _turn = Turn::take();
    let (outside, hook) = (Outside::start(), Hooked::start());
    let shadowmail = server(&outside, &hook);
    let sent = shadowmail.json("alert test");
    assert!(
        sent.as_array().unwrap().iter().all(|it| it["ok"] == true),
        "{sent}"
    );

    wait::until("the webhook hears of it", || {
        !news(&hook, "primary-failing").is_empty()
    });
    let told = news(&hook, "primary-failing").remove(0);
    assert_eq!(told["state"], "raised");
    assert!(
        told["words"]
            .as_str()
            .unwrap()
            .contains("cannot connect to"),
        "{told}"
    );
    let about = |it: &Arrived| String::from_utf8_lossy(&it.bytes).contains("/admin/start/");
    let mail = wait::until_some("the mail comes to the outside", || {
        outside.arrived().into_iter().find(about)
    });
    assert_eq!(mail.to, ["eva@private.example"]);
    assert_eq!(mail.from, "shadow@corp.example");
    let tests = || {
        let all = outside.arrived();
        let is_test =
            |it: &&Arrived| String::from_utf8_lossy(&it.bytes).contains("Test: alerts reach");
        all.iter().filter(is_test).count()
    };
    wait::until("the test came, too", || tests() == 1);
}

#[test]
fn the_link_of_an_alert_starts_the_emergency_once() {
    let _turn = Turn::take();
    let (outside, hook) = (Outside::start(), Hooked::start());
    let shadowmail = server(&outside, &hook);
    let told = wait::until_some("the webhook hears of it", || {
        news(&hook, "primary-failing").into_iter().next()
    });
    // Programs that look at links open them.
    let link = told["start_link"].as_str().unwrap();
    let web = shadowmail.config().web;
    let path = link.strip_prefix(&format!("http://{web}")).unwrap();
    for _ in 0..2 {
        let (status, page) = http(web, &format!("GET {path}"), "");
        assert!(status == 200 && page.contains("name=\"reason\""), "{page}");
    }
    assert_eq!(mode(&shadowmail), "normal");
    let (status, page) = http(
        web,
        &format!("POST {path}"),
        "reason=Exchange+is+down&hours=8",
    );
    assert!(status == 200 && page.contains("has started"), "{page}");
    let told = shadowmail.json("status")["mode"].clone();
    assert_eq!(told["mode"], "emergency");
    assert_eq!(
        (&told["by"], &told["reason"]),
        (&"link:ops".into(), &"Exchange is down".into())
    );
    // The link is spent, and so is the one in the mail.
    shadowmail.succeed("emergency end");
    wait::until("it is over", || mode(&shadowmail) == "normal");
    let (status, _) = http(web, &format!("POST {path}"), "reason=x");
    assert_eq!(status, 410);
    assert_eq!(mode(&shadowmail), "normal");
    // It is still down: nobody heard that it is not.
    let told = news(&hook, "primary-failing");
    assert!(told.iter().all(|it| it["state"] != "over"), "{told:?}");
}

#[test]
fn an_alert_is_repeated_by_a_webhook_that_was_down_and_left_alone_when_somebody_looks_after_it() {
    let _turn = Turn::take();
    let at = free_address();
    let mut shadowmail = Shadowmail::install(ServerConfig {
        end: format!(
            r#"
[[probe]]
name = "mail"
kind = "smtp"
every_seconds = 1
timeout_seconds = 1
fails = 1
within_seconds = 5

[alerts]
language = "de"

[[alerts.webhook]]
name = "sms"
url = "http://{at}/send"
template = "custom"
body = '{{"to": "+49151", "kind": "{{kind}}", "text": "{{title}}"}}'
"#
        ),
        ..ServerConfig::for_primary(free_address())
    });
    shadowmail.start_again();
    wait::until("it can not be told", || {
        shadowmail
            .process()
            .said()
            .contains("sms can not be told of")
    });
    let hook = Hooked::start_at(at);
    let heard = wait::until_some("it hears of it later", || {
        news(&hook, "primary-failing").into_iter().next()
    });
    assert_eq!(
        (&heard["to"], &heard["text"]),
        (
            &"+49151".into(),
            &"Das Mailsystem antwortet nicht, wie es soll.".into()
        )
    );
    shadowmail.succeed("alert ack primary-failing");
    let list = shadowmail.succeed("alert list");
    assert!(
        list.contains("shell:") && list.contains("looks after it"),
        "{list}"
    );
    let log = shadowmail.succeed("audit");
    assert!(log.contains("alert-acknowledged"), "{log}");
}
