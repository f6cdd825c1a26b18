//! Signing in with the directory's passwords, and while the directory fails: with a real OpenLDAP.

use std::thread;

use crate::harness::door::{Door, Told};
use crate::harness::mirror::with_store;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, staff};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address, wait};

const REFUSED: &str = "The name or the password is not right. Please try again.";
const TOO_MANY: &str = "too many wrong tries with this name";
const SILENCE: &str = "directory does not answer right now";
const SILENCE_DE: &str = "Das Verzeichnis der Firma antwortet gerade nicht";

/// Changes of passwords are noted there.
const WITH_POLICY: SlapdOptions = SlapdOptions {
    global: "moduleload ppolicy\n",
    database: "overlay ppolicy\n",
};

fn company() -> String {
    staff(&["amy", "bo", "cy", "di"])
}

/// A server that syncs when it is told to.
fn follow(slapd: &Slapd, more: &str) -> Shadowmail {
    let more = format!("sync_every_seconds = 3600\n{more}");
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], &more)),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    shadowmail
}

fn emergency(shadowmail: &Shadowmail) -> Door {
    shadowmail.succeed("emergency start --reason outage");
    Door::of(shadowmail, "en")
}

fn code(shadowmail: &Shadowmail, login: &str) -> String {
    let made = shadowmail.json(&format!("user code {login}"));
    let made = made.as_array().map_or(&made, |all| &all[0]);
    made["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{made}"))
        .to_owned()
}

fn change_password(slapd: &Slapd, uid: &str, password: &str) {
    slapd.modify(&format!(
        "dn: uid={uid},ou=people,{BASE}\nchangetype: modify\nreplace: userPassword\nuserPassword: {password}\n"
    ));
}

#[test]
fn with_the_directory_down_who_was_here_before_comes_in() {
    let _turn = Turn::take();
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd, "");
    let ready = Door::of(&shadowmail, "en");
    ready
        .try_out("amy", "wrong")
        .refused_with("tell IT while all is well");
    let told = ready.try_out("amy", "of amy");
    assert!(told.text.contains("You are ready."), "{}", told.text);
    let check = shadowmail.command("check").stdout;
    assert!(check.contains("with that or a code: 1"), "{check}");

    let door = emergency(&shadowmail);
    door.sign_in("bo@corp.example", "of bo").session();
    door.sign_in("bo", "of amy").refused_with(REFUSED);
    door.sign_in("stranger", "of bo").refused_with(REFUSED);
    // Renamed there since the last sync.
    slapd.modify(&format!(
        "dn: uid=cy,ou=people,{BASE}\nchangetype: modrdn\nnewrdn: uid=cyrus\ndeleteoldrdn: 1\n"
    ));
    door.sign_in("cy", "of cy").session();

    let of_di = code(&shadowmail, "di");
    slapd.stop();
    for (login, password) in [("amy", "of amy"), ("bo", "of bo"), ("cy", "of cy")] {
        door.sign_in(login, password).session();
    }
    let german = Door::of(&shadowmail, "de");
    for (login, password) in [("di", "of di"), ("amy", "wrong"), ("stranger", "of di")] {
        door.sign_in(login, password).refused_with(SILENCE);
        german.sign_in(login, password).refused_with(SILENCE_DE);
    }
    door.sign_in("di", &of_di).session();
    door.sign_in("di", &of_di)
        .refused_with("it was used already");

    slapd.start_again();
    door.sign_in("di", "of di").session();
}

#[test]
fn an_address_in_a_domain_that_stands_for_another_is_theirs_at_the_door_and_in_commands() {
    let _turn = Turn::take();
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], "sync_every_seconds = 3600\n")),
        end: "[alias_domains]\n\"corp.test\" = \"corp.example\"\n".to_owned(),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    let door = emergency(&shadowmail);
    door.sign_in("Amy@Corp.Test", "of amy").session();
    door.sign_in("amy@corp.test", "of bo").refused_with(REFUSED);
    door.sign_in("amy@sub.corp.test", "of amy")
        .refused_with(REFUSED);
    let of_bo = code(&shadowmail, "bo@corp.test");
    let of_nobody = shadowmail.command("user code stranger@corp.test");
    assert_eq!(of_nobody.code, Some(2), "{}", of_nobody.stderr);
    assert!(of_nobody.stderr.contains("nobody signs in as"));
    slapd.stop();
    door.sign_in("amy@corp.test", "of amy").session();
    door.sign_in("bo@corp.test", &of_bo).session();
}

#[test]
fn a_directory_that_hangs_keeps_nobody_waiting() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd, "");
    let door = emergency(&shadowmail);
    door.sign_in("amy", "of amy").session();
    slapd.freeze();
    // Each within its deadline: the first waits for the directory, the others do not.
    let all_at_once = || -> Vec<Told> {
        thread::scope(|scope| {
            let tries = ["amy", "bo", "cy", "stranger"].map(|login| {
                let door = &door;
                scope.spawn(move || door.sign_in(login, &format!("of {login}")))
            });
            tries.into_iter().map(|it| it.join().unwrap()).collect()
        })
    };
    for _ in 0..2 {
        let [amy, others @ ..] = &all_at_once()[..] else {
            panic!("four tried")
        };
        amy.clone().session();
        for other in others {
            other.refused_with(SILENCE);
        }
    }
    slapd.thaw();
    wait::until("somebody tries the directory again", || {
        door.sign_in("di", "of di").cookie.is_some()
    });
}

#[test]
fn an_old_password_dies_as_soon_as_anybody_can_know() {
    let _turn = Turn::take();
    let mut slapd = Slapd::start_with(WITH_POLICY, &company());
    let shadowmail = follow(&slapd, "");
    let door = emergency(&shadowmail);
    let of_bo = door.sign_in("bo", "of bo").session();
    for (login, password) in [("amy", "of amy"), ("cy", "of cy"), ("di", "of di")] {
        door.sign_in(login, password).session();
    }
    // The directory says so itself; no sync has brought it yet.
    change_password(&slapd, "amy", "new of amy");
    door.sign_in("amy", "of amy").refused_with(REFUSED);
    // The sync brings it, and nobody typed anything meanwhile.
    change_password(&slapd, "bo", "new of bo");
    assert!(door.opens(&of_bo));
    shadowmail.succeed("sync");
    assert!(!door.opens(&of_bo), "who came in with it is out");
    // The new one was typed before the sync: it stays.
    change_password(&slapd, "cy", "new of cy");
    let of_cy = door.sign_in("cy", "new of cy").session();
    shadowmail.succeed("sync");
    assert!(door.opens(&of_cy));
    // Gone from the directory.
    slapd.modify(&format!(
        "dn: uid=di,ou=people,{BASE}\nchangetype: delete\n"
    ));
    door.sign_in("di", "of di").refused_with(REFUSED);

    slapd.stop();
    door.sign_in("cy", "new of cy").session();
    for (login, password) in [("amy", "of amy"), ("bo", "of bo"), ("cy", "of cy")] {
        door.sign_in(login, password).refused_with(SILENCE);
    }
    // New, and never used here.
    door.sign_in("bo", "new of bo").refused_with(SILENCE);
}

#[test]
fn an_old_password_dies_also_after_many_wrong_ones() {
    let _turn = Turn::take();
    // It tells no marks, and nothing else shows that a password was changed.
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd, "");
    let door = emergency(&shadowmail);
    for login in ["amy", "bo"] {
        door.sign_in(login, &format!("of {login}")).session();
    }
    change_password(&slapd, "amy", "new of amy");
    for login in ["amy", "bo", "stranger"] {
        for guess in ["a", "b", "c"] {
            door.sign_in(login, guess);
        }
        door.sign_in(login, "d").refused_with(TOO_MANY);
    }
    door.sign_in("amy", "of amy").refused_with(TOO_MANY);
    // What fits a verifier has a place of its own.
    door.sign_in("bo", "of bo").session();
}

#[test]
fn hashes_that_the_directory_hands_out_open_while_it_is_down() {
    let _turn = Turn::take();
    let hash = crate::harness::run(
        std::env::temp_dir().as_path(),
        &["user", "hash"],
        "of amy\n",
    );
    let amy = format!("userPassword: {{ARGON2}}{}", hash.stdout.trim());
    let ldif = company().replace("userPassword: of amy", &amy);
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &ldif);
    let shadowmail = follow(&slapd, "password_hashes = true\n");
    let door = emergency(&shadowmail);
    slapd.stop();
    door.sign_in("amy", "of amy").session();
    door.sign_in("amy", "of bo").refused_with(SILENCE);
    door.sign_in("bo", "of bo").refused_with(SILENCE);
}
