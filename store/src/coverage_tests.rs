use super::*;
use crate::fixture::{Fixture, time, to};
use crate::mirror::{MirroredGroup, Snapshot};
use crate::search::{Extent, IndexText};

const NOW: &str = "2026-11-22T09:00:00Z";

#[tokio::test]
async fn a_hold_says_how_much_it_covers_now() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let of_both = fixture.receive("2026-11-20T09:00:00Z").await;
    let offer = fixture.receive("2026-11-21T09:00:00Z").await;
    fixture.write_to_oneself("2026-11-21T10:00:00Z").await;
    let bos = fixture.keep("2026-11-21T11:00:00Z", b"bo").await;
    store.file(bos, to(fixture.bo)).await.unwrap();
    let board = MirroredGroup {
        hidden: false,
        key: String::new(),
        address: "board@corp.example".parse().unwrap(),
        name: "Board".to_owned(),
        members: vec!["amy".to_owned(), "bo".to_owned()],
        groups: Vec::new(),
    };
    let accounts = ["amy", "bo"].map(crate::fixture::person).to_vec();
    let groups = vec![board];
    store.mirror(Snapshot { accounts, groups }).await.unwrap();
    let texts = [of_both, offer].map(|message| IndexText {
        message,
        subject: if message == offer {
            "our offer"
        } else {
            "lunch"
        }
        .to_owned(),
        sender: String::new(),
        recipient: String::new(),
        copy: String::new(),
        file: String::new(),
        body: String::new(),
        extent: Extent::Whole,
    });
    store.index_texts(texts.to_vec()).await.unwrap();

    let covers = async |scope: HoldScope| {
        let hold = store.add_hold(scope, "a lawsuit", "eve", time(NOW)).await;
        let coverage = store.hold_coverage(hold.unwrap()).await.unwrap();
        (coverage.messages, coverage.behind)
    };
    assert_eq!(covers(HoldScope::Account("amy".to_owned())).await, (3, 0));
    let group = HoldScope::Group("board@corp.example".parse().unwrap());
    assert_eq!(covers(group).await, (4, 0));
    assert_eq!(covers(HoldScope::Message(bos)).await, (1, 0));
    // The mail to oneself and bo's are not in the full text yet.
    let query = |text: &str| HoldScope::Query(text.to_owned());
    assert_eq!(covers(query("subject:offer")).await, (1, 2));
    assert_eq!(covers(query("subject:invoice")).await, (0, 2));
}
