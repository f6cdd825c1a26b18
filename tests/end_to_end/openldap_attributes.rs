//! Whatever an OpenLDAP says of people, mailboxes and groups, by the preset and by the config: it is in
//! the mirror, and people see it.

use crate::harness::door::Door;
use crate::harness::mirror::{sync, with_store};
use crate::harness::mirrored::Mirrored;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address};

/// What the preset has no attributes for stands in some that every OpenLDAP has.
const MAPPING: &str = "sync_every_seconds = 3600\n\
    shared_filter = \"(uid=sales)\"\n\
    room_filter = \"(uid=hall)\"\n\
    auditor_groups = [\"auditors\"]\n\
    [directory.attributes]\n\
    kind = [\"employeeType\"]\n\
    opened_by = [\"seeAlso\"]\n\
    hidden = [\"businessCategory\"]\n";

/// Its classes stand together in an entry.
const CLASS: &str = "objectClass: inetOrgPerson";

fn with(uid: &str, lines: &str) -> String {
    let entry = person(uid, &[&format!("{uid}@corp.example")]);
    format!("{}\n{lines}\n\n", entry.trim_end())
}

fn company() -> String {
    let named = |rdn: &str| format!("seeAlso: {rdn},{BASE}");
    let people = [
        with(
            "amy",
            "mailLocalAddress: a.gross@corp.example\n\
             departmentNumber: Vertrieb\ntelephoneNumber: +49 30 1\nmobile: +49 170 1\n\
             preferredLanguage: de-DE, en;q=0.8\ndisplayName: Amy Groß\nuserPassword: of amy",
        )
        .replace(
            CLASS,
            &format!("{CLASS}\nobjectClass: inetLocalMailRecipient"),
        ),
        with(
            "bo",
            "mobile: +49 170 2\nbusinessCategory: TRUE\nemployeeType: person",
        ),
        with("cy", "employeeType: permanent"),
        with(
            "info",
            &format!("employeeType: shared\n{}", named("uid=amy,ou=people")),
        ),
        with("sales", &named("cn=team,ou=groups")),
        with("attic", "employeeType: room"),
        with("hall", "displayName: The hall"),
    ];
    let teams = format!(
        "dn: cn=team,ou=groups,{BASE}\nobjectClass: groupOfUniqueNames\nobjectClass: extensibleObject\n\
         cn: team\nmail: team@corp.example\nuniqueMember: uid=amy,ou=people,{BASE}\n\
         uniqueMember: uid=bo,ou=people,{BASE}\n\n\
         dn: cn=unix,ou=groups,{BASE}\nobjectClass: posixGroup\nobjectClass: extensibleObject\n\
         cn: unix\ngidNumber: 1000\nmail: unix@corp.example\nmemberUid: bo\nmemberUid: CY\nmemberUid: nobody\n\n"
    );
    let auditors = group("auditors", None, &["uid=cy,ou=people"]);
    [people.concat(), teams, auditors].concat()
}

fn follow(slapd: &Slapd) -> Shadowmail {
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], MAPPING)),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    shadowmail
}

#[test]
fn all_that_it_says_is_mirrored_and_shown() {
    let _turn = Turn::take();
    let options = SlapdOptions {
        global: "include /etc/ldap/schema/misc.schema\n",
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start_with(options, &company());
    let shadowmail = follow(&slapd);
    is_mirrored(&shadowmail);
    is_told(&shadowmail);
    let door = emergency(&shadowmail);
    let amy = door.sign_in("a.gross@corp.example", "of amy").session();
    let own = is_shown(&door, &amy);

    // One is shown again, and the other one's mailbox is hers no more.
    slapd.modify(&format!(
        "dn: uid=bo,ou=people,{BASE}\nchangetype: modify\nreplace: businessCategory\nbusinessCategory: FALSE\n\n\
         dn: uid=info,ou=people,{BASE}\nchangetype: modify\nreplace: seeAlso\nseeAlso: uid=cy,ou=people,{BASE}\n"
    ));
    let would = shadowmail.succeed("sync --dry-run");
    for lines in [
        "changed bo (bo Name): listing\n    hidden - yes\n",
        "changed info (info Name): opened_by\n    opened_by amy → cy\n",
    ] {
        assert!(would.contains(lines), "{would}");
    }
    sync(
        &shadowmail,
        &[
            "changed bo (bo Name): listing",
            "changed info (info Name): opened_by",
        ],
    );
    let (_, book) = door.page(&amy, &format!("{own}/book"));
    assert!(book.contains("bo@corp.example"), "{book}");
    let (_, text) = door.page(&amy, "/mail/");
    assert!(!text.contains("info Name"), "{text}");
}

/// Accounts and groups with all that is known of them, but what is usual.
const MIRRORED: [(&str, &[&str]); 9] = [
    (
        "amy",
        &[
            "addresses: amy@corp.example a.gross@corp.example",
            "department: Vertrieb",
            "kind: person",
            "language: de",
            "name: Amy Groß",
            "phone: +49 30 1",
        ],
    ),
    (
        "bo",
        &[
            "addresses: bo@corp.example",
            "hidden: 1",
            "kind: person",
            "phone: +49 170 2",
        ],
    ),
    (
        "cy",
        &[
            "addresses: cy@corp.example",
            "kind: person",
            "roles: [\"auditor\"]",
        ],
    ),
    (
        "info",
        &[
            "addresses: info@corp.example",
            "kind: shared",
            "opened_by: amy",
        ],
    ),
    (
        "sales",
        &[
            "addresses: sales@corp.example",
            "kind: shared",
            "opened_by: amy bo",
        ],
    ),
    ("attic", &["addresses: attic@corp.example", "kind: room"]),
    ("hall", &["addresses: hall@corp.example", "kind: room"]),
    (
        "team@corp.example",
        &["address: team@corp.example", "members: amy bo"],
    ),
    (
        "unix@corp.example",
        &["address: unix@corp.example", "members: bo cy"],
    ),
];

/// One person, whole: the command for people.
fn is_told(shadowmail: &Shadowmail) {
    let told = shadowmail.succeed("user show a.gross@corp.example");
    for line in [
        "name          Amy Groß",
        "addresses     amy@corp.example, a.gross@corp.example",
        "standing      active",
        "groups        team@corp.example",
        "opens         info, sales",
        "department    Vertrieb",
        "ready         no, if the directory were down now",
        "entry         uid=amy,ou=people,dc=corp,dc=example",
    ] {
        assert!(told.lines().any(|it| it == line), "{line}: {told}");
    }
    let told = shadowmail.succeed("user show team@corp.example");
    assert!(told.contains("reaches       2 accounts"), "{told}");
    let nobody = shadowmail.command("user show nobody");
    assert_eq!(nobody.code, Some(2), "{}", nobody.stderr);
}

#[track_caller]
fn is_mirrored(shadowmail: &Shadowmail) {
    let mirrored = Mirrored::of(shadowmail);
    let usual = [
        "login: ",
        "name: ",
        "hidden: 0",
        "roles: []",
        "standing: active",
        "sign_in_names: ",
    ];
    for (who, want) in MIRRORED {
        let mut one = mirrored.one(who);
        let is_usual = |it: &String| usual.iter().any(|usual| it.starts_with(usual));
        one.retain(|it| !is_usual(it) || it == "name: Amy Groß");
        assert_eq!(one, want, "{who}");
    }
}

fn emergency(shadowmail: &Shadowmail) -> Door {
    shadowmail.succeed("emergency start --reason outage");
    Door::of(shadowmail, "en")
}

/// What somebody sees of it. Gives where her mailbox is.
fn is_shown(door: &Door, amy: &str) -> String {
    let (inbox, text) = door.page(amy, "/mail/");
    assert!(text.contains("<html lang=\"de\""), "her language: {text}");
    for mailbox in ["info Name", "sales Name"] {
        assert!(text.contains(mailbox), "she opens {mailbox}: {text}");
    }
    assert!(!text.contains("attic Name"), "{text}");
    let (own, _) = inbox.rsplit_once('/').unwrap();
    let (_, book) = door.page(amy, &format!("{own}/book"));
    for words in [
        "Amy Groß",
        "Vertrieb",
        "+49 30 1",
        "attic Name",
        "The hall",
        "team@corp.example",
    ] {
        assert!(book.contains(words), "the book lacks {words}: {book}");
    }
    assert!(
        !book.contains("bo@corp.example"),
        "who is hidden is not in it: {book}"
    );
    own.to_owned()
}
