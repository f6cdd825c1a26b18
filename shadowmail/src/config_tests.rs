use super::*;

/// The least that a file must say.
pub(super) const LEAST: &str = "hostname = \"shadow.corp.example\"\ndomains = [\"corp.example\"]\n";

/// `LEAST` with more behind it can not be used: the complaint names the line and has all words.
#[track_caller]
fn check(more: &str, line: usize, words: &[&str]) {
    complains(&format!("{LEAST}{more}"), line, words);
}

#[track_caller]
fn complains(text: &str, line: usize, words: &[&str]) {
    let file = Path::new("/etc/shadowmail/shadowmail.toml");
    let error = Config::parse(file, text)
        .expect_err("it was accepted")
        .to_string();
    let start = format!("/etc/shadowmail/shadowmail.toml, line {line}: ");
    assert!(error.starts_with(&start), "{error}");
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
    assert_eq!(error.lines().count(), 1, "{error}");
}

/// What `LEAST` with more behind it says.
pub(super) fn parsed(more: &str) -> Result<Config, ConfigError> {
    let text = format!("{LEAST}{more}");
    Config::parse(Path::new("/etc/shadowmail/shadowmail.toml"), &text)
}

/// It can not be used: the complaint names a line and has all words.
#[track_caller]
pub(super) fn refused(more: &str, words: &[&str]) {
    let error = parsed(more).expect_err("it was accepted").to_string();
    for word in words {
        assert!(error.contains(word), "no `{word}` in: {error}");
    }
    assert!(error.contains("line "), "{error}");
}

fn parse(more: &str) -> Config {
    parsed(more).unwrap()
}

#[test]
fn a_wrong_key_is_named_with_its_line_and_what_was_meant() {
    complains(
        "hostnmae = \"a.b\"\n",
        1,
        &["hostnmae is not a key here", "did you mean \"hostname\"?"],
    );
    check("datadir = \"/x\"\n", 3, &["datadir", "\"data_dir\""]);
    check(
        "[retention]\nday = 3\n",
        4,
        &["retention.day is not a key", "\"days\""],
    );
    check(
        "[retention_days]\ndays = 3\n",
        3,
        &["retention_days", "\"retention\""],
    );
    check(
        "[web]\nadress = \"127.0.0.1:1\"\n",
        4,
        &["web.adress", "\"address\""],
    );
    check(
        "[replica]\naddress = \"127.0.0.1:9090\"\n",
        3,
        &["replica is not a key", "known are"],
    );
    check(
        "[primary]\nsmpt = \"x:25\"\n",
        4,
        &["primary.smpt", "\"smtp\""],
    );
    check(
        "[[listener]]\nnaem = \"x\"\n",
        4,
        &["listener.naem", "\"name\""],
    );
}

#[test]
fn a_missing_key_is_named_with_its_table() {
    complains(
        "domains = [\"corp.example\"]\n",
        1,
        &["hostname is missing"],
    );
    complains("hostname = \"a.b\"\n\n", 1, &["domains is missing"]);
    check(
        "[[listener]]\nname = \"x\"\naddress = \"127.0.0.1:1\"\n",
        3,
        &["listener.role is missing"],
    );
    check(
        "\n[tls]\ncertificate = \"/dev/null\"\n",
        4,
        &["tls.key is missing"],
    );
}

#[test]
fn a_wrong_value_is_named_with_its_key() {
    complains(
        "hostname = \"shadow\"\ndomains = [\"a.b\"]\n",
        1,
        &["hostname \"shadow\" is not a full domain"],
    );
    complains(
        "hostname = \"a.b\"\ndomains = []\n",
        2,
        &["domains must name at least one"],
    );
    complains(
        "hostname = \"a.b\"\ndomains = [\"a@b.c\"]\n",
        2,
        &["domains \"a@b.c\""],
    );
    complains(
        "hostname = \"a.b\ndomains = []\n",
        1,
        &["hostname cannot be read"],
    );
    check(
        "[retention]\ndays = \"four weeks\"\n",
        4,
        &["retention.days cannot be read", "string"],
    );
    check(
        "[retention]\ndays = 0\n",
        4,
        &["retention.days must be from 1 to 3653"],
    );
    check(
        "[retention]\ndays_at_once = 0\n",
        4,
        &["retention.days_at_once must be from 1 to 3653"],
    );
    check(
        "[[retention.group]]\naddress = \"board\"\ndays = 60\n",
        3,
        &["\"board\" is not the mail address of a group"],
    );
    check(
        "[[retention.group]]\naddress = \"b@c.d\"\ndays = 0\n",
        3,
        &["the group \"b@c.d\" must be from 1 to 3653"],
    );
    check(
        "[[retention.group]]\naddress = \"b@c.d\"\ndays = 60\n\
         [[retention.group]]\naddress = \"B@c.d\"\ndays = 61\n",
        6,
        &["the group B@c.d stands here twice"],
    );
    check(
        "[disk]\nwarn_percent_free = 51\n",
        4,
        &["disk.warn_percent_free must be from 0 to 50"],
    );
    check(
        "[disk]\nrefuse_percent_free = 10\n",
        3,
        &["disk.warn_percent_free must be more than that of refuse"],
    );
    check(
        "[web]\naddress = \"8080\"\n",
        4,
        &["web.address cannot be read", "socket address"],
    );
}

#[test]
fn a_wrong_place_to_hand_over_to_is_named_with_its_key() {
    check(
        "[directory]\nkind = \"nis\"\n",
        4,
        &["directory.kind \"nis\" is not known", "\"file\""],
    );
    check(
        "[primary]\nsmtp = \"mail.corp.example\"\n",
        4,
        &["primary.smtp", "no port"],
    );
    check(
        "[primary]\ntls = \"requird\"\n",
        4,
        &["primary.tls cannot be \"requird\"", "\"required\""],
    );
    check(
        "[primary]\nimap = \"i.x:993\"\n",
        3,
        &["primary.imap_password_file", "is missing"],
    );
    check(
        "[primary]\nimap = \"i.x:993\"\nimap_password_file = \"/nowhere/password\"\n",
        5,
        &[
            "primary.imap_password_file /nowhere/password",
            "No such file",
        ],
    );
    check(
        "[outbound]\nsmarthost = \"x:0\"\n",
        4,
        &["outbound.smarthost", "1 to 65535"],
    );
    check(
        "[outbound]\nsmarthost = \"x:25\"\n\n[[outbound.spare]]\nsmarthost = \"y\"\n",
        7,
        &["outbound.spare.smarthost", "no port"],
    );
    check(
        "[outbound]\nsmarthost = \"x:25\"\ntls = \"required\"\nlogin = \"a\"\n\
         password_file = \"/nowhere/p\"\n",
        7,
        &["outbound.password_file /nowhere/p", "No such file"],
    );
    check(
        "[tls]\ncertificate = \"/nowhere/c.pem\"\nkey = \"k\"\n",
        4,
        &["tls.certificate /nowhere/c.pem"],
    );
}

#[test]
fn listeners_must_fit_together() {
    let listener = |name: &str, address: &str, more: &str| {
        format!(
            "[[listener]]\nname = \"{name}\"\nrole = \"journal\"\naddress = \"{address}\"\n{more}\n"
        )
    };
    let one = listener("one", "127.0.0.1:2525", "");
    check(
        &listener("one", "127.0.0.1:1", "role = \"x\""),
        7,
        &["cannot be read", "duplicate"],
    );
    check(
        &one.replace("journal", "jurnal"),
        5,
        &["listener.role", "\"journal\""],
    );
    check(
        &format!("{one}{}", listener("one", "127.0.0.1:1", "")),
        8,
        &["\"one\" stands here twice"],
    );
    check(
        &format!("{one}{}", listener("two", "127.0.0.1:2525", "")),
        8,
        &["\"two\" wants 127.0.0.1:2525, which \"one\" has"],
    );
    check(
        &listener("one", "127.0.0.1:1", "allow = [\"10.0.0.0/40\"]"),
        3,
        &["10.0.0.0/40", "no network"],
    );
    check(
        &listener("one", "127.0.0.1:1", "tls = \"required\""),
        3,
        &["\"one\" requires tls", "[tls]"],
    );
    check(
        &listener("one", "127.0.0.1:1", "message_bytes_max = 10"),
        3,
        &["mails of 65536 bytes"],
    );
    check(&listener("", "127.0.0.1:1", ""), 3, &["needs a name"]);
    // Each gets a port of its own.
    parse(&format!(
        "{}{}",
        listener("one", "127.0.0.1:0", ""),
        listener("two", "127.0.0.1:0", "")
    ));
}

#[test]
fn what_peers_show_of_themselves_must_fit() {
    let listener = |more: &str| {
        format!(
            "[[listener]]\nname = \"one\"\nrole = \"journal\"\naddress = \"127.0.0.1:1\"\n{more}\n"
        )
    };
    let wrong = |more: &str, words: &[&str]| check(&listener(more), 3, words);
    wrong("tls = \"implicit\"", &["begins with tls", "[tls]"]);
    wrong("proxy = [\"x\"]", &["in proxy \"x\"", "no network"]);
    wrong("xclient = [\"10.0.0.1/8\"]", &["in xclient \"10.0.0.1/8\""]);
    wrong(
        "client_names = [\"a.b\"]",
        &["client_names", "without client_ca"],
    );
    wrong("client_fingerprints = [\"ab\"]", &["\"ab\" is no SHA-256"]);
    wrong(
        "client_ca = \"/nowhere.pem\"",
        &["/nowhere.pem", "cannot be read"],
    );
    wrong(
        "client_ca = \"/dev/null\"",
        &["/dev/null", "holds no certificate"],
    );
    let fingerprint = format!("client_fingerprints = [\"{}\"]", "ab".repeat(32));
    wrong(&fingerprint, &["has users or certificates", "in [tls]"]);
    wrong(&format!("tls = \"off\"\n{fingerprint}"), &["need tls"]);
    let lmtp = "protocol = \"lmtp\"".to_owned();
    let on_25 = listener(&lmtp).replace("127.0.0.1:1", "127.0.0.1:25");
    check(&on_25, 3, &["lmtp", "port 25"]);

    let user = |more: &str| format!("[[listener.user]]\nlogin = \"gateway\"\n{more}");
    wrong(
        &user(""),
        &["\"gateway\"", "either password or password_file"],
    );
    wrong(
        &user("password = \"secret\""),
        &["\"gateway\"", "user hash"],
    );
    wrong(
        &user("password_file = \"/nowhere\""),
        &["/nowhere", "cannot be read"],
    );
    let hash = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$\
                Zm9ydHl0d29mb3J0eXR3b2ZvcnR5dHdvZm9ydHl0d28";
    let known = user(&format!("password = \"{hash}\""));
    wrong(&known, &["has users or certificates", "in [tls]"]);
    let tls = "[tls]\ncertificate = \"/dev/null\"\nkey = \"/dev/null\"\n";
    let config = parse(&format!(
        "{}{tls}",
        listener(&format!("{fingerprint}\n{known}"))
    ));
    assert_eq!(config.users["one"][0].0, "gateway");
    assert!(
        !format!("{config:?}").contains("argon2"),
        "no secrets in the log"
    );
    assert_eq!(config.listeners[0].certificates.fingerprints.len(), 1);
}

#[test]
fn passwords_never_travel_in_clear() {
    check(
        "[web]\naddress = \"0.0.0.0:80\"\n",
        4,
        &["web.address 0.0.0.0:80 is open to others", "TLS proxy"],
    );
    check(
        "[web]\naddress = \"0.0.0.0:80\"\nurl = \"http://localhost\"\n",
        4,
        &["web.address 0.0.0.0:80 is open to others"],
    );
    check(
        "[web]\nurl = \"http://mail.corp.example\"\n",
        4,
        &["web.url", "in clear"],
    );
    check(
        "[web]\nurl = \"mail.corp.example\"\n",
        4,
        &["web.url", "must begin with https://"],
    );
    check("[web]\nurl = \"https://\"\n", 4, &["web.url"]);
    check(
        "[web]\nproxies = [\"proxy\"]\n",
        4,
        &["web.proxies", "\"proxy\" is no network"],
    );
    let proxies = parse("[web]\nproxies = [\"172.17.0.1\", \"10.1.0.0/16\"]\n")
        .web
        .proxies;
    let is_one = |peer: &str| proxies.iter().any(|it| it.contains(peer.parse().unwrap()));
    assert!(is_one("172.17.0.1") && is_one("10.1.2.3") && !is_one("172.17.0.2"));
    check(
        "[web]\nurl = \"http://127.0.0.1.evil.example/\"\n",
        4,
        &["web.url", "in clear"],
    );
    for web in [
        "address = \"0.0.0.0:80\"\nurl = \"https://mail.corp.example/\"",
        "url = \"http://localhost:8080/\"",
        "address = \"[::1]:8080\"",
        "url = \"http://[::1]:8080\"",
    ] {
        parse(&format!("[web]\n{web}\n"));
    }
    assert!(
        parse("[web]\nurl = \"https://m.corp.example/\"\n")
            .web
            .is_https()
    );
    assert!(!parse("").web.is_https());
}

#[test]
fn the_sample_says_the_defaults() {
    let file = Path::new("/etc/shadowmail/shadowmail.toml");
    let mut sample = Config::parse(file, SAMPLE).unwrap();
    let default = parse("");
    // The sample writes out what an empty list means on a journal.
    assert_eq!(sample.listeners[0].allow.len(), 2);
    sample.listeners[0].allow.clear();
    assert_eq!(format!("{sample:?}"), format!("{default:?}"));
}

#[test]
fn strangers_have_limits_and_known_peers_have_none() {
    let limits = |listener: &str| {
        let listener = format!("[[listener]]\nname = \"x\"\naddress = \"127.0.0.1:0\"\n{listener}");
        parse(&listener).listeners[0].limits.clone()
    };
    let default = limits("role = \"fallback\"");
    assert_eq!(default.connections, 50);
    assert!(!default.exempt.is_empty(), "this host");
    for known in [
        "role = \"journal\"",
        "role = \"relay\"\nallow = [\"192.0.2.1\"]",
    ] {
        let limits = limits(known);
        assert_eq!((limits.connections, limits.mails_per_minute), (0, 0));
    }
    let own = limits(
        "role = \"relay\"\n[listener.limits]\nconnections = 0\nmails_per_minute = 5\n\
         greeting_delay_seconds = 3\nexempt = []",
    );
    assert_eq!((own.connections, own.mails_per_minute), (0, 5));
    assert_eq!(own.recipients_per_minute, default.recipients_per_minute);
    assert_eq!(own.greeting_delay, Duration::from_secs(3));
    assert!(own.exempt.is_empty());
}

#[test]
fn limits_that_make_no_sense_are_refused() {
    let check = |role: &str, limits: &str, word: &str| {
        let listener = format!("name = \"x\"\naddress = \"127.0.0.1:0\"\nrole = \"{role}\"");
        let text = format!("[[listener]]\n{listener}\n[listener.limits]\n{limits}\n");
        check(&text, 3, &["listener \"x\"", word]);
    };
    check("fallback", "greeting_delay_seconds = 31", "at most 30");
    check("fallback", "exempt = [\"here\"]", "no network");
    check("journal", "greeting_delay_seconds = 3", "for strangers");
}

#[test]
fn checks_that_make_no_sense_are_refused() {
    check(
        "[checks]\nresolver = \"dns\"\n",
        4,
        &["checks.resolver", "address and port"],
    );
    check(
        "[checks]\nclamd = \"clamd\"\n",
        4,
        &["checks.clamd", "address and port"],
    );
    check("[checks]\ndns_seconds = 0\n", 4, &["from 1 to"]);
    check("[checks]\nblock_lists = [\"x y.z\"]\n", 4, &["block_lists"]);
    check(
        "[checks]\nrefuse = [\"virus\"]\n",
        4,
        &["not checked", "clamd"],
    );
    check("[checks]\nrefuse = [\"rain\"]\n", 4, &["rain"]);
    let config = parse("[checks]\nclamd = \"/run/clamav/clamd.ctl\"\nrefuse = [\"virus\"]\n");
    assert!(config.checks.clamd.is_some());
}

#[test]
fn groups_have_days_of_their_own() {
    let config = parse(
        "[retention]\ndays = 30\n[[retention.group]]\naddress = \"board@corp.example\"\ndays = 60\n",
    );
    assert_eq!(config.retention.days, 30);
    let group = &config.retention.groups[0];
    assert_eq!(
        (group.address.as_str(), group.days),
        ("board@corp.example", 60)
    );
}

#[test]
fn sources_of_copies() {
    let listener = |more: &str| {
        let head = "[[listener]]\nname = \"exchange\"\nrole = \"journal\"\n";
        format!("{head}address = \"127.0.0.1:2525\"\n{more}\n")
    };
    let rules = |config: &Config| {
        let rules = &config.sources["exchange"];
        let journals = rules.journal_recipients.iter().map(ToString::to_string);
        (
            journals.collect::<Vec<_>>(),
            rules.recipient_headers.clone(),
        )
    };
    let config = parse(&listener(""));
    let journal = format!("journal@{}", config.hostname);
    assert_eq!(rules(&config), (vec![journal], vec![]));
    let given = "journal_recipients = [\"j@x.example\", \"ndr@x.example\"]\nrecipient_headers = [\"X-Original-To\"]";
    let config = parse(&listener(given));
    let journals = vec!["j@x.example".to_owned(), "ndr@x.example".to_owned()];
    assert_eq!(rules(&config), (journals, vec!["X-Original-To".to_owned()]));
    assert_eq!(
        rules(&parse(&listener("journal_recipients = []"))).0,
        Vec::<String>::new()
    );

    let wrong = |more: &str, why: &str| {
        let text = format!("{LEAST}{more}");
        let error = Config::parse(Path::new("x.toml"), &text)
            .unwrap_err()
            .to_string();
        assert!(error.contains(why), "{error}");
    };
    wrong(
        &listener("journal_recipients = [\"journal\"]"),
        "needs a local part",
    );
    wrong(
        &listener("recipient_headers = [\"To:\"]"),
        "no header field",
    );
    let fallback = listener("recipient_headers = [\"To\"]").replace("\"journal\"", "\"fallback\"");
    wrong(&fallback, "is no journal");
    wrong(
        "[alias_domains]\n\"corp.test\" = \"x.test\"\n",
        "not in domains",
    );
    wrong(
        "[alias_domains]\n\"corp.example\" = \"corp.example\"\n",
        "in domains, too",
    );
    let config = parse("[alias_domains]\n\"Corp.Test\" = \"corp.example\"\n");
    assert_eq!(
        config.alias_domains.names().collect::<Vec<_>>(),
        ["corp.test"]
    );
}

#[test]
fn every_key_stands_in_the_sample() {
    for key in [
        "hostname",
        "domains",
        "data_dir",
        "days",
        "days_at_once",
        "warn_percent_free",
        "warn_bytes_free_max",
        "refuse_percent_free",
        "refuse_bytes_free_max",
        "name",
        "role",
        "address",
        "protocol",
        "allow",
        "tls",
        "message_bytes_max",
        "journal_recipients",
        "recipient_headers",
        "envelope",
        "client_ca",
        "client_names",
        "client_fingerprints",
        "proxy",
        "xclient",
        "login",
        "password",
        "password_file",
        "url",
        "certificate",
        "key",
        "kind",
        "path",
        "smtp",
        "imap",
        "imap_tls",
        "imap_login",
        "imap_password_file",
        "smarthost",
        "ca",
        "undo_seconds",
        "selector",
        "key_file",
        "delay_notice_hours",
        "recipients_per_hour",
        "recipients_per_day",
        "connections",
        "connections_per_minute",
        "mails_per_minute",
        "recipients_per_minute",
        "unknown_recipients_per_minute",
        "bytes_per_second",
        "greeting_delay_seconds",
        "exempt",
        "authentication",
        "resolver",
        "dns_seconds",
        "block_lists",
        "refuse",
        "rspamd",
        "clamd",
        "scan_seconds",
        "scan_bytes_max",
        "scan_trusted",
        "when_scanner_down",
    ] {
        stands_in_the_sample(key);
    }
}

#[track_caller]
fn stands_in_the_sample(key: &str) {
    let stands = |line: &str| {
        line.trim_start_matches("# ")
            .starts_with(&format!("{key} = "))
    };
    assert!(SAMPLE.lines().any(stands), "{key}");
}

#[test]
fn every_key_of_a_directory_server_stands_in_the_sample() {
    for key in [
        "servers",
        "starttls",
        "ca_file",
        "bind_dn",
        "bind_password_file",
        "base",
        "user_filter",
        "shared_filter",
        "room_filter",
        "group_filter",
        "admin_groups",
        "auditor_groups",
        "shared_group",
        "password_hashes",
        "sync_every_seconds",
        "full_sync_every_hours",
        "opened_by",
        "hidden",
        "login",
        "mail",
        "addresses",
        "x500",
        "members",
        "department",
        "phone",
        "language",
    ] {
        stands_in_the_sample(key);
    }
}

#[test]
fn every_key_of_a_probe_stands_in_the_sample() {
    for key in [
        "address",
        "url",
        "tls",
        "ca_file",
        "recipient",
        "login",
        "password_file",
        "from",
        "to",
        "span_minutes",
        "usual_least",
        "every_seconds",
        "timeout_seconds",
        "fails",
        "within_seconds",
        "automatic",
        "start_after_seconds",
        "probes_agree",
        "hold_off_minutes",
        "mail_to",
        "mail_from",
        "mail_from_name",
        "repeat_minutes",
        "link_hours",
        "url_file",
        "template",
        "body",
        "content_type",
        "authorization_file",
    ] {
        stands_in_the_sample(key);
    }
}

#[test]
fn relative_paths_start_beside_the_config() {
    let config = parse("data_dir = \"data\"\n[directory]\npath = \"people.toml\"\n");
    assert_eq!(config.data_dir, Path::new("/etc/shadowmail/data"));
    let DirectorySource::File(path) = &config.directory else {
        panic!("a file")
    };
    assert_eq!(path, Path::new("/etc/shadowmail/people.toml"));
    assert_eq!(
        parse("data_dir = \"/srv/mail\"\n").data_dir,
        Path::new("/srv/mail")
    );
}

#[test]
fn the_effective_config_shows_no_secret() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("shadowmail.toml");
    fs::write(directory.path().join("imap"), "opensesame\nsecond line\n").unwrap();
    let text = format!("{LEAST}[primary]\nimap = \"i.x:993\"\nimap_password_file = \"imap\"\n");
    let config = Config::parse(&file, &text).unwrap();
    assert_eq!(
        config.delivery.imap.as_ref().unwrap().password.expose(),
        "opensesame"
    );
    assert!(!format!("{config:?}").contains("opensesame"));

    fs::write(directory.path().join("imap"), "\n").unwrap();
    assert!(
        Config::parse(&file, &text)
            .unwrap_err()
            .to_string()
            .contains("is empty")
    );
}

#[test]
fn a_missing_file_says_what_to_do() {
    let error = Config::load(Path::new("/nowhere/shadowmail.toml"))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("/nowhere/shadowmail.toml: cannot read the config"),
        "{error}"
    );
    assert!(error.contains("shadowmail init"), "{error}");
}

#[test]
fn paths_have_no_dots_in_between() {
    let text =
        "hostname = \"shadow.corp.example\"\ndomains = [\"corp.example\"]\ndata_dir = \"./data\"\n";
    let config = Config::parse(Path::new("./shadowmail.toml"), text).unwrap();
    assert_eq!(config.data_dir.to_str(), Some("data"));
    assert_eq!(clean(Path::new("././.")), Path::new("."));
    assert_eq!(clean(Path::new("/etc/./../x")), Path::new("/etc/../x"));
}

#[test]
fn a_directory_server_needs_its_values() {
    let server = |more: &str| format!("[directory]\nkind = \"ldap\"\n{more}");
    check(&server(""), 3, &["directory.servers", "must name a server"]);
    check(
        "[directory]\nkind = \"nis\"\n",
        4,
        &["directory.kind", "nis", "\"ad\""],
    );
    let one = "servers = [\"ldaps://dc1.corp.example\"]\nbase = [\"dc=x\"]\nbind_dn = \"cn=r\"\n";
    check(
        &server(one),
        3,
        &["directory.bind_password_file", "holds no password"],
    );
    let nowhere = format!("{one}bind_password_file = \"nowhere\"\n");
    check(
        &server(&nowhere),
        8,
        &["directory.bind_password_file", "nowhere"],
    );
    check(
        "[directory]\nserver = []\n",
        4,
        &["directory.server", "servers"],
    );
}

#[test]
fn the_console_may_ask_for_a_second_factor_of_everybody() {
    assert_eq!(parse("").second_factor, SecondFactor::Offered);
    let config = parse("[console]\nrequire_totp = true\n");
    assert_eq!(config.second_factor, SecondFactor::Required);
    check("[console]\ntotp = true\n", 4, &["totp"]);
}
