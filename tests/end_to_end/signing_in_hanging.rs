//! Each door while a real OpenLDAP takes connections and says nothing: all answer in time.

use crate::harness::door::Door;
use crate::harness::mirror::with_store;
use crate::harness::slapd::{Slapd, SlapdOptions, staff};
use crate::harness::{ServerConfig, Shadowmail, Stop, Turn, free_address};

const SILENCE: &str = "directory does not answer right now";

fn company() -> String {
    staff(&["amy", "bo", "cy", "di"])
}

fn follow(slapd: &Slapd, servers: &[&str]) -> Shadowmail {
    let more = "sync_every_seconds = 3600\n";
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(servers, more)),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    shadowmail
}

/// A process that has yet to find out that the directory hangs: whoever comes first waits for it.
fn anew(shadowmail: &mut Shadowmail) -> Door {
    shadowmail.stop(Stop::Gently);
    shadowmail.start_again();
    Door::of(shadowmail, "en")
}

#[test]
fn every_door_answers_in_time_while_the_directory_hangs() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    // With StartTLS, which the password must not go before.
    let mut shadowmail = follow(&slapd, &[&slapd.ldap()]);
    let door = Door::of(&shadowmail, "en");
    assert!(
        door.try_out("amy", "of amy")
            .text
            .contains("You are ready.")
    );
    let of_di = shadowmail.json("user code di");
    let of_di = of_di["code"].as_str().unwrap();
    slapd.freeze();
    // Each is the first one, which waits for the directory as long as anybody does.
    let ready = anew(&mut shadowmail).try_out("amy", "of amy");
    assert!(ready.text.contains("You are ready."), "{}", ready.text);
    anew(&mut shadowmail)
        .try_out("bo", "of bo")
        .refused_with("can not be checked right now");
    anew(&mut shadowmail)
        .administrate("amy", "of amy")
        .session();
    anew(&mut shadowmail)
        .administrate("amy", "wrong")
        .refused_with(SILENCE);
    shadowmail.succeed("emergency start --reason outage");
    anew(&mut shadowmail).sign_in("di", of_di).session();
    anew(&mut shadowmail)
        .sign_in("cy", "of cy")
        .refused_with(SILENCE);
    slapd.thaw();
    anew(&mut shadowmail).sign_in("cy", "of cy").session();
}

#[test]
fn one_server_that_hangs_leaves_time_for_the_next() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let frozen = Slapd::start_with(SlapdOptions::default(), "");
    frozen.freeze();
    for first in [frozen.ldaps(), frozen.ldap()] {
        let mut shadowmail = follow(&slapd, &[&first, &slapd.ldap()]);
        shadowmail.succeed("sync");
        shadowmail.succeed("emergency start --reason outage");
        let door = anew(&mut shadowmail);
        // By the second one alone: nobody has a verifier.
        for login in ["amy", "bo"] {
            door.sign_in(login, &format!("of {login}")).session();
        }
        door.sign_in("cy", "wrong")
            .refused_with("The name or the password is not right. Please try again.");
    }
    frozen.thaw();
}
