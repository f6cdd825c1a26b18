//! What the full text holds only in part, and what a hold by search makes of that.

use jiff::civil::date;

use super::*;
use crate::filing::Filing;
use crate::fixture::{Fixture, to};
use crate::mailbox::Folder;
use crate::moves::Flag;

const AT: &str = "2026-11-22T09:12:00Z";

fn text_of(message: MessageId, body: &str, extent: Extent) -> IndexText {
    IndexText {
        message,
        subject: String::new(),
        sender: String::new(),
        recipient: String::new(),
        copy: String::new(),
        file: String::new(),
        body: body.to_owned(),
        extent,
    }
}

fn query(text: &str) -> Query {
    Query::parse(text, date(2026, 11, 22))
}

/// What `message.indexed` says.
async fn indexed(store: &Store, id: MessageId) -> i64 {
    let read = move |inner: &Inner| {
        inner.days.of(id)?.index.read(|index| {
            let indexed = "SELECT indexed FROM message WHERE id = ?1";
            Ok(index.query_row(indexed, [id.number()], |row| row.get(0))?)
        })
    };
    store.blocking(read).await.unwrap()
}

#[tokio::test]
async fn a_hold_covers_what_nobody_can_decide() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let mut ids = Vec::new();
    for extent in [Extent::Whole, Extent::BodyInPart, Extent::InPart] {
        let id = fixture.receive(AT).await;
        let text = text_of(id, "lunch", extent);
        store.index_texts(vec![text]).await.unwrap();
        ids.push(id);
    }
    let check = async |text: &str, found: &[usize], held: &[usize]| {
        let asked = query(text);
        let (for_search, for_hold) = store
            .blocking(move |inner| {
                let day = inner.days.at("2026-11-22".parse().unwrap())?;
                let found = inner.search_day(Scope::Everyone, &asked, &day, i64::MAX)?;
                let held = inner.held_by_search(&asked, &day, Opening::AsNeeded)?;
                Ok((found.numbers, held.numbers))
            })
            .await
            .unwrap();
        let numbers = |of: &[usize]| -> Vec<i64> {
            let numbers = of.iter().rev().filter_map(|at| ids.get(*at));
            numbers.map(|id| id.number()).collect()
        };
        assert_eq!(for_search, numbers(found), "{text:?} finds");
        assert_eq!(for_hold, numbers(held), "{text:?} holds");
    };
    check("lunch", &[0, 1, 2], &[0, 1, 2]).await;
    check("offer", &[], &[1, 2]).await;
    check("body:offer", &[], &[1, 2]).await;
    check("-lunch", &[], &[1, 2]).await;
    for text in [
        "from:acme",
        "to:acme",
        "cc:acme",
        "subject:acme",
        "filename:acme",
        "message-id:acme",
        "has:attachment",
        "larger:1g",
        "from:acme OR subject:acme",
        "from:acme is:unread",
    ] {
        check(text, &[], &[2]).await;
    }
    check("offer from:acme", &[], &[2]).await;
    check("before:2026-11-22", &[], &[]).await;
    check("offer is:flagged", &[], &[]).await;
    check("offer -in:inbox", &[], &[]).await;
    // As a version wrote it that did not tell one from the other.
    set_indexed(store, ids[0], 1).await;
    check("lunch", &[0, 1, 2], &[0, 1, 2]).await;
    check("offer", &[], &[0, 1, 2]).await;
    check("from:acme", &[], &[0, 2]).await;
}

async fn set_indexed(store: &Store, id: MessageId, indexed: i64) {
    let write = move |inner: &Inner| {
        inner.days.of(id)?.index.write(|index| {
            let set = "UPDATE message SET indexed = ?2 WHERE id = ?1";
            Ok(index.execute(set, [id.number(), indexed])?)
        })
    };
    assert_eq!(store.blocking(write).await.unwrap(), 1);
}

#[tokio::test]
async fn what_an_older_version_read_is_read_again_after_all_else() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let waiting = fixture.receive("2026-11-20T09:12:00Z").await;
    let older = fixture.receive(AT).await;
    let text = text_of(older, "lunch", Extent::Whole);
    store.index_texts(vec![text.clone()]).await.unwrap();
    set_indexed(store, older, 1).await;
    let next = async |limit| {
        let texts = store.unindexed(limit).await.unwrap();
        texts.iter().map(|it| it.message).collect::<Vec<_>>()
    };
    assert_eq!(next(9).await, [waiting, older]);
    assert_eq!(next(1).await, [waiting]);
    assert_eq!(store.stock().await.unwrap().unindexed, 1);
    store.index_texts(vec![text]).await.unwrap();
    assert_eq!(indexed(store, older).await, 4);
    assert_eq!(next(9).await, [waiting]);
}

#[tokio::test]
async fn what_one_recipient_does_ends_no_hold_for_the_others() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.receive(AT).await;
    store.file(id, to(fixture.bo)).await.unwrap();
    let text = text_of(id, "contract", Extent::Whole);
    store.index_texts(vec![text]).await.unwrap();
    let is_held = async |text: &str| {
        let asked = query(text);
        let held = store.blocking(move |inner| {
            let day = inner.days.at("2026-11-22".parse().unwrap())?;
            inner.held_by_search(&asked, &day, Opening::AsNeeded)
        });
        held.await.unwrap().numbers == [id.number()]
    };
    let untouched = ["-in:trash", "-is:flagged", "-is:read", "contract -in:trash"];
    for text in untouched {
        assert!(is_held(text).await, "{text}");
    }
    let touch = async |account| {
        for flag in [Flag::Flagged, Flag::Seen] {
            store.set_flag(account, vec![id], flag).await.unwrap();
        }
        let entries = vec![id.into()];
        let moved = store.move_to(account, entries, Folder::Trash).await;
        assert_eq!(moved.unwrap(), 1);
    };
    touch(fixture.bo).await;
    for text in untouched {
        assert!(is_held(text).await, "{text}, when one of two did so");
    }
    touch(fixture.amy).await;
    for text in untouched {
        assert!(!is_held(text).await, "{text}, when both did so");
    }
}

#[tokio::test]
async fn what_is_cut_here_is_known_in_part_too() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let line = "x ".repeat(limits::INDEXED_FIELD_BYTES_MAX / 2);
    let body = "x ".repeat(limits::INDEXED_BODY_BYTES_MAX / 2);
    let check = async |subject: String, body: String, extent: Extent, want: i64| {
        let id = fixture.receive(AT).await;
        let text = IndexText {
            subject,
            ..text_of(id, &body, extent)
        };
        store.index_texts(vec![text]).await.unwrap();
        assert_eq!(indexed(store, id).await, want);
    };
    let longer = |text: &String| text.clone() + "x";
    check(line.clone(), body.clone(), Extent::Whole, 4).await;
    check(line.clone(), longer(&body), Extent::Whole, 2).await;
    check(longer(&line), longer(&body), Extent::Whole, 3).await;
    check(longer(&line), body.clone(), Extent::BodyInPart, 3).await;
    check(line.clone(), longer(&body), Extent::InPart, 3).await;
    check(line, body, Extent::BodyInPart, 2).await;
}

#[tokio::test]
async fn another_owner_is_indexed_again_whatever_is_known() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    for extent in [Extent::Whole, Extent::BodyInPart, Extent::InPart] {
        let id = fixture.receive(AT).await;
        let text = text_of(id, "plan", extent);
        store.index_texts(vec![text.clone()]).await.unwrap();
        store.file(id, to(fixture.bo)).await.unwrap();
        assert_eq!(indexed(store, id).await, 0, "{extent:?}");
        store.index_texts(vec![text]).await.unwrap();
    }
}

#[tokio::test]
async fn a_summary_alone_is_no_whole_text() {
    let fixture = Fixture::new().await;
    let id = fixture.keep(AT, b"x").await;
    fixture.store.file(id, Filing::default()).await.unwrap();
    let known = fixture.store.unindexed(1).await.unwrap();
    fixture.store.index_texts(known).await.unwrap();
    assert_eq!(indexed(&fixture.store, id).await, 3);
}

#[tokio::test]
async fn what_is_asked_of_a_mail_to_oneself_holds_for_one_of_its_entries() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    // Unread in the inbox, read in the Sent folder.
    let note = fixture.write_to_oneself(AT).await;
    let other = fixture.receive(AT).await;
    let texts = [note, other].map(|id| text_of(id, "plan", Extent::Whole));
    store.index_texts(texts.to_vec()).await.unwrap();
    let check = async |text: &str, want: &[(MessageId, &str)]| {
        let amy = Scope::Account(fixture.amy);
        let page = store.search(amy, &query(text), None, 9).await.unwrap();
        let Found::Entries(entries) = page.found else {
            panic!("no entries");
        };
        let found = entries.iter().map(|it| (it.message, it.folder.as_str()));
        assert_eq!(found.collect::<Vec<_>>(), want, "{text:?}");
    };
    check("in:sent is:unread", &[]).await;
    check("in:inbox is:read", &[]).await;
    check("in:sent is:read", &[(note, "sent")]).await;
    check("plan is:read", &[(note, "sent")]).await;
    check("in:sent -is:unread", &[(note, "sent")]).await;
    check("-in:inbox", &[(note, "sent")]).await;
    let both = [(other, "inbox"), (note, "inbox")];
    check("is:unread", &both).await;
    check("plan", &both).await;
    check("is:read OR is:unread", &both).await;
    check("-plan is:read", &[]).await;
}
