//! A real OpenLDAP that gives less than all: what it says becomes one sentence, and yesterday's mirror
//! stays.

use crate::harness::mirror::{alerts, with_store};
use crate::harness::mirrored::Mirrored;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address, wait};

/// People; the server's limit is less than that.
const PEOPLE: usize = 40;

const READER: &str = "cn=reader,dc=corp,dc=example";

fn company() -> String {
    let people = (0..PEOPLE).map(|number| {
        let uid = format!("user{number}");
        person(&uid, &[&format!("{uid}@corp.example")])
    });
    people.collect()
}

fn follow(slapd: &Slapd, more: &str) -> Shadowmail {
    with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], more)),
        ..ServerConfig::for_primary(free_address())
    }))
}

/// The server is given these lines; what the sync says then, and that nothing is lost by it.
#[track_caller]
fn check(database: &str, words: &[&str]) {
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let mut shadowmail = follow(&slapd, "sync_every_seconds = 1\n");
    shadowmail.start_again();
    let before = Mirrored::of(&shadowmail);
    assert_eq!(before.names().len(), PEOPLE);

    slapd.stop();
    slapd.configure(database);
    slapd.start_again();
    slapd.modify(&format!(
        "dn: uid=user0,ou=people,{BASE}\nchangetype: modify\nreplace: cn\ncn: Another Name\n"
    ));
    for how in ["sync", "sync --full"] {
        shadowmail.command(how).complains(words);
    }
    wait::until("it is an alert", || {
        let alerts = alerts(&shadowmail);
        let has_all = |said: &str| words.iter().all(|it| said.contains(it));
        alerts.iter().any(|(_, said)| has_all(said))
    });
    assert_eq!(Mirrored::of(&shadowmail).since(&before), [""; 0]);

    // The reader may read all again.
    slapd.stop();
    slapd.configure(&format!(
        "limits dn.exact=\"{READER}\" size=unlimited time=unlimited\n"
    ));
    slapd.start_again();
    wait::until("it goes on", || alerts(&shadowmail).is_empty());
    assert_eq!(
        Mirrored::of(&shadowmail).since(&before),
        ["user0 name: user0 Name -> Another Name"]
    );
}

#[test]
fn a_limit_of_entries_gives_half_an_answer() {
    let _turn = Turn::take();
    // It gives so many, and then says that there are more.
    check(
        "sizelimit 25\n",
        &[
            "gives only a part of dc=corp,dc=example",
            "raise its limit",
            READER,
        ],
    );
}

#[test]
fn a_right_that_was_taken_away_is_named() {
    let _turn = Turn::take();
    check(
        "access to attrs=userPassword by anonymous auth by * none\n\
         access to dn.base=\"dc=corp,dc=example\" by * none\n\
         access to * by * read\n",
        &["dc=corp,dc=example", "read"],
    );
    check(
        "access to attrs=userPassword by anonymous auth by * none\n\
         access to dn.base=\"dc=corp,dc=example\" by * disclose\n\
         access to * by * read\n",
        &[
            "does not let cn=reader",
            "read dc=corp,dc=example",
            "give it the right",
        ],
    );
}
