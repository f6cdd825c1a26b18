//! What tells a sync that something is new, with a real OpenLDAP: the marks of its databases, and our
//! own config, up to another directory in its place.

use std::collections::BTreeMap;
use std::fs;

use store::{AccountId, Store};

use crate::harness::mirror::{accounts, alerts, stopped, sync, with_store};
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address};

fn company() -> String {
    let people = ["amy", "bo", "cy", "di", "ed", "flo"];
    let people = people
        .iter()
        .map(|uid| person(uid, &[&format!("{uid}@corp.example")]));
    let mut ldif: String = people.collect();
    ldif += &group("admins", None, &["uid=amy,ou=people"]);
    ldif += &group("bosses", None, &["uid=bo,ou=people"]);
    ldif
}

fn follow(slapd: &Slapd) -> Shadowmail {
    with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], "")),
        ..ServerConfig::for_primary(free_address())
    }))
}

/// What the last sync remembers of the server.
fn state(shadowmail: &Shadowmail) -> String {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&shadowmail.data_dir()).await.unwrap();
        let state = store.directory_state().await.unwrap();
        store.close().await;
        state.unwrap_or_default()
    })
}

/// Puts one text in the place of another in the config.
#[track_caller]
fn configure(shadowmail: &Shadowmail, old: &str, new: &str) {
    let file = shadowmail.directory().join("shadowmail.toml");
    let config = fs::read_to_string(&file).unwrap();
    assert!(config.contains(old), "{config}");
    fs::write(file, config.replace(old, new)).unwrap();
}

fn rename(slapd: &Slapd, uid: &str, name: &str) {
    slapd.modify(&format!(
        "dn: uid={uid},ou=people,{BASE}\nchangetype: modify\nreplace: cn\ncn: {name}\n"
    ));
}

/// A server that counts its changes.
fn that_counts() -> Slapd {
    let options = SlapdOptions {
        database: "overlay syncprov\n",
        ..SlapdOptions::default()
    };
    Slapd::start_with(options, &company())
}

#[test]
fn a_server_that_counts_its_changes_is_asked_for_its_count() {
    let _turn = Turn::take();
    let slapd = that_counts();
    let shadowmail = follow(&slapd);
    shadowmail.succeed("sync");
    let before = state(&shadowmail);
    assert!(before.contains("Z#"), "the mark is remembered: {before}");
    rename(&slapd, "bo", "Bo Groß");
    sync(&shadowmail, &["changed bo (Bo Groß): name"]);
    assert_ne!(state(&shadowmail), before);
    slapd.modify(&format!(
        "dn: uid=cy,ou=people,{BASE}\nchangetype: delete\n"
    ));
    sync(&shadowmail, &["removed cy (cy Name)"]);
    slapd.modify(&format!(
        "dn: uid=di,ou=people,{BASE}\nchangetype: modrdn\nnewrdn: uid=dia\ndeleteoldrdn: 1\n"
    ));
    sync(&shadowmail, &["changed dia (di Name): login"]);
    // What is nobody's mailbox moves the mark, and nothing else.
    slapd.modify(&format!(
        "dn: ou=more,{BASE}\nchangetype: add\nobjectClass: organizationalUnit\nou: more\n"
    ));
    sync(&shadowmail, &[]);
}

#[test]
fn a_deletion_that_hides_behind_a_change_is_seen_after_a_while() {
    let _turn = Turn::take();
    let slapd = that_counts();
    let shadowmail = follow(&slapd);
    shadowmail.succeed("sync");
    slapd.modify(&format!(
        "dn: uid=cy,ou=people,{BASE}\nchangetype: delete\n"
    ));
    rename(&slapd, "bo", "Bo Groß");
    sync(&shadowmail, &["changed bo (Bo Groß): name"]);
    // Ten minutes are over.
    let before = state(&shadowmail);
    let (head, rest) = before.split_once("\"unlisted_since\":").unwrap();
    let (since, tail) = rest.split_once(',').unwrap();
    assert!(since.parse::<i64>().unwrap() > 0, "{before}");
    let after = format!("{head}\"unlisted_since\":1,{tail}");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&shadowmail.data_dir()).await.unwrap();
        store.remember_directory_state(before, after).await.unwrap();
        store.close().await;
    });
    sync(&shadowmail, &["removed cy (cy Name)"]);
    assert!(state(&shadowmail).contains("\"unlisted_since\":null"));
    // A unit that is renamed marks none of those in it: what has changed is what everything says.
    slapd.modify(&format!(
        "dn: ou=people,{BASE}\nchangetype: modrdn\nnewrdn: ou=staff\ndeleteoldrdn: 1\n"
    ));
    let changed = shadowmail.succeed("sync --dry-run");
    assert_eq!(changed, shadowmail.succeed("sync --dry-run --full"));
    assert!(
        changed.contains("changed amy (amy Name): roles"),
        "{changed}"
    );
}

#[test]
fn the_count_of_another_database_hides_nothing() {
    let _turn = Turn::take();
    // That of our base does not count; another does, and stands still.
    let options = SlapdOptions {
        database: "\ndatabase mdb\nsuffix \"dc=other\"\nrootdn \"cn=admin,dc=corp,dc=example\"\n\
            directory other\noverlay syncprov\n",
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start_with(options, &company());
    slapd.modify("dn: dc=other\nobjectClass: domain\ndc: other\n");
    let shadowmail = follow(&slapd);
    shadowmail.succeed("sync");
    assert!(!state(&shadowmail).contains("Z#"), "{}", state(&shadowmail));
    slapd.modify(&format!(
        "dn: uid=bo,ou=people,{BASE}\nchangetype: delete\n"
    ));
    sync(&shadowmail, &["removed bo (bo Name)"]);
}

#[test]
fn what_the_config_says_of_groups_holds_at_once() {
    let _turn = Turn::take();
    let slapd = that_counts();
    let shadowmail = follow(&slapd);
    shadowmail.succeed("sync");
    let admins = || -> Vec<String> {
        let all = accounts(&shadowmail);
        let admins = all
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| it["roles"][0] == "admin");
        admins
            .map(|it| it["login"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(admins(), ["amy"]);
    configure(
        &shadowmail,
        "admin_groups = [\"admins\"]",
        "admin_groups = [\"admins\", \"bosses\"]",
    );
    let said = shadowmail.json("sync");
    assert_eq!(said["extent"], "what-changed", "{said}");
    assert_eq!(admins(), ["amy", "bo"]);
    configure(&shadowmail, "\"admins\", \"bosses\"", "\"bosses\"");
    shadowmail.succeed("sync");
    assert_eq!(admins(), ["bo"]);
}

#[test]
fn the_alert_goes_when_what_was_lost_is_back() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd);
    shadowmail.succeed("sync");
    configure(
        &shadowmail,
        "shared_filter",
        "user_filter = \"(uid=amy)\"\nshared_filter",
    );
    let refused = shadowmail.command("sync");
    assert_eq!(refused.code, Some(1), "{}", refused.stderr);
    let lost = "lacks 5 of 6 accounts (bo, cy, di, ed, flo)";
    assert!(refused.stderr.contains(lost), "{}", refused.stderr);
    assert!(shadowmail.succeed("sync --dry-run").contains(lost));
    assert_eq!(alerts(&shadowmail)[0].0, "directory-shrunk");
    // The filter is right again, and the directory as the mirror has it.
    configure(&shadowmail, "user_filter = \"(uid=amy)\"\n", "");
    let said = shadowmail.succeed("sync");
    assert!(said.starts_with("added 0, changed 0, removed 0;"), "{said}");
    assert!(alerts(&shadowmail).is_empty(), "{:?}", alerts(&shadowmail));
}

#[test]
fn names_that_look_like_filters_are_names() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd);
    shadowmail.succeed("sync");
    let before = accounts(&shadowmail);
    let dn = format!("uid=eve*)(uid\\=*))(|(uid\\=*,ou=people,{BASE}");
    slapd.modify(&format!(
        "dn: {dn}\nobjectClass: inetOrgPerson\nuid: eve*)(uid=*))(|(uid=*\n\
         cn: *)(objectClass=*\nsn: \\2a\nmail: eve@corp.example\n"
    ));
    sync(
        &shadowmail,
        &["added eve*)(uid=*))(|(uid=* (*)(objectClass=*)"],
    );
    slapd.modify(&format!(
        "dn: {dn}\nchangetype: modify\nreplace: cn\ncn: *\n"
    ));
    sync(&shadowmail, &["changed eve*)(uid=*))(|(uid=* (*): name"]);
    slapd.modify(&format!("dn: {dn}\nchangetype: delete\n"));
    sync(&shadowmail, &["removed eve*)(uid=*))(|(uid=* (*)"]);
    assert_eq!(accounts(&shadowmail), before, "nobody else was touched");
}

/// The accounts by their primary addresses.
fn ids(shadowmail: &Shadowmail) -> BTreeMap<String, AccountId> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&shadowmail.data_dir()).await.unwrap();
        let accounts = store.accounts().await.unwrap();
        store.close().await;
        let ids = accounts
            .iter()
            .map(|it| (it.primary_address().to_string(), it.id));
        ids.collect()
    })
}

#[test]
fn from_a_file_to_a_server_everybody_keeps_their_mailbox() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let file = "kind = \"file\"\npath = \"people.toml\"\n";
    let shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(file.to_owned()),
        ..ServerConfig::for_primary(free_address())
    }));
    let people = ["amy", "bo", "cy", "di", "ed", "flo", "zoe"].map(|login| {
        format!(
            "[[account]]\nlogin = \"{login}\"\nname = \"{login}\"\n\
             addresses = [\"{login}@corp.example\"]\nroles = [\"admin\"]\n"
        )
    });
    fs::write(shadowmail.directory().join("people.toml"), people.concat()).unwrap();
    shadowmail.succeed("sync");
    let mut before = ids(&shadowmail);

    configure(&shadowmail, file, &slapd.config(&[&slapd.ldaps()], ""));
    let foretold = shadowmail.succeed("sync --dry-run");
    assert!(
        foretold.contains("bo (bo Name) takes over the mailbox of bo"),
        "{foretold}"
    );
    let lost = "1 of 7 mailboxes of the directory before it";
    assert!(
        foretold.contains(lost) && foretold.contains("(zoe)"),
        "{foretold}"
    );
    let agree = stopped(&shadowmail, lost);
    assert_eq!(ids(&shadowmail), before);
    // What a person agrees to is just what was shown.
    rename(&slapd, "cy", "Cy Other");
    shadowmail.succeed(&agree);
    before.remove("zoe@corp.example");
    assert_eq!(ids(&shadowmail), before);
    rename(&slapd, "bo", "Bo Groß");
    sync(&shadowmail, &["changed bo (Bo Groß): name"]);
}

#[test]
fn a_journal_mailbox_of_somebody_is_to_fix() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let listener = format!(
        "[[listener]]\nname = \"reports\"\nrole = \"journal\"\naddress = \"{}\"\n\
         protocol = \"smtp\"\nallow = [\"127.0.0.0/8\"]\njournal_recipients = [\"amy@corp.example\"]\n",
        free_address()
    );
    let shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], "")),
        end: listener,
        ..ServerConfig::for_primary(free_address())
    }));
    let words =
        "amy@corp.example, in journal_recipients of listener \"reports\", belongs to somebody";
    assert!(!shadowmail.command("check").stdout.contains(words));
    shadowmail.succeed("sync");
    let check = shadowmail.command("check").stdout;
    assert!(check.contains(words), "{check}");
}
