//! What each branch of an incremental sync with Active Directory does, on a controller that plays.

use store::{Difference, Mirrored, Secret, Store};

use super::played::{Controller, Play, ROOT};
use super::*;

pub(super) const STAFF: &str = "OU=Staff,DC=x";
const EVERYTHING: Option<Extent> = Some(Extent::Everything);
const CHANGED: Option<Extent> = Some(Extent::WhatChanged);

/// A store that follows a controller.
pub(super) struct Scene {
    _dir: tempfile::TempDir,
    pub(super) store: Store,
    pub(super) controller: Controller,
    pub(super) directory: Directory,
    pub(super) now: Timestamp,
}

/// amy, bo and cy, and a group of them.
pub(super) fn company() -> Play {
    let mut play = Play::default();
    for (number, login) in [(1, "amy"), (2, "bo"), (3, "cy")] {
        play.person(number, login, STAFF);
    }
    let members = [
        "CN=amy,OU=Staff,DC=x",
        "CN=bo,OU=Staff,DC=x",
        "CN=cy,OU=Staff,DC=x",
    ];
    let group = [
        ("objectClass", &["group"][..]),
        ("sAMAccountName", &["all"]),
        ("mail", &["all@corp.example"]),
        ("member", &members),
    ];
    play.put(50, "CN=all,DC=x", &group);
    play
}

pub(super) fn directory(urls: &[&str], base: &str) -> Directory {
    let text = format!(
        "kind = \"ad\"\nstarttls = false\nservers = {urls:?}\nbind_dn = \"reader@x\"\n\
         base = [\"{base}\"]\nadmin_groups = [\"all\"]\n"
    );
    let domains = vec!["corp.example".to_owned()];
    let settings = Settings::new(toml::from_str(&text).unwrap(), domains, Secret::new("pw"));
    Directory::new(settings.unwrap()).unwrap()
}

impl Scene {
    pub(super) async fn with(play: Play, base: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let controller = Controller::start(play).await;
        let scene = Self {
            store: Store::open(dir.path()).await.unwrap(),
            _dir: dir,
            directory: directory(&[&controller.url], base),
            controller,
            now: "2026-11-22T12:00:00Z".parse().unwrap(),
        };
        scene.check(EVERYTHING, &["amy", "bo", "cy"]).await;
        scene
    }

    pub(super) async fn read(&self) -> Found {
        let read = self
            .directory
            .read(&self.store, Extent::WhatChanged, self.now);
        read.await.unwrap()
    }

    pub(super) async fn write(&self, found: Found) -> Option<Difference> {
        match found {
            Found::Nothing(unchanged) => {
                unchanged.remember(&self.store).await.unwrap();
                None
            }
            Found::Something(reading) => {
                let accept = |_: &[store::Loss]| store::Ruling::Write(store::Accepted::ByPerson);
                let mirrored = self.store.mirror_if(reading.mirroring, accept);
                match mirrored.await.unwrap() {
                    Mirrored::Done(difference) => Some(difference),
                    other => panic!("{other:?}"),
                }
            }
        }
    }

    /// Syncs: how much was read, and who is there then. Reading everything says the same.
    pub(super) async fn check(&self, extent: Option<Extent>, logins: &[&str]) {
        let found = self.read().await;
        let read = match &found {
            Found::Nothing(_) => None,
            Found::Something(reading) => Some(reading.extent),
        };
        self.write(found).await;
        assert_eq!(self.logins().await, logins);
        assert_eq!(read, extent);
        let whole = self
            .directory
            .read(&self.store, Extent::Everything, self.now);
        let Found::Something(whole) = whole.await.unwrap() else {
            panic!("everything is never nothing");
        };
        let difference = self
            .store
            .compare(whole.mirroring, |_| {
                store::Ruling::Write(store::Accepted::ByPerson)
            })
            .await
            .unwrap()
            .difference;
        let changes = [difference.added, difference.changed, difference.removed];
        assert_eq!(changes, [0, 0, 0], "everything says something else");
        assert_eq!(difference.groups_changed, 0);
    }

    pub(super) async fn logins(&self) -> Vec<String> {
        let mut accounts = self.store.accounts().await.unwrap();
        accounts.sort_by(|one, other| one.login.cmp(&other.login));
        accounts.into_iter().map(|it| it.login).collect()
    }
}

#[tokio::test]
async fn what_is_new_is_read_and_nothing_else() {
    let scene = Scene::with(company(), ROOT).await;
    scene.check(None, &["amy", "bo", "cy"]).await;
    scene.controller.change(|play| play.person(2, "bob", STAFF));
    scene.check(CHANGED, &["amy", "bob", "cy"]).await;
    scene.controller.change(|play| play.person(4, "di", STAFF));
    scene.check(CHANGED, &["amy", "bob", "cy", "di"]).await;
    // The number moves, for nothing that is ours.
    scene.controller.change(|play| play.usn += 1);
    scene.check(None, &["amy", "bob", "cy", "di"]).await;
    scene.controller.asked();
    scene.read().await;
    let asked = scene.controller.asked();
    let mut people = asked
        .iter()
        .filter(|(_, asks_for)| !asks_for.iter().any(|it| it == "lockoutThreshold"));
    assert!(
        people.all(|(base, _)| base != ROOT),
        "nobody was looked for: {asked:?}"
    );
}

#[tokio::test]
async fn whoever_is_deleted_goes_whether_we_may_see_it_or_not() {
    for shows_deleted in [true, false] {
        let play = Play {
            shows_deleted,
            ..company()
        };
        let scene = Scene::with(play, ROOT).await;
        scene.controller.change(|play| play.delete(3));
        scene.controller.asked();
        scene.check(CHANGED, &["amy", "bo"]).await;
        let marks = ["objectGUID".to_owned(), "uSNChanged".to_owned()];
        let asked = scene.controller.asked();
        let is_list = |it: &(String, Vec<String>)| it.1 == marks;
        assert_eq!(
            asked.iter().any(is_list),
            !shows_deleted,
            "a list of who is left"
        );
    }
}

#[tokio::test]
async fn whoever_leaves_the_base_or_the_filter_goes() {
    let scene = Scene::with(company(), STAFF).await;
    scene
        .controller
        .change(|play| play.person(3, "cy", "OU=Gone,DC=x"));
    scene.check(CHANGED, &["amy", "bo"]).await;
    scene.controller.change(|play| {
        let contact = [
            ("objectClass", &["user"][..]),
            ("mail", &["bo@corp.example"]),
        ];
        play.put(2, "CN=bo,OU=Staff,DC=x", &contact);
    });
    scene.check(CHANGED, &["amy"]).await;
    scene.controller.change(|play| play.person(3, "cy", STAFF));
    scene.check(CHANGED, &["amy", "cy"]).await;
}

#[tokio::test]
async fn a_database_that_was_restored_is_read_anew() {
    let scene = Scene::with(company(), ROOT).await;
    // It stands where it stood, and something else is in it: without its new name nobody would see.
    scene.controller.change(|play| {
        let usn = play.usn;
        play.person(2, "bob", STAFF);
        play.usn = usn;
        play.database = 2;
    });
    scene.check(EVERYTHING, &["amy", "bob", "cy"]).await;
    // Its numbers are smaller than before.
    scene.controller.change(|play| {
        play.person(3, "cyd", STAFF);
        play.usn = 5;
    });
    scene.check(EVERYTHING, &["amy", "bob", "cyd"]).await;
    // It does not say which it is.
    scene.controller.change(|play| play.database = 0);
    scene.check(EVERYTHING, &["amy", "bob", "cyd"]).await;
}

#[tokio::test]
async fn a_unit_that_is_renamed_has_everything_read() {
    let scene = Scene::with(company(), ROOT).await;
    scene.controller.change(|play| {
        let unit = [("objectClass", &["organizationalUnit"][..])];
        play.put(60, "OU=More,DC=x", &unit);
        // None of what is in it is marked.
        for entry in &mut play.entries {
            entry.dn = entry.dn.replace("OU=Staff", "OU=More");
            for (_, values) in &mut entry.attributes {
                for value in values {
                    let text = String::from_utf8_lossy(value).replace("OU=Staff", "OU=More");
                    if text.starts_with("CN=") {
                        *value = text.into_bytes();
                    }
                }
            }
        }
    });
    scene.check(EVERYTHING, &["amy", "bo", "cy"]).await;
}

#[tokio::test]
async fn what_changes_while_we_read_is_read_next_time() {
    let scene = Scene::with(company(), ROOT).await;
    scene.controller.change(|play| {
        play.person(1, "amelia", STAFF);
        play.meanwhile = Some(|play| play.person(2, "bob", STAFF));
    });
    let found = scene.read().await;
    scene.write(found).await;
    // Whether the first look saw bo or not: after the next one he is there as he is.
    let found = scene.read().await;
    scene.write(found).await;
    scene.check(None, &["amelia", "bob", "cy"]).await;
    // The same of a first look at everything: the number is asked for before the people.
    let mut play = company();
    play.meanwhile = Some(|play| play.person(9, "zoe", STAFF));
    let dir = tempfile::tempdir().unwrap();
    let controller = Controller::start(play).await;
    let scene = Scene {
        store: Store::open(dir.path()).await.unwrap(),
        _dir: dir,
        directory: directory(&[&controller.url], ROOT),
        controller,
        now: scene.now,
    };
    let found = scene.read().await;
    scene.write(found).await;
    scene.controller.change(|play| play.person(2, "bob", STAFF));
    scene.check(CHANGED, &["amy", "bob", "cy", "zoe"]).await;
}

#[tokio::test]
async fn a_group_in_parts_is_whole() {
    let scene = Scene::with(company(), ROOT).await;
    scene.controller.change(|play| {
        play.range = 2;
        let members: Vec<String> = (10..15).map(|it| format!("CN=user{it},{STAFF}")).collect();
        for number in 10..15 {
            play.person(number, &format!("user{number}"), STAFF);
        }
        let members: Vec<&str> = members.iter().map(String::as_str).collect();
        let group = [
            ("objectClass", &["group"][..]),
            ("mail", &["all@corp.example"]),
            ("member", &members),
        ];
        play.put(50, "CN=all,DC=x", &group);
    });
    let found = scene.read().await;
    scene.write(found).await;
    let owners = scene
        .store
        .owners(&"all@corp.example".parse().unwrap())
        .await;
    let store::Owners::Group(members) = owners.unwrap() else {
        panic!("it is a group");
    };
    assert_eq!(members.len(), 5);
}

#[tokio::test]
async fn another_controller_has_numbers_of_its_own() {
    let mut scene = Scene::with(company(), ROOT).await;
    // The same domain at another controller, whose numbers are higher.
    let mut play = company();
    play.person(4, "di", STAFF);
    play.usn = 9000;
    play.database = 7;
    let second = Controller::start(play).await;
    let nobody = "ldap://127.0.0.1:1";
    scene.directory = directory(&[nobody, &second.url], ROOT);
    scene.controller = second;
    scene.check(EVERYTHING, &["amy", "bo", "cy", "di"]).await;
    scene.controller.change(|play| play.delete(1));
    scene.check(CHANGED, &["bo", "cy", "di"]).await;
}

#[tokio::test]
async fn what_hides_whether_people_may_sign_in_is_named_and_most_of_it_refused() {
    let hide = |play: &mut Play, number: u8| {
        let entry = &mut play.entries[usize::from(number) - 1];
        entry
            .attributes
            .retain(|(name, _)| name != "useraccountcontrol");
    };
    let mut play = company();
    hide(&mut play, 2);
    let scene = Scene::with(play.clone(), ROOT).await;
    assert!(scene.store.sign_in_name("bo").await.unwrap().is_none());
    assert!(scene.store.sign_in_name("amy").await.unwrap().is_some());
    scene
        .controller
        .change(|play| play.person(1, "amelia", STAFF));
    let Found::Something(reading) = scene.read().await else {
        panic!("amy has another name");
    };
    assert_eq!(
        reading.flaws.len(),
        1,
        "also when only what has changed is read"
    );
    assert_eq!(reading.flaws[0].what, FlawKind::HidesStanding);

    hide(&mut play, 3);
    scene.controller.change(|it| *it = play);
    let failed = scene
        .directory
        .read(&scene.store, Extent::Everything, scene.now);
    let failed = failed.await.unwrap_err().to_string();
    assert!(
        failed.contains("2 of 3 people") && failed.contains("account"),
        "{failed}"
    );
}

#[tokio::test]
async fn an_entry_without_a_key_is_left_out_and_named() {
    let mut play = company();
    play.person(4, "zoe", STAFF);
    let last = play.entries.last_mut().unwrap();
    last.attributes[0].1[0].truncate(3);
    let scene = Scene::with(play, ROOT).await;
    scene
        .controller
        .change(|play| play.person(1, "amelia", STAFF));
    let Found::Something(reading) = scene.read().await else {
        panic!("amy has another name");
    };
    let named: Vec<_> = reading
        .flaws
        .iter()
        .map(|it| (&it.dn[..], &it.what))
        .collect();
    assert_eq!(named, [("CN=zoe,OU=Staff,DC=x", &FlawKind::HidesKey)]);
    // None has one: that is a right that we lack.
    scene.controller.change(|play| {
        for entry in &mut play.entries {
            entry.attributes[0].1[0].truncate(3);
        }
    });
    let failed = scene
        .directory
        .read(&scene.store, Extent::Everything, scene.now);
    let failed = failed.await.unwrap_err().to_string();
    assert!(failed.contains("shows no objectGUID of CN="), "{failed}");
}

#[tokio::test]
async fn everything_is_read_again_once_a_day_and_when_the_clock_went_back() {
    let mut scene = Scene::with(company(), ROOT).await;
    let whole_at = scene.now;
    let minutes = jiff::SignedDuration::from_mins;
    scene.now = whole_at + minutes(24 * 60 - 1);
    scene.check(None, &["amy", "bo", "cy"]).await;
    scene.now = whole_at + minutes(24 * 60);
    scene.check(EVERYTHING, &["amy", "bo", "cy"]).await;
    // From there on it counts anew.
    scene.now = whole_at + minutes(48 * 60 - 1);
    scene.check(None, &["amy", "bo", "cy"]).await;
    scene.now = whole_at;
    scene.check(EVERYTHING, &["amy", "bo", "cy"]).await;
}
