use super::*;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{MirroredGroup, Snapshot};
use crate::secret::Secret;

fn group(address: &str, members: &[&str], groups: &[&str]) -> MirroredGroup {
    MirroredGroup {
        hidden: false,
        key: String::new(),
        address: address.parse().unwrap(),
        name: address.to_owned(),
        members: members.iter().map(|it| (*it).to_owned()).collect(),
        groups: groups.iter().map(|it| it.parse().unwrap()).collect(),
    }
}

#[tokio::test]
async fn counts_by_group_with_those_within_and_by_department() {
    let fixture = Fixture::new().await;
    let of = |login: &str, verifier: bool, department: Option<&str>| {
        let mut account = person(login);
        account.verifier = verifier.then(|| Secret::new("$argon2id$x"));
        account.listing.department = department.map(str::to_owned);
        account
    };
    let mut info = person("info");
    info.kind = crate::account::AccountKind::Shared;
    let accounts = vec![
        of("amy", true, Some("Sales")),
        of("bo", false, Some(" Sales ")),
        of("cy", true, None),
        of("di", false, Some("")),
        info,
    ];
    let groups = vec![
        group("all@corp.example", &["cy", "amy"], &["sales@corp.example"]),
        group(
            "sales@corp.example",
            &["amy", "bo", "info"],
            &["all@corp.example"],
        ),
        group("rooms@corp.example", &["info"], &[]),
        // Another address of the first one, and one that nobody is to know of.
        MirroredGroup {
            key: "all".to_owned(),
            ..group("everybody@corp.example", &[], &["all@corp.example"])
        },
        MirroredGroup {
            hidden: true,
            ..group("layoffs@corp.example", &["amy"], &[])
        },
    ];
    let mut groups = groups;
    groups[0].key = "all".to_owned();
    fixture
        .store
        .mirror(Snapshot { accounts, groups })
        .await
        .unwrap();
    let figures = fixture
        .store
        .readiness_figures(time("2026-11-22T09:00:00Z"))
        .await
        .unwrap();
    let told = |count: Count| (count.people, count.ready, count.password, count.missing());
    assert_eq!(told(figures.all), (4, 2, 2, 2));
    let groups: Vec<_> = figures
        .groups
        .iter()
        .map(|it| (it.group.address.as_str(), told(it.count)))
        .collect();
    assert_eq!(
        groups,
        [
            ("all@corp.example", (3, 2, 2, 1)),
            ("sales@corp.example", (3, 2, 2, 1))
        ]
    );
    let departments: Vec<_> = figures
        .departments
        .iter()
        .map(|it| (it.name.as_deref(), told(it.count)))
        .collect();
    assert_eq!(
        departments,
        [(None, (2, 1, 1, 1)), (Some("Sales"), (2, 1, 1, 1))]
    );
}
