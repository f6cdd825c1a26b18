//! The door for administrators who need no directory.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use store::{
    AlertKind, BreakGlassKept, BreakGlassOrder, Mode, NewBreakGlass, Secret, Snapshot, TotpSecret,
};

use super::site::{Answer, Site, Visit};

/// The code of a second factor at a time.
fn code(secret: &TotpSecret, at: Timestamp) -> String {
    let secret = totp_rs::Secret::try_from_base32(secret.base32()).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    totp.generate(u64::try_from(at.as_second()).unwrap())
        .to_string()
}

/// Makes one who is called `safe`, with the password `envelope`, two minutes ago.
async fn make(site: &Site) -> TotpSecret {
    let secret = TotpSecret::generate().unwrap();
    let before = Timestamp::now() - SignedDuration::from_mins(2);
    let new = NewBreakGlass {
        name: "safe".parse().unwrap(),
        hash: Secret::new("$argon2id$envelope"),
        code: code(&secret, before),
        secret: secret.clone(),
    };
    let by = ("shell:root".to_owned(), before);
    let kept = site.store.keep_break_glass(new, BreakGlassOrder::Make, by);
    assert_eq!(kept.await.unwrap(), BreakGlassKept::Yes);
    secret
}

async fn enter(site: &Site, (name, password): (&str, &str), code: &str) -> Answer {
    let fields = [("name", name), ("password", password), ("code", code)];
    site.post("/admin/break-glass", None, &fields).await
}

fn visit(answer: &Answer) -> Visit {
    let cookie = answer.header("set-cookie").split(';').next();
    Visit {
        cookie: cookie.unwrap().to_owned(),
        form_token: String::new(),
    }
}

#[tokio::test]
async fn it_opens_in_every_mode_also_when_nobody_is_in_the_directory() {
    let site = Site::new().await;
    let nobody = Snapshot {
        accounts: Vec::new(),
        groups: Vec::new(),
    };
    site.store.mirror(nobody).await.unwrap();
    let door = site.get("/admin/signin?to=/admin/x", None).await;
    door.check(200, &["href=\"/admin/break-glass?to=/admin/x\""]);
    for mode in [Mode::Normal, Mode::Emergency, Mode::Recovery] {
        if mode != Mode::Normal {
            site.become_mode(mode).await;
        }
        let secret = TotpSecret::generate().unwrap();
        let before = Timestamp::now() - SignedDuration::from_mins(2);
        let name = format!("safe-{mode}");
        let new = NewBreakGlass {
            name: name.parse().unwrap(),
            hash: Secret::new("$argon2id$envelope"),
            code: code(&secret, before),
            secret: secret.clone(),
        };
        let by = ("shell:root".to_owned(), before);
        let made = site.store.keep_break_glass(new, BreakGlassOrder::Make, by);
        made.await.unwrap();
        let now = code(&secret, Timestamp::now());
        let answer = enter(&site, (&name, "envelope"), &now).await;
        answer.check(303, &[]);
        assert_eq!(answer.header("location"), "/admin");
        let visit = visit(&answer);
        for page in [
            "/admin",
            "/admin/emergency",
            "/admin/readiness",
            "/admin/directory",
        ] {
            site.get(page, Some(&visit)).await.check(200, &[&name]);
        }
        // Theirs comes from a shell.
        let page = site.get("/admin/second-factor", Some(&visit)).await;
        page.check(404, &[]);
        let mail = site.get("/mail/", Some(&visit)).await;
        assert_ne!(mail.status, 200);
    }
}

#[tokio::test]
async fn all_refusals_say_the_same_and_take_the_same_time() {
    let site = Site::new().await;
    let secret = make(&site).await;
    let now = code(&secret, Timestamp::now());
    let tries = [
        ("safe", "envelope", "000000x"),
        ("safe", "wrong", now.as_str()),
        ("nobody", "envelope", now.as_str()),
        ("no such name!", "envelope", now.as_str()),
        ("", "", ""),
    ];
    let mut texts = Vec::new();
    for (name, password, code) in tries {
        let began = Instant::now();
        let answer = enter(&site, (name, password), code).await;
        let took = began.elapsed();
        answer.check(401, &["These do not belong together."]);
        assert!(took >= Duration::from_secs(1), "{name} took {took:?}");
        assert!(answer.header("set-cookie").is_empty());
        let shown = format!("value=\"{name}\"");
        texts.push(
            answer
                .text()
                .replace(&shown, "value=\"\"")
                .replace(" autofocus", ""),
        );
    }
    assert!(texts.iter().all(|text| *text == texts[0]));
    let log = site.store.audit_log(9).await.unwrap();
    let failed = log.iter().filter(|row| row.action == "break-glass-failed");
    let actors: Vec<&str> = failed.map(|row| row.actor.as_str()).collect();
    let unknown = "unknown name";
    let want = [
        unknown,
        unknown,
        unknown,
        "break-glass:safe",
        "break-glass:safe",
    ];
    assert_eq!(actors, want);
}

#[tokio::test]
async fn a_use_is_told_until_a_person_has_seen_it() {
    let site = Site::new().await;
    let secret = make(&site).await;
    let now = code(&secret, Timestamp::now());
    let answer = enter(&site, ("SAFE", "envelope"), &now).await;
    answer.check(303, &[]);
    let glass = visit(&answer);
    let again = enter(&site, ("safe", "envelope"), &now).await;
    again.check(401, &[]);
    let eva = site.console(site.eva).await;
    let page = site.get("/admin", Some(&eva)).await;
    page.check(
        200,
        &["Der Notzugang zur Verwaltung wurde benutzt.", "Gesehen"],
    );
    // Who broke the glass does not sweep it up.
    let page = site.get("/admin", Some(&glass)).await;
    page.check(200, &["The break-glass door of the console was used."]);
    page.check_lacks(&["/admin/alerts/seen"]);
    let token = page.text();
    let token = token.split("name=\"token\" value=\"").nth(1).unwrap();
    let token = token.split('"').next().unwrap();
    let kind = AlertKind::BreakGlassUsed.to_string();
    let press = async |visit: &Visit, token: &str| {
        let fields = [("token", token), ("kind", kind.as_str())];
        site.post("/admin/alerts/seen", Some(visit), &fields).await
    };
    press(&glass, token).await.check(404, &[]);
    press(&eva, "x").await.check(403, &[]);
    assert_eq!(site.store.alerts().await.unwrap().len(), 1);
    press(&eva, &eva.form_token).await.check(303, &[]);
    assert!(site.store.alerts().await.unwrap().is_empty());
    // It is an administrator all the same.
    let fields = [
        ("token", token),
        ("seen", "0"),
        ("reason", "fire"),
        ("sure", "1"),
    ];
    let started = site.post("/admin/emergency/start", Some(&glass), &fields);
    started.await.check(303, &[]);
    let mode = site.store.mode().await.unwrap();
    assert_eq!(
        (mode.mode, mode.by.as_str()),
        (Mode::Emergency, "break-glass:safe")
    );
    let fields = [("token", token)];
    let left = site.post("/admin/signout", Some(&glass), &fields).await;
    left.check(303, &[]);
    site.get("/admin", Some(&glass)).await.check(303, &[]);
}
