//! Who may not sign in, as a real OpenLDAP says it: by a filter of the config, and by the times of its
//! password policy.

use crate::harness::mirror::with_store;
use crate::harness::mirrored::Mirrored;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address};

fn company() -> String {
    let people = ["amy", "bo"].map(|uid| {
        let entry = person(uid, &[&format!("{uid}@corp.example")]);
        format!("{}\nuserPassword: of {uid}\n\n", entry.trim_end())
    });
    let admins = group("admins", None, &["uid=bo,ou=people"]);
    [people.concat(), admins].concat()
}

fn follow(slapd: &Slapd, more: &str) -> (Shadowmail, Mirrored) {
    let shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], more)),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.succeed("sync");
    let mirrored = Mirrored::of(&shadowmail);
    (shadowmail, mirrored)
}

fn change(slapd: &Slapd, uid: &str, line: &str) {
    let (name, value) = line.split_once(':').unwrap();
    let value = if value.is_empty() { "" } else { line };
    slapd.modify(&format!(
        "dn: uid={uid},ou=people,{BASE}\nchangetype: modify\nreplace: {name}\n{value}\n"
    ));
}

#[test]
fn whoever_a_filter_finds_may_not_sign_in() {
    let _turn = Turn::take();
    for database in ["", "overlay syncprov\n"] {
        let options = SlapdOptions {
            database,
            ..SlapdOptions::default()
        };
        let slapd = Slapd::start_with(options, &company());
        let filter = "disabled_filter = \"(employeeType=left)\"\n";
        let (shadowmail, mut mirrored) = follow(&slapd, filter);
        change(&slapd, "amy", "employeeType: left");
        mirrored.sync(&shadowmail, &["amy standing: active -> disabled"]);
        let shown = shadowmail.succeed("user show amy@corp.example");
        assert!(shown.contains("switched off in the directory"), "{shown}");
        // What else changes does not let her in, nor does a look at everything.
        change(&slapd, "amy", "cn: Another Name");
        mirrored.sync(&shadowmail, &["amy name: amy Name -> Another Name"]);
        shadowmail.succeed("sync --full");
        assert_eq!(Mirrored::of(&shadowmail).since(&mirrored), [""; 0]);
        change(&slapd, "amy", "employeeType: permanent");
        mirrored.sync(&shadowmail, &["amy standing: disabled -> active"]);
    }
}

#[test]
fn the_times_of_a_policy_hold() {
    let _turn = Turn::take();
    let options = SlapdOptions {
        global: "moduleload ppolicy\n",
        database: "overlay ppolicy\n",
    };
    let slapd = Slapd::start_with(options, &company());
    let (shadowmail, mut mirrored) = follow(&slapd, "");
    change(&slapd, "amy", "pwdEndTime: 20200101000000Z");
    mirrored.sync(&shadowmail, &["amy standing: active -> expired"]);
    change(&slapd, "bo", "pwdStartTime: 29990101000000Z");
    // He is the only administrator.
    shadowmail
        .command("sync")
        .complains(&["1 of 1 administrators who may sign in (bo)"]);
    let shown = shadowmail.json("user show bo");
    assert_eq!(
        (&shown["standing"], &shown["suspended"]),
        (&"disabled".into(), &true.into()),
        "{shown}"
    );
    for (uid, line) in [("amy", "pwdEndTime:"), ("bo", "pwdStartTime:")] {
        change(&slapd, uid, line);
    }
    shadowmail.succeed("sync");
    let now = Mirrored::of(&shadowmail);
    assert_eq!(now.since(&mirrored), ["amy standing: expired -> active"]);
    // Nobody has changed a password since there is a policy.
    let unmarked = "of nobody it shows when their password was changed";
    let check = |shadowmail: &Shadowmail| shadowmail.command("check").stdout;
    assert!(
        check(&shadowmail).contains(unmarked),
        "{}",
        check(&shadowmail)
    );
    change(&slapd, "amy", "userPassword: another one of amy");
    shadowmail.succeed("sync");
    assert!(
        !check(&shadowmail).contains(unmarked),
        "{}",
        check(&shadowmail)
    );
}
