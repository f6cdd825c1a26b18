use super::*;
use crate::fixture::{Fixture, time};

const NINE: &str = "2026-11-22T09:00:00Z";
const TEN: &str = "2026-11-22T10:00:00Z";

fn fields(text: &str) -> DraftFields {
    DraftFields {
        from: "amy@corp.example".to_owned(),
        to: "bo@corp.exa".to_owned(),
        subject: "Grüße".to_owned(),
        text: text.to_owned(),
        ..DraftFields::default()
    }
}

fn file(name: &str, bytes: &[u8]) -> DraftFile {
    DraftFile {
        name: name.to_owned(),
        media_type: "text/plain".to_owned(),
        bytes: bytes.to_vec(),
    }
}

impl Fixture {
    async fn save(&self, over: Option<DraftVersion>, text: &str) -> Saved {
        let save = DraftSave {
            over,
            fields: fields(text),
            ..DraftSave::default()
        };
        self.save_all(save).await.unwrap()
    }

    async fn save_all(&self, save: DraftSave) -> Result<Saved, DraftError> {
        let amy = (self.amy, self.amy);
        self.store.save_draft(amy, save, time(NINE)).await
    }

    async fn text(&self, version: DraftVersion) -> String {
        let draft = self.store.draft(self.amy, version.id).await.unwrap();
        assert_eq!(draft.version, version);
        draft.fields.text
    }

    /// Names and contents of what is attached.
    async fn files(&self, id: DraftId) -> Vec<(String, Vec<u8>)> {
        let draft = self.store.draft(self.amy, id).await.unwrap();
        let ids = draft.attachments.iter().map(|one| one.id).collect();
        let files = self.store.draft_files(self.amy, id, ids).await.unwrap();
        for (listed, file) in draft.attachments.iter().zip(&files) {
            assert_eq!(listed.size_bytes, file.bytes.len() as u64);
        }
        files
            .into_iter()
            .map(|file| (file.name, file.bytes))
            .collect()
    }
}

#[tokio::test]
async fn a_draft_is_saved_again_and_again_and_deleted() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, (fixture.amy, fixture.amy));
    let about = DraftAbout::Reply("20261122-0f3b2c1a9d04e.sent".parse().unwrap());
    let typed = DraftFields {
        cc: "c".to_owned(),
        bcc: "b".to_owned(),
        about: Some(about),
        ..fields("Hello")
    };
    let save = DraftSave {
        fields: typed.clone(),
        ..DraftSave::default()
    };
    let saved = store.save_draft(amy, save, time(NINE)).await.unwrap();
    let Saved::Whole(first) = saved else {
        panic!("{saved:?}")
    };
    assert_eq!(first.to_string().parse::<DraftVersion>().unwrap(), first);
    let draft = store.draft(fixture.amy, first.id).await.unwrap();
    assert_eq!((draft.fields, draft.changed_at), (typed, time(NINE)));

    let Saved::Whole(second) = fixture.save(Some(first), "Hello Bo").await else {
        panic!("beside")
    };
    assert_eq!(second.id, first.id);
    assert_eq!(fixture.text(second).await, "Hello Bo");
    let other = fixture.save(None, "Other").await.version();
    let later = DraftSave {
        over: Some(other),
        fields: fields("Later"),
        ..DraftSave::default()
    };
    store.save_draft(amy, later, time(TEN)).await.unwrap();
    let listed = store.drafts(amy).await.unwrap();
    let texts: Vec<&str> = listed.iter().map(|row| row.preview.as_str()).collect();
    assert_eq!(texts, ["Later", "Hello Bo"]);
    assert_eq!(
        (listed[0].to.as_str(), listed[0].subject.as_str()),
        ("bo@corp.exa", "Grüße")
    );
    assert_eq!(store.draft_count(amy).await.unwrap(), 2);
    for _ in 0..2 {
        store.delete_draft(fixture.amy, first.id).await.unwrap();
        assert_eq!(store.draft_count(amy).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn two_windows_do_not_overwrite_each_other() {
    let fixture = Fixture::new().await;
    let begun = fixture.save(None, "begun").await.version();
    let here = fixture.save(Some(begun), "here").await.version();
    let Saved::Beside(there) = fixture.save(Some(begun), "there").await else {
        panic!("one window overwrote the other")
    };
    assert_ne!(here.id, there.id);
    assert_eq!(fixture.text(here).await, "here");
    assert_eq!(fixture.text(there).await, "there");
    // From then on each goes its own way.
    assert!(matches!(
        fixture.save(Some(there), "there 2").await,
        Saved::Whole(_)
    ));
    assert!(matches!(
        fixture.save(Some(here), "here 2").await,
        Saved::Whole(_)
    ));

    // A save whose answer got lost is no conflict.
    let again = fixture.save(Some(here), "here 2").await;
    assert_eq!(again.version().id, here.id);
    assert!(matches!(again, Saved::Whole(_)));

    // What was deleted or sent in one window and is typed on in another one is kept.
    fixture
        .store
        .delete_draft(fixture.amy, here.id)
        .await
        .unwrap();
    let Saved::Beside(kept) = fixture.save(Some(here), "here 3").await else {
        panic!("saved over nothing")
    };
    assert_eq!(fixture.text(kept).await, "here 3");
}

#[tokio::test]
async fn attachments_stay_go_and_come() {
    let fixture = Fixture::new().await;
    let change = |over, keep, add| DraftSave {
        over,
        fields: fields("x"),
        attachments: Attachments::Changed { keep, add },
    };
    let two = vec![file("a.txt", b"aa"), file("b.txt", b"")];
    let first = fixture
        .save_all(change(None, Vec::new(), two))
        .await
        .unwrap()
        .version();
    // A save of the text alone leaves them.
    let second = fixture.save(Some(first), "y").await.version();
    let names = |files: Vec<(String, Vec<u8>)>| -> Vec<String> {
        files.into_iter().map(|(name, _)| name).collect()
    };
    assert_eq!(names(fixture.files(first.id).await), ["a.txt", "b.txt"]);
    let draft = fixture.store.draft(fixture.amy, first.id).await.unwrap();
    let b = draft.attachments[1].id;
    let third = fixture.save_all(change(Some(second), vec![b], vec![file("c.txt", b"cc")]));
    third.await.unwrap();
    assert_eq!(
        fixture.files(first.id).await,
        [
            ("b.txt".to_owned(), Vec::new()),
            ("c.txt".to_owned(), b"cc".to_vec())
        ]
    );
    // The other window, which knew the second version, keeps what it saw and wanted.
    let beside = fixture.save_all(change(Some(second), vec![b], vec![file("d.txt", b"d")]));
    let beside = beside.await.unwrap();
    assert!(matches!(beside, Saved::Beside(_)));
    let beside = beside.version().id;
    assert_eq!(names(fixture.files(beside).await), ["b.txt", "d.txt"]);
    let amy = (fixture.amy, fixture.amy);
    assert_eq!(fixture.store.drafts(amy).await.unwrap()[0].attachments, 2);
}

#[tokio::test]
async fn drafts_are_their_owners_alone() {
    let fixture = Fixture::new().await;
    let (store, bo) = (&fixture.store, fixture.bo);
    let save = DraftSave {
        fields: fields("secret"),
        attachments: Attachments::Changed {
            keep: Vec::new(),
            add: vec![file("a", b"a")],
        },
        ..DraftSave::default()
    };
    // Written in the shared mailbox, and still hers.
    let info = (fixture.amy, fixture.info);
    let draft = store
        .save_draft(info, save, time(NINE))
        .await
        .unwrap()
        .version();
    let attachment = store
        .draft(fixture.amy, draft.id)
        .await
        .unwrap()
        .attachments[0]
        .id;
    assert_eq!(store.drafts(info).await.unwrap().len(), 1);
    assert!(
        store
            .drafts((fixture.amy, fixture.amy))
            .await
            .unwrap()
            .is_empty()
    );
    for stranger in [(bo, bo), (bo, fixture.info), (fixture.info, fixture.info)] {
        assert!(store.drafts(stranger).await.unwrap().is_empty());
        let read = store.draft(stranger.0, draft.id).await;
        assert!(matches!(read, Err(StoreError::Missing(_))));
        let files = store
            .draft_files(stranger.0, draft.id, vec![attachment])
            .await;
        assert!(files.unwrap().is_empty());
        store.delete_draft(stranger.0, draft.id).await.unwrap();
        // Saving over it makes a draft of one's own without what the other one has.
        let over = DraftSave {
            over: Some(draft),
            fields: fields("mine"),
            ..DraftSave::default()
        };
        let own = store.save_draft(stranger, over, time(NINE)).await.unwrap();
        let own = store.draft(stranger.0, own.version().id).await.unwrap();
        assert!(own.attachments.is_empty() && own.version.id != draft.id);
        store
            .delete_draft(stranger.0, own.version.id)
            .await
            .unwrap();
    }
    let untouched = store.draft(fixture.amy, draft.id).await.unwrap();
    assert_eq!(
        (untouched.version, untouched.fields.text.as_str()),
        (draft, "secret")
    );
}

#[tokio::test]
async fn drafts_have_limits_and_what_is_over_them_changes_nothing() {
    let fixture = Fixture::new().await;
    let amy = (fixture.amy, fixture.amy);
    let first = fixture.save(None, "small").await.version();
    let attach = |bytes: usize| DraftSave {
        over: Some(first),
        fields: fields("large"),
        attachments: Attachments::Changed {
            keep: Vec::new(),
            add: vec![file("a", &vec![0; bytes])],
        },
    };
    let large = fixture.save_all(attach(limits::DRAFT_BYTES_MAX)).await;
    assert!(matches!(large, Err(DraftError::TooLarge { .. })));
    assert_eq!(fixture.text(first).await, "small");
    assert!(fixture.save_all(attach(1 << 20)).await.is_ok());

    for n in 1..limits::DRAFTS_MAX {
        fixture.save(None, &n.to_string()).await;
    }
    let save = DraftSave {
        fields: fields("one more"),
        ..DraftSave::default()
    };
    let more = fixture.save_all(save).await;
    assert!(matches!(more, Err(DraftError::TooMany { .. })));
    let count = fixture.store.draft_count(amy).await.unwrap();
    assert_eq!(count, limits::DRAFTS_MAX as u64);
}

fn with_attachment(bytes: usize) -> DraftSave {
    DraftSave {
        fields: fields("with a file"),
        attachments: Attachments::Changed {
            keep: Vec::new(),
            add: vec![file("a", &vec![0; bytes])],
        },
        ..DraftSave::default()
    }
}

#[tokio::test]
async fn all_drafts_of_a_person_have_a_limit_together() {
    let fixture = Fixture::new().await;
    let large = 30 << 20;
    for _ in 0..3 {
        fixture.save_all(with_attachment(large)).await.unwrap();
    }
    let more = fixture.save_all(with_attachment(large)).await;
    assert!(matches!(more, Err(DraftError::TooMuch { .. })), "{more:?}");
    let amy = (fixture.amy, fixture.amy);
    assert_eq!(fixture.store.draft_count(amy).await.unwrap(), 3);
    fixture.save(None, "small").await;
    let bo = (fixture.bo, fixture.bo);
    let of_bo = fixture
        .store
        .save_draft(bo, with_attachment(large), time(NINE));
    assert!(of_bo.await.is_ok());
}

#[tokio::test]
async fn on_a_disk_that_fills_the_text_is_saved_and_no_attachments() {
    let fixture = Fixture::new().await;
    // More than any disk has free.
    let marks = crate::disk::Watermarks {
        warn_percent_free: 100,
        warn_bytes_free_max: u64::MAX,
        ..crate::disk::Watermarks::default()
    };
    let options = crate::StoreOptions {
        watermarks: marks,
        ..crate::StoreOptions::default()
    };
    let store = Store::open_with(fixture.dir.path(), options).await.unwrap();
    let amy = (fixture.amy, fixture.amy);
    let large = store
        .save_draft(amy, with_attachment(1 << 20), time(NINE))
        .await;
    assert!(matches!(large, Err(DraftError::NoRoom)), "{large:?}");
    assert_eq!(store.draft_count(amy).await.unwrap(), 0);
    let small = store
        .save_draft(amy, with_attachment(1 << 10), time(NINE))
        .await;
    assert!(small.is_ok(), "{small:?}");
}

#[tokio::test]
async fn what_was_saved_after_sending_is_kept() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, fixture.amy);
    let first = fixture.save(None, "1").await.version();
    let second = fixture.save(Some(first), "2").await.version();
    store.finish_draft(amy, first).await.unwrap();
    store.finish_draft(fixture.bo, second).await.unwrap();
    assert_eq!(fixture.text(second).await, "2");
    store.finish_draft(amy, second).await.unwrap();
    assert!(store.draft(amy, second.id).await.is_err());
}

#[tokio::test]
async fn drafts_age_by_their_last_change() {
    let fixture = Fixture::new().await;
    let (store, amy) = (&fixture.store, (fixture.amy, fixture.amy));
    let old = fixture.save(None, "old").await.version();
    let kept = fixture.save(None, "changed since").await.version();
    let change = DraftSave {
        over: Some(kept),
        fields: fields("changed"),
        ..DraftSave::default()
    };
    store.save_draft(amy, change, time(TEN)).await.unwrap();
    assert_eq!(store.drop_drafts_before(time(TEN)).await.unwrap(), 1);
    assert!(store.draft(fixture.amy, old.id).await.is_err());
    assert!(store.draft(fixture.amy, kept.id).await.is_ok());
}
