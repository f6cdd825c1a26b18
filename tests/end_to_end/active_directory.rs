//! The directory is a real Active Directory with two thousand people and a group of five thousand
//! members: all of it is in the mirror as it was written there, and each change there changes here just
//! what it should.

mod company;

use std::collections::BTreeSet;
use std::fs;

use serde_json::Value;

use crate::harness::counted::Counted;
use crate::harness::mirror::with_store;
use crate::harness::mirrored::Mirrored;
use crate::harness::samba::{BASE, PASSWORD, READER, Samba, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address, recipe};
use company::{HIDDEN, PEOPLE};

/// What the config says beyond its page.
const MORE: &str = "shared_filter = \"(&(objectCategory=person)(employeeType=shared))\"\n";

/// A directory and its mirror.
struct Followed {
    samba: Samba,
    way: Counted,
    shadowmail: Shadowmail,
    /// All that stood in the mirror after the last sync.
    last: Mirrored,
}

impl Followed {
    #[track_caller]
    fn sync(&mut self, want: &[&str]) -> Value {
        self.last.sync(&self.shadowmail, want)
    }

    /// One change there, and what it changes here.
    #[track_caller]
    fn step(&mut self, ldif: &str, want: &[&str]) -> Value {
        self.samba.modify(ldif);
        self.sync(want)
    }

    #[track_caller]
    fn one(&self, who: &str, want: &[String]) {
        assert_eq!(self.last.one(who), want);
    }
}

fn dn(number: usize) -> String {
    format!("dn: CN=user{number},OU=Staff,{BASE}\n")
}

/// Sets attributes of somebody: `name: value`, with several values on several lines.
fn replace(number: usize, lines: &[&str]) -> String {
    let names: BTreeSet<&str> = lines
        .iter()
        .map(|it| it.split(':').next().unwrap())
        .collect();
    let changes = names.iter().map(|name| {
        let of_it = lines
            .iter()
            .filter(|it| it.starts_with(&format!("{name}:")));
        let values: Vec<&str> = of_it.copied().collect();
        format!("replace: {name}\n{}\n-\n", values.join("\n"))
    });
    let changes: String = changes.collect();
    format!("{}changetype: modify\n{changes}\n", dn(number))
}

fn follow(samba: &Samba, server: &str, more: &str) -> Shadowmail {
    install(samba.config(server, READER, more))
}

fn install(directory: String) -> Shadowmail {
    with_store(Shadowmail::install(ServerConfig {
        directory: Some(directory),
        ..ServerConfig::for_primary(free_address())
    }))
}

#[test]
fn each_change_changes_what_it_should() {
    let _turn = Turn::take();
    let hidden = format!("CN=user{HIDDEN},OU=Staff,{BASE}");
    let samba = Samba::start_with_exchange(&company::ldif(), &hidden);
    let way = Counted::to(samba.tls_address());
    // As the page for administrators has it.
    let own = samba.config(&format!("ldaps://{}", way.address()), READER, "");
    let own: Vec<&str> = own.lines().filter(|it| !it.starts_with("kind")).collect();
    let config = recipe::directory("active-directory.toml", &own.join("\n")) + MORE;
    let shadowmail = install(config);
    let said = shadowmail.json("sync");
    let flaws = said["flaws"].as_array().unwrap();
    assert_eq!(flaws.len(), 1, "{said}");
    assert_eq!(flaws[0]["dn"], hidden.as_str(), "{said}");
    assert_eq!(flaws[0]["what"], "hides-standing", "{said}");
    assert_eq!(said["disputes"].as_array().unwrap().len(), 0, "{said}");
    let mut followed = Followed {
        last: Mirrored::of(&shadowmail),
        samba,
        way,
        shadowmail,
    };
    everything_is_as_it_was_written(&followed);
    people(&mut followed);
    groups(&mut followed);
    names(&mut followed);
    mailboxes(&mut followed);
    deletions(&mut followed);

    // A unit is renamed with all that is in it: everything is read again, and nothing is different.
    followed.samba.modify(&format!(
        "dn: OU=Other,{BASE}\nchangetype: modrdn\nnewrdn: OU=More\ndeleteoldrdn: 1\n"
    ));
    let said = followed.shadowmail.json("sync");
    assert_eq!(said["extent"], "everything", "{said}");
    let now = Mirrored::of(&followed.shadowmail);
    assert_eq!(now.since(&followed.last), [""; 0]);
    what_is_wrong_is_one_sentence(&followed.samba);
}

fn everything_is_as_it_was_written(followed: &Followed) {
    let last = &followed.last;
    assert_eq!(last.names(), company::names());
    for number in 0..PEOPLE {
        followed.one(&format!("user{number}"), &company::mirrored(number));
    }
    for (who, want) in company::others() {
        followed.one(who, &want);
    }
}

fn people(followed: &mut Followed) {
    followed.step(
        &[
            replace(9, &["accountExpires: 130000000000000000"]),
            replace(10, &["userAccountControl: 546"]),
        ]
        .concat(),
        &[
            "user10 standing: active -> disabled",
            "user9 standing: active -> expired",
        ],
    );
    followed.step(
        &replace(10, &["userAccountControl: 544"]),
        &["user10 standing: disabled -> active"],
    );
    followed
        .samba
        .set_passwords(&[("user3", "Passw0rd of 3!".to_owned())]);
    followed.sync(&["user3 password_mark: is another"]);
    followed.step(
        &replace(
            4,
            &[
                "department: Verkauf",
                "telephoneNumber: +49 30 4",
                "preferredLanguage: de-DE",
                "msExchHideFromAddressLists: TRUE",
            ],
        ),
        &[
            "user4 department: nothing -> Verkauf",
            "user4 hidden: 0 -> 1",
            "user4 language: nothing -> de",
            "user4 phone: nothing -> +49 30 4",
        ],
    );
    // Nobody we know, and nothing that we keep.
    followed.step(&replace(5, &["description: sits in the middle"]), &[]);
}

fn groups(followed: &mut Followed) {
    // Whose primary group it is stands in no list of members.
    followed.step(
        &format!(
            "dn: CN=Domain Users,CN=Users,{BASE}\nchangetype: modify\nadd: mail\nmail: everybody@corp.example\n"
        ),
        &["everybody@corp.example is new"],
    );
    let everybody = followed.last.one("everybody@corp.example");
    let all = company::names();
    let all: Vec<&str> = all
        .iter()
        .filter(|it| !it.contains('@'))
        .map(String::as_str)
        .collect();
    assert!(everybody.contains(&format!("members: {}", all.join(" "))));

    // In a group that is in others: administrators, all, and who opens a shared mailbox.
    let member = |number: usize| format!("member: CN=user{number},OU=Staff,{BASE}\n");
    followed.step(
        &format!(
            "dn: CN=inner,CN=Users,{BASE}\nchangetype: modify\nadd: member\n{}-\ndelete: member\n{}-\n",
            member(5),
            member(1)
        ),
        &[
            "all@corp.example members: -user1 +user5",
            "info opened_by: -user1 +user5",
            "user1 roles: [\"admin\"] -> []",
            "user5 roles: [] -> [\"admin\"]",
        ],
    );
    // Somebody is new, and comes into the large group, which comes in parts.
    let newcomer = person("newcomer", "OU=Staff,", &["SMTP:new@corp.example"]);
    followed.step(
        &format!(
            "{newcomer}dn: CN=big,CN=Users,{BASE}\nchangetype: modify\nadd: member\n\
             member: CN=newcomer,OU=Staff,{BASE}\n-\ndelete: member\n{}-\n",
            member(7)
        ),
        &[
            "big@corp.example members: -user7 +newcomer",
            "everybody@corp.example members: +newcomer",
            "newcomer is new",
        ],
    );
}

fn names(followed: &mut Followed) {
    // As after a marriage: everything is another but the key.
    let marriage = [
        replace(
            12,
            &[
                "sAMAccountName: marion",
                "userPrincipalName: marion@corp.example",
                "displayName: Marion Neu",
                "proxyAddresses: SMTP:marion@corp.example",
                "proxyAddresses: smtp:user12@corp.example",
                "proxyAddresses: X500:/o=Corp/cn=u12",
            ],
        ),
        format!(
            "{}changetype: modrdn\nnewrdn: CN=Marion Neu\ndeleteoldrdn: 1\n",
            dn(12)
        ),
    ];
    followed.step(
        &marriage.concat(),
        &[
            "user12 addresses: user12@corp.example u12@corp.example -> marion@corp.example user12@corp.example",
            "user12 login: user12 -> marion",
            "user12 name: user12 Name -> Marion Neu",
            "user12 sign_in_names: -u12@corp.example -user12 +marion +marion@corp.example",
        ],
    );
    // The groups name the new entries, and nobody says that they changed.
    let moved = [
        format!(
            "{}changetype: modrdn\nnewrdn: CN=someone\ndeleteoldrdn: 1\n\n",
            dn(11)
        ),
        format!(
            "{}changetype: modrdn\nnewrdn: CN=user13\ndeleteoldrdn: 1\nnewsuperior: OU=Other,{BASE}\n",
            dn(13)
        ),
    ];
    followed.step(&moved.concat(), &[]);

    let takes = |number: usize, other: usize| {
        let primary = format!("proxyAddresses: SMTP:user{other}@corp.example");
        let alias = format!("proxyAddresses: smtp:u{number}@corp.example");
        let x500 = format!("proxyAddresses: X500:/o=Corp/cn=u{number}");
        replace(number, &[&primary, &alias, &x500])
    };
    // Each one's user principal name is the other's address now: mail goes before signing in.
    let said = followed.step(
        &[takes(14, 15), takes(15, 14)].concat(),
        &[
            "user14 addresses: user14@corp.example u14@corp.example -> user15@corp.example u14@corp.example",
            "user14 sign_in_names: -user14@corp.example +user15@corp.example",
            "user15 addresses: user15@corp.example u15@corp.example -> user14@corp.example u15@corp.example",
            "user15 sign_in_names: -user15@corp.example +user14@corp.example",
        ],
    );
    let dispute = |name: usize, of: usize| {
        let dn = |number: usize| format!("CN=user{number},OU=Staff,{BASE}");
        serde_json::json!({"name": format!("user{name}@corp.example"), "stays_with": dn(of)})
    };
    let mut disputes = said["disputes"].as_array().unwrap().clone();
    for it in &mut disputes {
        let claimed = it.as_object_mut().unwrap().remove("claimed_by").unwrap();
        assert_eq!(claimed.as_array().unwrap().len(), 2, "{said}");
    }
    assert_eq!(disputes, [dispute(14, 15), dispute(15, 14)], "{said}");
}

fn mailboxes(followed: &mut Followed) {
    let delegates = format!(
        "dn: CN=info,OU=Staff,{BASE}\nchangetype: modify\nadd: msExchDelegateListLink\n\
         msExchDelegateListLink: CN=user6,OU=Staff,{BASE}\n"
    );
    followed.step(&delegates, &["info opened_by: +user6"]);
    // It becomes a room: nobody signs in as it.
    followed.step(
        &replace(8, &["msExchRecipientTypeDetails: 16"]),
        &[
            "user8 kind: person -> room",
            "user8 sign_in_names: -u8@corp.example -user8 -user8@corp.example",
        ],
    );
}

fn deletions(followed: &mut Followed) {
    let delete = |number: usize| format!("{}changetype: delete\n", dn(number));
    let without = |number: usize| {
        [
            format!("big@corp.example members: -user{number}"),
            format!("everybody@corp.example members: -user{number}"),
            format!("user{number} is gone"),
        ]
    };
    let mut delete_one = |number: usize| {
        followed.samba.modify(&delete(number));
        let way = &followed.way;
        let (said, bytes) = way.during(|| followed.shadowmail.json("sync"));
        let now = Mirrored::of(&followed.shadowmail);
        assert_eq!(now.since(&followed.last), without(number), "{said}");
        assert_ne!(said["extent"], "everything", "{said}");
        followed.last = now;
        bytes
    };
    let with_a_list = delete_one(16);
    followed.samba.show_deleted();
    let without_one = delete_one(18);
    assert!(
        without_one * 3 < with_a_list * 2,
        "whoever sees what was deleted needs no list of who is left: {without_one} of {with_a_list} bytes"
    );
    // All that was brought step by step is what everything says.
    let said = followed.shadowmail.json("sync --dry-run --full");
    assert_eq!(said["extent"], "everything", "{said}");
    assert_eq!(said["changes"].as_array().unwrap().len(), 0, "{said}");
}

fn what_is_wrong_is_one_sentence(samba: &Samba) {
    let clear = follow(samba, &samba.ldap(), "starttls = false\n");
    clear
        .command("sync")
        .complains(&["without encryption", "ldaps://"]);
    let starttls = follow(samba, &samba.ldap(), "");
    starttls.succeed("sync --dry-run");
    let password = starttls.directory().join("wrong-password");
    fs::write(&password, format!("not {PASSWORD}")).unwrap();
    let config = fs::read_to_string(starttls.directory().join("shadowmail.toml")).unwrap();
    let lines = config
        .lines()
        .map(|line| match line.strip_prefix("bind_password_file") {
            Some(_) => format!("bind_password_file = \"{}\"", password.display()),
            None => line.to_owned(),
        });
    let wrong: Vec<String> = lines.collect();
    fs::write(
        starttls.directory().join("shadowmail.toml"),
        wrong.join("\n"),
    )
    .unwrap();
    starttls
        .command("sync")
        .complains(&["refuses the sign-in of reader", "password is wrong"]);
}
