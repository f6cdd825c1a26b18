//! swaks: TLS, sign-ins, certificates, LMTP, and what proxies say.

use std::net::SocketAddr;

use super::scene::{PASSWORD, Scene};
use crate::harness::{Certificate, Message, Turn, mailbox, swaks_with, wait};

/// Sends a message to these, with more words for swaks.
fn send(server: SocketAddr, to: &str, message: &Message, more: &[&str]) -> (bool, String) {
    let words = ["--from", "kunde@outside.example", "--to", to];
    swaks_with(server, message, &[&words, more].concat())
}

/// What anna gets, one way after the other; each message is another one, so that none are merged.
#[derive(Default)]
struct Taken(Vec<Message>);

impl Taken {
    /// One that must be taken.
    #[track_caller]
    fn by(&mut self, server: SocketAddr, more: &[&str]) {
        let message = Message::with_body(self.0.len(), 5000);
        let (taken, heard) = send(server, mailbox("anna").address(), &message, more);
        assert!(taken, "{more:?}:\n{heard}");
        self.0.push(message);
    }

    fn bytes(&self) -> Vec<&[u8]> {
        self.0.iter().map(|mail| mail.bytes.as_slice()).collect()
    }
}

/// Must hear this reply.
#[track_caller]
fn refuses(server: SocketAddr, reply: &str, more: &[&str]) {
    let message = Message::numbered(99);
    let (taken, heard) = send(server, mailbox("anna").address(), &message, more);
    assert!(!taken && heard.contains(reply), "{more:?}:\n{heard}");
}

#[test]
fn swaks_signs_in_and_shows_certificates() {
    let _turn = Turn::take();
    let mut scene = Scene::open();
    let (starttls, implicit) = (scene.starttls, scene.implicit);
    let [certificate, key] =
        [&scene.gateway.certificate, &scene.gateway.key].map(|it| it.display().to_string());
    let shown = ["--tls-cert", &certificate, "--tls-key", &key];
    let as_gateway = |mechanism: &'static str, password: &'static str| {
        let login = ["--auth-user", "gateway", "--auth-password", password];
        [&["--auth", mechanism], &login[..]].concat()
    };
    let then = |tls: &'static str, more: &[&'static str]| [&[tls], more].concat();
    let (plain, by_login) = (as_gateway("PLAIN", PASSWORD), as_gateway("LOGIN", PASSWORD));

    let mut taken = Taken::default();
    taken.by(starttls, &then("-tls", &plain));
    taken.by(starttls, &then("-tls", &by_login));
    taken.by(implicit, &then("-tlsc", &plain));
    taken.by(starttls, &[&["-tls"], &shown[..]].concat());
    taken.by(implicit, &[&["-tlsc"], &shown[..]].concat());
    scene.wait_for_log(&["kept message", "peer.protocol=ESMTPSA"]);

    refuses(starttls, "530 5.7.0 Must issue a STARTTLS", &[]);
    refuses(starttls, "530 5.7.0 Sign in", &["-tls"]);
    let wrong = as_gateway("PLAIN", "x");
    refuses(starttls, "535 5.7.8", &then("-tls", &wrong));
    scene.assert_mailbox("anna", &taken.bytes());
}

#[test]
fn swaks_speaks_lmtp() {
    let _turn = Turn::take();
    let scene = Scene::open();
    let message = Message::with_body(1, 5000);
    let both = ["anna", "tom"].map(|login| mailbox(login).address());
    let words = ["--protocol", "LMTP"];
    let (taken, heard) = send(scene.lmtp, &both.join(","), &message, &words);
    assert!(taken, "{heard}");
    for address in both {
        let named = format!("250 2.0.0 <{address}> Message kept as");
        assert!(heard.contains(&named), "{heard}");
    }
    scene.assert_mailbox("anna", &[&message.bytes]);
    scene.assert_mailbox("tom", &[&message.bytes]);
}

#[test]
fn swaks_speaks_for_others() {
    let _turn = Turn::take();
    let mut scene = Scene::open();
    let (proxied, xclient) = (scene.proxied, scene.xclient);
    let mut taken = Taken::default();
    let client = ["--xclient-addr", "192.0.2.7", "--xclient-helo", "c.example"];
    taken.by(xclient, &client);
    scene.wait_for_log(&["kept message", "peer.address=192.0.2.7"]);

    let header = |version: &'static str, family: &'static str, source: &'static str| {
        let head = ["--proxy-version", version, "--proxy-family", family];
        let from = ["--proxy-source", source, "--proxy-source-port", "1234"];
        let to = ["--proxy-dest", "192.0.2.1", "--proxy-dest-port", "25"];
        [head, from, to].concat()
    };
    taken.by(proxied, &header("1", "TCP4", "192.0.2.8"));
    scene.wait_for_log(&["kept message", "peer.address=192.0.2.8"]);
    taken.by(proxied, &header("2", "AF_INET", "192.0.2.9"));
    scene.wait_for_log(&["kept message", "peer.address=192.0.2.9"]);
    scene.assert_mailbox("anna", &taken.bytes());
}

/// The fingerprint of what a listener shows.
fn shown(scene: &Scene, server: SocketAddr, tls: &str) -> String {
    let directory = scene.file("shown");
    let _ = std::fs::create_dir(&directory);
    let certificate = Certificate {
        certificate: directory.join("tls.pem"),
        key: directory.join("tls.key"),
    };
    let file = certificate.certificate.display().to_string();
    let words = [tls, "--tls-get-peer-cert", &file, "--quit-after", "HELO"];
    let (went, heard) = send(server, "anna@corp.example", &Message::numbered(1), &words);
    assert!(went, "{heard}");
    certificate.fingerprint()
}

/// A certificate that was renewed is shown without a restart, and a session under way goes on.
#[test]
fn a_new_certificate_is_shown_when_the_files_change_and_at_sighup() {
    let _turn = Turn::take();
    let mut scene = Scene::open();
    let listeners = [(scene.starttls, "-tls"), (scene.implicit, "-tlsc")];
    let all = |scene: &Scene| listeners.map(|(server, tls)| shown(scene, server, tls));
    let first = scene.server.fingerprint();
    assert_eq!(all(&scene), [first.clone(), first.clone()]);
    let directory = scene.server.certificate.parent().unwrap().to_owned();
    let renew = || Certificate::new(&directory, "shadow.corp.example").fingerprint();

    let second = renew();
    assert_ne!(first, second);
    let both = [second.clone(), second.clone()];
    wait::until_equal("the renewed one is shown", &both, || all(&scene));

    let third = renew();
    let process = scene.shadowmail.process();
    process.signal(rustix::process::Signal::HUP);
    scene.wait_for_log(&["SIGHUP", "client_ca", "needs a restart"]);
    let both = [third.clone(), third];
    wait::until_equal("so is the next one", &both, || all(&scene));

    // One that is broken changes nothing.
    std::fs::write(&scene.server.certificate, "no certificate").unwrap();
    scene
        .shadowmail
        .process()
        .signal(rustix::process::Signal::HUP);
    scene.wait_for_log(&["listeners go on with the old certificate"]);
    assert_eq!(all(&scene), both);
    assert!(scene.shadowmail.process().is_running());
}
