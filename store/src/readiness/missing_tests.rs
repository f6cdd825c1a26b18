use super::*;
use crate::fixture::{Fixture, person, time};
use crate::mirror::{MirroredGroup, Snapshot};
use crate::secret::Secret;

#[tokio::test]
async fn those_who_are_missing_are_found_by_words_group_and_department() {
    let fixture = Fixture::new().await;
    let of = |login: &str, name: &str, department: Option<&str>| {
        let mut account = person(login);
        account.name = name.to_owned();
        account.listing.department = department.map(str::to_owned);
        account
    };
    let mut ready = of("amy", "Amy Müller", Some("Sales"));
    ready.verifier = Some(Secret::new("$argon2id$x"));
    let accounts = vec![
        ready,
        of("bo", "Bo Müller", Some("Sales")),
        of("cy", "Cy Mueller", None),
        of("di", "Di Ahrens", Some("Straßenbau")),
    ];
    let sales = MirroredGroup {
        hidden: false,
        key: "a group".to_owned(),
        address: "sales@corp.example".parse().unwrap(),
        name: "Sales".to_owned(),
        members: vec!["amy".to_owned(), "bo".to_owned(), "di".to_owned()],
        groups: Vec::new(),
    };
    let snapshot = Snapshot {
        accounts,
        groups: vec![sales],
    };
    fixture.store.mirror(snapshot).await.unwrap();
    let find = async |of: PeopleFilter, page: (usize, usize)| {
        let now = time("2026-11-22T09:00:00Z");
        let found = fixture.store.missing(of, page, now).await.unwrap();
        let logins: Vec<String> = found.people.into_iter().map(|it| it.login).collect();
        (found.total, logins.join(" "))
    };
    let all = (0, 10);
    let words = |words: &str| PeopleFilter {
        words: words.to_owned(),
        ..PeopleFilter::default()
    };
    let told = |total: usize, logins: &str| (total, logins.to_owned());
    assert_eq!(find(words(""), all).await, told(3, "bo cy di"));
    assert_eq!(find(words(""), (1, 1)).await, told(3, "cy"));
    assert_eq!(find(words(""), (9, 9)).await, told(3, ""));
    assert_eq!(find(words("mull"), all).await, told(1, "bo"));
    assert_eq!(find(words("müll"), all).await, told(2, "bo cy"));
    assert_eq!(find(words("strasse"), all).await, told(1, "di"));
    assert_eq!(find(words("bo@corp"), all).await, told(1, "bo"));
    let group = |address: &str| PeopleFilter {
        group: Some(address.parse().unwrap()),
        ..PeopleFilter::default()
    };
    assert_eq!(
        find(group("Sales@corp.example"), all).await,
        told(2, "bo di")
    );
    assert_eq!(find(group("amy@corp.example"), all).await, told(0, ""));
    let department = |name: Option<&str>| PeopleFilter {
        department: Some(name.map(str::to_owned)),
        ..PeopleFilter::default()
    };
    assert_eq!(find(department(Some("Sales")), all).await, told(1, "bo"));
    assert_eq!(find(department(None), all).await, told(1, "cy"));
}
