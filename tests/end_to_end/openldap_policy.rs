//! A real OpenLDAP with two thousand people, a group of five thousand members and a password policy:
//! each change there changes here just what it should, and whoever it locks or switches off stays out.

use serde_json::Value;

use crate::harness::door::Door;
use crate::harness::mirror::with_store;
use crate::harness::mirrored::Mirrored;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address, recipe};

const REFUSED: &str = "The name or the password is not right. Please try again.";
const SILENCE: &str = "directory does not answer right now";

/// The server as the page for administrators has it. Three wrong passwords lock an account.
fn start() -> Slapd {
    let page = recipe::block("../directory.md", "slapd.conf");
    let names = [
        ("cn=shadowmail,", "cn=reader,"),
        (
            "overlay ppolicy\n",
            "overlay ppolicy\nppolicy_default \"cn=policy,dc=corp,dc=example\"\n",
        ),
        // These it has.
        ("index objectClass,entryUUID,entryCSN,uid eq\n", ""),
    ];
    let database = names.iter().fold(page, |text, (of_page, ours)| {
        assert!(text.contains(of_page), "the page lacks {of_page}");
        text.replace(of_page, ours)
    });
    let options = SlapdOptions {
        global: "moduleload ppolicy\n",
        database: &database,
    };
    Slapd::start_with(options, &company())
}

const PEOPLE: usize = 2000;

/// Members of the large group that have no entry.
const OTHERS: usize = 3000;

fn company() -> String {
    let mut ldif = format!(
        "dn: cn=policy,{BASE}\nobjectClass: device\nobjectClass: pwdPolicy\ncn: policy\n\
         pwdAttribute: userPassword\npwdLockout: TRUE\npwdMaxFailure: 3\n\n"
    );
    ldif += &(0..PEOPLE).map(one).collect::<String>();
    let people = (0..PEOPLE).map(|number| format!("uid=user{number},ou=people"));
    let others = (0..OTHERS).map(|number| format!("uid=other{number},ou=people"));
    let with = |cn: &str, address: Option<&str>, names: Vec<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        group(cn, address, &names)
    };
    ldif += &with(
        "big",
        Some("big@corp.example"),
        people.chain(others).collect(),
    );
    ldif += &with("admins", None, vec!["uid=user0,ou=people".to_owned()]);
    ldif += &with(
        "all",
        Some("all@corp.example"),
        vec![
            "cn=admins,ou=groups".to_owned(),
            "cn=big,ou=groups".to_owned(),
        ],
    );
    ldif
}

/// Somebody; a few have passwords.
fn one(number: usize) -> String {
    let addresses = ["user", "u"].map(|it| format!("{it}{number}@corp.example"));
    let entry = person(&format!("user{number}"), &[&addresses[0], &addresses[1]]);
    if number < 10 {
        format!("{}\nuserPassword: of {number}\n\n", entry.trim_end())
    } else {
        entry
    }
}

/// What the mirror has of somebody.
fn mirrored(number: usize) -> Vec<String> {
    let roles = if number == 0 { "[\"admin\"]" } else { "[]" };
    vec![
        format!("addresses: user{number}@corp.example u{number}@corp.example"),
        "hidden: 0".to_owned(),
        "kind: person".to_owned(),
        format!("login: user{number}"),
        format!("name: user{number} Name"),
        format!("roles: {roles}"),
        format!("sign_in_names: u{number}@corp.example user{number} user{number}@corp.example"),
        "standing: active".to_owned(),
    ]
}

struct Followed {
    slapd: Slapd,
    shadowmail: Shadowmail,
    /// All that stood in the mirror after the last sync.
    last: Mirrored,
}

impl Followed {
    #[track_caller]
    fn sync(&mut self, want: &[&str]) -> Value {
        self.last.sync(&self.shadowmail, want)
    }

    #[track_caller]
    fn step(&mut self, ldif: &str, want: &[&str]) {
        self.slapd.modify(ldif);
        self.sync(want);
    }
}

fn dn(number: usize) -> String {
    format!("dn: uid=user{number},ou=people,{BASE}\n")
}

fn replace(number: usize, line: &str) -> String {
    let name = line.split(':').next().unwrap();
    format!(
        "{}changetype: modify\nreplace: {name}\n{line}\n\n",
        dn(number)
    )
}

fn follow(slapd: &Slapd) -> Shadowmail {
    let own = slapd.config(&[&slapd.ldaps()], "");
    let own: Vec<&str> = own.lines().filter(|it| !it.starts_with("kind")).collect();
    let page = recipe::directory("openldap.toml", &own.join("\n"));
    with_store(Shadowmail::install(ServerConfig {
        directory: Some(page + "sync_every_seconds = 3600\n"),
        ..ServerConfig::for_primary(free_address())
    }))
}

#[test]
fn each_change_changes_what_it_should() {
    let _turn = Turn::take();
    let slapd = start();
    let mut shadowmail = follow(&slapd);
    // It mirrors before it listens.
    shadowmail.start_again();
    let mut followed = Followed {
        last: Mirrored::of(&shadowmail),
        slapd,
        shadowmail,
    };
    let last = &followed.last;
    assert_eq!(last.names().len(), PEOPLE + 2);
    for number in 0..PEOPLE {
        assert_eq!(last.one(&format!("user{number}")), mirrored(number));
    }
    let mut everybody: Vec<String> = (0..PEOPLE).map(|number| format!("user{number}")).collect();
    everybody.sort();
    let members = format!("members: {}", everybody.join(" "));
    let big = ["address: big@corp.example", &members, "name: big"];
    assert_eq!(last.one("big@corp.example"), big);
    let all = [
        "address: all@corp.example",
        "groups: big@corp.example",
        "members: user0",
        "name: all",
    ];
    assert_eq!(last.one("all@corp.example"), all);

    standing(&mut followed);
    entries(&mut followed);
    // All that was brought step by step is what everything says.
    let said = followed.shadowmail.json("sync --dry-run --full");
    assert_eq!(said["extent"], "everything", "{said}");
    assert_eq!(said["changes"].as_array().unwrap().len(), 0, "{said}");
}

/// Who is locked, who is switched off, and whose password is another: here, and at the door.
fn standing(followed: &mut Followed) {
    followed
        .shadowmail
        .succeed("emergency start --reason outage");
    let door = Door::of(&followed.shadowmail, "en");
    let sign_in = |number: usize| door.sign_in(&format!("user{number}"), &format!("of {number}"));
    let sessions = [0, 1, 2, 3, 4].map(|number| sign_in(number).session());

    followed.step(
        &replace(1, "pwdAccountLockedTime: 000001010000Z"),
        &["user1 standing: active -> disabled"],
    );
    for _ in 0..3 {
        assert!(!followed.slapd.takes("user2", "wrong"));
    }
    assert!(!followed.slapd.takes("user2", "of 2"), "it is not locked");
    followed.sync(&["user2 standing: active -> locked"]);
    followed.step(
        &replace(3, "userPassword: another"),
        &["user3 password_mark: is another"],
    );
    assert!(!door.opens(&sessions[1]), "who is switched off is out");
    assert!(
        !door.opens(&sessions[3]),
        "who came in with the old password is out"
    );
    assert!(door.opens(&sessions[0]) && door.opens(&sessions[4]));
    for number in [1, 2, 3] {
        sign_in(number).refused_with(REFUSED);
    }
    followed.slapd.stop();
    sign_in(4).session();
    for number in [1, 2, 3] {
        sign_in(number).refused_with(SILENCE);
    }
    door.sign_in("user3", "another").refused_with(SILENCE);
    followed.slapd.start_again();
    followed.step(
        &format!(
            "{}changetype: modify\ndelete: pwdAccountLockedTime\n\n{}changetype: modify\ndelete: pwdAccountLockedTime\n",
            dn(1),
            dn(2)
        ),
        &[
            "user1 standing: disabled -> active",
            "user2 standing: locked -> active",
        ],
    );
    sign_in(1).session();
}

fn entries(followed: &mut Followed) {
    let takes = |number: usize, other: usize| {
        format!(
            "{}changetype: modify\nreplace: mail\nmail: user{other}@corp.example\nmail: u{number}@corp.example\n\n",
            dn(number)
        )
    };
    followed.step(
        &[takes(14, 15), takes(15, 14)].concat(),
        &[
            "user14 addresses: user14@corp.example u14@corp.example -> user15@corp.example u14@corp.example",
            "user14 sign_in_names: -user14@corp.example +user15@corp.example",
            "user15 addresses: user15@corp.example u15@corp.example -> user14@corp.example u15@corp.example",
            "user15 sign_in_names: -user15@corp.example +user14@corp.example",
        ],
    );
    let group = |cn: &str| format!("dn: cn={cn},ou=groups,{BASE}\nchangetype: modify\n");
    let member = |number: usize| format!("member: uid=user{number},ou=people,{BASE}\n");
    followed.step(
        &format!(
            "{}add: member\n{}-\ndelete: member\n{}",
            group("admins"),
            member(16),
            member(0)
        ),
        &[
            "all@corp.example members: -user0 +user16",
            "user0 roles: [\"admin\"] -> []",
            "user16 roles: [] -> [\"admin\"]",
        ],
    );
    followed.step(
        &format!("{}delete: member\n{}", group("big"), member(17)),
        &["big@corp.example members: -user17"],
    );
    followed.step(
        &format!("{}changetype: delete\n", dn(18)),
        &["big@corp.example members: -user18", "user18 is gone"],
    );
    // A new name and another place. The group names the old entry until somebody changes it there.
    followed.step(
        &format!(
            "dn: ou=sales,{BASE}\nobjectClass: organizationalUnit\nou: sales\n\n\
             {}changetype: modrdn\nnewrdn: uid=marion\ndeleteoldrdn: 1\nnewsuperior: ou=sales,{BASE}\n\n\
             dn: uid=marion,ou=sales,{BASE}\nchangetype: modify\nreplace: cn\ncn: Marion Neu\n",
            dn(19)
        ),
        &[
            "big@corp.example members: -user19",
            "user19 login: user19 -> marion",
            "user19 name: user19 Name -> Marion Neu",
            "user19 sign_in_names: -user19 +marion",
        ],
    );
    followed.step(
        &format!(
            "{}add: member\nmember: uid=marion,ou=sales,{BASE}\n",
            group("big")
        ),
        &["big@corp.example members: +marion"],
    );
}
