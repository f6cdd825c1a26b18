//! Guessing where a real Active Directory locks some people sooner than others.

use crate::harness::door::Door;
use crate::harness::mirror::with_store;
use crate::harness::samba::{ADMIN, BASE, READER, Samba, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address};

const LOGINS: [&str; 3] = ["amy", "mia", "paul"];

/// Where people sit.
const HOME: &str = "198.51.100.8";

/// A password that its rules like.
fn password(login: &str) -> String {
    format!("Passw0rd of {login}!")
}

/// Of all it locks after five wrong passwords, of mia after four, of paul after three.
fn company() -> Samba {
    let people = LOGINS.map(|login| {
        let address = format!("SMTP:{login}@corp.example");
        person(login, "CN=Users,", &[&address])
    });
    let samba = Samba::start(&people.concat(), "");
    samba.set_passwords(&LOGINS.map(|login| (login, password(login))));
    for login in LOGINS {
        samba.modify(&format!(
            "dn: CN={login},CN=Users,{BASE}\nchangetype: modify\nreplace: userAccountControl\n\
             userAccountControl: 512\n"
        ));
    }
    samba.date_passwords(&LOGINS.map(|login| (login, 2)));
    samba.modify(&format!(
        "dn: {BASE}\nchangetype: modify\nreplace: lockoutThreshold\nlockoutThreshold: 5\n"
    ));
    samba.make_policy("mild", 4, &["mia"]);
    samba.make_policy("strict", 3, &["paul"]);
    samba
}

fn follow(samba: &Samba, reader: &str) -> Shadowmail {
    let more = "sync_every_seconds = 3600\n";
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(samba.config(&samba.ldaps(), reader, more)),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    shadowmail.succeed("emergency start --reason outage");
    shadowmail
}

#[test]
fn whoever_is_locked_sooner_is_not_locked_by_guesses_either() {
    let _turn = Turn::take();
    let samba = company();
    // Who may read the policies, and who only sees that there is one.
    for (reader, shown) in [(ADMIN, [3, 2, 1]), (READER, [3, 1, 1])] {
        let shadowmail = follow(&samba, reader);
        for (login, want) in LOGINS.into_iter().zip(shown) {
            let door = Door::of(&shadowmail, "en");
            let right = password(login);
            door.sign_in_from(HOME, login, &right).session();
            for number in 0..9 {
                let told = door.sign_in(login, &format!("guess {number}"));
                assert_eq!((told.status, told.cookie), (401, None), "{login}");
            }
            for number in 9..12 {
                let told = door.sign_in_from(HOME, login, &format!("guess {number}"));
                assert_eq!((told.status, told.cookie), (401, None), "{login}");
            }
            let counted = samba.wrong_passwords(login);
            assert_eq!(counted, want, "{login}, as {reader} reads");
            // Its owner is not kept out by that.
            door.sign_in_from(HOME, login, &right).session();
            assert!(samba.takes(login, &right), "{login} is locked");
            assert_eq!(samba.wrong_passwords(login), 0);
        }
    }
}
