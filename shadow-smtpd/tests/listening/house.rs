//! A journal and a fallback listener on a real store, with the filer running.

use std::collections::HashMap;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::Duration;

use shadow_smtpd::{CopyRules, Filer, Indexer, Role, StoreDesk};
use store::{
    AccountId, AccountKind, Address, AliasDomains, Envelope, Folder, Held, MessageId,
    MirroredAccount, MirroredGroup, Peer, ReversePath, Snapshot, Source, Store, StoreOptions,
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::telnet::{self, Running, Telnet};

/// The organisation `corp.example`: amy (also `a@`), bob, and the group `sales` of both.
pub struct House {
    pub store: Store,
    pub journal: Running,
    pub fallback: Running,
    filer: JoinHandle<()>,
    stop: CancellationToken,
    directory: TempDir,
}

impl House {
    /// With the directory loaded.
    pub async fn open() -> Self {
        let house = Self::without_directory().await;
        house.store.mirror(directory()).await.unwrap();
        house
    }

    /// Before the first sync.
    pub async fn without_directory() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let options = StoreOptions {
            aliases: aliases(),
            ..StoreOptions::default()
        };
        let store = Store::open_with(directory.path(), options).await.unwrap();
        let listen = async |role| {
            let desk = Arc::new(StoreDesk::new(store.clone(), role));
            telnet::run(telnet::config(role), desk, None).await
        };
        let (journal, fallback) = (listen(Role::Journal).await, listen(Role::Fallback).await);
        let (filer, stop) = start_filer(&store);
        Self {
            store,
            journal,
            fallback,
            filer,
            stop,
            directory,
        }
    }

    /// Lets mail pile up unfiled.
    pub async fn pause_filer(self) -> Self {
        self.stop.cancel();
        self.filer.await.unwrap();
        Self {
            filer: tokio::spawn(async {}),
            ..self
        }
    }

    /// Files it.
    pub fn resume_filer(self) -> Self {
        let (filer, stop) = start_filer(&self.store);
        Self {
            filer,
            stop,
            ..self
        }
    }

    /// The same with a filer that was told about the sources of its listeners.
    pub async fn with_sources(self, sources: HashMap<String, CopyRules>) -> Self {
        let house = self.pause_filer().await;
        let (filer, stop) = run_filer(&house.store, filer(&house.store).with_sources(sources));
        Self {
            filer,
            stop,
            ..house
        }
    }

    /// Changes the last byte of everything kept so far.
    pub fn damage_records(&self) {
        let mut folders = vec![self.directory.path().to_owned()];
        let mut damaged = 0;
        while let Some(folder) = folders.pop() {
            for file in std::fs::read_dir(folder).unwrap() {
                let path = file.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "seg") {
                    let file = std::fs::OpenOptions::new().write(true).open(path).unwrap();
                    let end = file.metadata().unwrap().len();
                    file.write_all_at(b"!", end - 1).unwrap();
                    damaged += 1;
                }
            }
        }
        assert_ne!(damaged, 0);
    }

    /// Takes away the place for big mail that comes in.
    pub fn lose_incoming(&self) {
        std::fs::remove_dir(self.directory.path().join("incoming")).unwrap();
    }

    /// Stops everything.
    pub async fn close(self) {
        self.stop.cancel();
        self.journal.shutdown.cancel();
        self.fallback.shutdown.cancel();
        self.filer.await.unwrap();
        self.journal.task.await.unwrap();
        self.fallback.task.await.unwrap();
        self.store.close().await;
    }

    /// Keeps a mail that amy wrote in the webmail, and waits for the filer.
    pub async fn write(&self, recipients: &[&str], mail: &[u8]) -> MessageId {
        let mut held = Held::new(1 << 20);
        held.append(mail).unwrap();
        let envelope = Envelope {
            source: Source::Written {
                account: self.account("amy").await,
            },
            reverse_path: ReversePath::Address(address("amy@corp.example")),
            recipients: recipients.iter().map(|text| address(text)).collect(),
            received_at: jiff::Timestamp::now(),
            peer: Peer {
                listener: "webmail".into(),
                ..Peer::default()
            },
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        };
        let id = self.store.keep(held, envelope).await.unwrap();
        assert!(self.store.wait_until_filed(id).await.unwrap());
        id
    }

    pub async fn account(&self, login: &str) -> AccountId {
        self.store.sign_in_name(login).await.unwrap().unwrap().0.id
    }

    /// A folder as `subject` in one string each, newest first.
    pub async fn subjects(&self, login: &str, folder: Folder) -> Vec<String> {
        let account = self.account(login).await;
        let page = self
            .store
            .mailbox_page(account, folder, None, 100)
            .await
            .unwrap();
        page.entries
            .into_iter()
            .map(|entry| entry.subject)
            .collect()
    }

    /// The ledger of a message as `return amy@corp.example waiting`, sorted.
    pub async fn ledger(&self, id: MessageId) -> Vec<String> {
        let rows = self.store.ledger_of(id).await.unwrap();
        let told = |row: &store::LedgerRow| {
            format!("{:?} {} {:?}", row.purpose, row.recipient, row.state).to_lowercase()
        };
        let mut rows: Vec<String> = rows.iter().map(told).collect();
        rows.sort();
        rows
    }
}

fn filer(store: &Store) -> Filer {
    let domains = ["Corp.Example".to_owned()];
    Filer::new(store.clone(), "shadow.corp.example", &domains).with_alias_domains(&aliases())
}

fn aliases() -> AliasDomains {
    let domain = ("corp.test".to_owned(), "corp.example".to_owned());
    AliasDomains::new([domain].into())
}

fn start_filer(store: &Store) -> (JoinHandle<()>, CancellationToken) {
    run_filer(store, filer(store))
}

fn run_filer(store: &Store, filer: Filer) -> (JoinHandle<()>, CancellationToken) {
    let stop = CancellationToken::new();
    let indexer = Indexer::new(store.clone());
    let (files, indexes) = (filer.run(stop.clone()), indexer.run(stop.clone()));
    let both = tokio::spawn(async { tokio::join!(files, indexes) });
    (
        tokio::spawn(async { both.await.map(|_| ()).unwrap() }),
        stop,
    )
}

/// Brings a mail to a listener, and waits for the filer. Gives our name for it.
pub async fn bring(
    store: &Store,
    to: &Running,
    envelope: (&str, &[&str]),
    mail: &[u8],
) -> MessageId {
    let id = keep(to, envelope, mail).await;
    wait_until_filed(store, id).await;
    id
}

/// Waits for the filer.
pub async fn wait_until_filed(store: &Store, id: MessageId) {
    let filed = async { while !store.wait_until_filed(id).await.unwrap() {} };
    tokio::time::timeout(Duration::from_secs(20), filed)
        .await
        .expect("filed");
}

/// Brings a mail to a listener. Gives our name for it.
pub async fn keep(to: &Running, (sender, recipients): (&str, &[&str]), mail: &[u8]) -> MessageId {
    let mut client = Telnet::connect(to).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    assert!(
        client
            .ask(&format!("MAIL FROM:<{sender}>"))
            .await
            .starts_with("250 ")
    );
    for recipient in recipients {
        let reply = client.ask(&format!("RCPT TO:<{recipient}>")).await;
        assert!(reply.starts_with("250 "), "{recipient}: {reply}");
    }
    assert!(client.ask("DATA").await.starts_with("354 "));
    // None of the mails here has a line that begins with a dot, and each ends with a line end.
    client.send(mail).await;
    let reply = client.ask(".").await;
    reply
        .strip_prefix("250 2.0.0 Message kept as ")
        .expect(&reply)
        .parse()
        .unwrap()
}

pub fn address(text: &str) -> Address {
    text.parse().unwrap()
}

fn directory() -> Snapshot {
    let person = |login: &str, addresses: &[&str]| MirroredAccount {
        key: login.into(),
        login: login.into(),
        name: login.into(),
        addresses: addresses.iter().map(|text| address(text)).collect(),
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: None,
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    };
    Snapshot {
        accounts: vec![
            person("amy", &["amy@corp.example", "a@corp.example"]),
            person("bob", &["bob@corp.example"]),
        ],
        groups: vec![MirroredGroup {
            hidden: false,
            key: String::new(),
            address: address("sales@corp.example"),
            name: "Sales".into(),
            members: vec!["amy".into(), "bob".into()],
            groups: Vec::new(),
        }],
    }
}
