//! The address book, and suggestions while one types.

use store::{Listing, Mode};

use super::site::{Site, account};

/// With a colleague in it who is found in many ways, one who is hidden, and a group.
async fn site_with_book() -> Site {
    let site = Site::in_emergency().await;
    let mut juergen = account("juergen", "Jürgen Groß", Some("de"));
    juergen.listing = Listing {
        department: Some("Straßenbau <Nord>".to_owned()),
        phone: Some("+49 30 1234-5".to_owned()),
        hidden: false,
    };
    let mut hidden = account("bo", "Bo", None);
    hidden.listing.hidden = true;
    let mut ada = account("ada", "Lovelace, Ada", Some("en"));
    ada.listing.phone = Some("ext. 12".to_owned());
    let snapshot = store::Snapshot {
        accounts: vec![juergen, hidden, ada],
        groups: vec![store::MirroredGroup {
            hidden: false,
            key: "a group".to_owned(),
            address: "vertrieb@corp.example".parse().unwrap(),
            name: "Vertrieb".to_owned(),
            members: Vec::new(),
            groups: Vec::new(),
        }],
    };
    site.store.mirror(snapshot).await.unwrap();
    site
}

#[tokio::test]
async fn colleagues_are_listed_and_found() {
    let site = site_with_book().await;
    let visit = site.session(site.ada).await;
    let book = format!("/mail/{}/book", site.ada);
    let all = site.get(&book, Some(&visit)).await;
    all.check(
        200,
        &[
            "Jürgen Groß",
            "Straßenbau &#60;Nord&#62;",
            "href=\"tel:+493012345\"",
            "ext. 12",
            "Vertrieb",
            "Group",
            "?to=J%c3%bcrgen%20Gro%c3%9f%20%3cjuergen%40corp.example%3e\"",
        ],
    );
    all.check_lacks(&[
        "bo@corp.example",
        "tel:12",
        "aria-label=\"Pages of the address book\"",
    ]);
    for words in ["juerg", "gross%20jurgen", "strassenbau"] {
        let found = site.get(&format!("{book}?q={words}"), Some(&visit)).await;
        found.check(200, &["juergen@corp.example"]);
        found.check_lacks(&["vertrieb@corp.example"]);
    }
    let nobody = site
        .get(&format!("{book}?q=%3Cb%3E&page=7"), Some(&visit))
        .await;
    nobody.check(200, &["Nobody found.", "value=\"&#60;b&#62;\""]);
}

#[tokio::test]
async fn those_who_are_ticked_stand_in_the_new_message() {
    let site = site_with_book().await;
    let visit = site.session(site.juergen).await;
    let write = format!(
        "/mail/{}/write?to=%22Lovelace%2C%20Ada%22%20%3Cada%40corp.example%3E&to=vertrieb%40corp.example%0d%0a",
        site.juergen
    );
    let form = site.get(&write, Some(&visit)).await;
    form.check(
        200,
        &["value=\"&#34;Lovelace, Ada&#34; &#60;ada@corp.example&#62;, vertrieb@corp.example\""],
    );
}

#[tokio::test]
async fn the_first_few_are_suggested() {
    let site = site_with_book().await;
    let visit = site.session(site.juergen).await;
    let ask = format!("/mail/{}/book/suggest?q=ada", site.juergen);
    let answer = site.get(&ask, Some(&visit)).await;
    answer.check(200, &[]);
    assert_eq!(
        answer.text(),
        "[{\"field\":\"\\\"Lovelace, Ada\\\" <ada@corp.example>\",\"name\":\"Lovelace, Ada\",\
         \"more\":\"ada@corp.example\"}]"
    );
    site.get(&ask, None).await.check(303, &[]);
}

#[tokio::test]
async fn in_recovery_it_is_read_and_nobody_is_written_to() {
    let site = site_with_book().await;
    let visit = site.session(site.ada).await;
    let book = format!("/mail/{}/book", site.ada);
    site.become_mode(Mode::Recovery).await;
    let visit_again = site.session(site.ada).await;
    let page = site.get(&book, Some(&visit_again)).await;
    page.check(200, &["juergen@corp.example"]);
    page.check_lacks(&["?to=", "type=\"checkbox\""]);
    site.become_mode(Mode::Normal).await;
    let locked = site.get(&book, Some(&visit)).await;
    locked.check_lacks(&["juergen@corp.example"]);
}
