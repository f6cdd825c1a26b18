//! Who does not come in, whatever a real OpenLDAP would say, and what stays of who was removed there.

use crate::harness::door::Door;
use crate::harness::mirror::{sync, with_store};
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, staff};
use crate::harness::{Message, ServerConfig, Shadowmail, SmtpClient, Turn, free_address, wait};

const REFUSED: &str = "The name or the password is not right. Please try again.";
const LATER: &str = "Signing in is not possible right now.";

fn company() -> String {
    staff(&["amy", "bo", "cy"])
}

fn follow(slapd: &Slapd, more: &str) -> Shadowmail {
    let more = format!("sync_every_seconds = 3600\n{more}");
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], &more)),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    shadowmail
}

#[test]
fn nobody_comes_in_without_a_password() {
    let _turn = Turn::take();
    let options = SlapdOptions {
        // A name without a password is nobody, who is welcome (RFC 4513 §5.1.2).
        global: "allow bind_anon_dn\n",
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start_with(options, &company());
    assert!(slapd.takes("amy", ""), "it takes a name alone");
    let shadowmail = follow(&slapd, "");
    let door = Door::of(&shadowmail, "en");
    door.try_out("amy", "")
        .refused_with("enter your name and your password");
    shadowmail.succeed("emergency start --reason outage");
    for login in ["amy", "amy@corp.example", "stranger"] {
        door.sign_in(login, "")
            .refused_with("enter your name and your password");
    }
    // What is nothing for a server that reads up to it.
    for password in ["\0", "\0of amy", " "] {
        door.sign_in("amy", password).refused_with("");
    }
    door.sign_in("amy", "of amy").session();
}

#[test]
fn guesses_from_one_address_come_to_an_end() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd, "");
    shadowmail.succeed("emergency start --reason outage");
    let door = Door::of(&shadowmail, "en");
    let (guesser, home) = ("198.51.100.7", "198.51.100.8");
    door.sign_in_from(home, "amy", "of amy").session();
    for number in 0..5 {
        let told = door.sign_in_from(guesser, "amy", &format!("guess {number}"));
        assert_eq!(
            (told.status, told.cookie),
            (401, None),
            "{number}: {}",
            told.text
        );
    }
    // The right one neither: else waiting would cost nothing.
    for password in ["guess 5", "of amy"] {
        let told = door.sign_in_from(guesser, "amy", password);
        assert_eq!((told.status, told.cookie), (503, None), "{}", told.text);
        assert!(told.text.contains(LATER), "{}", told.text);
    }
    // Others behind that address, and she herself elsewhere.
    door.sign_in_from(guesser, "bo", "of bo").session();
    door.sign_in_from(guesser, "cy", "wrong")
        .refused_with(REFUSED);
    door.sign_in_from(home, "amy", "of amy").session();
}

#[test]
fn the_mail_of_who_was_removed_waits_for_their_return() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let staff = "user_filter = \"(&(objectClass=inetOrgPerson)(!(employeeType=left)))\"\n";
    let shadowmail = follow(&slapd, staff);
    let send = |number: usize| {
        let message = Message::numbered(number);
        let mut client = SmtpClient::connect(shadowmail.config().fallback).unwrap();
        let to = ["bo@corp.example"];
        client
            .send("kunde@outside.example", &to, &message.bytes)
            .unwrap()
            .code
    };
    // What was kept is filed a moment later.
    let mut looks = 0;
    let mut has = |want: usize| {
        wait::until_equal("bo has his mail", &want, || {
            looks += 1;
            let out = format!("mails-{looks}");
            let mails = shadowmail.exported("bo", &shadowmail.directory().join(out));
            mails.len()
        });
    };
    assert_eq!(send(1), 250);
    has(1);
    let change = |what: &str| {
        slapd.modify(&format!(
            "dn: uid=bo,ou=people,{BASE}\nchangetype: modify\n{what}\n"
        ));
    };
    change("add: employeeType\nemployeeType: left");
    sync(&shadowmail, &["removed bo (bo Name)"]);
    assert_eq!(send(2), 550, "nobody has that address");
    let gone =
        shadowmail.command("store export --format eml --account bo --reason test --out gone");
    assert_eq!(gone.code, Some(2), "{}", gone.stderr);
    assert!(
        gone.stderr.contains("there is no account bo"),
        "{}",
        gone.stderr
    );
    change("delete: employeeType");
    sync(&shadowmail, &["added bo (bo Name)"]);
    has(1);
    assert_eq!(send(3), 250);
    has(2);
}
