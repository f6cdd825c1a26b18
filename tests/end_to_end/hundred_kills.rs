//! The server is killed a hundred times at random moments, and started again each time on what it
//! left: every mail that was answered 250 is there, once.

use std::thread;
use std::time::Duration;

use crate::harness::{
    Load, MAILBOXES, Outside, Random, ServerConfig, Shadowmail, Stop, Turn, free_address, wait,
};

/// How often it is killed.
const KILLS: usize = 100;

/// Connections that send at the same time.
const CONNECTIONS: usize = 6;

/// After so many kills, what the dead server left is checked as it is.
const VERIFY_EVERY: usize = 20;

#[test]
fn killed_a_hundred_times_it_has_every_mail_once() {
    let _turn = Turn::take();
    let mut random = Random::new();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(free_address()));
    // Nothing is handed over meanwhile: a death in the middle of that is another story.
    shadowmail.succeed("emergency start --reason test");
    let load = Load::new(shadowmail.config());
    thread::scope(|scope| {
        for _ in 0..CONNECTIONS {
            scope.spawn(|| load.send());
        }
        for kill in 1..=KILLS {
            wait_for_a_moment(&mut shadowmail, &load, &mut random);
            shadowmail.stop(Stop::AtOnce);
            if kill % VERIFY_EVERY == 0 {
                shadowmail.succeed("store verify");
            }
            shadowmail.begin();
        }
        shadowmail.wait_until_ready();
        load.end();
    });
    println!(
        "{} mails were answered 250, in {} transactions",
        load.answered.len(),
        load.through()
    );
    assert!(load.answered.len() >= KILLS, "there was no load");

    let primary = Outside::start_at(shadowmail.config().primary);
    shadowmail.succeed("emergency end --reason test");
    wait::until("nothing is owed", || {
        shadowmail.json("status")["owed"]["open"] == 0
    });
    load.answered.assert_came_once_to(&primary);
    for mailbox in MAILBOXES {
        let out = shadowmail
            .directory()
            .join(format!("export-{}", mailbox.login));
        let found = shadowmail.exported(mailbox.login, &out);
        load.answered.assert_is_mailbox(mailbox.address(), found);
    }
    shadowmail.stop(Stop::AtOnce);
    shadowmail.succeed("store verify");
}

/// One time in eight while the server starts, else when it has taken a few more mails; and some
/// milliseconds later, so that it happens anywhere in a commit, in filing and in what follows.
fn wait_for_a_moment(shadowmail: &mut Shadowmail, load: &Load, random: &mut Random) {
    if random.below(8) > 0 {
        shadowmail.wait_until_ready();
        let enough = load.through() + usize::try_from(random.below(12)).unwrap();
        wait::until("some more mail is taken", || load.through() >= enough);
    }
    thread::sleep(Duration::from_micros(random.below(60_000)));
}
