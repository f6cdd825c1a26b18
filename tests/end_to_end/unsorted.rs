//! Mail that nobody has: it is shown to administrators, waits for its owner, or is given by hand.

use std::fs;

use crate::harness::{
    Message, ServerConfig, Shadowmail, SmtpClient, Turn, free_address, mailbox, wait,
};

/// Somebody who is hired tomorrow.
const ZOE: &str = "zoe.neu@corp.example";

fn copy(server: &Shadowmail, to: &[&str], mail: &Message) {
    copy_from(server, "kunde@outside.example", to, mail);
}

fn copy_from(server: &Shadowmail, from: &str, to: &[&str], mail: &Message) {
    let mut gateway = SmtpClient::connect(server.config().journal).unwrap();
    let encoded: Vec<String> = to
        .iter()
        .map(|to| format!("{}@shadow.corp.example", to.replace('@', "=")))
        .collect();
    let encoded: Vec<&str> = encoded.iter().map(String::as_str).collect();
    let heard = gateway.send(from, &encoded, &mail.bytes);
    assert_eq!(heard.unwrap().code, 250);
}

/// What `unsorted list` shows.
fn listed(server: &Shadowmail) -> Vec<serde_json::Value> {
    server.json("unsorted list").as_array().unwrap().clone()
}

/// What the log calls a mail.
fn mail_id(server: &Shadowmail, id: &str) -> String {
    let traced = server.json(&format!("trace {id}"));
    let peer = &traced[0]["arrivals"][0]["envelope"]["peer"];
    peer["mail_id"].as_str().unwrap().to_owned()
}

/// The log leads from one line about a mail to the next.
#[track_caller]
fn assert_followed(server: &mut Shadowmail, id: &str) {
    let name = mail_id(server, id);
    let said = server.process().said();
    let life: Vec<&str> = said.lines().filter(|it| it.contains(&name)).collect();
    let words = [
        "kept message",
        "is unsorted",
        "is known now",
        "filed message",
    ];
    assert_eq!(life.len(), words.len(), "{life:#?}");
    for (line, words) in life.iter().zip(words) {
        assert!(line.contains(words) && line.contains(id), "{line}");
    }
}

/// How many mails lie in a mailbox.
fn count(server: &Shadowmail, login: &str) -> usize {
    let out = server.directory().join("exported");
    let _ = fs::remove_dir_all(&out);
    server.exported(login, &out).len()
}

#[test]
fn mail_that_nobody_has_comes_to_its_owner() {
    let _turn = Turn::take();
    let mut server = Shadowmail::start(ServerConfig::for_primary(free_address()));
    let anna = mailbox("anna").address();
    copy(&server, &[ZOE], &Message::with_body(1, 500));
    copy(&server, &[ZOE, anna], &Message::with_body(2, 500));
    copy(&server, &["x@outside.example"], &Message::with_body(3, 500));
    wait::until_equal("two mails are unsorted", &2, || listed(&server).len());
    wait::until_equal("anna has hers", &1, || count(&server, "anna"));
    assert_eq!(server.json("status")["unsorted"], 2);
    let waiting = listed(&server);
    let of_nobody = waiting
        .iter()
        .find(|it| it["unknown_names"] == serde_json::json!([]));
    let of_nobody = of_nobody.unwrap()["id"].as_str().unwrap();
    let traced = server.succeed(&format!("trace {ZOE}"));
    for subject in ["Nummer 1", "Nummer 2"] {
        assert!(traced.contains(subject), "{traced}");
    }

    // A person knows better whose the last one is.
    let refused = server.command(&format!(
        "unsorted give {of_nobody} --to nobody@corp.example"
    ));
    assert_eq!(refused.code, Some(2), "{}", refused.stderr);
    assert!(
        refused.stderr.contains("the directory knows nobody"),
        "{}",
        refused.stderr
    );
    let given = server.command(&format!(
        "--log-level info unsorted give {of_nobody} {of_nobody} --to {anna} --json"
    ));
    let name = mail_id(&server, of_nobody);
    assert!(given.stderr.contains(&name), "{}", given.stderr);
    let given: serde_json::Value = serde_json::from_str(&given.stdout).unwrap();
    assert_eq!(given.as_array().unwrap().len(), 1, "{given}");
    assert_eq!(given[0]["login"], "anna");
    wait::until_equal("anna has it, too", &2, || count(&server, "anna"));
    let again = server.command(&format!("unsorted give {of_nobody} --to {anna}"));
    assert_eq!(again.code, Some(2));
    assert!(again.stderr.contains("is not unsorted"), "{}", again.stderr);
    let audit = server.json("audit");
    let audit = audit.to_string();
    assert!(
        audit.contains("unsorted-give") && audit.contains(of_nobody),
        "{audit}"
    );

    // And the directory gets to know her.
    let users = server.directory().join("users.toml");
    let mut text = fs::read_to_string(&users).unwrap();
    let zoe = format!("login = \"zoe\"\nname = \"Zoë Neu\"\naddresses = [\"{ZOE}\"]\n");
    text += "\n[[account]]\n";
    text += &zoe;
    fs::write(&users, text).unwrap();
    server.succeed("sync");
    wait::until_equal("nothing is unsorted", &0, || listed(&server).len());
    wait::until_equal("she has what came before her", &2, || count(&server, "zoe"));
    assert_eq!(count(&server, "anna"), 2, "and nobody has anything twice");
    let of_zoe = waiting
        .iter()
        .find(|it| it["unknown_names"] != serde_json::json!([]));
    let of_zoe = of_zoe.unwrap()["id"].as_str().unwrap();
    assert_followed(&mut server, of_zoe);
}

/// What somebody may have sent is a mail as any other, and no report about one.
#[test]
fn what_an_unchecked_sender_wrote_is_given_without_ado() {
    let _turn = Turn::take();
    let server = Shadowmail::start(ServerConfig::for_primary(free_address()));
    let anna = mailbox("anna").address();
    let mail = Message::with_body(1, 500);
    copy_from(&server, anna, &["x@outside.example"], &mail);
    wait::until_equal("it is unsorted", &1, || listed(&server).len());
    let unsorted = listed(&server);
    let because = unsorted[0]["because"].as_str().unwrap();
    assert!(because.contains("who sends is not checked"), "{because}");
    let id = unsorted[0]["id"].as_str().unwrap();
    let given = server.json(&format!("unsorted give {id} --to {anna} --folder sent"));
    assert_eq!(given[0]["folder"], "sent");
    assert_eq!(listed(&server).len(), 0);
}
