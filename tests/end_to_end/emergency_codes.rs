//! Emergency codes for all who could not sign in otherwise: from the files to the door, with a real
//! OpenLDAP that goes down, and with a real reader of the picture on the sheets.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::harness::door::Door;
use crate::harness::mirror::with_store;
use crate::harness::slapd::{Slapd, SlapdOptions, staff};
use crate::harness::{ServerConfig, Shadowmail, Turn, free_address, installed};

fn company() -> String {
    staff(&["amy", "bo", "cy", "di"])
}

/// The codes of a file, by login.
fn codes(csv: &Path) -> BTreeMap<String, String> {
    let text = fs::read_to_string(csv).unwrap();
    let mut lines = text.lines();
    assert_eq!(
        lines.next(),
        Some("login,name,address,code,valid_until,url")
    );
    let cells = lines.map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    cells.map(|it| (it[0].clone(), it[3].clone())).collect()
}

/// What a telephone reads from the picture on the page.
fn scanned(page: &Path) -> String {
    installed("Chromium", "chromium");
    installed("A reader of QR codes (package zbar-tools)", "zbarimg");
    let picture = page.with_extension("png");
    let profile = page.with_extension("profile");
    let shot = Command::new("chromium")
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args(["--window-size=1280,1600", "--disable-background-networking"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("--screenshot={}", picture.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(
        picture.is_file(),
        "{}",
        String::from_utf8_lossy(&shot.stderr)
    );
    let read = Command::new("zbarimg")
        .args(["--quiet", "--raw"])
        .arg(&picture)
        .output()
        .unwrap();
    String::from_utf8(read.stdout).unwrap()
}

#[test]
fn from_the_files_to_the_door() {
    let _turn = Turn::take();
    let mut slapd = Slapd::start_with(SlapdOptions::default(), &company());
    let mut shadowmail = with_store(Shadowmail::install(ServerConfig {
        directory: Some(slapd.config(&[&slapd.ldaps()], "sync_every_seconds = 3600\n")),
        ..ServerConfig::for_primary(free_address())
    }));
    shadowmail.start_again();
    shadowmail.succeed("emergency start --reason outage");
    let door = Door::of(&shadowmail, "en");
    door.sign_in("amy", "of amy").session();
    let of_bo = shadowmail.json("user code bo");
    let of_bo = of_bo["code"].as_str().unwrap();
    slapd.stop();

    // One of the files is there already: neither is written, and no code is another.
    let (csv, sheets) = (
        shadowmail.directory().join("codes.csv"),
        shadowmail.directory().join("codes.html"),
    );
    let order = format!(
        "user code --missing --csv {} --sheets {}",
        csv.display(),
        sheets.display()
    );
    for taken in [&csv, &sheets] {
        fs::write(taken, "somebody else's").unwrap();
        shadowmail
            .command(&order)
            .complains(&["cannot write", taken.to_str().unwrap()]);
        assert_eq!(fs::read_to_string(taken).unwrap(), "somebody else's");
        fs::remove_file(taken).unwrap();
        assert!(!csv.exists() && !sheets.exists(), "half of it lies around");
    }
    door.sign_in("bo", of_bo).session();

    let said = shadowmail.json(&order);
    assert_eq!(said["codes"], 3, "{said}");
    let by_login = codes(&csv);
    let logins: Vec<&String> = by_login.keys().collect();
    assert_eq!(logins, ["bo", "cy", "di"], "amy needs none");
    files_are_for_people(&shadowmail, (&csv, &sheets), &by_login);
    door.sign_in("cy", &by_login["di"]).refused_with("code");
    door.sign_in("cy", &by_login["cy"]).session();
    door.sign_in("cy", &by_login["cy"])
        .refused_with("it was used already");
    // As somebody types who reads it from the sheet.
    door.sign_in(
        "DI@corp.example",
        &by_login["di"].to_lowercase().replace('-', " "),
    )
    .session();
    door.sign_in("bo", of_bo)
        .refused_with("it was used already");
}

fn files_are_for_people(
    shadowmail: &Shadowmail,
    (csv, sheets): (&Path, &Path),
    by_login: &BTreeMap<String, String>,
) {
    let html = fs::read_to_string(sheets).unwrap();
    for (login, code) in by_login {
        let (_, sheet) = html.split_once(&format!("{login} Name")).unwrap();
        let next = sheet.find("</article>").unwrap_or(sheet.len());
        assert!(
            sheet[..next].contains(code),
            "{code} is on the sheet of {login}: {html}"
        );
    }
    for file in [csv, sheets] {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    assert_eq!(
        scanned(sheets).lines().next(),
        Some(shadowmail.url("").as_str())
    );
}
