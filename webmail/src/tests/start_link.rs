//! The link of an alert, which starts an emergency.

use jiff::{SignedDuration, Timestamp};
use store::{AlertKind, Mode, StartLink};

use super::site::Site;

async fn link(site: &Site) -> String {
    let link = StartLink {
        mode_number: site.store.mode().await.unwrap().number,
        expires_at: Timestamp::now() + SignedDuration::from_hours(1),
        to: "eva@out.example".to_owned(),
    };
    let token = site.store.seal_start_link(link).await.unwrap();
    format!("/admin/start/{token}")
}

async fn mode(site: &Site) -> Mode {
    site.store.mode().await.unwrap().mode
}

const REASON: &[(&str, &str)] = &[("reason", "Exchange ist tot"), ("hours", "8")];

#[tokio::test]
async fn opening_it_asks_and_only_the_button_starts() {
    let site = Site::new().await;
    let path = link(&site).await;
    let now = Timestamp::now();
    site.store
        .raise_alert(AlertKind::PrimaryFailing, "mail fails", now)
        .await;
    for _ in 0..3 {
        let page = site.get(&path, None).await;
        page.check(
            200,
            &[
                "does not answer as it should",
                "method=\"post\"",
                "name=\"reason\"",
            ],
        );
    }
    assert_eq!(
        mode(&site).await,
        Mode::Normal,
        "programs that open links start nothing"
    );
    site.post(&path, None, &[("reason", "  ")])
        .await
        .check(200, &["role=\"alert\""]);
    site.post(&path, None, &[("reason", "x"), ("hours", "0")])
        .await
        .check(400, &[]);
    assert_eq!(mode(&site).await, Mode::Normal);

    site.post(&path, None, REASON)
        .await
        .check(200, &["The emergency has started"]);
    let now = site.store.mode().await.unwrap();
    assert_eq!(
        (now.mode, now.by.as_str()),
        (Mode::Emergency, "link:eva@out.example")
    );
    assert_eq!(now.reason, "Exchange ist tot");
    let log = site.store.audit_log(10).await.unwrap();
    assert!(log.iter().any(|row| row.action == "start-link-used"));
}

#[tokio::test]
async fn it_works_once_and_in_no_later_mode() {
    let site = Site::new().await;
    let (path, other) = (link(&site).await, link(&site).await);
    site.post(&path, None, REASON).await.check(200, &[]);
    for path in [&path, &other] {
        site.get(path, None)
            .await
            .check(200, &["There is an emergency already"]);
        site.post(path, None, REASON)
            .await
            .check(200, &["There is an emergency already"]);
    }
    for after in [Mode::Recovery, Mode::Normal] {
        site.become_mode(after).await;
        site.get(&path, None)
            .await
            .check(410, &["not good any more"]);
        site.post(&other, None, REASON)
            .await
            .check(410, &["not good any more"]);
        assert_eq!(mode(&site).await, after);
    }
    // One that was made since does.
    site.become_mode(Mode::Drill).await;
    site.post(&link(&site).await, None, REASON)
        .await
        .check(200, &[]);
    assert_eq!(mode(&site).await, Mode::Emergency);
}

#[tokio::test]
async fn what_we_did_not_make_is_not_there() {
    let site = Site::new().await;
    for path in [
        "/admin/start/x",
        "/admin/start/v1.0.99999999999.61.00.00",
        "/admin/start/",
    ] {
        site.get(path, None).await.check(404, &[]);
    }
    let forged = link(&site).await + "0";
    site.post(&forged, None, REASON).await.check(404, &[]);
    assert_eq!(mode(&site).await, Mode::Normal);
}
