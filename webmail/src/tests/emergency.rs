//! Starting and ending an emergency in the console.

use jiff::{SignedDuration, Timestamp};
use store::Mode;

use super::site::{Answer, Site, Visit};

/// Presses a button as it stands on the page now.
async fn press(site: &Site, visit: &Visit, (step, more): (&str, &[(&str, &str)])) -> Answer {
    let seen = site.store.mode().await.unwrap().number.to_string();
    let mut fields = vec![("token", visit.form_token.as_str()), ("seen", &seen)];
    fields.extend(more);
    let path = format!("/admin/emergency/{step}");
    site.post(&path, Some(visit), &fields).await
}

async fn mode(site: &Site) -> Mode {
    site.store.mode().await.unwrap().mode
}

/// Lets the last proof of who somebody is be long ago.
async fn grow_stale(site: &Site, visit: &Visit) {
    let token = visit.cookie.strip_prefix("console=").unwrap();
    let token = store::ConsoleToken(store::Secret::new(token));
    let before = Timestamp::now() - SignedDuration::from_mins(6);
    site.store.prove_console(&token, before).await.unwrap();
}

#[tokio::test]
async fn an_emergency_begins_and_ends_in_two_steps_each() {
    let site = Site::new().await;
    let eva = site.console(site.eva).await;
    let page = site.get("/admin/emergency", Some(&eva)).await;
    page.check(
        200,
        &["Notbetrieb beginnen", "Grund; alle Mitarbeiter sehen ihn"],
    );
    page.check_lacks(&["/admin/emergency/end", "/admin/emergency/extend"]);
    let wish = [("reason", " Exchange <ist>\ntot "), ("hours", "8")];
    let sure = press(&site, &eva, ("start", &wish)).await;
    sure.check(
        200,
        &[
            "Notbetrieb jetzt beginnen?",
            "Exchange &#60;ist&#62; tot",
            "name=\"sure\"",
            "0 von 5 Personen",
        ],
    );
    sure.check_lacks(&["type=\"password\""]);
    assert_eq!(mode(&site).await, Mode::Normal, "nothing was confirmed");
    let wish = [
        ("reason", "Exchange <ist> tot"),
        ("hours", "8"),
        ("sure", "1"),
    ];
    let begun = press(&site, &eva, ("start", &wish)).await;
    begun.check(303, &[]);
    assert_eq!(begun.header("location"), "/admin");
    let now = site.store.mode().await.unwrap();
    assert_eq!((now.mode, now.by.as_str()), (Mode::Emergency, "eva"));
    assert_eq!(now.reason, "Exchange <ist> tot");
    let hours = now
        .expected_end
        .unwrap()
        .duration_since(now.since)
        .as_hours();
    assert_eq!(hours, 8);

    let page = site.get("/admin/emergency", Some(&eva)).await;
    page.check(200, &["Es dauert länger", "Notbetrieb beenden"]);
    page.check_lacks(&["/admin/emergency/start"]);
    let longer = press(&site, &eva, ("extend", &[("hours", "24")])).await;
    longer.check(303, &[]);
    let later = site.store.mode().await.unwrap();
    assert_eq!(later.reason, "Exchange <ist> tot", "it stays");
    assert!(later.expected_end > now.expected_end);

    let wish = [("reason", "läuft wieder")];
    let sure = press(&site, &eva, ("end", &wish)).await;
    sure.check(
        200,
        &["Notbetrieb jetzt beenden?", "Alle Anmeldungen enden."],
    );
    assert_eq!(mode(&site).await, Mode::Emergency);
    let wish = [("reason", "läuft wieder"), ("sure", "1")];
    press(&site, &eva, ("end", &wish)).await.check(303, &[]);
    assert_eq!(mode(&site).await, Mode::Recovery);
    let page = site.get("/admin/emergency", Some(&eva)).await;
    page.check(
        200,
        &[
            "Rückführung abschließen",
            "Der Mailserver ist wieder ausgefallen",
        ],
    );
    press(&site, &eva, ("end", &wish)).await.check(303, &[]);
    assert_eq!(mode(&site).await, Mode::Normal);
}

#[tokio::test]
async fn who_acts_on_an_old_page_does_nothing() {
    let site = Site::new().await;
    let eva = site.console(site.eva).await;
    let fields = [
        ("token", eva.form_token.as_str()),
        ("seen", "0"),
        ("reason", "x"),
        ("sure", "1"),
    ];
    site.become_mode(Mode::Emergency).await;
    let path = "/admin/emergency/end";
    let answer = site.post(path, Some(&eva), &fields).await;
    let page = site.get(answer.header("location"), Some(&eva)).await;
    page.check(200, &["Jemand anderes war schneller"]);
    assert_eq!(mode(&site).await, Mode::Emergency);
    let answer = press(&site, &eva, ("end", &[("reason", " ")])).await;
    let page = site.get(answer.header("location"), Some(&eva)).await;
    page.check(200, &["Bitte schreiben Sie einen Grund"]);
    for hours in ["0", "721", "x", "-1"] {
        let wish = [("reason", "x"), ("hours", hours), ("sure", "1")];
        press(&site, &eva, ("extend", &wish)).await.check(400, &[]);
    }
}

#[tokio::test]
async fn a_console_that_was_left_open_asks_for_the_password() {
    let site = Site::new().await;
    let eva = site.console(site.eva).await;
    grow_stale(&site, &eva).await;
    let wish = [("reason", "fire"), ("sure", "1")];
    let sure = press(&site, &eva, ("start", &wish)).await;
    sure.check(200, &["type=\"password\"", "Das Passwort stimmt nicht"]);
    for password in ["", "bo", "code"] {
        let wish = [("reason", "fire"), ("sure", "1"), ("password", password)];
        press(&site, &eva, ("start", &wish)).await.check(200, &[]);
    }
    assert_eq!(mode(&site).await, Mode::Normal);
    let log = site.store.audit_log(9).await.unwrap();
    let failed = log
        .iter()
        .filter(|it| it.action == "console-password-failed");
    assert_eq!(failed.count(), 4);
    let wish = [("reason", "fire"), ("sure", "1"), ("password", "eva")];
    press(&site, &eva, ("start", &wish)).await.check(303, &[]);
    assert_eq!(mode(&site).await, Mode::Emergency);
    // For some minutes it is known now.
    let wish = [("reason", "out"), ("sure", "1")];
    press(&site, &eva, ("end", &wish)).await.check(303, &[]);
}

#[tokio::test]
async fn auditors_look_and_strangers_press_nothing() {
    let site = Site::new().await;
    let otto = site.console(site.otto).await;
    let page = site.get("/admin/emergency", Some(&otto)).await;
    page.check(200, &["Only administrators can start and end it."]);
    page.check_lacks(&["<form class=\"console-form\""]);
    let wish = [("reason", "fire"), ("sure", "1")];
    for step in ["start", "extend", "end"] {
        press(&site, &otto, (step, &wish)).await.check(403, &[]);
    }
    let eva = site.console(site.eva).await;
    let forged = Visit {
        cookie: eva.cookie.clone(),
        form_token: otto.form_token.clone(),
    };
    press(&site, &forged, ("start", &wish))
        .await
        .check(403, &[]);
    assert_eq!(mode(&site).await, Mode::Normal);
}
