//! What a few accounts change, on a controller that plays; and what goes on while none answers.

use jiff::SignedDuration;
use store::{Accepted, Loss, Ruling, Standing};

use super::active_tests::{STAFF, Scene, company};
use super::played::{Play, ROOT};
use super::*;

/// bo, with one attribute more.
fn bo(play: &mut Play, name: &str, value: &str) {
    let bo = [
        ("objectClass", &["user"][..]),
        ("objectCategory", &["person"]),
        ("sAMAccountName", &["bo"]),
        ("mail", &["bo@corp.example"]),
        ("userAccountControl", &["512"]),
        ("accountExpires", &["0"]),
        (name, &[value]),
    ];
    play.put(2, &format!("CN=bo,{STAFF}"), &bo);
}

/// Syncs without looking at everybody. Says whether that was enough.
async fn sync_few(scene: &Scene) -> &'static str {
    let read = scene.directory.read_lately(&scene.store, scene.now).await;
    match read.unwrap() {
        Lately::Nothing(unchanged) => {
            unchanged.remember(&scene.store).await.unwrap();
            "nothing"
        }
        Lately::Few(few) => match few.write(&scene.store, scene.now).await.unwrap() {
            Some(_) => "few",
            None => "takes something away",
        },
        Lately::More => "more",
    }
}

async fn standing(scene: &Scene) -> Option<Standing> {
    let entrant = scene.store.entrant("bo", scene.now).await.unwrap();
    entrant.map(|it| it.standing)
}

#[tokio::test]
async fn what_concerns_nobody_else_is_written_alone() {
    let scene = Scene::with(company(), ROOT).await;
    assert_eq!(sync_few(&scene).await, "nothing");
    for (name, value) in [
        ("displayName", "Bo Groß"),
        ("telephoneNumber", "12"),
        ("pwdLastSet", "134084159990000000"),
        ("lockoutTime", "134398224000000000"),
    ] {
        scene.controller.change(|play| bo(play, name, value));
        assert_eq!(sync_few(&scene).await, "few", "{name}");
        assert_eq!(sync_few(&scene).await, "nothing", "{name}");
        // Everything says the same.
        scene.check(None, &["amy", "bo", "cy"]).await;
    }
    assert_eq!(standing(&scene).await, Some(Standing::Locked));
    // The number moves, for nothing that is ours.
    scene.controller.change(|play| play.usn += 1);
    assert_eq!(sync_few(&scene).await, "nothing");
}

#[tokio::test]
async fn what_concerns_others_has_everybody_looked_at() {
    let changes: [fn(&mut Play); 7] = [
        |play| play.person(4, "di", STAFF),
        |play| play.person(2, "bob", STAFF),
        |play| play.delete(2),
        |play| bo(play, "proxyAddresses", "smtp:other@corp.example"),
        |play| bo(play, "msExchDelegateListLink", "CN=amy,OU=Staff,DC=x"),
        |play| {
            let group = [("objectClass", &["group"][..])];
            play.put(50, "CN=all,DC=x", &group);
        },
        |play| play.database = 2,
    ];
    for change in changes {
        let scene = Scene::with(company(), ROOT).await;
        scene.controller.change(change);
        assert_eq!(sync_few(&scene).await, "more");
    }
    let scene = Scene::with(company(), ROOT).await;
    scene
        .controller
        .change(|play| bo(play, "userAccountControl", "514"));
    scene.controller.change(|play| {
        let entry = play.entries.last_mut().unwrap();
        let is_old = |it: &(String, Vec<Vec<u8>>)| it.1 == [b"512".to_vec()];
        entry.attributes.retain(|it| !is_old(it));
    });
    assert_eq!(sync_few(&scene).await, "takes something away");
    // Who deletes in secret is asked for a list.
    let play = Play {
        shows_deleted: false,
        ..company()
    };
    let scene = Scene::with(play, ROOT).await;
    scene
        .controller
        .change(|play| bo(play, "displayName", "Bo"));
    assert_eq!(sync_few(&scene).await, "more");
}

#[tokio::test]
async fn while_nobody_answers_a_lock_ends_and_an_account_expires() {
    let mut scene = Scene::with(company(), ROOT).await;
    let yes = |_: &[Loss]| Ruling::Write(Accepted::ByPerson);
    let go_on = async |scene: &Scene| {
        let reading = scene.directory.remembered(&scene.store, scene.now).await;
        let Some(reading) = reading.unwrap() else {
            return false;
        };
        let mirrored = scene.store.mirror_if(reading.mirroring, yes).await.unwrap();
        assert!(matches!(mirrored, store::Mirrored::Done(_)));
        true
    };
    // Locked at 12:00, and the directory does not say for how long.
    scene
        .controller
        .change(|play| bo(play, "lockoutTime", LOCKED_AT));
    let found = scene.read().await;
    scene.write(found).await;
    assert_eq!(standing(&scene).await, Some(Standing::Locked));
    scene.now += SignedDuration::from_mins(29);
    assert!(!go_on(&scene).await);
    scene.now += SignedDuration::from_mins(1);
    assert!(go_on(&scene).await);
    assert_eq!(standing(&scene).await, Some(Standing::Active));
    assert!(!go_on(&scene).await, "once is enough");
    // The same entries say no more when the server is back.
    assert_eq!(sync_few(&scene).await, "nothing");
}

/// 2026-11-22T12:00:00Z, in 100 ns since 1601.
const LOCKED_AT: &str = "134398224000000000";
