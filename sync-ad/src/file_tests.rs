use super::*;

const HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$\
    AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[track_caller]
fn check_refused(text: &str, want: &str) {
    let reason = parse(text).expect_err("it should be refused");
    assert!(reason.contains(want), "{reason:?} does not say {want:?}");
}

#[test]
fn reads_people_shared_mailboxes_and_nested_groups() {
    let text = format!(
        r#"
        [[account]]
        login = "juergen"
        name = "Jürgen Groß"
        addresses = ["Juergen.Gross@Corp.Example", "jg@corp.example"]
        password = "{HASH}"
        roles = ["admin"]
        language = "de"
        sign_in_names = ["jgross"]
        department = "Vertrieb"
        phone = "+49 30 1"
        hidden = true

        [[account]]
        login = "cy"
        name = "Cy"
        addresses = ["cy@corp.example"]
        disabled = true

        [[account]]
        login = "info"
        name = "Info"
        addresses = ["info@corp.example"]
        kind = "shared"
        opened_by = ["juergen"]
        x500 = ["/o=Corp/cn=info"]

        [[group]]
        address = "alle@corp.example"
        name = "Alle"
        members = ["Vertrieb@corp.example"]

        [[group]]
        address = "vertrieb@corp.example"
        name = "Vertrieb"
        members = ["juergen"]
        "#
    );
    let snapshot = parse(&text).unwrap();
    let [juergen, cy, info] = &snapshot.accounts[..] else {
        panic!("three accounts")
    };
    assert_eq!(juergen.sign_in_names, ["jgross"]);
    let listing = Listing {
        department: Some("Vertrieb".to_owned()),
        phone: Some("+49 30 1".to_owned()),
        hidden: true,
    };
    assert_eq!(juergen.listing, listing);
    assert_eq!(juergen.standing, Standing::Active);
    assert_eq!(
        (cy.standing, &cy.listing),
        (Standing::Disabled, &Listing::default())
    );
    assert_eq!(info.directory_names, ["/o=Corp/cn=info"]);
    assert!(juergen.directory_names.is_empty());
    assert_eq!(juergen.addresses[0].as_str(), "Juergen.Gross@corp.example");
    assert_eq!(
        (juergen.kind, &juergen.roles[..]),
        (AccountKind::Person, &[Role::Admin][..])
    );
    assert_eq!(
        (info.kind, &info.opened_by[..]),
        (AccountKind::Shared, &["juergen".to_owned()][..])
    );
    let [all, sales] = &snapshot.groups[..] else {
        panic!("two groups")
    };
    assert_eq!(all.groups, std::slice::from_ref(&sales.address));
    assert_eq!(sales.members, ["juergen"]);
}

#[test]
fn the_page_for_administrators_is_right() {
    let page = include_str!("../../docs/directory.md");
    let (_, block) = page.split_once("```users.toml\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    let snapshot = parse(block).unwrap();
    let amy = &snapshot.accounts[0];
    assert_eq!((amy.addresses.len(), amy.roles.len()), (2, 2));
    assert_eq!(snapshot.accounts[1].opened_by, ["amy"]);
    assert_eq!(snapshot.groups[0].members, ["amy"]);
    // It has all keys that there are.
    for key in [
        "opened_by",
        "x500",
        "sign_in_names",
        "disabled",
        "department",
        "phone",
        "hidden",
    ] {
        assert!(block.lines().any(|line| line.starts_with(key)), "{key}");
    }
}

#[test]
fn says_what_is_wrong_and_where() {
    let account = "[[account]]\nlogin = \"a\"\nname = \"A\"\naddresses = [\"a@x.example\"]\n";
    check_refused(
        &format!("{account}colour = \"red\"\n"),
        "line 5: unknown field `colour`",
    );
    check_refused(
        "[[account]]\nlogin = \"a\"\nname = \"A\"\n",
        "missing field `addresses`",
    );
    check_refused(
        &account.replace("a@x.example", "a"),
        "line 4: an address needs a local part",
    );
    check_refused(
        &account.replace("[\"a@x.example\"]", "[]"),
        "a needs at least one address",
    );
    check_refused(
        &format!("{account}password = \"secret\"\n"),
        "shadowmail user hash",
    );
    check_refused(&format!("{account}opened_by = [\"b\"]\n"), "opened by b");
    check_refused(
        &format!("{account}sign_in_names = [\" \"]\n"),
        "a can not sign in as \" \"",
    );
    let group = "[[group]]\naddress = \"g@x.example\"\nname = \"G\"\nmembers = [\"b\"]\n";
    check_refused(&format!("{account}{group}"), "b is a member of g@x.example");
    check_refused("[[account", "line 1");
}

#[test]
fn a_missing_file_says_its_name() {
    let error = read_file(Path::new("/nowhere/users.toml")).unwrap_err();
    assert!(error.to_string().contains("/nowhere/users.toml"), "{error}");
}
