//! A real OpenLDAP that gives less than all: what it says becomes one sentence, and yesterday's mirror
//! stays.

use crate::harness::mirror::{alerts, with_store};
use crate::harness::mirrored::Mirrored;
use crate::harness::slapd::{BASE, Slapd, SlapdOptions, group, person};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address, wait};

/// People; the server's limit is less than that.
const PEOPLE: usize = 40;

const READER: &str = "cn=reader,dc=corp,dc=example";

fn company() -> String {
    let people = (0..PEOPLE).map(|number| {
        let uid = format!("user{number}");
        person(&uid, &[&format!("{uid}@corp.example")])
    });
    people.collect()
}

fn follow(slapd: &Slapd, more: &str) -> Shadowmail {
    with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], more)),
        ..ServerConfig::for_primary(free_address())
    }))
}

/// The server is given these lines; what the sync says then, and that nothing is lost by it.
#[track_caller]
fn check(database: &str, words: &[&str]) {
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let mut shadowmail = follow(&slapd, "sync_every_seconds = 1\n");
    shadowmail.start_again();
    let before = Mirrored::of(&shadowmail);
    assert_eq!(before.names().len(), PEOPLE);

    slapd.stop();
    slapd.configure(database);
    slapd.start_again();
    slapd.modify(&format!(
        "dn: uid=user0,ou=people,{BASE}\nchangetype: modify\nreplace: cn\ncn: Another Name\n"
    ));
    for how in ["sync", "sync --full"] {
        shadowmail.command(how).complains(words);
    }
    wait::until("it is an alert", || {
        let alerts = alerts(&shadowmail);
        let has_all = |said: &str| words.iter().all(|it| said.contains(it));
        alerts.iter().any(|(_, said)| has_all(said))
    });
    assert_eq!(Mirrored::of(&shadowmail).since(&before), [""; 0]);

    // The reader may read all again.
    slapd.stop();
    slapd.configure(&format!(
        "limits dn.exact=\"{READER}\" size=unlimited time=unlimited\n"
    ));
    slapd.start_again();
    wait::until("it goes on", || alerts(&shadowmail).is_empty());
    assert_eq!(
        Mirrored::of(&shadowmail).since(&before),
        ["user0 name: user0 Name -> Another Name"]
    );
}

#[test]
fn a_limit_of_entries_gives_half_an_answer() {
    let _turn = Turn::take();
    // It gives so many, and then says that there are more.
    check(
        "sizelimit 25\n",
        &[
            "gives only a part of dc=corp,dc=example",
            "raise its limit",
            READER,
        ],
    );
}

#[test]
fn a_right_that_was_taken_away_is_named() {
    let _turn = Turn::take();
    check(
        "access to attrs=userPassword by anonymous auth by * none\n\
         access to dn.base=\"dc=corp,dc=example\" by * none\n\
         access to * by * read\n",
        &["dc=corp,dc=example", "read"],
    );
    check(
        "access to attrs=userPassword by anonymous auth by * none\n\
         access to dn.base=\"dc=corp,dc=example\" by * disclose\n\
         access to * by * read\n",
        &[
            "does not let cn=reader",
            "read dc=corp,dc=example",
            "give it the right",
        ],
    );
}

/// Nobody may read people's passwords, and everybody all else.
const USUAL: &str = "access to attrs=userPassword by anonymous auth by * none\n";

/// A server that answers, and shows less than before: nothing of that is a change to it.
struct Silent {
    slapd: Slapd,
    shadowmail: Shadowmail,
    before: Mirrored,
}

impl Silent {
    fn with(ldif: &str) -> Self {
        let slapd = Slapd::start_with(SlapdOptions::default(), ldif);
        let shadowmail = follow(&slapd, "");
        shadowmail.succeed("sync");
        let before = Mirrored::of(&shadowmail);
        Self {
            slapd,
            shadowmail,
            before,
        }
    }

    fn allow(&mut self, access: &str) {
        self.slapd.stop();
        self.slapd
            .configure(&format!("{USUAL}{access}access to * by * read\n"));
        self.slapd.start_again();
    }

    /// Everything is read, and the guard asks with these words; it goes on asking.
    #[track_caller]
    fn is_asked_about(&self, words: &[&str]) {
        let refused = self.shadowmail.command("sync --full");
        refused.complains(words);
        let complaint = refused.stderr.lines().last().unwrap();
        let (_, said) = complaint.split_once("the directory lacks").unwrap();
        // Whoever asks only for what has changed is asked the same.
        self.shadowmail.command("sync").complains(&[said.trim()]);
        let alerts = alerts(&self.shadowmail);
        let is_one = |(kind, told): &(String, String)| {
            kind == "directory-shrunk" && words.iter().all(|it| told.contains(it))
        };
        assert!(alerts.iter().any(is_one), "{alerts:?}");
        let check = self.shadowmail.command("check");
        let of_directory = check.stdout.lines().find(|it| it.contains(" directory: "));
        let of_directory = of_directory.unwrap_or_default();
        assert!(
            of_directory.starts_with("fix") && words.iter().all(|it| of_directory.contains(it)),
            "{}",
            check.stdout
        );
        assert_eq!(Mirrored::of(&self.shadowmail).since(&self.before), [""; 0]);
    }

    /// It is over, and this is what it has changed.
    #[track_caller]
    fn goes_on(&self, command: &str, changed: &[&str]) {
        self.shadowmail.succeed(command);
        assert_eq!(alerts(&self.shadowmail), []);
        let now = Mirrored::of(&self.shadowmail);
        assert_eq!(now.since(&self.before), changed);
        let again = self.shadowmail.succeed("sync");
        assert!(again.starts_with("nothing has changed"), "{again}");
    }
}

#[test]
fn half_of_the_people_without_addresses_are_asked_about() {
    let _turn = Turn::take();
    let mut silent = Silent::with(&company());
    // It says nothing of the addresses of every other one.
    silent.allow("access to dn.regex=\"^uid=user[0-9]*[02468],ou=people\" attrs=mail by * none\n");
    silent.is_asked_about(&["lacks 20 of 40 accounts"]);
    silent.allow("");
    silent.goes_on("sync", &[]);
}

#[test]
fn members_that_are_hidden_are_asked_about_and_can_be_let_go() {
    let _turn = Turn::take();
    let members: Vec<String> = (0..8).map(|it| format!("uid=user{it},ou=people")).collect();
    let members: Vec<&str> = members.iter().map(String::as_str).collect();
    let shared =
        person("info", &["info@corp.example"]).trim_end().to_owned() + "\nemployeeType: shared\n\n";
    let ldif = [
        company(),
        shared,
        group("mbx-info", None, &members[..5]),
        group("team", Some("team@corp.example"), &members),
    ];
    let mut silent = Silent::with(&ldif.concat());
    let opened = "opened_by: user0 user1 user2 user3 user4".to_owned();
    assert!(silent.before.one("info").contains(&opened));
    // Each group is there, and says nothing of who is in it.
    silent.allow("access to attrs=member by * none\n");
    silent.is_asked_about(&[
        "8 of 8 members of groups (user0 of team@corp.example",
        "5 of 5 rights to open a mailbox (user0 of info",
    ]);
    let refused = silent.shadowmail.command("sync");
    let (_, command) = refused.stderr.split_once("`shadowmail ").unwrap();
    let command = command.split('`').next().unwrap();
    let lost = [
        "info opened_by: -user0 -user1 -user2 -user3 -user4",
        "team@corp.example members: -user0 -user1 -user2 -user3 -user4 -user5 -user6 -user7",
    ];
    silent.goes_on(command, &lost);
}

#[test]
fn what_is_larger_than_any_value_can_be_is_left_out() {
    let _turn = Turn::take();
    let eve = person("eve", &["eve@corp.example"]);
    let large = "x".repeat(10 << 20);
    let ldif = format!("{}\ndisplayName: {large}\n\n", eve.trim_end());
    let slapd = Slapd::start_with(SlapdOptions::default(), &[company(), ldif].concat());
    let shadowmail = follow(&slapd, "");
    let said = shadowmail.succeed("sync");
    let words = format!("incomplete: displayname of uid=eve,ou=people,{BASE} has values that are");
    assert!(said.contains(&words), "{said}");
    assert_eq!(Mirrored::of(&shadowmail).names().len(), PEOPLE + 1);
    let shown = shadowmail.json("user show eve");
    assert_eq!(shown["name"], "eve Name", "{shown}");
}

#[test]
fn so_many_changes_are_read_all_together() {
    let _turn = Turn::take();
    let people = (0..2001).map(|it| person(&format!("p{it}"), &[&format!("p{it}@corp.example")]));
    let options = SlapdOptions {
        database: "limits dn.exact=\"cn=reader,dc=corp,dc=example\" size=unlimited\n",
        ..SlapdOptions::default()
    };
    let slapd = Slapd::start_with(options, &people.collect::<String>());
    let shadowmail = follow(&slapd, "");
    shadowmail.succeed("sync");
    for (changed, extent) in [(2000, "what-changed"), (2001, "everything")] {
        let changes = (0..changed).map(|it| {
            format!(
                "dn: uid=p{it},ou=people,{BASE}\nchangetype: modify\nreplace: cn\ncn: {changed}\n\n"
            )
        });
        slapd.modify(&changes.collect::<String>());
        let said = shadowmail.json("sync");
        assert_eq!(
            (&said["changed"], &said["extent"]),
            (&changed.into(), &extent.into())
        );
    }
}
