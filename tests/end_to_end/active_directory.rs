//! The directory is a real Active Directory with two thousand people and a group of five thousand
//! members: each change there changes here exactly what it should.

use std::fs;

use store::{Owners, Store};

use crate::harness::mirror::with_store;
use crate::harness::samba::{ADMIN, BASE, PASSWORD, READER, Samba, contact, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address};

/// People in the large group, each with several addresses, and others in it who have no account.
const PEOPLE: usize = 2000;
const CONTACTS: usize = 3000;

/// Of whom nobody may read whether he may sign in.
const HIDDEN: usize = 17;

fn company() -> String {
    let unit = "OU=Staff,";
    let mut ldif = String::new();
    for unit in ["Staff", "Other"] {
        ldif += &unit_entry(unit);
    }
    for number in 0..PEOPLE {
        let login = format!("user{number}");
        let primary = format!("SMTP:{login}@corp.example");
        let alias = format!("smtp:u{number}@corp.example");
        let name = format!("X500:/o=Corp/cn=u{number}");
        ldif += &person(&login, unit, &[&primary, &alias, &name]);
    }
    for number in 0..CONTACTS {
        ldif += &contact(&format!("contact{number}"), unit);
    }
    let members = |numbers: std::ops::Range<usize>| -> Vec<String> {
        numbers
            .map(|number| format!("CN=user{number},{unit}"))
            .collect()
    };
    let within = |name: &str| vec![format!("CN={name},CN=Users,")];
    let contacts = (0..CONTACTS).map(|number| format!("CN=contact{number},{unit}"));
    let everybody = members(0..PEOPLE)
        .into_iter()
        .chain(contacts)
        .collect::<Vec<_>>();
    ldif += &group("big", Some("big@corp.example"), &everybody);
    ldif += &group("inner", None, &members(1..4));
    ldif += &group(
        "all",
        Some("all@corp.example"),
        &[within("inner"), within("big")].concat(),
    );
    ldif += &group("admins", None, &within("inner"));
    ldif
}

fn unit_entry(unit: &str) -> String {
    format!("dn: OU={unit},{BASE}\nobjectClass: organizationalUnit\n\n")
}

/// One change there: what has changed here, by asking only for what has changed there. Reading
/// everything must find nothing more.
#[track_caller]
fn step(shadowmail: &Shadowmail, want: &[&str]) {
    let said = shadowmail.json("sync --dry-run");
    let text = |it: &serde_json::Value| it.as_str().unwrap_or_default().to_owned();
    let changes: Vec<String> = said["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            let fields: Vec<String> = it["fields"].as_array().unwrap().iter().map(text).collect();
            let words = [text(&it["what"]), text(&it["who"]), fields.join(" ")];
            words.join(" ").trim().to_owned()
        })
        .collect();
    assert_eq!(changes, want, "{said}");
    assert_ne!(said["extent"], "everything", "{said}");
    shadowmail.succeed("sync");
    let said = shadowmail.json("sync --dry-run --full");
    assert_eq!(said["changes"].as_array().unwrap().len(), 0, "{said}");
}

/// How many get a mail to this group.
fn members(shadowmail: &Shadowmail, address: &str) -> usize {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = Store::open(&shadowmail.data_dir()).await.unwrap();
        let owners = store.owners(&address.parse().unwrap()).await.unwrap();
        store.close().await;
        match owners {
            Owners::Group(members) => members.len(),
            _ => 0,
        }
    })
}

fn dn(number: usize) -> String {
    format!("dn: CN=user{number},OU=Staff,{BASE}\n")
}

fn modify(samba: &Samba, number: usize, what: &str) {
    samba.modify(&format!("{}changetype: modify\n{what}", dn(number)));
}

fn follow(samba: &Samba, server: &str, more: &str) -> Shadowmail {
    with_store(Shadowmail::install(ServerConfig {
        directory: Some(samba.config(server, READER, more)),
        ..ServerConfig::for_primary(free_address())
    }))
}

#[test]
fn each_change_changes_what_it_should() {
    let _turn = Turn::take();
    let hidden = format!("CN=user{HIDDEN},OU=Staff,{BASE}");
    let samba = Samba::start(&company(), &hidden);
    let shadowmail = follow(&samba, &samba.ldaps(), "");
    let said = shadowmail.json("sync");
    assert_eq!(said["accounts"], PEOPLE, "{said}");
    let flaws = said["flaws"].as_array().unwrap();
    assert_eq!(flaws.len(), 1, "{said}");
    assert_eq!(flaws[0]["dn"], hidden.as_str(), "{said}");
    assert_eq!(flaws[0]["what"], "hides-standing", "{said}");
    assert_eq!(
        members(&shadowmail, "big@corp.example"),
        PEOPLE,
        "a group in parts"
    );
    assert_eq!(
        members(&shadowmail, "all@corp.example"),
        PEOPLE,
        "groups within groups"
    );
    let roles = shadowmail.json("user list");
    let is_admin = |it: &&serde_json::Value| it["roles"][0] == "admin";
    assert_eq!(roles.as_array().unwrap().iter().filter(is_admin).count(), 3);

    // Whose primary group it is stands in no list of members.
    samba.modify(&format!(
        "dn: CN=Domain Users,CN=Users,{BASE}\nchangetype: modify\nadd: mail\nmail: everybody@corp.example\n"
    ));
    step(&shadowmail, &["added everybody@corp.example"]);
    assert_eq!(members(&shadowmail, "everybody@corp.example"), PEOPLE);

    modify(
        &samba,
        10,
        "replace: userAccountControl\nuserAccountControl: 546\n",
    );
    step(&shadowmail, &["changed user10 standing"]);

    samba.modify(&format!("{}changetype: delete\n", dn(11)));
    let without = [
        "changed big@corp.example",
        "changed everybody@corp.example",
        "removed user11",
    ];
    step(&shadowmail, &without);

    moves(&samba, &shadowmail);
}

fn moves(samba: &Samba, shadowmail: &Shadowmail) {
    // Renamed: the groups name the new entry, and nobody says that they changed.
    samba.modify(&format!(
        "{}changetype: modrdn\nnewrdn: CN=someone\ndeleteoldrdn: 1\n",
        dn(12)
    ));
    step(shadowmail, &[]);
    samba.modify(&format!(
        "{}changetype: modrdn\nnewrdn: CN=user13\ndeleteoldrdn: 1\nnewsuperior: OU=Other,{BASE}\n",
        dn(13)
    ));
    step(shadowmail, &[]);
    assert_eq!(members(shadowmail, "big@corp.example"), PEOPLE - 1);

    let takes = |number: usize, other: usize| {
        format!(
            "replace: proxyAddresses\nproxyAddresses: SMTP:user{other}@corp.example\nproxyAddresses: smtp:u{number}@corp.example\n"
        )
    };
    modify(samba, 14, &takes(14, 15));
    modify(samba, 15, &takes(15, 14));
    // Each one's user principal name is the other's address now: mail goes before signing in.
    let exchanged = "addresses directory_names sign_in_names";
    let exchanged = [14, 15].map(|number| format!("changed user{number} {exchanged}"));
    step(shadowmail, &[&exchanged[0], &exchanged[1]]);

    // An administrator sees what was deleted, and needs no list of who is left.
    let file = shadowmail.directory().join("shadowmail.toml");
    let config = fs::read_to_string(&file).unwrap();
    fs::write(&file, config.replace(READER, ADMIN)).unwrap();
    samba.modify(&format!("{}changetype: delete\n", dn(16)));
    let without = [
        "changed big@corp.example",
        "changed everybody@corp.example",
        "removed user16",
    ];
    step(shadowmail, &without);
    fs::write(&file, config).unwrap();

    // A unit is renamed with all that is in it: everything is read again, and nobody has changed.
    samba.modify(&format!(
        "dn: OU=Other,{BASE}\nchangetype: modrdn\nnewrdn: OU=More\ndeleteoldrdn: 1\n"
    ));
    let said = shadowmail.json("sync");
    assert_eq!(
        (said["extent"].as_str(), said["changed"].as_u64()),
        (Some("everything"), Some(0)),
        "{said}"
    );

    what_is_wrong_is_one_sentence(samba);
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
