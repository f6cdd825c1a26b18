//! An administrator is asked whether a mail ever arrived.

use crate::harness::{
    Copying, Dovecot, Message, Postfix, SHADOW_DOMAIN, ServerConfig, Shadowmail, SmtpClient, Turn,
    mailbox, wait,
};

#[test]
fn an_administrator_learns_what_became_of_a_mail() {
    let _turn = Turn::take();
    let dovecot = Dovecot::start();
    let postfix = Postfix::start(dovecot.lmtp(), Copying::Nothing);
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(postfix.address()));
    // For Anna, and for Jürgen as a blind copy: no header names him.
    let mail = Message::load("umlauts");
    let recipients = ["anna", "juergen"].map(|login| mailbox(login).address());
    let mut peer = SmtpClient::connect(shadowmail.config().fallback).unwrap();
    let reply = peer.send("kunde@outside.example", &recipients, &mail.bytes);
    assert_eq!(reply.unwrap().code, 250);
    wait::until("the primary has it", || {
        shadowmail.json("status")["owed"]["settled"] == 2
    });

    let [anna, juergen] = recipients;
    assert_followed(&mut shadowmail, anna);
    let message_id = mail.id();
    wait::until("words are found, too", || {
        !shadowmail
            .json("trace from:kunde")
            .as_array()
            .unwrap()
            .is_empty()
    });
    for question in [
        juergen,
        anna,
        &message_id,
        "from:kunde",
        "kunde@outside.example",
    ] {
        let answer = shadowmail.succeed(&format!("trace {question}"));
        for words in [
            "; the primary did not have it yet.",
            &format!("It was handed to the primary for {juergen}, which answered \"250 "),
            "It lies in the mailboxes of juergen, anna.",
            &message_id,
        ] {
            assert!(
                answer.contains(words),
                "{question} does not say {words:?}:\n{answer}"
            );
        }
    }
    let nothing = shadowmail.succeed("trace nobody@outside.example");
    assert!(nothing.contains("No such mail arrived since "), "{nothing}");
    // The envelope of a copy names the journal, and the mailbox all the same has it.
    let encoded = format!("{}@{SHADOW_DOMAIN}", anna.replace('@', "="));
    let mut gateway = SmtpClient::connect(shadowmail.config().journal).unwrap();
    let copy = Message::numbered(7);
    let reply = gateway.send("kollege@corp.example", &[&*encoded], &copy.bytes);
    assert_eq!(reply.unwrap().code, 250);
    wait::until("it is found by the address", || {
        let found = shadowmail.json(&format!("trace {anna}"));
        found.as_array().unwrap().len() == 2
    });
    let one = shadowmail.succeed(&format!("trace {}", copy.id()));
    assert!(one.contains("as a copy of what the primary has."), "{one}");
    let later = shadowmail.json(&format!("trace {anna} --since 2100-01-01"));
    assert_eq!(later, serde_json::json!([]));
    assert_eq!(shadowmail.command("trace ab*").code, Some(2));
    let asked = shadowmail.succeed("audit --limit 20");
    assert!(asked.contains("trace  from:kunde"), "{asked}");
}

/// The only mail to this recipient has one name in the log, from the connection to the primary.
#[track_caller]
fn assert_followed(shadowmail: &mut Shadowmail, recipient: &str) {
    let traced = shadowmail.json(&format!("trace {recipient}"));
    let arrival = &traced[0]["arrivals"][0];
    let name = arrival["envelope"]["peer"]["mail_id"].as_str().unwrap();
    let said = shadowmail.process().said();
    let lines: Vec<&str> = said.lines().filter(|line| line.contains(name)).collect();
    for words in ["kept message", "filed message", "delivered"] {
        assert!(
            lines.iter().any(|it| it.contains(words)),
            "{words}:\n{said}"
        );
    }
    let (connection, _) = name.split_once('/').unwrap();
    let mut began = said.lines().filter(|line| line.contains(connection));
    assert!(began.next().unwrap().contains("connected"), "{said}");
}
