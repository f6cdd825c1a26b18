//! The console in a real browser, from the quiet day on which it is set up to the night on which the
//! directory is dead and somebody stands there with a phone and an envelope.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use jiff::{SignedDuration, Timestamp};

use crate::harness::door::Door;
use crate::harness::mirror::with_store;
use crate::harness::slapd::{Slapd, SlapdOptions, group, person};
use crate::harness::{Chromium, ServerConfig, Shadowmail, Turn, executable, free_address};

fn company() -> String {
    let people = ["amy", "bo", "cy"].iter().map(|uid| {
        let entry = person(uid, &[&format!("{uid}@corp.example")]);
        format!("{}\nuserPassword: of {uid}\n\n", entry.trim_end())
    });
    let admins = group("admins", None, &["uid=amy,ou=people"]);
    people.chain([admins]).collect()
}

/// The code that an app shows which knows a key, so many seconds from now.
fn code(key: &str, seconds: i64) -> String {
    let key: String = key.split_whitespace().collect();
    let secret = totp_rs::Secret::try_from_base32(key).unwrap();
    let totp = totp_rs::Builder::new().with_secret(secret).build().unwrap();
    let at = Timestamp::now() + SignedDuration::from_secs(seconds);
    totp.generate(u64::try_from(at.as_second()).unwrap())
        .to_string()
}

/// A break-glass administrator: password and key of the app.
struct Envelope {
    password: String,
    key: String,
}

/// Makes one as a person does: reads the key, and types what the app shows.
fn make(shadowmail: &Shadowmail, name: &str) -> Envelope {
    let mut command = Command::new(executable())
        .arg("--config")
        .arg(shadowmail.directory().join("shadowmail.toml"))
        .args(["user", "break-glass", "make", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut typed = command.stdin.take().unwrap();
    let (mut key, mut password) = (String::new(), String::new());
    for line in BufReader::new(command.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        if let Some(shown) = line.strip_prefix("key  ") {
            shown.clone_into(&mut key);
            writeln!(typed, "{}", code(shown, 0)).unwrap();
        }
        if let Some(shown) = line.strip_prefix("password  ") {
            shown.clone_into(&mut password);
        }
    }
    assert!(command.wait().unwrap().success());
    Envelope { password, key }
}

#[test]
fn an_administrator_gets_in_and_starts_an_emergency_whatever_is_down() {
    let _turn = Turn::take();
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let config = slapd.config(&[&slapd.ldaps()], "sync_every_seconds = 3600\n");
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(config),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    let check = shadowmail.command("check").stdout;
    assert!(
        check.contains("fix administrators: with the directory down 0 of 1"),
        "{check}"
    );

    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(quiet_day(&shadowmail));
    let safe = make(&shadowmail, "safe-1");
    let check = shadowmail.command("check").stdout;
    let counted = "ok  administrators: with the directory down 1 of 1 could open the console with \
                   their password, and 1 by breaking";
    assert!(check.contains(counted), "{check}");
    let made = shadowmail.json("user code cy");
    let made = made.as_array().map_or(&made, |all| &all[0]);
    let of_cy = made["code"].as_str().unwrap().to_owned();

    slapd.stop();
    runtime.block_on(three_in_the_morning(&shadowmail, &safe));
    assert_eq!(shadowmail.json("status")["mode"]["mode"], "emergency");

    // The directory is still dead: a code opens once.
    let door = Door::of(&shadowmail, "en");
    door.sign_in("bo", "of bo")
        .refused_with("directory does not answer right now");
    door.sign_in("cy", &of_cy).session();
    door.sign_in("cy", &of_cy)
        .refused_with("it was used already");
}

/// Amy sets up her second factor, and looks at the pages.
async fn quiet_day(shadowmail: &Shadowmail) {
    let browser = Chromium::start("de").await;
    browser.open(&shadowmail.url("/admin/directory")).await;
    browser.shows("Anmeldung zur Verwaltung").await;
    browser.fill("login", "amy").await;
    browser.fill("password", "of amy").await;
    browser.click("form.stack .button.primary").await;
    browser.shows("Jetzt abgleichen").await;
    browser.follow("Bereitschaft").await;
    browser.shows("könnten sich jetzt anmelden").await;
    browser.shows("1 von 3").await;
    browser.shows("Notfall-Codes ausgeben").await;
    browser.follow("Zweiter Faktor").await;
    browser.click(".console-form .button.primary").await;
    assert!(browser.has("svg.qr").await, "a picture for the phone");
    let key = browser.texts(".factor-key").await.remove(0);
    browser.fill("code", "000000").await;
    browser.click(".console-form .button.primary").await;
    browser.shows("Dieser Code passt nicht").await;
    browser.fill("code", &code(&key, 0)).await;
    browser.click(".console-form .button.primary").await;
    browser.shows("Der zweite Faktor ist eingerichtet.").await;
    browser.fill("login", "amy").await;
    browser.fill("password", "of amy").await;
    browser.click("form.stack .button.primary").await;
    browser.shows("Code aus Ihrer App").await;
    browser.fill("code", &code(&key, 30)).await;
    browser.click("form.stack .button.primary").await;
    browser.shows("Normalbetrieb").await;
    browser.close().await;
}

/// Somebody who is in no directory starts the emergency, on a phone.
async fn three_in_the_morning(shadowmail: &Shadowmail, safe: &Envelope) {
    let phone = Chromium::phone("en").await;
    phone.open(&shadowmail.url("/admin")).await;
    phone.fill("login", "bo").await;
    phone.fill("password", "of bo").await;
    phone.click("form.stack .button.primary").await;
    phone.shows("the break-glass door, or on the server").await;
    phone.follow("Break-glass door").await;
    phone.fill("name", "Safe-1").await;
    phone.fill("password", "0000-0000-0000-0000").await;
    phone.fill("code", &code(&safe.key, 30)).await;
    phone.click("form.stack .button.primary").await;
    phone.shows("These do not belong together.").await;
    phone.fill("password", &safe.password.to_lowercase()).await;
    phone.fill("code", &code(&safe.key, 30)).await;
    phone.click("form.stack .button.primary").await;
    phone.shows("Normal operation").await;
    phone
        .shows("The break-glass door of the console was used.")
        .await;
    phone.follow("Start the emergency").await;
    phone.fill("reason", "The data centre burns").await;
    phone.click(".console-form .button.primary").await;
    phone.shows("Start the emergency now?").await;
    phone.shows("The data centre burns").await;
    assert!(phone.fits_the_screen().await, "nothing is cut off");
    phone.click(".console-form .button.primary").await;
    phone.shows("Emergency mode").await;
    phone.shows("by break-glass:safe-1").await;
    phone.close().await;
}
