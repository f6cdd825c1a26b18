//! Never an open relay, with the store's own directory and from every standing: whoever brings it and
//! however trusted, no mail for somebody outside is taken by a fallback or a relay, and nothing that
//! any listener takes is ever owed to anybody outside.

use std::sync::Arc;

use shadow_smtpd::{
    ClientCertificates, ListenerConfig, PeerLimits, Protocol, Role, StoreDesk, TlsPolicy, Users,
};
use store::{MirroredAccount, MirroredGroup, Purpose, Snapshot, Store};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::certificate;
use crate::dialogs::Wire;
use crate::house::{House, address, wait_until_filed};
use crate::open_relay::ELSEWHERE;
use crate::telnet::{self, Running, Telnet};
use crate::trust::OneUser;

/// What only a real directory could be misled by: tags, alias domains, groups, its own names.
const MISLEADING: &[&str] = &[
    "<victim%elsewhere.test+amy@corp.example>",
    "<\"victim@elsewhere.test+amy\"@corp.example>",
    "<\"amy+victim@elsewhere.test\"@corp.example>",
    "<+amy@corp.example>",
    "<amy+victim@elsewhere.test>",
    "<victim%elsewhere.test@corp.test>",
    "<victim=elsewhere.test@corp.test>",
    "<elsewhere.test!victim@corp.test>",
    "<@corp.test:victim@elsewhere.test>",
    "<amy@corp.test.elsewhere.test>",
    "<amy@elsewhere.corp.test>",
    "<sales@elsewhere.test>",
    "<sales%elsewhere.test@corp.example>",
    "<amy=corp.example@shadow.corp.example>",
    "<victim=elsewhere.test+amy@shadow.corp.example>",
    "</o=Corp/cn=amy>",
    "</o=Corp/cn=amy@elsewhere.test>",
    "</o=Corp/cn=amy@corp.example>",
    "<IMCEAEX-_o=Corp_cn=amy@elsewhere.test>",
    "<IMCEAEX-_o=Corp_cn=amy@corp.example>",
    "<smtp:victim@elsewhere.test>",
];

/// What is ours, however much it looks like something else.
const OURS: &[&str] = &[
    "<amy+victim%elsewhere.test@corp.example>",
    "<amy+victim=elsewhere.test@corp.test>",
    "<a+elsewhere.test!victim@corp.example>",
    "<sales+victim%elsewhere.test@corp.test>",
    // A group whose members the directory does not name: the primary knows them.
    "<partners@corp.example>",
];

/// How a peer comes to be trusted, or tries to.
#[derive(Clone, Copy, Debug)]
enum Standing {
    Stranger,
    Network,
    Certificate,
    SignedIn,
    XclientLogin,
    /// XCLIENT names a client of this address.
    Xclient(&'static str),
    /// So does a PROXY header.
    Proxy(&'static str),
    Lmtp,
}

const STANDINGS: [Standing; 11] = [
    Standing::Stranger,
    Standing::Network,
    Standing::Certificate,
    Standing::SignedIn,
    Standing::XclientLogin,
    Standing::Xclient("192.0.2.1"),
    Standing::Xclient("127.0.0.1"),
    Standing::Xclient("IPV6:::1"),
    Standing::Proxy("192.0.2.1"),
    Standing::Proxy("127.0.0.1"),
    Standing::Lmtp,
];

impl Standing {
    fn config(self, role: Role) -> ListenerConfig {
        let network = |text: &str| vec![text.parse().unwrap()];
        let (here, elsewhere) = (network("127.0.0.0/8"), network("192.0.2.0/24"));
        let config = ListenerConfig {
            // Whoever tries that much would have to wait long before.
            limits: PeerLimits::NONE,
            ..telnet::config(role)
        };
        let inside_tls = ListenerConfig {
            allow: elsewhere.clone(),
            tls: TlsPolicy::Implicit,
            ..config.clone()
        };
        match self {
            Self::Stranger => config,
            Self::Network => ListenerConfig {
                allow: here,
                ..config
            },
            Self::Certificate => ListenerConfig {
                certificates: ClientCertificates {
                    authorities: vec![certificate::certificate("ca.pem")],
                    ..ClientCertificates::default()
                },
                ..inside_tls
            },
            Self::SignedIn => inside_tls,
            Self::XclientLogin => ListenerConfig {
                xclient: here,
                ..inside_tls
            },
            // So that the client is trusted whom the proxy names.
            Self::Xclient(_) => ListenerConfig {
                allow: [elsewhere, network("::1"), here.clone()].concat(),
                xclient: here,
                ..config
            },
            Self::Proxy(_) => ListenerConfig {
                allow: [elsewhere, here.clone()].concat(),
                proxy: here,
                ..config
            },
            Self::Lmtp => ListenerConfig {
                protocol: Protocol::Lmtp,
                allow: here,
                ..config
            },
        }
    }

    fn users(self) -> Option<Arc<dyn Users>> {
        let signs_in = matches!(self, Self::SignedIn | Self::XclientLogin);
        signs_in.then(|| Arc::new(OneUser) as Arc<dyn Users>)
    }

    /// A session that has come as far as this standing goes.
    async fn session(self, to: &Running) -> Telnet<Box<dyn Wire>> {
        let mut stream = TcpStream::connect(to.address).await.unwrap();
        if let Self::Proxy(client) = self {
            let header = format!("PROXY TCP4 {client} 192.0.2.2 56324 25\r\n");
            tokio::io::AsyncWriteExt::write_all(&mut stream, header.as_bytes())
                .await
                .unwrap();
        }
        let stream: Box<dyn Wire> = match self {
            Self::Certificate => {
                tls(
                    stream,
                    certificate::client_with("gateway.pem", "gateway.pem"),
                )
                .await
            }
            Self::SignedIn | Self::XclientLogin => tls(stream, certificate::client()).await,
            _ => Box::new(stream),
        };
        let mut client = Telnet::over(stream);
        client.expect("220 ").await;
        let hello = match self {
            Self::Lmtp => "LHLO c.test",
            _ => "EHLO c.test",
        };
        client.ask(hello).await;
        match self {
            Self::SignedIn => {
                let heard = client.ask("AUTH PLAIN AGdhdGV3YXkAc2VjcmV0").await;
                assert!(heard.starts_with("235 "), "{heard}");
            }
            Self::XclientLogin | Self::Xclient(_) => {
                let names = match self {
                    Self::Xclient(client) => format!("ADDR={client}"),
                    _ => "ADDR=198.51.100.1 LOGIN=gateway".to_owned(),
                };
                let heard = client.ask(&format!("XCLIENT {names}")).await;
                assert!(heard.starts_with("220 "), "{self:?}: {heard}");
                client.ask(hello).await;
            }
            _ => {}
        }
        client
    }
}

async fn tls(stream: TcpStream, client: Arc<rustls::ClientConfig>) -> Box<dyn Wire> {
    let name = "shadow.corp.example".try_into().unwrap();
    let stream = TlsConnector::from(client).connect(name, stream).await;
    Box::new(stream.unwrap())
}

fn directory() -> Snapshot {
    let amy = MirroredAccount {
        key: "amy".into(),
        login: "amy".into(),
        name: "Amy".into(),
        addresses: ["amy", "a"]
            .map(|it| address(&format!("{it}@corp.example")))
            .into(),
        directory_names: vec!["/o=Corp/cn=amy".into()],
        ..MirroredAccount::default()
    };
    let group = |name: &str, members: &[&str]| MirroredGroup {
        hidden: false,
        key: String::new(),
        address: address(&format!("{name}@corp.example")),
        name: name.into(),
        members: members.iter().map(|it| (*it).to_owned()).collect(),
        groups: Vec::new(),
    };
    Snapshot {
        accounts: vec![amy],
        groups: vec![group("sales", &["amy"]), group("partners", &[])],
    }
}

async fn listen(store: &Store, (standing, role): (Standing, Role)) -> Running {
    let desk = StoreDesk::new(store.clone(), role);
    let tls = Some(certificate::server());
    telnet::run_with(standing.config(role), Arc::new(desk), tls, standing.users()).await
}

/// Brings a mail to these recipients, and waits for the filer.
async fn bring(store: &Store, client: &mut Telnet<Box<dyn Wire>>, paths: &[&str]) {
    assert!(
        client
            .ask("MAIL FROM:<victim@elsewhere.test>")
            .await
            .starts_with("250 ")
    );
    for path in paths {
        let heard = client.ask(&format!("RCPT TO:{path}")).await;
        assert!(heard.starts_with("250 "), "{path}: {heard}");
    }
    client
        .send("BDAT 19 LAST\r\nSubject: hi\r\n\r\nhi\r\n")
        .await;
    let mut kept = String::new();
    // LMTP answers for each of them.
    while !kept.contains("Message kept as ") {
        kept = client.reply().await.unwrap();
        assert!(kept.starts_with("250 "), "{kept}");
    }
    let id = kept.rsplit(' ').next().unwrap().parse().unwrap();
    wait_until_filed(store, id).await;
}

/// What is owed, to whom; nothing of it to anybody outside.
async fn owed(store: &Store) -> usize {
    let rows = store.ledger(10_000).await.unwrap();
    for row in &rows {
        let domain = row.recipient.domain();
        let is_ours = domain == "corp.example" || domain == "corp.test";
        assert!(is_ours && row.purpose == Purpose::Return, "{row:?}");
    }
    rows.len()
}

#[tokio::test]
async fn no_standing_takes_mail_for_the_outside() {
    let house = House::without_directory().await;
    house.store.mirror(directory()).await.unwrap();
    for role in [Role::Fallback, Role::Relay] {
        for standing in STANDINGS {
            let running = listen(&house.store, (standing, role)).await;
            for path in ELSEWHERE.iter().chain(MISLEADING) {
                let mut client = standing.session(&running).await;
                let mail = "MAIL FROM:<amy@corp.example> SMTPUTF8";
                assert!(client.ask(mail).await.starts_with("250 "));
                let heard = client.ask(&format!("RCPT TO:{path}")).await;
                let is_refused = heard.starts_with("55") || heard.starts_with("50");
                assert!(is_refused, "{standing:?}, {role:?}: {path:?}: {heard}");
                client.send("BDAT 2 LAST\r\nhi").await;
                client.expect("503 ").await;
            }
            let before = owed(&house.store).await;
            let mut client = standing.session(&running).await;
            bring(&house.store, &mut client, OURS).await;
            assert!(owed(&house.store).await > before, "{standing:?}");
        }
    }
    // What a person writes does leave: the ledger would tell.
    let id = house.write(&["victim@elsewhere.test"], b"Subject: hi\r\n\r\nhi\r\n");
    let written = house.store.ledger_of(id.await).await.unwrap();
    assert!(written.iter().any(|row| row.purpose == Purpose::Send));
    house.close().await;
}

#[tokio::test]
async fn copies_for_the_outside_are_kept_and_go_nowhere() {
    let house = House::without_directory().await;
    house.store.mirror(directory()).await.unwrap();
    for standing in STANDINGS {
        let running = listen(&house.store, (standing, Role::Journal)).await;
        let mut client = standing.session(&running).await;
        let paths = [
            "<victim@elsewhere.test>",
            "<victim=elsewhere.test@shadow.corp.example>",
            "<victim%elsewhere.test@corp.example>",
            "<IMCEAEX-_o=Corp_cn=amy@elsewhere.test>",
            "<amy@corp.example>",
            "<partners@corp.example>",
        ];
        for path in paths {
            bring(&house.store, &mut client, &[path]).await;
        }
        bring(&house.store, &mut client, &paths).await;
        assert_eq!(owed(&house.store).await, 0, "{standing:?}");
    }
    house.close().await;
}
