use jiff::civil::date;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::*;
use crate::entry_name::{EntryCopy, EntryName};
use crate::filing::{Entry, Filing, Summary};
use crate::fixture::{Fixture, to};
use crate::mailbox::Folder;
use crate::moves::Flag;

const AT: &str = "2026-11-22T09:12:00Z";

fn query(text: &str) -> Query {
    Query::parse(text, date(2026, 11, 22))
}

fn about(message: MessageId) -> IndexText {
    IndexText {
        message,
        subject: String::new(),
        sender: String::new(),
        recipient: String::new(),
        copy: String::new(),
        file: String::new(),
        body: String::new(),
        extent: Extent::Whole,
    }
}

impl Fixture {
    /// A mail in amy's inbox, in the index.
    async fn mail(&self, text: impl FnOnce(&mut IndexText)) -> MessageId {
        let id = self.receive(AT).await;
        let mut of = about(id);
        text(&mut of);
        self.store.index_texts(vec![of]).await.unwrap();
        id
    }

    async fn found(&self, scope: Scope, text: &str) -> Vec<MessageId> {
        let page = self
            .store
            .search(scope, &query(text), None, 50)
            .await
            .unwrap();
        assert_eq!(page.behind, 0, "{text:?}");
        messages(&page)
    }
}

async fn unindexed(store: &Store) -> Vec<MessageId> {
    let texts = store.unindexed(9).await.unwrap();
    texts.into_iter().map(|text| text.message).collect()
}

fn messages(page: &SearchPage) -> Vec<MessageId> {
    match &page.found {
        Found::Entries(entries) => entries.iter().map(|entry| entry.message).collect(),
        Found::Messages(messages) => messages.clone(),
    }
}

#[tokio::test]
async fn german_is_found_as_people_type_it() {
    let fixture = Fixture::new().await;
    let subject = async |subject: &str| {
        let subject = subject.to_owned();
        fixture.mail(|text| text.subject = subject).await
    };
    let body = async |body: &str| {
        let body = body.to_owned();
        fixture.mail(|text| text.body = body).await
    };
    // Every cell of the table of searches and texts that the folding was chosen by.
    let muller = [subject("Herr Müller").await, body("Gruß, Müller").await];
    let street = [subject("Straße").await, body("in der Straße 5").await];
    let bill = subject("Ihre Abrechnung").await;
    let trouble = subject("Störungsmeldung").await;
    let amy = Scope::Account(fixture.amy);
    let check = async |text: &str, want: &[MessageId]| {
        let mut found = fixture.found(amy, text).await;
        found.sort_unstable();
        let mut want = want.to_vec();
        want.sort_unstable();
        assert_eq!(found, want, "{text:?}");
    };
    for text in ["muller", "mueller", "müller", "MÜLLER", "Mu\u{308}ller"] {
        check(text, &muller).await;
    }
    for text in ["strasse", "straße", "STRASSE"] {
        check(text, &street).await;
    }
    check("rechnung", &[bill]).await;
    for text in ["störung", "stoerung", "storung"] {
        check(text, &[trouble]).await;
    }
    // A phrase keeps its order, however its umlauts are typed.
    for text in ["\"gruss muller\"", "\"Gruß Müller\"", "\"gruss mueller\""] {
        check(text, &muller[1..]).await;
    }
    check("\"müller gruß\"", &[]).await;
    check(
        "\"der stras*\" OR mull*",
        &[muller[0], muller[1], street[1]],
    )
    .await;
}

#[tokio::test]
async fn each_field_is_searched_alone() {
    let fixture = Fixture::new().await;
    let fields: [fn(&mut IndexText) -> &mut String; 6] = [
        |text| &mut text.sender,
        |text| &mut text.recipient,
        |text| &mut text.copy,
        |text| &mut text.subject,
        |text| &mut text.file,
        |text| &mut text.body,
    ];
    let mut ids = Vec::new();
    for field in fields {
        ids.push(
            fixture
                .mail(|text| "Anna Beck <anna.beck@corp.example>".clone_into(field(text)))
                .await,
        );
    }
    let amy = Scope::Account(fixture.amy);
    let check = async |operator: &str, want: &[usize]| {
        let mut want: Vec<MessageId> = want.iter().map(|at| ids[*at]).collect();
        want.sort_unstable_by(|a, b| b.cmp(a));
        for value in ["beck", "anna.beck@corp.example", "\"anna beck\""] {
            let text = format!("{operator}{value}");
            assert_eq!(fixture.found(amy, &text).await, want, "{text}");
        }
    };
    check("from:", &[0]).await;
    check("to:", &[1, 2]).await;
    check("cc:", &[2]).await;
    check("subject:", &[3]).await;
    check("filename:", &[4]).await;
    check("body:", &[5]).await;
    check("", &[0, 1, 2, 3, 4, 5]).await;
    check("-body:", &[0, 1, 2, 3, 4]).await;
    // Inside of words only where the text is short.
    assert_eq!(fixture.found(amy, "orp.ex").await.len(), 5);
    assert_eq!(fixture.found(amy, "body:ec").await, []);
}

#[tokio::test]
async fn states_folders_sizes_and_dates() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let amy = Scope::Account(fixture.amy);
    let old = fixture.keep("2026-11-10T09:00:00Z", &[b'x'; 5000]).await;
    let filing = Filing {
        summary: Summary {
            attachments: 2,
            header_message_id: Some("a.1@x.example".to_owned()),
            ..Summary::default()
        },
        entries: vec![Entry {
            account: fixture.amy,
            folder: Folder::Sent,
            seen: true,
        }],
        ..Filing::default()
    };
    store.file(old, filing).await.unwrap();
    let new = fixture.receive("2026-11-20T09:00:00Z").await;
    store
        .index_texts(vec![about(old), about(new)])
        .await
        .unwrap();
    let check = async |text: &str, want: &[MessageId]| {
        assert_eq!(fixture.found(amy, text).await, want, "{text}");
    };
    check("", &[]).await;
    check("is:unread", &[new]).await;
    check("-is:unread", &[old]).await;
    check("is:read OR is:unread", &[new, old]).await;
    check("in:sent", &[old]).await;
    check("in:inbox", &[new]).await;
    check("has:attachment", &[old]).await;
    check("-has:attachment", &[new]).await;
    check("larger:4k", &[old]).await;
    check("smaller:4k", &[new]).await;
    check("before:11.11.2026", &[old]).await;
    check("after:20.11.2026 before:21.11.2026", &[new]).await;
    check("older_than:7d", &[old]).await;
    check("newer_than:30d -newer_than:7d", &[old]).await;
    check("message-id:<A.1@x.example>", &[old]).await;
    check("message-id:2@x.example", &[]).await;
    store
        .set_flag(fixture.amy, vec![new], Flag::Flagged)
        .await
        .unwrap();
    check("is:flagged", &[new]).await;
    for (folder, words) in [(Folder::Archive, "in:archiv"), (Folder::Trash, "in:trash")] {
        store
            .move_to(fixture.amy, vec![new.into()], folder)
            .await
            .unwrap();
        check(words, &[new]).await;
    }
    check("in:inbox", &[]).await;
    assert_eq!(
        fixture
            .found(Scope::Everyone, "is:flagged has:attachment OR larger:1")
            .await,
        [new]
    );
    assert_eq!(fixture.found(Scope::Everyone, "-is:unread").await, [old]);
}

#[tokio::test]
async fn a_mail_to_oneself_is_found_once_and_one_deleted_for_good_by_nobody() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.keep(AT, b"x").await;
    let entries = [Folder::Inbox, Folder::Sent].map(|folder| Entry {
        account: fixture.amy,
        folder,
        seen: false,
    });
    let filing = Filing {
        entries: entries.to_vec(),
        ..Filing::default()
    };
    store.file(id, filing).await.unwrap();
    store.index_texts(vec![about(id)]).await.unwrap();
    let amy = Scope::Account(fixture.amy);
    let folders = async |text: &str| {
        let page = store.search(amy, &query(text), None, 9).await.unwrap();
        match page.found {
            Found::Entries(entries) => entries.iter().map(|entry| entry.folder).collect(),
            Found::Messages(_) => vec![],
        }
    };
    assert_eq!(folders("smaller:1g").await, [Folder::Inbox]);
    assert_eq!(folders("in:sent").await, [Folder::Sent]);
    let sent = EntryName {
        message: id,
        copy: EntryCopy::Sent,
    };
    for entry in [id.into(), sent] {
        store
            .move_to(fixture.amy, vec![entry], Folder::Trash)
            .await
            .unwrap();
        store
            .delete_for_good(fixture.amy, vec![entry])
            .await
            .unwrap();
    }
    assert_eq!(folders("smaller:1g").await, []);
    assert_eq!(folders("-is:flagged").await, []);
    assert_eq!(fixture.found(Scope::Everyone, "smaller:1g").await, [id]);
}

#[tokio::test]
async fn everybody_finds_their_own_mail_only() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let amys = fixture
        .mail(|text| text.body = "the secret plan".to_owned())
        .await;
    let bos = fixture.keep(AT, b"x").await;
    store.file(bos, to(fixture.bo)).await.unwrap();
    let lost = fixture.keep(AT, b"x").await;
    store.file(lost, Filing::default()).await.unwrap();
    // Words of one mail that look like the names of another's owner.
    let fake = format!(
        "plan {} {}",
        owner::word(fixture.amy),
        owner::piece(fixture.amy)
    );
    let texts = [bos, lost].map(|id| IndexText {
        subject: fake.clone(),
        body: fake.clone(),
        ..about(id)
    });
    store.index_texts(texts.to_vec()).await.unwrap();
    let found = async |scope, text: &str| {
        let mut found = fixture.found(scope, text).await;
        found.sort_unstable();
        found
    };
    let [amy, bo, info] = [fixture.amy, fixture.bo, fixture.info].map(Scope::Account);
    for text in [
        "plan",
        "plan -nothing",
        "-nothing",
        "smaller:1g",
        "is:unread",
        "in:inbox",
    ] {
        assert_eq!(found(amy, text).await, [amys], "{text}");
        assert_eq!(found(bo, text).await, [bos], "{text}");
        assert_eq!(found(info, text).await, [], "{text}");
    }
    let mut all = vec![amys, bos, lost];
    all.sort_unstable();
    for text in ["plan", "-nothing", "smaller:1g"] {
        assert_eq!(found(Scope::Everyone, text).await, all, "{text}");
    }
    let day = store
        .search_day(Scope::Everyone, &query("plan"), amys.day())
        .await
        .unwrap();
    assert_eq!(day.messages.len(), 3);
}

#[tokio::test]
async fn pages_go_on_across_days() {
    let fixture = Fixture::new().await;
    let mut all = Vec::new();
    for at in [
        "2026-11-20T09:00:00Z",
        "2026-11-21T09:00:00Z",
        "2026-11-21T10:00:00Z",
        "2026-11-22T09:00:00Z",
    ] {
        all.insert(0, fixture.receive(at).await);
    }
    let texts = all.iter().map(|id| IndexText {
        body: "plan".to_owned(),
        ..about(*id)
    });
    fixture.store.index_texts(texts.collect()).await.unwrap();
    for scope in [Scope::Account(fixture.amy), Scope::Everyone] {
        for limit in 1..5 {
            let mut seen = Vec::new();
            let mut before = None;
            loop {
                let page = fixture
                    .store
                    .search(scope, &query("plan"), before, limit)
                    .await
                    .unwrap();
                assert!(messages(&page).len() <= limit);
                seen.extend(messages(&page));
                before = page.older;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!(seen, all, "pages of {limit}");
        }
    }
}

#[tokio::test]
async fn an_answer_says_what_it_can_not_know_yet() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let amy = Scope::Account(fixture.amy);
    let behind = async |scope| {
        store
            .search(scope, &query("plan"), None, 9)
            .await
            .unwrap()
            .behind
    };
    let id = fixture.receive(AT).await;
    assert_eq!(
        (behind(amy).await, behind(Scope::Account(fixture.bo)).await),
        (1, 0)
    );
    assert_eq!(behind(Scope::Everyone).await, 1);
    assert_eq!(unindexed(store).await, [id]);
    let other = fixture.receive(AT).await;
    store.index_texts(vec![about(other)]).await.unwrap();
    assert_eq!(behind(amy).await, 1);
    store.index_texts(vec![about(id)]).await.unwrap();
    assert_eq!(behind(amy).await, 0);
    assert_eq!(unindexed(store).await, []);
}

#[tokio::test]
async fn another_owner_is_indexed_again() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.mail(|text| text.body = "plan".to_owned()).await;
    let bo = Scope::Account(fixture.bo);
    store.file(id, to(fixture.bo)).await.unwrap();
    let page = store.search(bo, &query("plan"), None, 9).await.unwrap();
    assert_eq!((messages(&page), page.behind), (vec![], 1));
    assert_eq!(unindexed(store).await, [id]);
    let text = IndexText {
        body: "plan".to_owned(),
        ..about(id)
    };
    store.index_texts(vec![text]).await.unwrap();
    assert_eq!(fixture.found(bo, "plan").await, [id]);
    assert_eq!(
        fixture.found(Scope::Account(fixture.amy), "plan").await,
        [id]
    );
    assert_eq!(fixture.found(Scope::Everyone, "plan").await, [id]);
}

#[tokio::test]
async fn a_lost_or_damaged_index_is_made_again() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let amy = Scope::Account(fixture.amy);
    let id = fixture.mail(|text| text.body = "plan".to_owned()).await;
    let dir = fixture.dir.path().join("days/2026-11-22");
    let text = IndexText {
        body: "plan".to_owned(),
        ..about(id)
    };
    let file = dir.join("text.db");
    let delete = || {
        for name in ["text.db", "text.db-wal", "text.db-shm"] {
            let _ = std::fs::remove_file(dir.join(name));
        }
    };
    let harm: [(&str, &dyn Fn()); 4] = [
        ("deleted", &delete),
        ("garbage", &|| {
            delete();
            std::fs::write(&file, [b'x'; 9000]).unwrap();
        }),
        ("empty", &|| {
            delete();
            std::fs::write(&file, b"").unwrap();
        }),
        ("overwritten", &|| {
            // In place, behind the back of whoever has it open.
            let length = std::fs::metadata(&file).unwrap().len().max(8192);
            std::fs::write(&file, vec![b'x'; usize::try_from(length).unwrap()]).unwrap();
            for journal in ["text.db-wal", "text.db-shm"] {
                let _ = std::fs::remove_file(dir.join(journal));
            }
        }),
    ];
    for (name, harm) in harm {
        harm();
        // Another process, and this one.
        for store in [fixture.reopened().await, store.clone()] {
            let page = store.search(amy, &query("plan"), None, 9).await.unwrap();
            if messages(&page).is_empty() {
                assert_eq!(page.behind, 1, "{name}");
            }
        }
        // The indexer needs no reader to notice.
        let mut left = unindexed(store).await;
        if left.is_empty() {
            store.index_texts(vec![text.clone()]).await.unwrap();
            left = unindexed(store).await;
        }
        assert_eq!(left, [id], "{name}");
        store.index_texts(vec![text.clone()]).await.unwrap();
        assert_eq!(unindexed(store).await, [], "{name}");
        assert_eq!(fixture.found(amy, "plan").await, [id], "{name}");
    }
}

#[test]
fn any_text_can_be_searched() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let fixture = runtime.block_on(Fixture::new());
    runtime.block_on(fixture.mail(|text| text.body = "plan a OR b NEAR müller".to_owned()));
    let mut runner = TestRunner::new(Config::with_cases(400));
    let parts = r#"([a-c*"„:^{}()+\-]|OR |AND |NOT |NEAR\(|von:|body:|is:unread |owner|rowid|word|\PC| |\x00|ä|müller|')*"#;
    runner
        .run(
            &proptest::strategy::Union::new([
                parts.prop_map(|s: String| s).boxed(),
                any::<String>().boxed(),
            ]),
            |text| {
                for scope in [
                    Scope::Account(fixture.amy),
                    Scope::Account(fixture.bo),
                    Scope::Everyone,
                ] {
                    let page =
                        runtime.block_on(fixture.store.search(scope, &query(&text), None, 9));
                    let page = page.map_err(|error| TestCaseError::fail(error.to_string()))?;
                    prop_assert_eq!(page.behind, 0, "the index was taken for damaged");
                    if scope == Scope::Account(fixture.bo) {
                        prop_assert_eq!(messages(&page), vec![]);
                    }
                }
                Ok(())
            },
        )
        .unwrap();
}

/// Text indexes of a store that are deleted and still take their room.
fn deleted_and_open(fixture: &Fixture) -> Vec<std::path::PathBuf> {
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    open.filter_map(|file| std::fs::read_link(file.unwrap().path()).ok())
        .filter(|path| path.starts_with(fixture.dir.path()))
        .filter(|path| {
            let path = path.to_string_lossy();
            path.contains("text.db") && path.ends_with(" (deleted)")
        })
        .collect()
}

#[tokio::test]
async fn nobody_keeps_the_files_of_a_day_that_is_gone() {
    let fixture = Fixture::new().await;
    let plan = |text: &mut IndexText| text.body = "plan".to_owned();
    let id = fixture.mail(plan).await;
    let other = fixture.reopened().await;
    let amy = Scope::Account(fixture.amy);
    let found = async |store: &Store| {
        let page = store.search(amy, &query("plan"), None, 9).await.unwrap();
        messages(&page)
    };
    assert_eq!(found(&fixture.store).await, [id]);
    assert_eq!(found(&other).await, [id]);
    crate::fixture::drop_day(&fixture.store, id.day()).await;
    // Another process notices when it is asked the next time.
    assert_eq!(found(&other).await, []);
    assert_eq!(deleted_and_open(&fixture), [] as [std::path::PathBuf; 0]);
}

#[tokio::test]
async fn a_day_whose_text_can_not_be_read_stops_no_other() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let [bad, old, new] = ["2026-11-21", "2026-11-20", "2026-11-22"];
    let mut ids = Vec::new();
    for day in [new, bad, old] {
        ids.push(fixture.receive(&format!("{day}T09:00:00Z")).await);
    }
    // A directory can be opened neither for reading nor for writing, and is no damage.
    let text = fixture.dir.path().join("days").join(bad).join("text.db");
    std::fs::create_dir(&text).unwrap();
    let texts: Vec<IndexText> = ids
        .iter()
        .map(|id| IndexText {
            body: "plan".to_owned(),
            ..about(*id)
        })
        .collect();
    store.index_texts(texts.clone()).await.unwrap();
    let found = async || {
        let amy = Scope::Account(fixture.amy);
        let page = store.search(amy, &query("plan"), None, 9).await.unwrap();
        (messages(&page), page.behind)
    };
    assert_eq!(found().await, (vec![ids[0], ids[2]], 1));
    // The others go on meanwhile.
    assert_eq!(unindexed(store).await, []);
    let next = fixture.receive("2026-11-20T10:00:00Z").await;
    assert_eq!(unindexed(store).await, [next]);
    std::fs::remove_dir(&text).unwrap();
    let again = fixture.reopened().await;
    again.index_texts(texts).await.unwrap();
    assert_eq!(found().await, (ids, 1));
}

#[tokio::test]
async fn everyone_has_the_mail_that_lies_in_no_mailbox_any_more() {
    let fixture = Fixture::new().await;
    let id = fixture.mail(|text| text.sender = "acme".to_owned()).await;
    let gone = "DELETE FROM entry".to_owned();
    let day = fixture.store.inner().days.at(id.day()).unwrap();
    day.index
        .write(|index| Ok(index.execute(&gone, [])?))
        .unwrap();
    let words = ["from:acme", "-newsletter", "after:2026-11-01", "-is:unread"];
    for text in words {
        assert_eq!(fixture.found(Scope::Everyone, text).await, [id], "{text}");
    }
}

#[tokio::test]
async fn an_index_that_is_deleted_at_once_is_made_again() {
    let fixture = Fixture::new().await;
    let store = &fixture.store;
    let id = fixture.receive(AT).await;
    // There was none.
    assert_eq!(unindexed(store).await, [id]);
    store.index_texts(vec![about(id)]).await.unwrap();
    let dir = fixture.dir.path().join("days/2026-11-22");
    for name in ["text.db", "text.db-wal", "text.db-shm"] {
        let _ = std::fs::remove_file(dir.join(name));
    }
    assert_eq!(unindexed(store).await, [id]);
}

#[tokio::test]
async fn a_sentence_with_many_umlauts_is_found_however_it_is_typed() {
    let fixture = Fixture::new().await;
    let sentence = "Übergabe der Schlüssel für die Räume möchten wir nächste Woche prüfen";
    let id = fixture.mail(|text| text.body = sentence.to_owned()).await;
    let amy = Scope::Account(fixture.amy);
    let plain: String = sentence
        .chars()
        .map(|c| match c {
            'Ü' => 'U',
            'ä' => 'a',
            'ö' => 'o',
            'ü' => 'u',
            c => c,
        })
        .collect();
    for text in [sentence, &plain] {
        let text = format!("\"{text}\"");
        assert_eq!(fixture.found(amy, &text).await, [id], "{text}");
    }
}

#[tokio::test]
async fn a_beginning_without_umlauts_names_every_word_that_begins_so() {
    let fixture = Fixture::new().await;
    let words = "über überall überblick überfällig übergabe überhaupt überlegen übermorgen \
        übernahme überprüfen überraschung";
    fixture.mail(|text| text.body = words.to_owned()).await;
    let id = fixture
        .mail(|text| text.body = "Überweisung".to_owned())
        .await;
    let amy = Scope::Account(fixture.amy);
    for text in [
        "uber* -uberall",
        "über* -überall",
        "uberw*",
        "ueberw*",
        "überwei*",
    ] {
        assert_eq!(fixture.found(amy, text).await, [id], "{text}");
    }
}

#[tokio::test]
async fn a_long_word_is_found_by_its_beginning() {
    let fixture = Fixture::new().await;
    let long = format!("Akte{}", "7".repeat(limits::WORD_CHARS_MAX));
    let id = fixture.mail(|text| text.body = format!("zu {long}.")).await;
    let amy = Scope::Account(fixture.amy);
    for text in ["akte*", &long, &format!("{long}8")] {
        assert_eq!(fixture.found(amy, text).await, [id], "{text}");
    }
}
