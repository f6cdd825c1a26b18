//! The company in the directory, and the mirror that it makes: both written here by hand, so that the
//! one is not computed from the other.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::harness::samba::{BASE, contact, group, person};

/// People in the large group, each with several addresses.
pub const PEOPLE: usize = 2000;

/// Others in it, who have no account.
const CONTACTS: usize = 3000;

/// Of whom nobody may read whether he may sign in.
pub const HIDDEN: usize = 17;

const UNIT: &str = "OU=Staff,";

/// All entries.
pub fn ldif() -> String {
    let units = ["Staff", "Other"]
        .map(|unit| format!("dn: OU={unit},{BASE}\nobjectClass: organizationalUnit\n\n"));
    let mut ldif = units.concat();
    ldif += &(0..PEOPLE).map(one).collect::<String>();
    for number in 0..CONTACTS {
        ldif += &contact(&format!("contact{number}"), UNIT);
    }
    ldif += &mailboxes();
    let within = |name: &str| vec![format!("CN={name},CN=Users,")];
    let contacts = (0..CONTACTS).map(|number| format!("CN=contact{number},{UNIT}"));
    let everybody: Vec<String> = members(0..PEOPLE).into_iter().chain(contacts).collect();
    ldif += &group("big", Some("big@corp.example"), &everybody);
    ldif += &group("inner", None, &members(1..4));
    let all = [within("inner"), within("big")].concat();
    ldif += &group("all", Some("all@corp.example"), &all);
    ldif += &group("admins", None, &within("inner"));
    ldif += &group("mbx-info", None, &within("inner"));
    ldif
}

/// Somebody. Of two more is known than of the others.
fn one(number: usize) -> String {
    let login = format!("user{number}");
    let primary = format!("SMTP:{login}@corp.example");
    let alias = format!("smtp:u{number}@corp.example");
    let name = format!("X500:/o=Corp/cn=u{number}");
    match number {
        // The primary one is the one in capitals, wherever it stands, and whatever `mail` is.
        1 => with(
            &person(
                &login,
                UNIT,
                &[&alias, &name, &primary, "sip:user1@corp.example"],
            ),
            "mail: m1@corp.example\nlegacyExchangeDN: /o=Corp/ou=Other/cn=One",
        ),
        2 => with(
            &person(&login, UNIT, &[&primary, &alias, &name]),
            "department: Einkauf\ntelephoneNumber: +49 30 2\nmobile: +49 170 2\npreferredLanguage: en-US, de\n\
             msExchRecipientTypeDetails: 2147483648",
        ),
        _ => person(&login, UNIT, &[&primary, &alias, &name]),
    }
}

/// What is no person, by Exchange's numbers and by a filter.
fn mailboxes() -> String {
    let mailbox = |login: &str, more: &str| {
        let address = format!("SMTP:{login}@corp.example");
        with(&person(login, UNIT, &[&address]), more)
    };
    let delegate = format!(
        "msExchRecipientTypeDetails: 34359738368\nmsExchDelegateListLink: CN=user20,{UNIT}{BASE}"
    );
    [
        mailbox("info", &delegate),
        mailbox("sales", "employeeType: shared"),
        mailbox(
            "room",
            "msExchRecipientTypeDetails: 16\nmsExchHideFromAddressLists: TRUE",
        ),
        // A user whose mail is elsewhere.
        mailbox("elsewhere", "msExchRecipientTypeDetails: 128"),
    ]
    .concat()
}

fn with(entry: &str, lines: &str) -> String {
    format!("{}\n{lines}\n\n", entry.trim_end())
}

fn members(numbers: Range<usize>) -> Vec<String> {
    numbers
        .map(|number| format!("CN=user{number},{UNIT}"))
        .collect()
}

/// Who is in the mirror.
pub fn names() -> BTreeSet<String> {
    let people = (0..PEOPLE).map(|number| format!("user{number}"));
    let others = others().map(|(who, _)| who.to_owned());
    people.chain(others).collect()
}

/// What the mirror has of somebody.
pub fn mirrored(number: usize) -> Vec<String> {
    let login = format!("user{number}");
    let mut addresses = format!("{login}@corp.example u{number}@corp.example");
    let mut names = format!("/o=corp/cn=u{number}");
    let mut sign_in = format!("u{number}@corp.example {login} {login}@corp.example");
    let mut more = vec!["hidden: 0".to_owned()];
    let mut roles = "[]";
    let mut standing = "active";
    match number {
        1 => {
            addresses = String::from("user1@corp.example m1@corp.example u1@corp.example");
            names = format!("{names} /o=corp/ou=other/cn=one");
            sign_in = format!("m1@corp.example {sign_in}");
        }
        2 => more
            .extend(["department: Einkauf", "language: en", "phone: +49 30 2"].map(str::to_owned)),
        HIDDEN => standing = "disabled",
        _ => {}
    }
    if (1..4).contains(&number) {
        roles = "[\"admin\"]";
    }
    let mut lines = vec![
        format!("addresses: {addresses}"),
        format!("directory_names: {names}"),
        "kind: person".to_owned(),
        format!("login: {login}"),
        format!("name: {login} Name"),
        format!("roles: {roles}"),
        format!("sign_in_names: {sign_in}"),
        format!("standing: {standing}"),
    ];
    lines.append(&mut more);
    lines.sort();
    lines
}

/// What it has of the others, by login or address.
pub fn others() -> impl Iterator<Item = (&'static str, Vec<String>)> {
    let mut everybody: Vec<String> = (0..PEOPLE).map(|number| format!("user{number}")).collect();
    everybody.sort();
    let mailbox = |login: &'static str, kind: &str, hidden: u8, opened_by: &str| {
        let mut lines = vec![
            format!("addresses: {login}@corp.example"),
            format!("hidden: {hidden}"),
            format!("kind: {kind}"),
            format!("login: {login}"),
            format!("name: {login} Name"),
        ];
        if !opened_by.is_empty() {
            lines.push(format!("opened_by: {opened_by}"));
        }
        lines.extend(["roles: []", "standing: active"].map(str::to_owned));
        (login, lines)
    };
    let group = |address: &'static str, name: &str, groups: &str, members: &str| {
        let mut lines = vec![format!("address: {address}")];
        if !groups.is_empty() {
            lines.push(format!("groups: {groups}"));
        }
        lines.extend([format!("members: {members}"), format!("name: {name}")]);
        (address, lines)
    };
    [
        mailbox("info", "shared", 0, "user1 user2 user20 user3"),
        mailbox("sales", "shared", 0, ""),
        mailbox("room", "room", 1, ""),
        group("big@corp.example", "big", "", &everybody.join(" ")),
        group(
            "all@corp.example",
            "all",
            "big@corp.example",
            "user1 user2 user3",
        ),
    ]
    .into_iter()
}
