//! Several bases of a real OpenLDAP: one beside the other, one within the other, and in databases of
//! their own. Whoever moves from one to another is the same.

use crate::harness::mirror::with_store;
use crate::harness::mirrored::Mirrored;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address};

/// Amy and bo, a branch of their own with cy, and a team of the three.
fn company() -> String {
    let people: String = ["amy", "bo"]
        .iter()
        .map(|uid| person(uid, &[&format!("{uid}@corp.example")]))
        .collect();
    let unit = |name: &str| {
        format!("dn: ou={name},{BASE}\nobjectClass: organizationalUnit\nou: {name}\n\n")
    };
    let cy = person("cy", &["cy@corp.example"]).replace("ou=people", "ou=branch");
    let members = ["uid=amy,ou=people", "uid=bo,ou=people", "uid=cy,ou=branch"];
    let team = group("team", Some("team@corp.example"), &members);
    [&people, &unit("branch"), &unit("left"), &cy, &team]
        .map(String::as_str)
        .concat()
}

fn follow(slapd: &Slapd, bases: &[&str]) -> Shadowmail {
    let bases: Vec<String> = bases.iter().map(|it| format!("{it}{BASE}")).collect();
    let shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], &format!("base = {bases:?}\n"))),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.succeed("sync");
    shadowmail
}

/// Changes the team to name bo where he is now.
fn moved(slapd: &Slapd, from: &str, to: &str) {
    slapd.modify(&format!(
        "dn: uid=bo,ou={from},{BASE}\nchangetype: modrdn\nnewrdn: uid=bo\ndeleteoldrdn: 1\n\
         newsuperior: ou={to},{BASE}\n\n\
         dn: cn=team,ou=groups,{BASE}\nchangetype: modify\ndelete: member\n\
         member: uid=bo,ou={from},{BASE}\n-\nadd: member\nmember: uid=bo,ou={to},{BASE}\n"
    ));
}

fn logins(mirrored: &Mirrored) -> Vec<String> {
    let names = mirrored.names().into_iter();
    names.filter(|it| !it.contains('@')).collect()
}

#[test]
fn whoever_moves_from_one_base_to_another_is_the_same() {
    let _turn = Turn::take();
    for database in ["", "overlay syncprov\n"] {
        let options = SlapdOptions {
            database,
            ..SlapdOptions::default()
        };
        let slapd = Slapd::start_with(options, &company());
        let bases = ["ou=people,", "ou=branch,", "ou=groups,"];
        let shadowmail = follow(&slapd, &bases);
        let mut mirrored = Mirrored::of(&shadowmail);
        assert_eq!(logins(&mirrored), ["amy", "bo", "cy"]);
        moved(&slapd, "people", "branch");
        mirrored.sync(&shadowmail, &[]);
        let shown = shadowmail.json("user show bo");
        assert_eq!(shown["dn"], format!("uid=bo,ou=branch,{BASE}"));
        assert_eq!(shown["groups"].as_array().unwrap().len(), 1, "{shown}");
        // Nobody looks where he goes next; and there he comes from again.
        moved(&slapd, "branch", "left");
        let gone = ["bo is gone", "team@corp.example members: -bo"];
        mirrored.sync(&shadowmail, &gone);
        moved(&slapd, "left", "people");
        let back = ["bo is new", "team@corp.example members: +bo"];
        mirrored.sync(&shadowmail, &back);
    }
}

#[test]
fn a_base_within_another_makes_nobody_twice() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    for bases in [["", "ou=people,"], ["ou=people,", ""]] {
        let shadowmail = follow(&slapd, &bases);
        let mirrored = Mirrored::of(&shadowmail);
        assert_eq!(logins(&mirrored), ["amy", "bo", "cy"]);
        let said = shadowmail.json("sync --dry-run --full");
        assert_eq!(said["disputes"].as_array().unwrap().len(), 0, "{said}");
        assert_eq!(said["accounts"], 3, "{said}");
    }
}

#[test]
fn bases_in_two_databases_are_both_followed() {
    let _turn = Turn::take();
    let other = "\ndatabase mdb\nsuffix \"dc=other\"\nrootdn \"cn=admin,dc=corp,dc=example\"\n\
        directory other\n";
    let database = format!("overlay syncprov\n{other}overlay syncprov\n");
    let options = SlapdOptions {
        database: &database,
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start_with(options, &company());
    let di = person("di", &["di@corp.example"]).replace(&format!("ou=people,{BASE}"), "dc=other");
    slapd.modify(&format!(
        "dn: dc=other\nobjectClass: domain\ndc: other\n\n{di}"
    ));
    let shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(
            &[&slapd.ldaps()],
            &format!("base = [\"{BASE}\", \"dc=other\"]\n"),
        )),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.succeed("sync");
    let mut mirrored = Mirrored::of(&shadowmail);
    assert_eq!(logins(&mirrored), ["amy", "bo", "cy", "di"]);
    // Each counts its own changes.
    let rename = |dn: &str| {
        slapd.modify(&format!(
            "dn: {dn}\nchangetype: modify\nreplace: cn\ncn: Another Name\n"
        ));
    };
    rename("uid=di,dc=other");
    mirrored.sync(&shadowmail, &["di name: di Name -> Another Name"]);
    rename(&format!("uid=amy,ou=people,{BASE}"));
    mirrored.sync(&shadowmail, &["amy name: amy Name -> Another Name"]);
    slapd.modify("dn: uid=di,dc=other\nchangetype: delete\n");
    mirrored.sync(&shadowmail, &["di is gone"]);
}
