use super::*;

fn account(number: u32) -> AccountId {
    number.to_string().parse().unwrap()
}

fn address(text: &str) -> Address {
    text.parse().unwrap()
}

const AMY: u32 = 1;
const BOB: u32 = 2;

/// The directory of these tests: amy and bob, a group of both, a group of nobody.
fn named(addresses: &[&str]) -> Vec<Named> {
    let person = |number, primary| Recipient {
        account: account(number),
        primary: address(primary),
    };
    let (amy, bob) = (
        person(AMY, "amy@corp.example"),
        person(BOB, "bob@corp.example"),
    );
    let owners = |text: &str| match text {
        "amy@corp.example" | "AMY+tag@corp.example" | "a@corp.example" => Owners::One(amy.clone()),
        "bob@corp.example" => Owners::One(bob.clone()),
        "sales@corp.example" => Owners::Group(vec![amy.clone(), bob.clone()]),
        "outsiders@corp.example" => Owners::Group(Vec::new()),
        _ => Owners::Nobody,
    };
    let named = |text: &&str| Named {
        address: address(text),
        owners: owners(text),
        domain_is_ours: text.ends_with("@corp.example"),
    };
    addresses.iter().map(named).collect()
}

/// `inbox 1`, `sent 2 seen`; `return amy@corp.example 1`; `served 1`; `unknown x@corp.example inbox primary`.
fn told(filing: &Filing) -> Vec<String> {
    let mut told = Vec::new();
    for entry in &filing.entries {
        let seen = if entry.seen { " seen" } else { "" };
        told.push(format!("{} {}{seen}", entry.folder, entry.account));
    }
    for owed in &filing.owed {
        let whose = owed
            .account
            .map_or_else(|| "-".into(), |account| account.to_string());
        told.push(format!("{:?} {} {whose}", owed.purpose, owed.recipient));
    }
    told.extend(
        filing
            .served
            .iter()
            .map(|account| format!("served {account}")),
    );
    told.extend(filing.unknown_names.iter().map(|to| {
        let primary = if to.at_primary { " primary" } else { "" };
        format!("unknown {} {}{primary}", to.name, to.folder)
    }));
    told
}

#[test]
fn copies() {
    let check = |to: &[&str], sender: Option<u32>, want: &[&str]| {
        let to = CopiedTo::Told(named(to));
        let filing = copy(&to, sender.map(account).as_slice(), Filing::default());
        assert_eq!(told(&filing), want, "{to:?}");
    };
    check(&["amy@corp.example"], None, &["inbox 1", "served 1"]);
    check(
        &["sales@corp.example", "bob@corp.example"],
        None,
        &["inbox 2", "inbox 1", "served 2", "served 1"],
    );
    check(&["x@else.test"], Some(AMY), &["sent 1 seen"]);
    check(
        &["amy@corp.example"],
        Some(AMY),
        &["inbox 1", "sent 1 seen", "served 1"],
    );
    check(
        &["gone@corp.example", "x@else.test"],
        None,
        &["unknown gone@corp.example inbox primary"],
    );
    check(&[], None, &[]);
}

#[test]
fn a_guess_settles_nothing() {
    let to = CopiedTo::Guessed(named(&["amy@corp.example", "gone@corp.example"]));
    let filing = copy(&to, &[account(BOB)], Filing::default());
    assert_eq!(
        told(&filing),
        ["inbox 1", "sent 2 seen", "unknown gone@corp.example inbox"]
    );
}

#[test]
fn fallback_mail_is_owed_once_for_each_owner() {
    let check = |to: &[&str], want: &[&str]| {
        let filing = fallback(&named(to), Filing::default());
        assert_eq!(told(&filing), want, "{to:?}");
    };
    check(
        &["amy@corp.example"],
        &["inbox 1", "Return amy@corp.example 1"],
    );
    check(
        &["AMY+tag@corp.example"],
        &["inbox 1", "Return AMY+tag@corp.example 1"],
    );
    check(
        &["a@corp.example", "amy@corp.example"],
        &["inbox 1", "Return a@corp.example 1"],
    );
    check(
        &["sales@corp.example"],
        &[
            "inbox 1",
            "inbox 2",
            "Return amy@corp.example 1",
            "Return bob@corp.example 2",
        ],
    );
    check(
        &["sales@corp.example", "a@corp.example"],
        &[
            "inbox 1",
            "inbox 2",
            "Return a@corp.example 1",
            "Return bob@corp.example 2",
        ],
    );
    check(
        &["outsiders@corp.example"],
        &["Return outsiders@corp.example -"],
    );
    check(
        &["gone@corp.example", "GONE@corp.example"],
        &[
            "Return gone@corp.example -",
            "unknown gone@corp.example inbox",
            "unknown gone@corp.example inbox",
        ],
    );
}

#[test]
fn what_is_written_in_a_drill_is_owed_to_nobody() {
    let check = |to: &[&str], want: &[&str]| {
        let filing = rehearsed(&named(to), account(AMY), Filing::default());
        assert_eq!(told(&filing), want, "{to:?}");
    };
    check(&["bob@corp.example"], &["sent 1 seen", "inbox 2"]);
    check(
        &["sales@corp.example"],
        &["sent 1 seen", "inbox 1", "inbox 2"],
    );
    // The form refuses these; what came past it goes nowhere.
    check(&["x@else.test", "nobody@corp.example"], &["sent 1 seen"]);
}

#[test]
fn written_mail() {
    let check = |to: &[&str], want: &[&str]| {
        let writer = (account(AMY), Some(address("amy@corp.example")));
        let filing = written(&named(to), writer, Filing::default());
        assert_eq!(told(&filing), want, "{to:?}");
    };
    let own = ["sent 1 seen", "SentCopy amy@corp.example 1"];
    check(&[], &own);
    check(
        &["x@else.test", "x@else.test"],
        &[own[0], own[1], "Send x@else.test -"],
    );
    check(
        &["bob@corp.example"],
        &[own[0], "inbox 2", own[1], "Return bob@corp.example 2"],
    );
    check(
        &["sales@corp.example"],
        &[
            own[0],
            "inbox 1",
            "inbox 2",
            own[1],
            "Return amy@corp.example 1",
            "Return bob@corp.example 2",
        ],
    );
    // The mirror may lack it; the primary decides.
    check(
        &["new@corp.example"],
        &[
            own[0],
            own[1],
            "Return new@corp.example -",
            "unknown new@corp.example inbox",
        ],
    );
}

#[test]
fn a_notice_is_for_its_reader_and_nobody_is_owed_it() {
    let filing = notice(&named(&["amy@corp.example"]), Filing::default());
    assert_eq!(told(&filing), ["inbox 1", "Notice amy@corp.example 1"]);
    let filing = notice(&named(&["gone@corp.example"]), Filing::default());
    assert!(told(&filing).is_empty());
    let filing = notice(&named(&["x@else.test"]), Filing::default());
    assert_eq!(told(&filing), ["Send x@else.test -"]);
}
