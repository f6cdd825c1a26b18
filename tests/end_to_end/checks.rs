//! Checks of mail from strangers, with a real DNS server, a real spam filter and a real virus
//! scanner.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{
    Clamd, EICAR, GTUBE, Knot, Rspamd, Scratch, ServerConfig, Shadowmail, SmtpClient, SmtpReply,
    Turn, free_address, installed, mailbox, wait,
};

/// A server with a listener for the world, where a proxy on this host speaks for strangers, and
/// one for a gateway on this host.
pub struct Scene {
    shadowmail: Shadowmail,
    world: SocketAddr,
    gateway: SocketAddr,
}

/// Where strangers come from.
const STRANGER: &str = "192.0.2.1";

impl Scene {
    /// With this in `[checks]`.
    pub fn set(checks: &str) -> Self {
        let (world, gateway) = (free_address(), free_address());
        let listener = |name: &str, address: SocketAddr, more: &str| {
            format!(
                "\n[[listener]]\nname = \"{name}\"\nrole = \"fallback\"\n\
                 address = \"{address}\"\nmessage_bytes_max = 100000000\n\
                 {more} = [\"127.0.0.0/8\"]\n"
            )
        };
        let world_and_gateway = [
            listener("world", world, "xclient"),
            listener("gateway", gateway, "allow"),
        ]
        .concat();
        let config = ServerConfig {
            end: format!("{world_and_gateway}[checks]\n{checks}\n"),
            ..ServerConfig::for_primary(free_address())
        };
        let mut shadowmail = Shadowmail::install(config);
        shadowmail.serve_with(&["--log-format", "json"]);
        shadowmail.wait_until_ready();
        for listener in [world, gateway] {
            shadowmail
                .process()
                .wait_until("the listener answers", || wait::answers(listener));
        }
        Self {
            shadowmail,
            world,
            gateway,
        }
    }

    /// A stranger brings a mail.
    pub fn bring(&self, from: &str, mail: &[u8]) -> SmtpReply {
        let mut stranger = SmtpClient::connect(self.world).unwrap();
        let proxy = format!("XCLIENT ADDR={STRANGER}");
        assert_eq!(stranger.say(&proxy).unwrap().code, 220);
        let hello = stranger.say("EHLO mail.outside.example");
        assert_eq!(hello.unwrap().code, 250);
        let anna = mailbox("anna").address();
        stranger.send(from, &[anna], mail).unwrap()
    }

    /// The gateway brings a stranger's mail.
    fn pass_on(&self, from: &str, mail: &[u8]) -> SmtpReply {
        let mut gateway = SmtpClient::connect(self.gateway).unwrap();
        let anna = mailbox("anna").address();
        gateway.send(from, &[anna], mail).unwrap()
    }

    /// All that an administrator is told about a mail that was kept, as JSON and as text.
    pub fn traced(&self, id: &str) -> (Value, String) {
        let question = format!("trace {id}");
        (
            self.shadowmail.json(&question),
            self.shadowmail.succeed(&question),
        )
    }

    /// How many mails were checked.
    pub fn checked(&mut self) -> usize {
        let said = self.shadowmail.process().said();
        said.matches("\"checked a message\"").count()
    }

    /// Nothing has fallen over.
    pub fn is_sound(&mut self) {
        assert!(self.shadowmail.process().is_running());
        let said = self.shadowmail.process().said();
        assert!(!said.contains("panicked"), "{said}");
    }

    /// What the log says about the last mail that was checked, as `spf=pass dmarc=pass`.
    pub fn found(&mut self, keys: &[&str]) -> String {
        let said = self.shadowmail.process().said();
        let mut lines = said.lines().filter_map(|it| serde_json::from_str(it).ok());
        let line = lines.rfind(|it: &Value| it["message"] == "checked a message");
        let line = line.expect("a mail was checked");
        let mut found = String::new();
        for key in keys {
            let value = line[*key].as_str().unwrap_or("-");
            let _ = write!(found, "{key}={value} ");
        }
        found.trim_end().to_owned()
    }
}

/// A mail that says it is from somebody.
pub fn mail(from: &str, text: &str) -> Vec<u8> {
    let text = format!(
        "From: Somebody <{from}>\r\nTo: anna@corp.example\r\nSubject: x\r\n\
         Date: Sun, 22 Nov 2026 09:00:00 +0000\r\nMessage-ID: <x@outside.example>\r\n\r\n{text}\r\n"
    );
    text.into_bytes()
}

/// Runs a program on some bytes.
pub fn pipe(program: &str, words: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program} {words:?}");
    output.stdout
}

/// A key for DKIM, and the record that tells it.
pub fn key(scratch: &Path) -> (String, String) {
    let key = scratch.join("dkim.pem").display().to_string();
    pipe(
        "openssl",
        &["genrsa", "-traditional", "-out", &key, "2048"],
        b"",
    );
    let public = pipe(
        "openssl",
        &["rsa", "-in", &key, "-pubout", "-outform", "DER"],
        b"",
    );
    let public = pipe("base64", &["-w0"], &public);
    let public = String::from_utf8(public).unwrap();
    let (first, second) = public.split_at(200);
    (key, format!("\"v=DKIM1; k=rsa; p={first}\" \"{second}\""))
}

pub fn signed(mail: &[u8], domain: &str, key: &str) -> Vec<u8> {
    installed("dkimpy", "/usr/bin/dkimsign");
    let signed = pipe("/usr/bin/dkimsign", &["sel", domain, key], mail);
    with_crlf(signed)
}

/// dkimpy writes what it adds with the line ends of its host.
pub fn with_crlf(mail: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(mail).unwrap();
    text.replace("\r\n", "\n")
        .replace('\n', "\r\n")
        .into_bytes()
}

#[test]
fn who_a_mail_is_from_is_checked_by_the_dns() {
    let _turn = Turn::take();
    let scratch = Scratch::new("dkim");
    let (key, public) = key(scratch.path());
    let knot = Knot::start(&format!(
        "good.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n\
         _dmarc.good.example. TXT \"v=DMARC1; p=reject\"\n\
         bank.example. TXT \"v=spf1 -all\"\n\
         _dmarc.bank.example. TXT \"v=DMARC1; p=reject\"\n\
         sel._domainkey.bank.example. TXT {public}\n\
         soft.example. TXT \"v=spf1 ~all\"\n\
         _dmarc.soft.example. TXT \"v=DMARC1; p=quarantine\"\n"
    ));
    let resolver = knot.address();
    let mut scene = Scene::set(&format!(
        "resolver = \"{resolver}\"\nrefuse = [\"dmarc\"]\n"
    ));
    let forged = mail("boss@bank.example", "pay");
    // It brings what the world wrote, and its own address stands in no record.
    let heard = scene.pass_on("boss@bank.example", &forged);
    assert_eq!(heard.code, 250, "{}", heard.text);
    let keys = ["spf", "dmarc"];
    let mut check = |from: &str, bytes: &[u8], code: u16, found: &str| {
        let heard = scene.bring(from, bytes);
        assert_eq!(heard.code, code, "{from}: {}", heard.text);
        assert_eq!(scene.found(&keys), found, "{from}");
    };
    check(
        "a@good.example",
        &mail("a@good.example", "x"),
        250,
        "spf=pass dmarc=pass",
    );
    // Somebody else writes in the name of the bank.
    check("a@good.example", &forged, 550, "spf=pass dmarc=fail");
    check("boss@bank.example", &forged, 550, "spf=fail dmarc=fail");
    // The bank's own mail, passed on by somebody: its signature is whole.
    let own = signed(&mail("boss@bank.example", "pay"), "bank.example", &key);
    check("list@good.example", &own, 250, "spf=pass dmarc=pass");
    let text = String::from_utf8(own).unwrap();
    // Of one that is too large to be checked as a whole the bank has signed the header, or not.
    let large = format!("{text}{}", "0123456789abcdef\r\n".repeat(4 << 20));
    let list = "list@good.example";
    check(list, large.as_bytes(), 250, "spf=pass dmarc=neutral");
    let other = large.replacen("Subject: x", "Subject: y", 1);
    check(list, other.as_bytes(), 550, "spf=pass dmarc=fail");
    drop((large, other));
    let changed = text.replace("pay", "pay twice");
    check(
        "list@good.example",
        changed.as_bytes(),
        550,
        "spf=pass dmarc=fail",
    );
    // A policy that asks for suspicion, not for refusal, and domains that say nothing.
    check(
        "a@soft.example",
        &mail("a@soft.example", "x"),
        250,
        "spf=softfail dmarc=fail",
    );
    check(
        "a@quiet.example",
        &mail("a@quiet.example", "x"),
        250,
        "spf=none dmarc=none",
    );
    check(
        "",
        &mail("a@quiet.example", "x"),
        250,
        "spf=none dmarc=none",
    );
}

#[test]
fn listed_peers_are_refused_and_silent_lists_are_not_waited_for() {
    let _turn = Turn::take();
    let knot = Knot::start("1.2.0.192.bl.example. A 127.0.0.2\n");
    let resolver = knot.address();
    let rest = "authentication = false\ndns_seconds = 1";
    let scene = Scene::set(&format!(
        "resolver = \"{resolver}\"\nblock_lists = [\"none.example\", \"bl.example\"]\n\
         refuse = [\"block-list\"]\n{rest}\n"
    ));
    let heard = scene.bring("a@good.example", &mail("a@good.example", "x"));
    assert_eq!((heard.code, heard.text.starts_with("5.7.1 ")), (554, true));
    let passed_on = scene.pass_on("a@good.example", &mail("a@good.example", "x"));
    assert_eq!(passed_on.code, 250, "{}", passed_on.text);
    drop(scene);

    let mut shown = Scene::set(&format!(
        "resolver = \"{resolver}\"\nblock_lists = [\"bl.example\"]\n{rest}\n"
    ));
    let heard = shown.bring("a@good.example", &mail("a@good.example", "x"));
    assert_eq!(heard.code, 250);
    assert_eq!(
        shown.found(&["block_lists"]),
        "block_lists=[\"bl.example\"]"
    );
    drop(shown);

    let nobody = free_address();
    let mut silent = Scene::set(&format!(
        "resolver = \"{nobody}\"\nblock_lists = [\"bl.example\"]\n\
         refuse = [\"block-list\"]\n{rest}\n"
    ));
    let heard = silent.bring("a@good.example", &mail("a@good.example", "x"));
    assert_eq!(heard.code, 250, "{}", heard.text);
    assert_eq!(silent.found(&["block_lists"]), "block_lists=[]");
}

#[test]
fn spam_and_viruses_are_found_by_real_scanners() {
    let _turn = Turn::take();
    let (mut rspamd, mut clamd) = (Rspamd::start(), Clamd::start());
    let scanners = |clamd: &str| {
        let rspamd = rspamd.address();
        format!(
            "authentication = false\nrspamd = \"{rspamd}\"\nclamd = \"{clamd}\"\nscan_seconds = 20\n"
        )
    };
    let at = scanners(&clamd.socket().display().to_string());
    let by_tcp = scanners(&clamd.address().to_string());
    let virus = [EICAR.0, EICAR.1].concat();
    let virus = pipe("base64", &["-w76"], virus.as_bytes());
    let virus = String::from_utf8(virus).unwrap().replace('\n', "\r\n");
    let infected = format!(
        "From: a@good.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n\
         Content-Type: application/octet-stream; name=\"invoice.com\"\r\n\
         Content-Transfer-Encoding: base64\r\n\r\n{virus}\r\n"
    );
    let spam = mail("a@good.example", GTUBE);
    let harmless = mail("a@good.example", "Good morning");
    let keys = ["spam", "virus"];
    let check = |scene: &mut Scene, bytes: &[u8], code: u16, found: &str| {
        let heard = scene.bring("a@good.example", bytes);
        assert_eq!(heard.code, code, "{found}: {}", heard.text);
        assert_eq!(scene.found(&keys), found);
    };
    let mut shown = Scene::set(&at);
    check(&mut shown, &harmless, 250, "spam=pass virus=clean");
    check(&mut shown, &spam, 250, "spam=refuse virus=clean");
    assert_eq!(shown.bring("a@good.example", infected.as_bytes()).code, 250);
    assert_eq!(shown.found(&["virus"]), "virus=found");
    let passed_on = shown.pass_on("a@good.example", infected.as_bytes());
    assert_eq!(passed_on.code, 250, "{}", passed_on.text);
    let found = shown.found(&["virus", "spf"]);
    assert_eq!(found, "virus=found spf=-", "a gateway's mail, too");

    let mut strict = Scene::set(&format!(
        "{by_tcp}refuse = [\"spam\", \"virus\"]\nwhen_scanner_down = \"defer\"\nscan_bytes_max = 100000\n"
    ));
    check(&mut strict, &harmless, 250, "spam=pass virus=clean");
    check(&mut strict, &spam, 554, "spam=refuse virus=clean");
    assert_eq!(
        strict.bring("a@good.example", infected.as_bytes()).code,
        554
    );
    // It would never be small enough, so it is not put off.
    let large = mail("a@good.example", &"Good morning\r\n".repeat(10_000));
    check(
        &mut strict,
        &large,
        250,
        "spam=not_scanned virus=not_scanned",
    );

    clamd.stop();
    check(&mut strict, &harmless, 451, "spam=pass virus=not_scanned");
    check(&mut shown, &harmless, 250, "spam=pass virus=not_scanned");
    rspamd.stop();
    check(
        &mut strict,
        &harmless,
        451,
        "spam=not_scanned virus=not_scanned",
    );
}
