//! Signing in with the passwords of a real Active Directory, and what it says of them.

use crate::harness::door::Door;
use crate::harness::mirror::with_store;
use crate::harness::mirrored::Mirrored;
use crate::harness::samba::{BASE, READER, Samba, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address};

const REFUSED: &str = "The name or the password is not right. Please try again.";
const TOO_MANY: &str = "too many wrong tries with this name";
const SILENCE: &str = "directory does not answer right now";

/// What somebody's new password is.
const NEW: &str = "Passw0rd n3w!";

const LOGINS: [&str; 12] = [
    "amy", "bo", "ed", "disabled", "expired", "old", "change", "hours", "locked", "late", "desk",
    "synced",
];

/// A password that its rules like.
fn password(login: &str) -> String {
    format!("Passw0rd of {login}!")
}

fn set(samba: &Samba, dn: &str, what: &str) {
    let name = what.split(':').next().unwrap();
    samba.modify(&format!(
        "dn: {dn}{BASE}\nchangetype: modify\nreplace: {name}\n{what}\n"
    ));
}

fn dn(login: &str) -> String {
    format!("CN={login},CN=Users,")
}

fn company() -> Samba {
    let people = LOGINS.map(|login| {
        let address = format!("SMTP:{login}@corp.example");
        person(login, "CN=Users,", &[&address])
    });
    let samba = Samba::start(&people.concat(), "");
    let passwords = LOGINS.map(|login| (login, password(login)));
    samba.set_passwords(&passwords);
    for login in LOGINS {
        set(&samba, &dn(login), "userAccountControl: 512");
    }
    let days = |login: &str| if login == "old" { 100 } else { 2 };
    samba.date_passwords(&LOGINS.map(|login| (login, days(login))));
    set(
        &samba,
        &dn("hours"),
        "logonHours:: AAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    );
    set(&samba, &dn("change"), "pwdLastSet: 0");
    set(&samba, &dn("desk"), "userWorkstations: PC1");
    // Five wrong passwords lock an account.
    set(&samba, "", "lockoutThreshold: 5");
    samba
}

fn follow(samba: &Samba) -> Shadowmail {
    let more = "sync_every_seconds = 3600\n";
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(samba.config(&samba.ldaps(), READER, more)),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    shadowmail
}

#[test]
fn active_directory_says_what_is_the_matter() {
    let _turn = Turn::take();
    let mut samba = company();
    let shadowmail = follow(&samba);
    let check = shadowmail.command("check").stdout;
    let locks = "locks accounts after 5 wrong passwords and is shown 3 of each";
    assert!(check.contains(locks), "{check}");
    let ready = Door::of(&shadowmail, "en");
    let try_out = |login: &str| ready.try_out(login, &password(login));
    assert!(try_out("amy").text.contains("You are ready."));
    try_out("old").refused_with("but it has expired");
    try_out("change").refused_with("you have to change it first");
    let german = Door::of(&shadowmail, "de");
    for (login, words) in [
        ("old", "ist aber abgelaufen"),
        ("change", "müssen es erst ändern"),
        ("hours", "darf sich um diese Zeit nicht anmelden"),
        ("desk", "nur an bestimmten Computern"),
    ] {
        german.try_out(login, &password(login)).refused_with(words);
    }

    shadowmail.succeed("emergency start --reason outage");
    let door = Door::of(&shadowmail, "en");
    let sign_in = |login: &str| door.sign_in(login, &password(login));
    for login in ["bo", "ed", "disabled", "expired", "locked", "synced"] {
        sign_in(login).session();
    }
    door.sign_in("amy@corp.example", &password("amy")).session();
    door.sign_in("amy", "wrong").refused_with(REFUSED);
    door.sign_in("stranger", "wrong").refused_with(REFUSED);
    // Nobody can change them now.
    sign_in("old").session();
    sign_in("change").session();
    sign_in("hours").refused_with("may not sign in at this time");
    door.sign_in("hours", "wrong").refused_with(REFUSED);
    sign_in("desk").refused_with("at certain computers only");
    door.sign_in("desk", "wrong").refused_with(REFUSED);
    let german = Door::of(&shadowmail, "de");
    for (login, words) in [
        ("hours", "darf sich um diese Zeit nicht anmelden"),
        ("desk", "nur an bestimmten Computern"),
    ] {
        german.sign_in(login, &password(login)).refused_with(words);
    }

    what_no_sync_has_brought_yet(&samba, &door);
    guesses_lock_nobody(&samba, &door);
    what_a_sync_brings(&samba, &shadowmail);

    samba.stop();
    sign_in("amy").session();
    door.sign_in("ed", NEW).session();
    for login in ["old", "change", "bo", "disabled", "expired"] {
        sign_in(login).refused_with(SILENCE);
    }
    door.sign_in("bo", NEW).refused_with(SILENCE);
    sign_in("synced").refused_with(SILENCE);
    sign_in("locked").refused_with(SILENCE);
}

/// A new password, who is locked and who is switched off: with the sync the old verifier dies, and nothing else
/// is different.
fn what_a_sync_brings(samba: &Samba, shadowmail: &Shadowmail) {
    shadowmail.succeed("sync");
    let before = Mirrored::of(shadowmail);
    assert!(
        before
            .one("locked")
            .contains(&"standing: locked".to_owned())
    );
    assert!(
        before
            .one("disabled")
            .contains(&"standing: disabled".to_owned())
    );
    samba.set_passwords(&[("synced", NEW.to_owned())]);
    shadowmail.succeed("sync");
    let changed = Mirrored::of(shadowmail).since(&before);
    assert_eq!(changed, ["synced password_mark: is another"]);
}

fn what_no_sync_has_brought_yet(samba: &Samba, door: &Door) {
    let sign_in = |login: &str| door.sign_in(login, &password(login));
    set(samba, &dn("disabled"), "userAccountControl: 514");
    sign_in("disabled").refused_with("your account is switched off");
    door.sign_in("disabled", "wrong").refused_with(REFUSED);
    set(samba, &dn("expired"), "accountExpires: 130000000000000000");
    sign_in("expired").refused_with("your account has expired");
    // For an hour it takes the old one, too. Which one that is we know, and the new one is not kept.
    samba.set_passwords(&[("bo", NEW.to_owned())]);
    for _ in 0..2 {
        assert!(samba.takes("bo", &password("bo")));
        door.sign_in("bo", &password("bo")).refused_with(REFUSED);
        door.sign_in("bo", NEW).session();
    }
    // After that only the new one.
    samba.set_passwords(&[("ed", NEW.to_owned())]);
    samba.date_passwords(&[("ed", 1)]);
    sign_in("ed").refused_with(REFUSED);
    door.sign_in("ed", NEW).session();
}

fn guesses_lock_nobody(samba: &Samba, door: &Door) {
    for number in 0..9 {
        let guess = format!("guess {number}");
        let told = if number < 2 { REFUSED } else { TOO_MANY };
        door.sign_in("late", &guess).refused_with(told);
    }
    assert!(samba.takes("late", &password("late")), "it was locked");
    // Somebody else locks an account: a stranger hears nothing of that.
    let right = password("locked");
    assert!(samba.takes("locked", &right));
    for _ in 0..5 {
        assert!(!samba.takes("locked", "wrong"));
    }
    assert!(!samba.takes("locked", &right), "it is not locked");
    door.sign_in("locked", &right).refused_with(REFUSED);
}
