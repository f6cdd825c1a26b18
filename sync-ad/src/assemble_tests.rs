use super::*;

fn named(name: &str, class: Class) -> Kept {
    Kept {
        dn: format!("cn={name},dc=x"),
        class,
        found_as: class,
        login: name.to_owned(),
        name: name.to_owned(),
        addresses: vec![format!("{name}@corp.example").parse().unwrap()],
        ..Kept::default()
    }
}

fn group(name: &str, members: &[&str]) -> Kept {
    Kept {
        members: members.iter().map(|it| format!("CN={it}, DC=x")).collect(),
        ..named(name, Class::Group)
    }
}

fn entries(all: impl IntoIterator<Item = Kept>) -> Entries {
    let keyed = all.into_iter().map(|it| (format!("key-{}", it.name), it));
    keyed.collect()
}

fn assembled(
    all: impl IntoIterator<Item = Kept>,
    rules: Rules,
    owners: &[(&str, &str)],
) -> Assembled {
    let now = "2026-11-22T12:00:00Z".parse().unwrap();
    in_context(all, rules, owners, |context| {
        assemble(context, now).unwrap()
    })
}

fn in_context<T>(
    all: impl IntoIterator<Item = Kept>,
    rules: Rules,
    owners: &[(&str, &str)],
    make: impl FnOnce(&Context<'_>) -> T,
) -> T {
    let entries = entries(all);
    let owners = owners
        .iter()
        .map(|(name, key)| ((*name).to_owned(), (*key).to_owned()));
    let rules = Rules {
        domains: vec!["corp.example".to_owned()],
        ..rules
    };
    let context = Context {
        entries: &entries,
        claims: &Claims::of(&entries),
        owners: &owners.collect(),
        rules: &rules,
        lockout: Lockout::Milliseconds(60_000),
    };
    make(&context)
}

fn account<'a>(of: &'a Assembled, name: &str) -> &'a MirroredAccount {
    let mut accounts = of.snapshot.accounts.iter();
    accounts
        .find(|it| it.name == name)
        .expect("the account is there")
}

/// The members and nested groups of a mail group.
fn members(of: &Assembled, address: &str) -> String {
    let mut groups = of.snapshot.groups.iter();
    let group = groups.find(|it| it.address.as_str() == address).unwrap();
    let accounts = group.members.iter().map(|it| it.replace("key-", ""));
    let nested = group.groups.iter().map(ToString::to_string);
    accounts.chain(nested).collect::<Vec<_>>().join(" ")
}

#[test]
fn groups_are_followed_and_those_that_contain_each_other_end() {
    let without_mail = |it: Kept| Kept {
        addresses: Vec::new(),
        ..it
    };
    let all = assembled(
        [
            named("amy", Class::Person),
            named("bo", Class::Person),
            Kept {
                primary_group: Some(513),
                ..named("cy", Class::Person)
            },
            group("all", &["sales", "inner", "stranger"]),
            group("sales", &["amy", "all"]),
            without_mail(group("inner", &["bo", "deeper", "inner"])),
            without_mail(Kept {
                rid: Some(513),
                ..group("deeper", &["inner", "sales"])
            }),
        ],
        Rules::default(),
        &[],
    );
    assert_eq!(
        members(&all, "all@corp.example"),
        "bo cy sales@corp.example"
    );
    assert_eq!(members(&all, "sales@corp.example"), "amy all@corp.example");
    assert_eq!(
        all.snapshot.groups.len(),
        2,
        "a group without an address takes no mail"
    );
}

#[test]
fn a_group_is_found_by_each_of_its_addresses_and_by_sign_in_names() {
    let mut team = group("team", &[]);
    team.members = vec!["AMY".to_owned(), "nobody".to_owned()];
    team.addresses
        .push("old-team@corp.example".parse().unwrap());
    let all = assembled([named("amy", Class::Person), team], Rules::default(), &[]);
    assert_eq!(members(&all, "team@corp.example"), "amy");
    assert_eq!(members(&all, "old-team@corp.example"), "team@corp.example");
}

#[test]
fn roles_and_shared_mailboxes_come_from_groups_and_attributes() {
    let mut sales = named("sales", Class::Shared);
    sales.opened_by = vec!["cn=bo,dc=x".to_owned(), "cn=bosses,dc=x".to_owned()];
    let rules = Rules {
        admin_groups: vec!["cn=Admins, dc=X".to_owned()],
        auditor_groups: vec!["audit@corp.example".to_owned()],
        shared_group: Some("mbx-{login}".to_owned()),
        ..Rules::default()
    };
    let all = assembled(
        [
            named("amy", Class::Person),
            named("bo", Class::Person),
            named("cy", Class::Person),
            named("di", Class::Person),
            sales,
            group("admins", &["bosses"]),
            group("bosses", &["amy"]),
            group("audit", &["bo"]),
            Kept {
                addresses: Vec::new(),
                ..group("mbx-sales", &["cy"])
            },
        ],
        rules,
        &[],
    );
    assert_eq!(account(&all, "amy").roles, [Role::Admin]);
    assert_eq!(account(&all, "bo").roles, [Role::Auditor]);
    assert!(account(&all, "cy").roles.is_empty());
    let sales = account(&all, "sales");
    assert_eq!(sales.kind, AccountKind::Shared);
    assert_eq!(sales.opened_by, ["key-amy", "key-bo", "key-cy"]);
    assert!(account(&all, "amy").opened_by.is_empty());
}

#[test]
fn a_name_of_two_goes_to_nobody_or_stays_where_it_was() {
    let both = || {
        let mut amy = named("amy", Class::Person);
        amy.addresses.push("info@corp.example".parse().unwrap());
        let mut bo = named("bo", Class::Person);
        bo.addresses.insert(0, "INFO@corp.example".parse().unwrap());
        bo.logins = vec!["amy".to_owned()];
        [amy, bo]
    };
    let all = assembled(both(), Rules::default(), &[]);
    for name in ["amy", "bo"] {
        let account = account(&all, name);
        assert_eq!(account.addresses.len(), 1, "{name}");
        assert_eq!(account.addresses[0].local(), name);
    }
    // Nobody signs in as amy; she has her address.
    assert_eq!(account(&all, "amy").login, "amy@corp.example");
    assert!(account(&all, "bo").sign_in_names.is_empty());
    let names: Vec<&str> = all.disputes.iter().map(|it| &it.name[..]).collect();
    assert_eq!(names, ["info@corp.example", "amy"]);
    assert_eq!(all.disputes[0].claimed_by, ["cn=amy,dc=x", "cn=bo,dc=x"]);
    assert_eq!(all.disputes[0].stays_with, None);

    let owners = [("info@corp.example", "key-bo"), ("amy", "key-amy")];
    let all = assembled(both(), Rules::default(), &owners);
    assert_eq!(account(&all, "amy").login, "amy");
    assert_eq!(account(&all, "amy").addresses.len(), 1);
    assert_eq!(account(&all, "bo").addresses.len(), 2);
    assert_eq!(all.disputes[0].stays_with.as_deref(), Some("cn=bo,dc=x"));
    // Somebody else had it: he does not claim it any more, so nobody has it.
    let owners = [("info@corp.example", "key-cy")];
    let all = assembled(both(), Rules::default(), &owners);
    assert_eq!(account(&all, "bo").addresses.len(), 1);
}

#[test]
fn x500_names_of_two_are_nobodys() {
    let with = |name: &str| Kept {
        x500: vec!["/o=Corp/cn=Same".to_owned(), format!("/o=Corp/cn={name}")],
        ..named(name, Class::Person)
    };
    let all = assembled([with("amy"), with("bo")], Rules::default(), &[]);
    assert_eq!(account(&all, "amy").directory_names, ["/o=Corp/cn=amy"]);
    assert_eq!(all.disputes.len(), 1);
}

#[test]
fn whoever_has_no_mailbox_here_is_named_with_the_reason() {
    let with = |name: &str, address: Option<&str>| Kept {
        addresses: address.iter().map(|it| it.parse().unwrap()).collect(),
        ..named(name, Class::Person)
    };
    let all = assembled(
        [
            with("amy", Some("amy@corp.example")),
            with("bo", None),
            with("cy", Some("cy@elsewhere.example")),
            with("di", Some("amy@corp.example")),
            named("contact", Class::Nothing),
        ],
        Rules::default(),
        &[("amy@corp.example", "key-amy")],
    );
    assert_eq!(all.snapshot.accounts.len(), 1);
    let why: Vec<_> = all.left_out.iter().map(|it| (&it.dn[..], it.why)).collect();
    let want = [
        ("cn=bo,dc=x", Reason::NoAddress),
        ("cn=cy,dc=x", Reason::ForeignDomain),
        ("cn=di,dc=x", Reason::Disputed),
    ];
    assert_eq!(why, want);
}

#[test]
fn an_account_expires_by_the_clock() {
    let until = |name: &str, at: &str| {
        let at: Timestamp = at.parse().unwrap();
        Kept {
            expires_at: Some(at.as_millisecond()),
            ..named(name, Class::Person)
        }
    };
    let soon = until("soon", "2026-11-22T12:00:00.001Z");
    let want = soon.expires_at;
    let all = assembled(
        [
            until("late", "2027-01-01T00:00:00Z"),
            soon,
            until("over", "2026-11-22T12:00:00Z"),
        ],
        Rules::default(),
        &[],
    );
    assert_eq!(account(&all, "over").standing, Standing::Expired);
    assert_eq!(account(&all, "soon").standing, Standing::Active);
    assert_eq!(all.next_expiry, want);
}

#[test]
fn whoever_is_to_begin_later_waits_until_then() {
    let from = |name: &str, at: &str| {
        let at: Timestamp = at.parse().unwrap();
        Kept {
            starts_at: Some(at.as_millisecond()),
            ..named(name, Class::Person)
        }
    };
    let soon = from("soon", "2026-11-22T12:00:01Z");
    let want = soon.starts_at;
    let all = [soon, from("here", "2026-11-22T12:00:00Z")];
    let all = assembled(all, Rules::default(), &[]);
    assert_eq!(account(&all, "soon").standing, Standing::Disabled);
    assert_eq!(account(&all, "here").standing, Standing::Active);
    assert_eq!(all.next_expiry, want);
}

#[test]
fn a_lock_ends_by_the_clock() {
    let locked = |name: &str, at: &str| {
        let at: Timestamp = at.parse().unwrap();
        Kept {
            standing: Standing::Locked,
            locked_at: Some(at.as_millisecond()),
            ..named(name, Class::Person)
        }
    };
    let all = [
        locked("still", "2026-11-22T11:59:00.001Z"),
        locked("over", "2026-11-22T11:59:00Z"),
        Kept {
            locked_at: None,
            ..locked("unknown", "2026-11-22T11:00:00Z")
        },
        Kept {
            expires_at: Some(1),
            ..locked("expired", "2026-11-22T11:00:00Z")
        },
    ];
    let all = assembled(all, Rules::default(), &[]);
    assert_eq!(account(&all, "still").standing, Standing::Locked);
    assert_eq!(account(&all, "over").standing, Standing::Active);
    assert_eq!(account(&all, "unknown").standing, Standing::Locked);
    assert_eq!(account(&all, "expired").standing, Standing::Expired);
    let end: Timestamp = "2026-11-22T12:00:00.001Z".parse().unwrap();
    assert_eq!(all.next_expiry, Some(end.as_millisecond()));
    let half_an_hour = 30 * 60 * 1000;
    assert_eq!(Lockout::Unknown.end(5), Some(5 + half_an_hour));
    assert_eq!(Lockout::UntilUnlocked.end(5), None);
}

#[test]
fn people_may_exchange_addresses_and_keep_their_sign_in_names() {
    // As Active Directory has it after that: each one's user principal name is the other's address.
    let with = |name: &str, address: &str| Kept {
        addresses: vec![format!("{address}@corp.example").parse().unwrap()],
        logins: vec![format!("{name}@corp.example")],
        ..named(name, Class::Person)
    };
    let all = assembled(
        [with("amy", "bo"), with("bo", "amy")],
        Rules::default(),
        &[],
    );
    assert_eq!(account(&all, "amy").addresses[0].local(), "bo");
    assert_eq!(account(&all, "bo").addresses[0].local(), "amy");
    assert!(
        account(&all, "amy").sign_in_names.is_empty(),
        "mail goes before signing in"
    );
    assert_eq!(account(&all, "amy").login, "amy");
    assert_eq!(all.disputes[0].stays_with.as_deref(), Some("cn=bo,dc=x"));
    assert!(all.left_out.is_empty());
}

#[test]
fn a_groups_address_is_not_taken_by_an_account_nor_the_other_way_round() {
    let both = || {
        let mut amy = named("amy", Class::Person);
        amy.addresses.push("ALL@corp.example".parse().unwrap());
        [amy, group("all", &["amy"])]
    };
    let owner = |all: &Assembled| -> Vec<String> {
        let accounts = all.snapshot.accounts.iter().flat_map(|it| &it.addresses);
        let accounts = accounts.filter(|it| it.key() == "all@corp.example");
        let accounts = accounts.map(|_| "amy".to_owned());
        let groups = all.snapshot.groups.iter().map(|it| it.key.clone());
        accounts.chain(groups).collect()
    };
    let all = assembled(both(), Rules::default(), &[("all@corp.example", "key-all")]);
    assert_eq!(owner(&all), ["key-all"]);
    assert_eq!(members(&all, "all@corp.example"), "amy");
    assert_eq!(all.disputes[0].stays_with.as_deref(), Some("cn=all,dc=x"));
    let all = assembled(both(), Rules::default(), &[("all@corp.example", "key-amy")]);
    assert_eq!(owner(&all), ["amy"]);
    assert_eq!(all.disputes[0].stays_with.as_deref(), Some("cn=amy,dc=x"));
    let all = assembled(both(), Rules::default(), &[]);
    assert!(owner(&all).is_empty(), "of two new ones nobody has it");
}

#[test]
fn a_sign_in_name_of_two_gives_nobody_a_right() {
    let admins = || Rules {
        admin_groups: vec!["admins".to_owned()],
        ..Rules::default()
    };
    let all = |owners: &[(&str, &str)]| {
        let mut sales = named("sales", Class::Shared);
        sales.opened_by = vec!["amy".to_owned()];
        let mut group = group("admins", &[]);
        group.members = vec!["amy".to_owned()];
        let mut thief = named("zoe", Class::Person);
        thief.login = "AMY".to_owned();
        assembled(
            [named("amy", Class::Person), thief, sales, group],
            admins(),
            owners,
        )
    };
    let nobody = all(&[]);
    for name in ["amy", "zoe"] {
        assert!(account(&nobody, name).roles.is_empty(), "{name}");
    }
    assert!(account(&nobody, "sales").opened_by.is_empty());
    assert_eq!(nobody.disputes[0].name, "amy");
    // Whoever has the name meanwhile has what hangs on it.
    let before = all(&[("amy", "key-amy")]);
    assert_eq!(account(&before, "amy").roles, [Role::Admin]);
    assert!(account(&before, "zoe").roles.is_empty());
    assert_eq!(account(&before, "sales").opened_by, ["key-amy"]);
}

#[test]
fn an_entry_without_a_mailbox_takes_no_name() {
    let mut service = named("zoe", Class::Person);
    service.login = "amy".to_owned();
    service.addresses.clear();
    let mut group = group("admins", &[]);
    group.members = vec!["amy".to_owned()];
    let rules = Rules {
        admin_groups: vec!["admins".to_owned()],
        ..Rules::default()
    };
    let all = assembled([named("amy", Class::Person), service, group], rules, &[]);
    assert_eq!(account(&all, "amy").roles, [Role::Admin]);
}

#[test]
fn a_group_that_only_looks_like_another_gives_no_right() {
    let rules = |admins: &str| Rules {
        admin_groups: vec![admins.to_owned()],
        shared_group: Some("mbx-{login}".to_owned()),
        ..Rules::default()
    };
    let all = |admins: &str, name: &str| {
        let mut other = group("other", &["zoe"]);
        other.name = name.to_owned();
        let people = ["amy", "zoe"].map(|it| named(it, Class::Person));
        let mut sales = named("sales", Class::Shared);
        sales.opened_by = Vec::new();
        let groups = [
            other,
            group("admins", &["amy"]),
            group("mbx-sales", &["amy"]),
        ];
        assembled(
            people.into_iter().chain([sales]).chain(groups),
            rules(admins),
            &[],
        )
    };
    // What is shown of a group is the weakest of its names.
    for (admins, name) in [
        ("cn=admins,dc=x", "CN=admins, dc=x"),
        ("admins@corp.example", "admins@corp.example"),
        ("admins", "Admins"),
    ] {
        let all = all(admins, name);
        assert_eq!(account(&all, "amy").roles, [Role::Admin], "{admins}");
        assert!(account(&all, "zoe").roles.is_empty(), "{admins}");
    }
    // Two that are shown alike: neither.
    let mut one = group("one", &["amy"]);
    one.name = "Bosses".to_owned();
    let mut two = group("two", &["zoe"]);
    two.name = "bosses".to_owned();
    let people = ["amy", "zoe"].map(|it| named(it, Class::Person));
    let all = assembled(people.into_iter().chain([one, two]), rules("bosses"), &[]);
    assert!(account(&all, "amy").roles.is_empty() && account(&all, "zoe").roles.is_empty());
    assert_eq!(all.disputes.len(), 1);
    assert_eq!(all.disputes[0].name, "bosses");
    assert_eq!(all.disputes[0].claimed_by.len(), 2);
}

#[test]
fn whoever_hides_whether_they_may_sign_in_is_named() {
    let hidden = Kept {
        hides_standing: true,
        standing: Standing::Disabled,
        ..named("amy", Class::Person)
    };
    let room = Kept {
        hides_standing: true,
        ..named("room", Class::Room)
    };
    let costly = Kept {
        hash_is_costly: true,
        ..named("bo", Class::Person)
    };
    let all = assembled([hidden, costly, room], Rules::default(), &[]);
    let amy = Flaw {
        dn: "cn=amy,dc=x".to_owned(),
        what: FlawKind::HidesStanding,
    };
    let bo = Flaw {
        dn: "cn=bo,dc=x".to_owned(),
        what: FlawKind::CostlyHash,
    };
    assert_eq!(all.flaws, [amy, bo], "a room signs in nowhere");
    assert_eq!(all.persons, 2);
}

#[test]
fn groups_that_multiply_are_refused() {
    let all = [
        named("amy", Class::Person),
        named("bo", Class::Person),
        group("inner", &["amy", "bo"]),
        group("outer", &["inner"]),
    ];
    in_context(all, Rules::default(), &[], |context| {
        let mut groups = Groups::new(context);
        // The inner one has no address here: it is a member, and so are those in it.
        let is_mail_group = |_: &str| false;
        let mut members = |so_far: usize| {
            let mut memberships = so_far;
            let members = groups.members("key-outer", is_mail_group, &mut memberships)?;
            Ok::<_, TooManyMemberships>(members.accounts.len())
        };
        assert_eq!(members(limits::MEMBERSHIPS_MAX - 3), Ok(2));
        assert_eq!(
            members(limits::MEMBERSHIPS_MAX - 2),
            Err(TooManyMemberships)
        );
        // So are those who are looked at again and again.
        let mut groups = Groups::new(context);
        let admins = ["outer".to_owned()];
        groups.leave(4);
        assert_eq!(groups.accounts_of(&admins).map(|it| it.len()), Ok(2));
        assert_eq!(groups.accounts_of(&admins), Err(TooManyMemberships));
    });
}
