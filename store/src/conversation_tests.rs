use std::time::Instant;

use super::*;
use crate::filing::{Entry, Filing};
use crate::fixture::{Fixture, to};
use crate::mailbox::Folder;

impl Fixture {
    /// Keeps a message and files it with these names.
    async fn named(&self, at: &str, filing: Filing, names: &[&str]) -> MessageId {
        let id = self.keep(at, b"x").await;
        let references = names.iter().map(|name| (*name).to_owned()).collect();
        let filing = Filing {
            references,
            ..filing
        };
        self.store.file(id, filing).await.unwrap();
        id
    }

    async fn conversation(&self, id: MessageId) -> Vec<MessageId> {
        let found = self.store.conversation(self.amy, id).await.unwrap();
        found.iter().map(|entry| entry.message).collect()
    }
}

fn sent(account: AccountId) -> Filing {
    let entry = Entry {
        account,
        folder: Folder::Sent,
        seen: true,
    };
    Filing {
        entries: vec![entry],
        ..Filing::default()
    }
}

#[tokio::test]
async fn answers_are_found_across_days_from_wherever_one_begins() {
    let fixture = Fixture::new().await;
    let amy = fixture.amy;
    let question = fixture.named("2026-11-18T09:00:00Z", to(amy), &["q"]).await;
    let answer = fixture
        .named("2026-11-20T09:00:00Z", sent(amy), &["a", "q"])
        .await;
    // Names only its parent, as some programs do.
    let thanks = fixture
        .named("2026-11-22T09:00:00Z", to(amy), &["t", "a"])
        .await;
    let other = fixture
        .named("2026-11-22T09:01:00Z", to(amy), &["other"])
        .await;
    // An answer to the same question that went to bo alone.
    fixture
        .named("2026-11-19T09:00:00Z", to(fixture.bo), &["b", "q"])
        .await;
    for begin in [question, answer, thanks] {
        let found = fixture.conversation(begin).await;
        assert_eq!(found, [question, answer, thanks]);
    }
    assert_eq!(fixture.conversation(other).await, [other]);
    let nameless = fixture.receive("2026-11-22T09:02:00Z").await;
    assert_eq!(fixture.conversation(nameless).await, [nameless]);
    let foreign = fixture.store.conversation(fixture.bo, thanks).await;
    assert!(matches!(foreign, Err(StoreError::Missing(_))));
}

#[tokio::test]
async fn siblings_belong_together_when_the_mail_they_answer_is_not_here() {
    let fixture = Fixture::new().await;
    let amy = fixture.amy;
    let one = fixture
        .named("2026-11-20T09:00:00Z", to(amy), &["1", "gone"])
        .await;
    let two = fixture
        .named("2026-11-22T09:00:00Z", to(amy), &["2", "gone"])
        .await;
    assert_eq!(fixture.conversation(one).await, [one, two]);
}

#[tokio::test]
async fn trash_and_junk_are_left_out_and_a_mail_to_oneself_is_there_once() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    let mut both = to(amy);
    both.entries.extend(sent(amy).entries);
    let note = fixture.named("2026-11-20T09:00:00Z", both, &["n"]).await;
    let one = fixture
        .named("2026-11-21T09:00:00Z", to(amy), &["1", "n"])
        .await;
    let two = fixture
        .named("2026-11-22T09:00:00Z", to(amy), &["2", "n"])
        .await;
    assert_eq!(fixture.conversation(note).await, [note, one, two]);
    store
        .move_to(amy, vec![one.into()], Folder::Archive)
        .await
        .unwrap();
    store
        .move_to(amy, vec![two.into()], Folder::Trash)
        .await
        .unwrap();
    assert_eq!(fixture.conversation(note).await, [note, one]);
    assert_eq!(fixture.conversation(two).await, [note, one, two]);
    // Of the note the inbox's copy goes: the one in Sent is still there.
    store
        .move_to(amy, vec![note.into()], Folder::Junk)
        .await
        .unwrap();
    let found = store.conversation(amy, one).await.unwrap();
    assert_eq!(found[0].folder, Folder::Sent);
}

#[tokio::test]
async fn names_that_lead_in_circles_or_everywhere_end_at_the_limits() {
    let fixture = Fixture::new().await;
    let amy = fixture.amy;
    let circle = fixture
        .named("2026-11-19T09:00:00Z", to(amy), &["a", "a", "b"])
        .await;
    let back = fixture
        .named("2026-11-20T09:00:00Z", to(amy), &["b", "a"])
        .await;
    assert_eq!(fixture.conversation(circle).await, [circle, back]);

    // Names beyond the limit are not written down.
    let many: Vec<String> = (0..5_000).map(|n| format!("name {n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let hostile = fixture.named("2026-11-21T09:00:00Z", to(amy), &many).await;
    let at_limit = fixture
        .named(
            "2026-11-21T09:01:00Z",
            to(amy),
            &[many[limits::REFERENCES_MAX]],
        )
        .await;
    assert_eq!(fixture.conversation(hostile).await, [hostile]);
    assert_eq!(fixture.conversation(at_limit).await, [at_limit]);

    let huge = "x".repeat(1 << 20);
    let one = fixture
        .named("2026-11-21T09:02:00Z", to(amy), &[&huge])
        .await;
    let two = fixture
        .named("2026-11-21T09:03:00Z", to(amy), &[&huge])
        .await;
    assert_eq!(fixture.conversation(one).await, [one, two]);
}

#[tokio::test]
async fn a_name_that_thousands_of_mails_share_is_followed_up_to_a_limit() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    let id = fixture.keep("2026-11-22T09:00:00Z", b"x").await;
    let shared = &["shared"];
    let last = fixture.named("2026-11-22T23:00:00Z", to(amy), shared).await;
    // As many rows as a name of a mailing system may get in a day; the messages are made up, and
    // one of five hundred is amy's.
    let fill = move |inner: &Inner| {
        inner.days.of(id)?.index.write(|index| {
            for n in 1..=15_000_i64 {
                write_rows(
                    index,
                    id,
                    (n, if n % 500 == 0 { amy } else { AccountId(9_999) }),
                )?;
            }
            Ok(())
        })
    };
    store.blocking(fill).await.unwrap();
    let begin = Instant::now();
    let found = fixture.conversation(last).await;
    let took = begin.elapsed();
    // The newest ones, and not all thirty.
    assert!(
        found.contains(&last) && (15..25).contains(&found.len()),
        "{}",
        found.len()
    );
    assert!(took.as_secs() < 5, "{took:?}");
}

/// One more message with the shared name, and the entry of its owner.
fn write_rows(
    index: &Transaction<'_>,
    like: MessageId,
    (number, owner): (i64, AccountId),
) -> Result<(), StoreError> {
    index
        .prepare_cached(
            "INSERT INTO message (id, segment, offset, length, size, envelope, state)
             SELECT ?2, segment, offset, length, size, envelope, 'filed' FROM message WHERE id = ?1",
        )?
        .execute((like.number(), number))?;
    index
        .prepare_cached("INSERT INTO entry (account, folder, message) VALUES (?1, 'inbox', ?2)")?
        .execute((owner.0, number))?;
    let message = MessageId::from_parts(like.day(), number);
    write_references(index, message, &["shared".to_owned()])
}
