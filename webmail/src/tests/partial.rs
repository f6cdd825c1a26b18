//! An emergency of some only: the others have their usual mail.

use store::Mode;

use super::site::Site;

#[tokio::test]
async fn the_others_are_told_and_stay_out() {
    let site = Site::new().await;
    site.become_mode_of(Mode::Emergency, &["juergen"]).await;
    site.get("/", None).await.check(
        200,
        &["Some mailboxes are down", "go on using it", "/signin"],
    );
    let fields = [("login", "ada"), ("password", "ada")];
    let answer = site.post("/signin", None, &fields).await;
    answer.check(401, &["this is open for others only right now"]);
    assert!(answer.header("set-cookie").is_empty());
    let fields = [("login", "juergen"), ("password", "juergen")];
    site.post("/signin", None, &fields).await.check(303, &[]);
}

#[tokio::test]
async fn a_session_ends_when_the_emergency_is_limited_to_others() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let others = site.session(site.ada).await;
    site.become_mode_of(Mode::Emergency, &["ada"]).await;
    let inbox = |account| format!("/mail/{account}/inbox");
    site.get(&inbox(site.juergen), Some(&visit))
        .await
        .check(303, &[]);
    site.get(&inbox(site.ada), Some(&others))
        .await
        .check(200, &[]);
}
