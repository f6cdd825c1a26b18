use std::net::TcpListener;

use store::AlertKind;

use super::*;
use crate::demo::switched_on;

/// A config in `directory` with a primary that answers nowhere.
fn config(directory: &Path, more: &str) -> Config {
    let text = format!(
        "hostname = \"shadow.corp.example\"\ndomains = [\"corp.example\"]\ndata_dir = \"data\"\n{more}"
    );
    Config::parse(&directory.join("shadowmail.toml"), &text).unwrap()
}

/// What is said about one thing.
async fn line(config: &Config, about: &str) -> String {
    let findings = look(config).await;
    findings
        .iter()
        .find(|finding| finding.about == about)
        .unwrap()
        .line()
}

fn listener(address: std::net::SocketAddr) -> String {
    format!("[[listener]]\nname = \"in\"\nrole = \"journal\"\naddress = \"{address}\"\n")
}

#[tokio::test]
async fn a_port_of_another_program_is_to_fix_and_our_own_is_not() {
    let directory = tempfile::tempdir().unwrap();
    let ours = switched_on("shadow.corp.example").await;
    let seen = line(
        &config(directory.path(), &listener(ours.address())),
        "listener in",
    )
    .await;
    assert!(
        seen.starts_with("ok ") && seen.contains("running Shadowmail"),
        "{seen}"
    );

    let others = switched_on("mail.corp.example").await;
    let seen = line(
        &config(directory.path(), &listener(others.address())),
        "listener in",
    )
    .await;
    assert!(
        seen.starts_with("fix") && seen.contains("another program"),
        "{seen}"
    );

    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let seen = line(&config(directory.path(), &listener(free)), "listener in").await;
    assert!(seen.ends_with("is free"), "{seen}");
}

#[tokio::test]
async fn a_journal_mailbox_is_nobodys() {
    let directory = tempfile::tempdir().unwrap();
    let people = "[[account]]\nlogin = \"amy\"\nname = \"Amy\"\n\
                  addresses = [\"journal@corp.example\"]\nkind = \"shared\"\n";
    std::fs::write(directory.path().join("users.toml"), people).unwrap();
    let owned = async |journal: &str| {
        let listener = listener(([127, 0, 0, 1], 2525).into());
        let more = format!(
            "[alias_domains]\n\"corp.test\" = \"corp.example\"\n[directory]\nkind = \"file\"\n\
             path = \"users.toml\"\n{listener}journal_recipients = [\"{journal}\"]\n"
        );
        let config = config(directory.path(), &more);
        copies::owned(&config).await.unwrap_or_default()
    };
    assert_eq!(owned("j-1@shadow.corp.example").await, "");
    for journal in ["Journal@corp.example", "journal@corp.test"] {
        let words = owned(journal).await;
        assert!(words.contains("belongs to somebody"), "{words}");
    }
}

#[test]
fn whose_senders_are_believed_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let told = |more: &str| {
        let listener = listener(([127, 0, 0, 1], 2525).into());
        let config = config(directory.path(), &format!("{listener}{more}\n"));
        let told = copies::senders(&config);
        told.into_iter()
            .map(|(listener, words)| format!("{listener} {words}"))
            .collect::<Vec<_>>()
            .concat()
    };
    assert_eq!(told(""), "", "reports prove their senders themselves");
    let words = told("journal_recipients = []");
    assert!(words.starts_with("in unchecked: "), "{words}");
    let words = told("senders = \"checked\"");
    assert!(
        words.starts_with("in checked: ") && words.contains("somebody@corp.example"),
        "{words}"
    );
}

#[tokio::test]
async fn a_primary_that_does_not_answer_is_to_fix() {
    let directory = tempfile::tempdir().unwrap();
    let seen = line(&config(directory.path(), ""), "primary").await;
    assert!(
        seen.starts_with("fix") && seen.contains("primary.smtp"),
        "{seen}"
    );
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let config = config(
        directory.path(),
        &format!("[primary]\nsmtp = \"{nobody}\"\n"),
    );
    let seen = line(&config, "primary").await;
    assert!(
        seen.starts_with("fix") && seen.contains("cannot connect"),
        "{seen}"
    );
}

#[tokio::test]
async fn a_directory_needs_an_administrator() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), "");
    let seen = line(&config, "directory").await;
    assert!(
        seen.starts_with("fix") && seen.contains("users.toml"),
        "{seen}"
    );
    let anna = "[[account]]\nlogin = \"anna\"\nname = \"Anna\"\naddresses = [\"a@corp.example\"]\n";
    std::fs::write(directory.path().join("users.toml"), anna).unwrap();
    let seen = line(&config, "directory").await;
    assert!(
        seen.starts_with("fix") && seen.contains("no administrator"),
        "{seen}"
    );
    std::fs::write(
        directory.path().join("users.toml"),
        format!("{anna}roles = [\"admin\"]\n"),
    )
    .unwrap();
    let seen = line(&config, "directory").await;
    assert!(
        seen.starts_with("ok ") && seen.contains("accounts: 1, of them without a password: 1"),
        "{seen}"
    );
}

#[tokio::test]
async fn disk_store_and_clock_are_looked_at_without_leaving_anything() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), "");
    for about in ["disk", "store", "clock", "certificate"] {
        let seen = line(&config, about).await;
        assert!(seen.starts_with("ok "), "{seen}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    Store::open(&config.data_dir).await.unwrap().close().await;
    let seen = line(&config, "store").await;
    assert!(seen.contains("normal mode, 0 accounts"), "{seen}");
    let seen = line(&config, "retention").await;
    assert!(
        seen.starts_with("ok ") && seen.contains("28 days, none is kept yet"),
        "{seen}"
    );
    let store = Store::open(&config.data_dir).await.unwrap();
    let now = Timestamp::now();
    store
        .raise_alert(AlertKind::AgingRefused, "the clock went back", now)
        .await;
    store.close().await;
    let seen = line(&config, "retention").await;
    assert_eq!(seen, "fix retention: the clock went back");
    std::fs::write(directory.path().join("file"), "").unwrap();
    assert!(
        disk::look(&directory.path().join("file/data"), config.watermarks).is_ok(),
        "made beside it at the first start"
    );
}

#[tokio::test]
async fn the_webmail_of_another_data_directory_is_another_program() {
    use std::io::{Read, Write};
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // It looks like ours to whoever only reads the page.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            stream.read_exact(&mut [0; 16]).unwrap();
            stream
                .write_all(b"HTTP/1.0 200 OK\r\n\r\nShadowmail")
                .unwrap();
        }
    });
    let config = config(
        directory.path(),
        &format!("[web]\naddress = \"{address}\"\n"),
    );
    let seen = line(&config, "web").await;
    assert!(
        seen.starts_with("fix") && seen.contains("another program"),
        "{seen}"
    );
    std::fs::create_dir(&config.data_dir).unwrap();
    let _runs = crate::lock::hold_web(&config.data_dir).unwrap();
    let seen = line(&config, "web").await;
    assert!(seen.contains("has the running Shadowmail"), "{seen}");
}

#[tokio::test]
async fn without_listeners_no_mail_comes() {
    let directory = tempfile::tempdir().unwrap();
    let seen = line(&config(directory.path(), "listener = []\n"), "listeners").await;
    assert!(seen.starts_with("fix listeners: there are none"), "{seen}");
}

#[tokio::test]
async fn a_certificate_near_its_end_is_to_renew_and_its_key_is_to_hide() {
    use std::os::unix::fs::PermissionsExt;
    let directory = tempfile::tempdir().unwrap();
    let pair = |days: &str| {
        let [certificate, key] = ["c.pem", "k.pem"].map(|name| directory.path().join(name));
        let made = std::process::Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt"])
            .args(["ec_paramgen_curve:prime256v1", "-noenc", "-days", days])
            .args(["-subj", "/CN=shadow", "-addext"])
            .arg("subjectAltName=DNS:shadow.corp.example")
            .args(["-out".as_ref(), certificate.as_os_str()])
            .args(["-keyout".as_ref(), key.as_os_str()])
            .output()
            .expect("openssl is installed: `cargo xtask setup`");
        assert!(made.status.success());
        let tls = format!(
            "[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
            certificate.display(),
            key.display()
        );
        (config(directory.path(), &tls), key)
    };
    let (near, _) = pair("13");
    let seen = line(&near, "certificate").await;
    assert!(
        seen.starts_with("fix") && seen.contains("expires within 14 days"),
        "{seen}"
    );
    let (far, key) = pair("20");
    let seen = line(&far, "certificate").await;
    assert!(seen.starts_with("ok "), "{seen}");
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let seen = line(&far, "certificate").await;
    assert!(
        seen.starts_with("fix") && seen.contains("chmod o-r"),
        "{seen}"
    );
}

#[tokio::test]
async fn scanners_and_the_port_for_monitoring_are_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let somebody = TcpListener::bind("127.0.0.1:0").unwrap();
    let there = somebody.local_addr().unwrap();
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let socket = directory.path().join("clamd.sock");
    let more = format!(
        "[metrics]\naddress = \"{nobody}\"\n[checks]\nrspamd = \"{there}\"\nclamd = \"{}\"\n",
        socket.display()
    );
    let config = config(directory.path(), &more);
    let seen = line(&config, "metrics").await;
    assert!(seen.ends_with("is free"), "{seen}");
    let seen = line(&config, "rspamd").await;
    assert!(seen.ends_with("takes connections"), "{seen}");
    let seen = line(&config, "clamd").await;
    assert!(
        seen.starts_with("fix") && seen.contains("start it"),
        "{seen}"
    );
}

#[tokio::test]
async fn somebody_must_be_able_to_open_the_console_with_the_directory_down() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), "");
    assert!(administrators::look(&config).await.is_none(), "no store");
    let store = Store::open(&config.data_dir).await.unwrap();
    assert!(administrators::look(&config).await.is_none(), "nobody");
    let mirror = async |verifier: Option<&str>| {
        let eva = store::MirroredAccount {
            key: "eva".to_owned(),
            login: "eva".to_owned(),
            name: "Eva".to_owned(),
            addresses: vec!["eva@corp.example".parse().unwrap()],
            roles: vec![store::Role::Admin],
            verifier: verifier.map(store::Secret::new),
            ..store::MirroredAccount::default()
        };
        let (accounts, groups) = (vec![eva], Vec::new());
        let snapshot = store::Snapshot { accounts, groups };
        store.mirror(snapshot).await.unwrap();
    };
    mirror(None).await;
    let seen = administrators::look(&config).await.unwrap().unwrap_err();
    assert!(
        seen.contains("0 of 1 could open") && seen.contains("break-glass make"),
        "{seen}"
    );
    mirror(Some("$argon2id$v=19$x")).await;
    let seen = administrators::look(&config).await.unwrap().unwrap();
    assert!(
        seen.contains("1 of 1 could open") && seen.contains("break-glass make"),
        "{seen}"
    );
    let required = Config {
        second_factor: store::SecondFactor::Required,
        ..self::config(directory.path(), "")
    };
    let seen = administrators::look(&required).await.unwrap().unwrap_err();
    assert!(
        seen.contains("0 of 1 could open"),
        "she has no second factor: {seen}"
    );
}

#[tokio::test]
async fn what_keeps_the_mirror_from_the_directory_is_said_where_that_is_looked_at() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), "");
    std::fs::write(
        directory.path().join("users.toml"),
        "[[account]]\nlogin = \"eva\"\nname = \"Eva\"\naddresses = [\"eva@corp.example\"]\n\
         roles = [\"admin\"]\n",
    )
    .unwrap();
    let store = Store::open(&config.data_dir).await.unwrap();
    assert!(line(&config, "directory").await.starts_with("ok "));
    let words = "the directory lacks 7 of 20 accounts";
    let kind = AlertKind::DirectoryShrunk;
    store.raise_alert(kind, words, Timestamp::now()).await;
    let seen = line(&config, "directory").await;
    assert!(
        seen.starts_with("fix directory: accounts: 1") && seen.ends_with(words),
        "{seen}"
    );
    let seen = line(&config, "retention").await;
    assert!(seen.starts_with("ok "), "{seen}");
    // What else is wrong there hides nothing of it.
    std::fs::remove_file(directory.path().join("users.toml")).unwrap();
    let seen = line(&config, "directory").await;
    assert!(
        seen.contains("cannot read the directory file") && seen.ends_with(words),
        "{seen}"
    );
}

#[test]
fn a_mirror_of_long_ago_is_to_fix() {
    let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
    let check = |ago_minutes: i64, every_seconds: u64, is_old: bool| {
        let at = now - jiff::SignedDuration::from_mins(ago_minutes);
        let every = Duration::from_secs(every_seconds);
        let seen = directory::old(Some(at), every, now);
        assert_eq!(seen.is_some(), is_old, "{ago_minutes} {seen:?}");
    };
    check(60, 60, false);
    check(61, 60, true);
    check(61, 3600, false);
    check(601, 3600, true);
    assert_eq!(directory::old(None, Duration::from_mins(1), now), None);
}

#[tokio::test]
async fn a_proxy_that_is_not_believed_is_to_fix() {
    let directory = tempfile::tempdir().unwrap();
    let config = config(directory.path(), "[web]\naddress = \"127.0.0.1:1\"\n");
    let store = Store::open(&config.data_dir).await.unwrap();
    assert!(network::unbelieved(&config).await.is_none());
    let kind = AlertKind::ProxyUnbelieved;
    store
        .raise_alert(kind, "write web.proxies", Timestamp::now())
        .await;
    let seen = network::unbelieved(&config).await;
    assert_eq!(seen.as_deref(), Some("write web.proxies"));
}
