//! A drill: open for those who take part, and nothing leaves it.

use store::{Folder, Mode, Source};

use super::site::{Site, Visit};

/// Juergen and bo take part; ada does not.
async fn drill() -> (Site, Visit) {
    let site = Site::new().await;
    site.start_filing();
    site.become_mode_of(Mode::Drill, &["juergen", "bo"]).await;
    let visit = site.session(site.juergen).await;
    (site, visit)
}

async fn send(site: &Site, visit: &Visit, to: &str, more: &[(&str, &str)]) -> super::site::Answer {
    let mut fields = vec![
        ("token", visit.form_token.as_bytes()),
        ("key", b"k1"),
        ("from", b"juergen@corp.example"),
        ("to", to.as_bytes()),
        ("subject", "Übung".as_bytes()),
        ("text", b"Hallo"),
    ];
    fields.extend(more.iter().map(|(name, value)| (*name, value.as_bytes())));
    let path = format!("/mail/{}/write", site.juergen);
    site.post_parts(&path, Some(visit), &fields).await
}

#[tokio::test]
async fn everybody_sees_that_it_is_one() {
    let (site, visit) = drill().await;
    site.get("/", None)
        .await
        .check(200, &["Drill", "This is a drill.", "/signin"]);
    let inbox = format!("/mail/{}/inbox", site.juergen);
    site.get(&inbox, Some(&visit))
        .await
        .check(200, &["Dies ist eine Übung."]);
    // Their mail works: who does not take part may try their sign-in.
    site.get("/ready", None).await.check(200, &["password"]);
}

#[tokio::test]
async fn who_is_not_invited_stays_out() {
    let (site, _) = drill().await;
    let fields = [("login", "ada"), ("password", "ada")];
    let answer = site.post("/signin", None, &fields).await;
    answer.check(401, &["this is open for others only right now"]);
    assert!(answer.header("set-cookie").is_empty());
    let fields = [("login", "bo"), ("password", "bo")];
    let answer = site.post("/signin", None, &fields).await;
    answer.check(303, &[]);
    assert!(answer.header("set-cookie").starts_with("session="));
}

#[tokio::test]
async fn mail_goes_to_those_who_take_part_and_says_that_it_is_of_a_drill() {
    let (site, visit) = drill().await;
    for (to, named) in [
        ("ada@corp.example", "ada@corp.example"),
        (
            "bo@corp.example, eve@outside.example",
            "eve@outside.example",
        ),
    ] {
        send(&site, &visit, to, &[]).await.check(
            422,
            &["In einer Übung geht E-Mail nur an Teilnehmer", named],
        );
    }
    let hidden = [("bcc", "eve@outside.example")];
    send(&site, &visit, "bo@corp.example", &hidden)
        .await
        .check(422, &["eve@outside.example"]);
    assert!(site.folder(site.juergen, Folder::Sent).await.is_empty());
    send(&site, &visit, "bo@corp.example", &[])
        .await
        .check(303, &[]);
    let sent = site.folder(site.juergen, Folder::Sent).await;
    let envelope = site.store.envelope(sent[0]).await.unwrap();
    let account = site.juergen;
    assert_eq!(envelope.source, Source::Rehearsed { account });
}

#[tokio::test]
async fn it_ends_for_all_at_once() {
    let (site, visit) = drill().await;
    site.become_mode(Mode::Normal).await;
    let inbox = format!("/mail/{}/inbox", site.juergen);
    site.get(&inbox, Some(&visit))
        .await
        .check(403, &["Emergency mode is off."]);
    // What is real begins with a sign-in of its own.
    site.become_mode_of(Mode::Drill, &["juergen"]).await;
    let visit = site.session(site.juergen).await;
    site.become_mode(Mode::Emergency).await;
    site.get(&inbox, Some(&visit)).await.check(303, &[]);
}
