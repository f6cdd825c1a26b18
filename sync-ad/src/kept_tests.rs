use super::*;
use crate::mapping::RawAttributes;

fn entry(attributes: &[(&str, &[&str])]) -> Entry {
    let attributes = attributes.iter().map(|(name, values)| {
        let values = values.iter().map(|it| it.as_bytes().to_vec()).collect();
        (name.to_lowercase(), values)
    });
    Entry {
        dn: "cn=amy,dc=x".to_owned(),
        attributes: attributes.collect(),
        oversized: Vec::new(),
    }
}

fn mapping(kind: Kind) -> Mapping {
    Mapping {
        hashes: true,
        ..Mapping::new(kind, RawAttributes::default())
    }
}

fn with_only_a_guid() -> Entry {
    let mut entry = entry(&[]);
    let guid = (0_u8..16).collect();
    entry.attributes.push(("objectguid".to_owned(), vec![guid]));
    entry
}

fn with_guid(attributes: &[(&str, &[&str])]) -> Kept {
    let mut entry = entry(attributes);
    for (name, usual) in [("useraccountcontrol", "512"), ("accountexpires", "0")] {
        if entry.text(name).is_none() {
            let usual = vec![usual.as_bytes().to_vec()];
            entry.attributes.push((name.to_owned(), usual));
        }
    }
    let guid = (0_u8..16).collect();
    entry.attributes.push(("objectguid".to_owned(), vec![guid]));
    let (key, kept) = Kept::read(&entry, Class::Person, &mapping(Kind::ActiveDirectory)).unwrap();
    assert_eq!(key, "03020100-0504-0706-0809-0a0b0c0d0e0f");
    kept
}

#[test]
fn an_account_of_active_directory_is_read() {
    let amy = with_guid(&[
        ("sAMAccountName", &["amy"]),
        ("userPrincipalName", &["amy@corp.local"]),
        ("displayName", &["Amy Groß"]),
        ("mail", &["amy@corp.example"]),
        (
            "proxyAddresses",
            &[
                "smtp:amy@corp.example",
                "SMTP:Amy.Gross@corp.example",
                "X500:/o=Corp/cn=Amy",
                "SIP:amy@corp.example",
            ],
        ),
        ("legacyExchangeDN", &["/o=corp/cn=amy", "/o=corp/cn=amy2"]),
        ("department", &["Sales"]),
        ("preferredLanguage", &["de-DE, en;q=0.5"]),
        ("userAccountControl", &["512"]),
        ("accountExpires", &["9223372036854775807"]),
        ("primaryGroupID", &["513"]),
        ("msExchHideFromAddressLists", &["TRUE"]),
    ]);
    let addresses: Vec<&str> = amy.addresses.iter().map(Address::as_str).collect();
    assert_eq!(addresses, ["Amy.Gross@corp.example", "amy@corp.example"]);
    assert_eq!(
        (&amy.login[..], &amy.logins[..]),
        ("amy", &["amy@corp.local".to_owned()][..])
    );
    assert_eq!(amy.x500.len(), 2, "{:?}", amy.x500);
    assert_eq!(amy.language.as_deref(), Some("de"));
    assert_eq!((amy.standing, amy.expires_at), (Standing::Active, None));
    assert_eq!((amy.primary_group, amy.listing.hidden), (Some(513), true));
}

#[test]
fn exchange_says_what_a_mailbox_is() {
    for (details, want) in [
        ("1", Class::Person),
        ("2147483648", Class::Person),
        ("4", Class::Shared),
        ("34359738368", Class::Shared),
        ("16", Class::Room),
        ("32", Class::Room),
        ("64", Class::Nothing),
        ("128", Class::Nothing),
        ("536870912", Class::Nothing),
    ] {
        let kept = with_guid(&[("msExchRecipientTypeDetails", &[details])]);
        assert_eq!(kept.class, want, "{details}");
    }
    assert_eq!(with_guid(&[]).class, Class::Person);
    // What the config says of an entry goes before what Exchange says.
    for class in [Class::Shared, Class::Room] {
        let map = mapping(Kind::ActiveDirectory);
        for details in ["1", "128", "4"] {
            let mut entry = with_only_a_guid();
            let value = vec![details.as_bytes().to_vec()];
            let name = "msexchrecipienttypedetails".to_owned();
            entry.attributes.push((name, value));
            let kept = Kept::read(&entry, class, &map).unwrap().1;
            assert_eq!(kept.class, class, "{details}");
        }
    }
}

#[test]
fn whoever_may_not_sign_in_is_told_from_who_may() {
    // The last second of 2025-11-23 as Windows counts it.
    let end = "134084159990000000";
    let check = |attributes: &[(&str, &[&str])], want: (Standing, Option<i64>)| {
        let kept = with_guid(attributes);
        assert_eq!((kept.standing, kept.expires_at), want, "{attributes:?}");
    };
    check(
        &[("userAccountControl", &["514"])],
        (Standing::Disabled, None),
    );
    check(
        &[("lockoutTime", &["134084159990000000"])],
        (Standing::Locked, None),
    );
    check(&[("lockoutTime", &["0"])], (Standing::Active, None));
    check(&[("accountExpires", &["0"])], (Standing::Active, None));
    check(
        &[("accountExpires", &[end])],
        (Standing::Active, Some(1_763_942_399_000)),
    );
    check(
        &[("shadowExpire", &["20000"])],
        (Standing::Active, Some(1_728_000_000_000)),
    );
    check(&[("shadowExpire", &["-1"])], (Standing::Active, None));
    check(
        &[("pwdAccountLockedTime", &["000001010000Z"])],
        (Standing::Disabled, None),
    );
    check(
        &[("pwdAccountLockedTime", &["20261122120000Z"])],
        (Standing::Locked, None),
    );
    check(&[("nsAccountLock", &["TRUE"])], (Standing::Disabled, None));
}

#[test]
fn whoever_hides_whether_they_may_sign_in_may_not() {
    let check = |attributes: &[(&str, &[&str])], want: (Standing, bool)| {
        let mut entry = with_only_a_guid();
        entry.attributes.extend(self::entry(attributes).attributes);
        let kept = Kept::read(&entry, Class::Person, &mapping(Kind::ActiveDirectory));
        let kept = kept.unwrap().1;
        assert_eq!((kept.standing, kept.hides_standing), want, "{attributes:?}");
    };
    let (control, expires) = (
        ("userAccountControl", &["512"][..]),
        ("accountExpires", &["0"][..]),
    );
    check(&[control, expires], (Standing::Active, false));
    let hidden = (Standing::Disabled, true);
    check(&[], hidden);
    let group = Kept::read(
        &with_only_a_guid(),
        Class::Group,
        &mapping(Kind::ActiveDirectory),
    );
    assert!(!group.unwrap().1.hides_standing, "a group has none");
    check(&[control], hidden);
    check(&[expires], hidden);
    check(&[("userAccountControl", &["active"]), expires], hidden);
    check(&[control, ("accountExpires", &["soon"])], hidden);
    check(&[control, expires, ("lockoutTime", &["x"])], hidden);
    // OpenLDAP has none of them, and a word where a number stands is no permission.
    let ldap = |more: &[(&str, &[&str])]| {
        let uuid = ("entryUUID", &["0b1c2d3e-0000-103f-8000-000000000001"][..]);
        let entry = entry(&[&[uuid], more].concat());
        let kept = Kept::read(&entry, Class::Person, &mapping(Kind::Ldap))
            .unwrap()
            .1;
        (kept.standing, kept.hides_standing)
    };
    assert_eq!(ldap(&[]), (Standing::Active, false));
    assert_eq!(ldap(&[("shadowExpire", &["never"])]), hidden);
}

#[test]
fn an_entry_of_openldap_is_read_and_one_without_a_key_is_not() {
    let map = mapping(Kind::Ldap);
    let hash = "{ARGON2}$argon2id$v=19$m=19456,t=2,p=1$\
        AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let amy = entry(&[
        ("entryUUID", &["0B1C2D3E-0000-103F-8000-000000000001"]),
        ("entryCSN", &["20261122120000.000001Z#000000#000#000000"]),
        ("uid", &["amy", "agross"]),
        ("mail", &["amy@corp.example", "amy@old.example"]),
        ("userPassword", &["{SSHA}x", hash]),
    ]);
    let (key, kept) = Kept::read(&amy, Class::Person, &map).unwrap();
    assert_eq!(key, "0b1c2d3e-0000-103f-8000-000000000001");
    assert_eq!(
        (&kept.login[..], &kept.logins[..]),
        ("amy", &["agross".to_owned()][..])
    );
    assert_eq!(kept.addresses.len(), 2);
    assert_eq!(kept.name, "cn=amy,dc=x");
    let costly = hash.replace("m=19456,t=2", "m=262144,t=32");
    let eve = entry(&[
        ("entryUUID", &["0199a0d4-7a6b-4c1e-9f2a-1b2c3d4e5f60"]),
        ("userPassword", &[&costly]),
    ]);
    let (_, eve) = Kept::read(&eve, Class::Person, &map).unwrap();
    assert!(eve.hash.is_none() && eve.hash_is_costly && !kept.hash_is_costly);
    assert!(kept.hash.is_some() && kept.stamp.starts_with("2026"));
    let unread = Mapping::new(Kind::Ldap, RawAttributes::default());
    assert_eq!(
        Kept::read(&amy, Class::Person, &unread).unwrap().1.hash,
        None
    );
    assert!(Kept::read(&entry(&[("uid", &["amy"])]), Class::Person, &map).is_none());
    let odd = entry(&[("entryUUID", &["../../etc"])]);
    assert!(Kept::read(&odd, Class::Person, &map).is_none());
}

#[test]
fn what_is_remembered_is_read_again() {
    let group = Kept {
        members: vec!["cn=amy,dc=x".to_owned()],
        rid: Some(7),
        class: Class::Group,
        ..with_guid(&[("proxyAddresses", &["SMTP:all@corp.example"])])
    };
    let text = serde_json::to_string(&group).unwrap();
    assert_eq!(serde_json::from_str::<Kept>(&text).unwrap(), group);
    // And what an earlier version wrote, which knew less.
    assert_eq!(serde_json::from_str::<Kept>("{}").unwrap(), Kept::default());
}

#[test]
fn a_sid_ends_with_its_number() {
    let sid = [1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 1, 2, 0, 0];
    assert_eq!(rid(&sid), Some(513));
    assert_eq!(rid(&[1, 2, 3]), None);
}

#[test]
fn a_group_without_its_members_is_no_empty_group() {
    let map = mapping(Kind::ActiveDirectory);
    let group = |oversized: &str, members: &[&str]| Kept {
        class: Class::Group,
        members: members.iter().map(|it| (*it).to_owned()).collect(),
        oversized: vec![oversized.to_owned()],
        ..Kept::default()
    };
    assert!(group("member", &[]).lacks_members(&map));
    assert!(group("member;range=0-999", &[]).lacks_members(&map));
    assert!(!group("member", &["cn=amy"]).lacks_members(&map));
    assert!(!group("description", &[]).lacks_members(&map));
}
