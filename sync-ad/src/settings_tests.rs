use super::*;

fn raw(more: &str) -> RawDirectory {
    let usual = "kind = \"ldap\"\nservers = [\"ldaps://dc1.corp.example\"]\n\
        bind_dn = \"cn=reader\"\nbase = [\"dc=x\"]\n";
    let more: toml::Table = more.parse().unwrap();
    let mut all: toml::Table = usual.parse().unwrap();
    all.extend(more);
    all.try_into().unwrap()
}

fn checked(more: &str) -> Result<Settings, SettingsError> {
    Settings::new(
        raw(more),
        vec!["corp.example".to_owned()],
        Secret::new("pw"),
    )
}

#[track_caller]
fn check_refused(more: &str, key: &str, word: &str) {
    let error = checked(more).unwrap_err();
    assert_eq!(error.key, key, "{error:?}");
    assert!(error.reason.contains(word), "{error:?}");
}

#[test]
fn wrong_values_are_named() {
    check_refused("kind = \"nis\"", "directory.kind", "nis");
    check_refused("servers = []", "directory.servers", "must name");
    check_refused("servers = [\"dc1\"]", "directory.servers", "dc1");
    check_refused("base = []", "directory.base", "must name");
    check_refused("base = [\"corp\"]", "directory.base", "must name");
    check_refused("bind_dn = \" \"", "directory.bind_dn", "account");
    check_refused("user_filter = \"(uid=\"", "directory.user_filter", "(uid=");
    check_refused(
        "sync_every_seconds = 0",
        "directory.sync_every_seconds",
        "from 1",
    );
    check_refused(
        "full_sync_every_hours = 0",
        "directory.full_sync_every_hours",
        "from 1",
    );
    for key in [
        "verifier_days",
        "wrong_passwords_max",
        "wrong_passwords_minutes",
    ] {
        let error = checked(&format!("{key} = 0")).unwrap_err();
        assert_eq!(error.key, format!("directory.{key}"));
    }
    let clear = "starttls = false\nservers = [\"ldap://dc1.corp.example\"]";
    check_refused(clear, "directory.starttls", "dc1.corp.example");
    assert!(checked("starttls = false\nservers = [\"ldap://127.0.0.1:3890\"]").is_ok());
    assert!(checked("starttls = false\nservers = [\"ldaps://dc1.corp.example\"]").is_ok());
    let empty = Settings::new(raw(""), Vec::new(), Secret::new("")).unwrap_err();
    assert_eq!(empty.key, "directory.bind_password_file");
}

#[test]
fn a_mapping_replaces_one_list_of_the_preset() {
    let settings = checked("attributes = { login = [\"cn\", \"mail\"] }").unwrap();
    assert_eq!(settings.mapping.login, ["cn", "mail"]);
    assert_eq!(
        settings.mapping.members,
        ["member", "uniqueMember", "memberUid"]
    );
    assert!(
        !settings
            .mapping
            .attributes()
            .contains(&"userPassword".to_owned())
    );
    let settings = checked("kind = \"ad\"\npassword_hashes = true").unwrap();
    assert_eq!(settings.mapping.key(), "objectGUID");
    assert!(
        settings
            .mapping
            .attributes()
            .contains(&"userPassword".to_owned())
    );
}

#[test]
fn what_is_read_differently_is_read_again() {
    let fingerprint = |more: &str| checked(more).unwrap().fingerprint();
    let usual = fingerprint("");
    assert_eq!(usual, fingerprint("sync_every_seconds = 7"));
    for more in [
        "base = [\"dc=y\"]",
        "user_filter = \"(uid=*)\"",
        "attributes = { phone = [\"mobile\"] }",
        "kind = \"ad\"",
    ] {
        assert_ne!(usual, fingerprint(more), "{more}");
    }
}

#[test]
fn what_becomes_another_mirror_is_made_again_and_not_read_again() {
    let of = |more: &str| {
        let settings = checked(more).unwrap();
        (settings.fingerprint(), settings.fingerprint_of_rules())
    };
    let usual = of("");
    assert_eq!(usual, of("sync_every_seconds = 7"));
    for more in [
        "admin_groups = [\"bosses\"]",
        "auditor_groups = [\"audit\"]",
        "shared_group = \"mbx-{login}\"",
    ] {
        let (read, made) = of(more);
        assert_eq!(read, usual.0, "{more}");
        assert_ne!(made, usual.1, "{more}");
    }
    let domains = vec!["corp.example".to_owned(), "more.example".to_owned()];
    let settings = Settings::new(raw(""), domains, Secret::new("pw")).unwrap();
    assert_ne!(settings.fingerprint_of_rules(), usual.1);
}

#[test]
fn the_password_is_in_no_log() {
    let settings = Settings::new(raw(""), Vec::new(), Secret::new("hunter2")).unwrap();
    assert!(!format!("{settings:?}").contains("hunter2"));
}
