//! The directory is a real OpenLDAP: what is in it is mirrored, what changes there changes here, and
//! what goes wrong is one sentence.

use crate::harness::mirror::{accounts, addresses, alerts, stopped, sync, with_store, would};
use crate::harness::slapd::{BASE, READER, Slapd, SlapdOptions, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address, wait};

/// Six people, a shared mailbox, and groups within groups.
fn company() -> String {
    let mut ldif = person("amy", &["amy@corp.example", "a.gross@corp.example"]);
    for uid in ["bo", "cy", "di", "ed", "flo"] {
        ldif += &person(uid, &[&format!("{uid}@corp.example")]);
    }
    ldif += &person("nomail", &[]);
    ldif += &person("info", &["info@corp.example"])
        .replace("sn: info", "sn: info\nemployeeType: shared");
    let of = |uids: &[&str]| -> Vec<String> {
        uids.iter()
            .map(|uid| format!("uid={uid},ou=people"))
            .collect()
    };
    let with = |cn: &str, address: Option<&str>, members: Vec<String>| {
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        group(cn, address, &members)
    };
    ldif += &with("admins", None, of(&["amy"]));
    ldif += &with(
        "mbx-info",
        None,
        [of(&["bo"]), vec!["cn=inner,ou=groups".to_owned()]].concat(),
    );
    // They contain each other.
    ldif += &with(
        "inner",
        None,
        [of(&["cy"]), vec!["cn=mbx-info,ou=groups".to_owned()]].concat(),
    );
    ldif += &with(
        "all",
        Some("all@corp.example"),
        [of(&["di"]), vec!["cn=mbx-info,ou=groups".to_owned()]].concat(),
    );
    ldif
}

fn follow(slapd: &Slapd, servers: &[&str], more: &str) -> Shadowmail {
    let config = ServerConfig {
        directory: Some(slapd.config(servers, more)),
        ..ServerConfig::for_primary(free_address())
    };
    with_store(Shadowmail::install(config))
}

#[test]
fn everybody_is_mirrored_and_the_rest_is_named() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd, &[&slapd.ldaps()], "");
    let first = would(&shadowmail);
    assert!(
        first.contains(&"added amy (amy Name)".to_owned()),
        "{first:?}"
    );
    assert!(
        first.contains(&"added all@corp.example (all)".to_owned()),
        "{first:?}"
    );
    let said = shadowmail.succeed("sync");
    assert!(
        said.contains("added 7, changed 0, removed 0; 7 accounts and 1 group"),
        "{said}"
    );
    assert!(
        said.contains("no mailbox: uid=nomail") && said.contains("no mail address"),
        "{said}"
    );
    assert_eq!(
        addresses(&shadowmail, "amy"),
        ["amy@corp.example", "a.gross@corp.example"]
    );
    let check = shadowmail.command("check").stdout;
    assert!(
        check.contains("ok  directory: ldaps://localhost"),
        "{check}"
    );
}

#[test]
fn what_changes_there_changes_here_and_nothing_else() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let shadowmail = follow(&slapd, &[&slapd.ldaps()], "");
    shadowmail.succeed("sync");
    let dn = |uid: &str| format!("dn: uid={uid},ou=people,{BASE}\n");
    // A new name.
    slapd.modify(&format!(
        "{}changetype: modify\nreplace: cn\ncn: Bo Groß\n",
        dn("bo")
    ));
    sync(&shadowmail, &["changed bo (Bo Groß): name"]);
    // Renamed and moved: the mailbox stays, and so do the rights. The group names the old entry until
    // somebody changes it there.
    slapd.modify(&format!(
        "dn: ou=sales,{BASE}\nchangetype: add\nobjectClass: organizationalUnit\nou: sales\n\n\
         {}changetype: modrdn\nnewrdn: uid=dia\ndeleteoldrdn: 1\nnewsuperior: ou=sales,{BASE}\n",
        dn("di")
    ));
    sync(
        &shadowmail,
        &[
            "changed all@corp.example (all)",
            "changed dia (di Name): login",
        ],
    );
    // Two exchange their addresses.
    slapd.modify(&format!(
        "{}changetype: modify\nreplace: mail\nmail: flo@corp.example\n\n\
         {}changetype: modify\nreplace: mail\nmail: ed@corp.example\n",
        dn("ed"),
        dn("flo")
    ));
    sync(
        &shadowmail,
        &[
            "changed ed (ed Name): addresses",
            "changed flo (flo Name): addresses",
        ],
    );
    assert_eq!(addresses(&shadowmail, "ed"), ["flo@corp.example"]);
    // Somebody may open the shared mailbox no more, and is in no group.
    slapd.modify(&format!(
        "dn: cn=inner,ou=groups,{BASE}\nchangetype: modify\ndelete: member\nmember: uid=cy,ou=people,{BASE}\n"
    ));
    sync(
        &shadowmail,
        &[
            "changed all@corp.example (all)",
            "changed info (info Name): opened_by",
        ],
    );
    // One goes.
    slapd.modify(&format!("{}changetype: delete\n", dn("flo")));
    sync(&shadowmail, &["removed flo (flo Name)"]);
    a_whole_unit_is_renamed(&slapd, &shadowmail);
}

/// Everybody in it stays as they are, and is in no group, for the groups name the entries that were. The only
/// administrator is among them, so somebody is asked.
fn a_whole_unit_is_renamed(slapd: &Slapd, shadowmail: &Shadowmail) {
    slapd.modify(&format!(
        "dn: ou=people,{BASE}\nchangetype: modrdn\nnewrdn: ou=staff\ndeleteoldrdn: 1\n"
    ));
    let changes = |words: &str| {
        let said = shadowmail.succeed(words);
        let differs = |it: &&str| {
            ["added", "changed", "removed"]
                .iter()
                .any(|word| it.starts_with(word))
        };
        let lines = said.lines().filter(|it| differs(it) && it.contains('('));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let want = [
        "changed all@corp.example (all)",
        "changed amy (amy Name): roles",
        "changed info (info Name): opened_by",
    ];
    assert_eq!(changes("sync --dry-run"), want);
    assert_eq!(changes("sync --dry-run --full"), want);
    shadowmail
        .command("sync")
        .complains(&["administrators who may sign in (amy)"]);
}

#[test]
fn a_name_of_two_is_shown_and_stays_where_it_was() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let mut shadowmail = follow(&slapd, &[&slapd.ldap()], "sync_every_seconds = 1\n");
    shadowmail.start_again();
    wait::until("the alert is not there yet", || {
        alerts(&shadowmail).is_empty()
    });
    slapd.modify(&format!(
        "dn: uid=bo,ou=people,{BASE}\nchangetype: modify\nadd: mail\nmail: AMY@corp.example\n"
    ));
    let words = wait::until_some("the dispute is an alert", || {
        let mut alerts = alerts(&shadowmail).into_iter();
        Some(alerts.find(|(kind, _)| kind == "directory-disputed")?.1)
    });
    assert!(words.contains("stays with uid=amy"), "{words}");
    // It is said also when nothing is new, with how much there is.
    let said = shadowmail.succeed("sync");
    assert!(said.starts_with("nothing has changed"), "{said}");
    assert!(
        said.contains("alert: the directory gives one name to two"),
        "{said}"
    );
    let said = shadowmail.json("sync --dry-run");
    let disputed = (
        &said["disputes"][0]["name"],
        &said["accounts"],
        &said["extent"],
    );
    let none = serde_json::Value::Null;
    assert_eq!(
        disputed,
        (&"amy@corp.example".into(), &7.into(), &none),
        "{said}"
    );
    assert_eq!(addresses(&shadowmail, "bo"), ["bo@corp.example"]);
    assert_eq!(addresses(&shadowmail, "amy").len(), 2);
    slapd.modify(&format!(
        "dn: uid=bo,ou=people,{BASE}\nchangetype: modify\ndelete: mail\nmail: AMY@corp.example\n"
    ));
    wait::until("the alert is over", || alerts(&shadowmail).is_empty());
}

#[test]
fn half_an_answer_keeps_yesterdays_mirror() {
    let _turn = Turn::take();
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let servers = slapd.ldaps();
    let mut shadowmail = follow(&slapd, &[&servers], "sync_every_seconds = 1\n");
    shadowmail.start_again();
    let before = accounts(&shadowmail);
    assert_eq!(before.as_array().unwrap().len(), 7);

    let delete = |uid: &str| format!("dn: uid={uid},ou=people,{BASE}\nchangetype: delete\n\n");
    let most: String = ["bo", "cy", "di", "ed"].into_iter().map(delete).collect();
    slapd.modify(&most);
    wait::until("the guard says so", || {
        alerts(&shadowmail).iter().any(|(kind, words)| {
            kind == "directory-shrunk" && words.contains("`shadowmail sync --accept ")
        })
    });
    assert_eq!(accounts(&shadowmail), before);
    shadowmail.succeed(&stopped(&shadowmail, "lacks 4 of 7 accounts"));
    wait::until("the alert is over", || alerts(&shadowmail).is_empty());
    assert_eq!(accounts(&shadowmail).as_array().unwrap().len(), 3);

    slapd.stop();
    wait::until("that nobody answers is said", || {
        alerts(&shadowmail).iter().any(|(kind, words)| {
            kind == "directory-unreadable" && words.contains("can not be reached")
        })
    });
    assert_eq!(accounts(&shadowmail).as_array().unwrap().len(), 3);
    slapd.start_again();
    wait::until("it goes on", || alerts(&shadowmail).is_empty());
}

#[test]
fn the_second_server_answers_when_the_first_does_not() {
    let _turn = Turn::take();
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let nobody = format!("ldaps://localhost:{}", free_address().port());
    let shadowmail = follow(&slapd, &[&nobody, &slapd.ldap()], "");
    let said = shadowmail.succeed("sync");
    assert!(said.contains("7 accounts"), "{said}");
    // Both gone: each is named.
    slapd.stop();
    shadowmail
        .command("sync")
        .complains(&[&nobody, "ldap://localhost", "no directory server"]);
}

#[test]
fn what_is_wrong_is_one_sentence() {
    let _turn = Turn::take();
    let slapd = Slapd::start_with(
        SlapdOptions {
            global: "security simple_bind=128\n",
            database: "access to dn.subtree=\"ou=groups,dc=corp,dc=example\" by * none\n\
                access to attrs=userPassword by anonymous auth by * none\n\
                access to * by dn.exact=\"cn=reader,dc=corp,dc=example\" read by * none\n\
                limits dn.exact=\"cn=reader,dc=corp,dc=example\" size.pr=none\n",
        },
        &company(),
    );
    let said = |servers: &[&str], more: &str| {
        let shadowmail = follow(&slapd, servers, more);
        shadowmail.command("sync")
    };
    let (ldap, ldaps) = (slapd.ldap(), slapd.ldaps());
    let port = |url: &str| url.rsplit(':').next().unwrap().to_owned();

    let clear = format!("ldap://127.0.0.1:{}", port(&ldap));
    said(&[&clear], "starttls = false\n").complains(&["without encryption", "ldaps://"]);
    let other_name = format!("ldaps://127.0.0.1:{}", port(&ldaps));
    said(&[&other_name], "").complains(&["certificate is not for 127.0.0.1"]);
    // A port that speaks LDAP, and not TLS.
    let wrong_port = format!("ldaps://localhost:{}", port(&ldap));
    said(&[&wrong_port], "").complains(&[&wrong_port, "TLS"]);
    said(&[&ldaps], "base = [\"ou=nowhere,dc=corp,dc=example\"]\n")
        .complains(&["has no entry ou=nowhere", "directory.base"]);
    said(&[&ldaps], "base = [\"ou=groups,dc=corp,dc=example\"]\n")
        .complains(&["has no entry ou=groups", "may read it"]);
    said(
        &[&ldaps],
        "user_filter = \"(uid=nobody)\"\nshared_filter = \"(uid=nobody)\"\n",
    )
    .complains(&["shows nobody", "directory.user_filter"]);

    let shadowmail = follow(&slapd, &[&ldaps], "");
    shadowmail.succeed("sync");
    // What stands in the file is not its password any more.
    slapd.modify(&format!(
        "dn: {READER}\nchangetype: modify\nreplace: userPassword\nuserPassword: another one\n"
    ));
    shadowmail.command("sync").complains(&[
        "refuses the sign-in of cn=reader",
        "directory.bind_password_file",
    ]);
}

#[test]
fn a_certificate_of_nobody_known_is_refused() {
    let _turn = Turn::take();
    let slapd = Slapd::start(SlapdOptions::default());
    let other = Slapd::start(SlapdOptions::default());
    let config = slapd.config(&[&other.ldap()], "");
    let shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(config),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail
        .command("sync")
        .complains(&["not believed", "directory.ca_file"]);
}
