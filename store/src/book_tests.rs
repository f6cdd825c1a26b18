use super::*;
use crate::account::Standing;
use crate::fixture::{Fixture, person};
use crate::mirror::{Listing, MirroredAccount, MirroredGroup, Snapshot};

fn listed(login: &str, name: &str, department: &str) -> MirroredAccount {
    let mut account = person(login);
    account.name = name.to_owned();
    account.listing = Listing {
        department: (!department.is_empty()).then(|| department.to_owned()),
        phone: Some("+49 30 1234-5".to_owned()),
        hidden: false,
    };
    account
}

async fn book() -> Fixture {
    let fixture = Fixture::new().await;
    let mut hidden = listed("geheim", "Gustav Geheim", "Vorstand");
    hidden.listing.hidden = true;
    let mut gone = listed("weg", "Wilma Weg", "");
    gone.standing = Standing::Disabled;
    let mut info = listed("info", "Info-Postfach", "");
    info.kind = AccountKind::Shared;
    info.standing = Standing::Disabled;
    let mut juergen = listed("juergen", "Jürgen Groß", "Straßenbau");
    juergen.addresses.push("jg@corp.example".parse().unwrap());
    let group = MirroredGroup {
        hidden: false,
        key: "a group".to_owned(),
        address: "vertrieb@corp.example".parse().unwrap(),
        name: "Vertrieb".to_owned(),
        members: Vec::new(),
        groups: Vec::new(),
    };
    let accounts = vec![
        listed("zoe", "Zoe Zett", ""),
        listed("aerger", "Ärger, Anton", "Vertrieb"),
        juergen,
        hidden,
        gone,
        info,
    ];
    let alias = MirroredGroup {
        address: "sales@corp.example".parse().unwrap(),
        groups: vec![group.address.clone()],
        ..group.clone()
    };
    let secret = MirroredGroup {
        key: "another".to_owned(),
        address: "layoffs-2026@corp.example".parse().unwrap(),
        name: "Layoffs".to_owned(),
        hidden: true,
        ..group.clone()
    };
    // One group is in another: that is no alias.
    let within = MirroredGroup {
        key: "a third".to_owned(),
        address: "team@corp.example".parse().unwrap(),
        name: "Team".to_owned(),
        ..alias.clone()
    };
    let groups = vec![group, alias, secret, within];
    fixture
        .store
        .mirror(Snapshot { accounts, groups })
        .await
        .unwrap();
    fixture
}

async fn names(fixture: &Fixture, words: &str, page: (usize, usize)) -> (Vec<String>, bool) {
    let found = fixture.store.address_book(words, page).await.unwrap();
    let names = found.lines.into_iter().map(|it| it.name).collect();
    (names, found.more)
}

#[tokio::test]
async fn words_find_names_addresses_and_departments_in_any_spelling() {
    let fixture = book().await;
    let check = async |words: &str, want: &[&str]| {
        let (found, more) = names(&fixture, words, (0, 10)).await;
        assert_eq!(found, want, "{words}");
        assert!(!more);
    };
    let all = [
        "Ärger, Anton",
        "Info-Postfach",
        "Jürgen Groß",
        "Team",
        "Vertrieb",
        "Zoe Zett",
    ];
    check("", &all).await;
    for words in [
        "jürgen",
        "juerg",
        "jurgen gross",
        "groß jü",
        "jg@corp",
        "strassenbau",
    ] {
        check(words, &["Jürgen Groß"]).await;
    }
    check("vertrieb", &["Ärger, Anton", "Vertrieb"]).await;
    for words in [
        "geheim", "vorstand", "wilma", "rgen", "nobody", "layoffs", "sales",
    ] {
        check(words, &[]).await;
    }
}

#[tokio::test]
async fn it_is_cut_into_pages_and_follows_the_directory() {
    let fixture = book().await;
    let told = |names: &[&str], more: bool| {
        let names: Vec<String> = names.iter().map(|it| (*it).to_owned()).collect();
        (names, more)
    };
    let page = async |page| names(&fixture, "", page).await;
    assert_eq!(
        page((0, 2)).await,
        told(&["Ärger, Anton", "Info-Postfach"], true)
    );
    assert_eq!(page((4, 2)).await, told(&["Vertrieb", "Zoe Zett"], false));
    assert_eq!(page((9, 2)).await, told(&[], false));
    let snapshot = Snapshot {
        accounts: vec![listed("neu", "Nele Neu", "")],
        groups: Vec::new(),
    };
    fixture.store.mirror(snapshot).await.unwrap();
    assert_eq!(page((0, 9)).await, told(&["Nele Neu"], false));
}

#[tokio::test]
async fn a_line_says_who_and_where() {
    let fixture = book().await;
    let found = fixture.store.address_book("groß", (0, 1)).await.unwrap();
    let want = Listed {
        kind: ListedKind::Account(AccountKind::Person),
        name: "Jürgen Groß".to_owned(),
        address: "juergen@corp.example".parse().unwrap(),
        department: Some("Straßenbau".to_owned()),
        phone: Some("+49 30 1234-5".to_owned()),
    };
    assert_eq!(found.lines, [want]);
}

#[tokio::test]
async fn while_it_is_read_again_others_see_the_one_before() {
    let fixture = book().await;
    let store = &fixture.store;
    let before = names(&fixture, "", (0, 9)).await;
    store
        .mirror(Snapshot {
            accounts: vec![listed("neu", "Nele Neu", "")],
            groups: Vec::new(),
        })
        .await
        .unwrap();
    let inner = store.inner();
    let reading = inner.book.reading.lock().unwrap();
    assert_eq!(
        store.inner().book().unwrap().lines.len(),
        before.0.len(),
        "nobody waits for it"
    );
    drop(reading);
    assert_eq!(store.inner().book().unwrap().lines.len(), 1);
}
