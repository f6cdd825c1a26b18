//! Who may bring copies to a journal: trusted networks, certificates, and who signs in.

use std::sync::Arc;

use async_trait::async_trait;
use shadow_smtpd::{
    ClientCertificates, Fingerprint, ListenerConfig, Role, TlsPolicy, Users, Verdict,
};
use store::{Secret, Trust};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::certificate;
use crate::desk::TestDesk;
use crate::telnet::{self, Running, Telnet};

/// Knows `gateway` with the password `secret`.
pub struct OneUser;

#[async_trait]
impl Users for OneUser {
    async fn check(&self, login: &str, password: &Secret, _: Option<std::net::IpAddr>) -> Verdict {
        match (login, password.expose()) {
            ("gateway", "secret") => Verdict::Welcome,
            ("busy", _) => Verdict::Later,
            _ => Verdict::Refused,
        }
    }
}

/// A journal with TLS from the first byte, to which this host's network is a stranger.
fn journal(certificates: ClientCertificates) -> ListenerConfig {
    ListenerConfig {
        allow: vec!["192.0.2.0/24".parse().unwrap()],
        tls: TlsPolicy::Implicit,
        certificates,
        ..telnet::config(Role::Journal)
    }
}

async fn connect(to: &Running, client: Arc<rustls::ClientConfig>) -> Telnet<TlsStream<TcpStream>> {
    let stream = TcpStream::connect(to.address).await.unwrap();
    let name = "shadow.corp.example".try_into().unwrap();
    let stream = TlsConnector::from(client).connect(name, stream).await;
    let mut client = Telnet::over(stream.unwrap());
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    client
}

/// What a journal that trusts `certificates` says to MAIL of a client, and why a mail was taken.
async fn trusted(
    certificates: &ClientCertificates,
    client: Arc<rustls::ClientConfig>,
) -> (String, Option<Trust>) {
    let desk = Arc::new(TestDesk::default());
    let config = journal(certificates.clone());
    let running = telnet::run(config, desk.clone(), Some(certificate::server())).await;
    let mut client = connect(&running, client).await;
    let heard = client.ask("MAIL FROM:<a@x.test>").await;
    if heard.starts_with("250 ") {
        client.ask("RCPT TO:<b@y.test>").await;
        client.send("BDAT 4 LAST\r\nhi\r\n").await;
        client.expect("250 2.0.0 ").await;
    }
    let trust = desk.kept().pop().and_then(|(envelope, _)| {
        assert_eq!(envelope.peer.protocol, "ESMTPS");
        envelope.peer.trust
    });
    (heard, trust)
}

#[tokio::test]
async fn certificates_open_a_journal() {
    let gateway = || certificate::client_with("gateway.pem", "gateway.pem");
    let client = || certificate::client_with("client.pem", "client.pem");
    let itself = || certificate::client_with("cert.pem", "key.pem");
    let of = |name: &str| Fingerprint::of(&certificate::certificate(name)).to_string();
    let opens = async |trusted_ones: &ClientCertificates, client, why: &str| {
        let (heard, trust) = trusted(trusted_ones, client).await;
        assert!(heard.starts_with("250 "), "{heard}");
        assert_eq!(trust, Some(Trust::Certificate(why.to_owned())));
    };
    let stays_shut = async |trusted_ones: &ClientCertificates, client| {
        let (heard, trust) = trusted(trusted_ones, client).await;
        assert!(heard.starts_with("530 5.7.0 Sign in first"), "{heard}");
        assert_eq!(trust, None);
    };
    let signed = ClientCertificates {
        authorities: vec![certificate::certificate("ca.pem")],
        ..ClientCertificates::default()
    };
    // One was made for servers, one for clients: mail servers have the former.
    opens(&signed, gateway(), &of("gateway.pem")).await;
    opens(&signed, client(), &of("client.pem")).await;
    stays_shut(&signed, itself()).await;
    stays_shut(&signed, certificate::client()).await;

    let named = ClientCertificates {
        names: vec!["other.corp.example".into(), "gateway.corp.example".into()],
        ..signed
    };
    opens(&named, gateway(), "gateway.corp.example").await;
    stays_shut(&named, client()).await;

    let pinned = ClientCertificates {
        fingerprints: vec![Fingerprint::of(&certificate::certificate("cert.pem"))],
        ..ClientCertificates::default()
    };
    opens(&pinned, itself(), &of("cert.pem")).await;
    stays_shut(&pinned, gateway()).await;
}

/// Somebody who shows another's certificate without having its key.
#[tokio::test]
async fn a_certificate_needs_its_key() {
    use rustls::client::ResolvesClientCert;
    use rustls::sign::CertifiedKey;

    #[derive(Debug)]
    struct Thief(Arc<CertifiedKey>);

    impl ResolvesClientCert for Thief {
        fn resolve(&self, _: &[&[u8]], _: &[rustls::SignatureScheme]) -> Option<Arc<CertifiedKey>> {
            Some(Arc::clone(&self.0))
        }

        fn has_certs(&self) -> bool {
            true
        }
    }

    let signed = ClientCertificates {
        authorities: vec![certificate::certificate("ca.pem")],
        ..ClientCertificates::default()
    };
    let running = telnet::run(
        journal(signed),
        Arc::new(TestDesk::default()),
        Some(certificate::server()),
    )
    .await;
    let own = certificate::client_with("client.pem", "client.pem");
    let own = own
        .client_auth_cert_resolver
        .resolve(&[], &[rustls::SignatureScheme::ECDSA_NISTP256_SHA256]);
    let stolen = CertifiedKey::new(
        vec![certificate::certificate("gateway.pem")],
        Arc::clone(&own.unwrap().key),
    );
    let mut config = certificate::client().as_ref().clone();
    config.client_auth_cert_resolver = Arc::new(Thief(Arc::new(stolen)));
    let stream = TcpStream::connect(running.address).await.unwrap();
    let name = "shadow.corp.example".try_into().unwrap();
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await;
    // With TLS 1.3 the client hears of the refusal only when it reads.
    if let Ok(stream) = stream {
        assert_eq!(Telnet::over(stream).reply().await, None);
    }
}

#[tokio::test]
async fn a_journal_without_a_way_to_prove_oneself_turns_strangers_away() {
    let config = ListenerConfig {
        tls: TlsPolicy::Opportunistic,
        ..journal(ClientCertificates::default())
    };
    let running = telnet::run(config, Arc::new(TestDesk::default()), None).await;
    let mut client = Telnet::connect(&running).await;
    client.expect("554 5.7.1 ").await;
    assert_eq!(client.reply().await, None);
}
