//! From a listener into the full text, with a real store.

use std::time::Duration;

use store::search::{Found, Query, Scope, SearchPage};

use crate::house::{House, bring};

const MAIL: &str = "From: Ann <ann@x.test>\r\nTo: Amy <amy@corp.example>\r\n\
    Subject: Die Abrechnung\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>f\u{fc}r <b>Herrn</b> M\u{fc}ller</p>\r\n\
    --b\r\nContent-Type: application/pdf; name=Beleg_4711.pdf\r\n\
    Content-Disposition: attachment\r\n\r\nx\r\n--b--\r\n";

/// Searches until the full text holds everything.
async fn search(house: &House, login: &str, text: &str) -> SearchPage {
    let scope = Scope::Account(house.account(login).await);
    let query = Query::parse(text, jiff::civil::date(2026, 11, 22));
    let caught_up = async {
        loop {
            let page = house.store.search(scope, &query, None, 9).await.unwrap();
            if page.behind == 0 {
                return page;
            }
            house.store.indexing_wanted().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), caught_up)
        .await
        .expect("the full text catches up")
}

fn count(page: &SearchPage) -> usize {
    match &page.found {
        Found::Entries(entries) => entries.len(),
        Found::Messages(messages) => messages.len(),
    }
}

#[tokio::test]
async fn mail_is_found_by_its_text() {
    let house = House::open().await;
    let to = ["amy@corp.example"];
    bring(
        &house.store,
        &house.fallback,
        ("ann@x.test", &to),
        MAIL.as_bytes(),
    )
    .await;
    for text in [
        "rechnung",
        "mueller",
        "\"herrn muller\"",
        "von:ann an:amy",
        "datei:4711",
        "has:attachment betreff:die",
    ] {
        assert_eq!(count(&search(&house, "amy", text).await), 1, "{text}");
        assert_eq!(count(&search(&house, "bob", text).await), 0, "{text}");
    }
    assert_eq!(count(&search(&house, "amy", "text:4711").await), 0);
    house.close().await;
}

#[tokio::test]
async fn one_who_gets_it_later_finds_it_too() {
    let house = House::open().await;
    let mail = MAIL.replacen("From", "Message-ID: <one@x.test>\r\nFrom", 1);
    for to in ["amy@corp.example", "bob@corp.example"] {
        bring(
            &house.store,
            &house.fallback,
            ("ann@x.test", &[to]),
            mail.as_bytes(),
        )
        .await;
        search(&house, "amy", "rechnung").await;
    }
    for login in ["amy", "bob"] {
        assert_eq!(
            count(&search(&house, login, "rechnung").await),
            1,
            "{login}"
        );
    }
    house.close().await;
}

#[tokio::test]
async fn what_can_not_be_read_is_found_by_its_summary() {
    let house = House::open().await.pause_filer().await;
    let to = ["amy@corp.example"];
    let id = crate::house::keep(&house.fallback, ("ann@x.test", &to), MAIL.as_bytes()).await;
    house.damage_records();
    let house = house.resume_filer();
    crate::house::wait_until_filed(&house.store, id).await;
    // Nothing of it can be read, but the index is not behind for ever because of it.
    assert_eq!(count(&search(&house, "amy", "rechnung").await), 0);
    assert_eq!(count(&search(&house, "amy", "is:unread").await), 1);
    house.close().await;
}
