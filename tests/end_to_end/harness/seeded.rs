//! Mail of days long gone: put into the store by its own crate, while no server runs.

use std::path::Path;

use store::{
    AccountId, Entry, Envelope, Filing, Folder, Held, MessageId, Owed, Peer, Purpose, ReversePath,
    Source, Store, Summary,
};

use crate::harness::MAILBOXES;

/// A store that is open to put old mail into it.
pub struct Seeded {
    /// The store.
    pub store: Store,
}

/// Whether the primary lacks a mail.
enum Debt {
    None,
    Owed,
}

/// Opens the store of a server that does not run.
pub async fn seeded(data_dir: &Path) -> Seeded {
    let store = Store::open(data_dir).await.unwrap();
    Seeded { store }
}

impl Seeded {
    /// Keeps a mail that arrived then, and files it into an inbox.
    pub async fn receive(&self, at: &str, login: &str, mail: &[u8]) -> MessageId {
        self.filed(at, login, mail, Debt::None).await
    }

    /// The same, and the primary lacks it.
    pub async fn receive_owed(&self, at: &str, login: &str, mail: &[u8]) -> MessageId {
        self.filed(at, login, mail, Debt::Owed).await
    }

    async fn filed(&self, at: &str, login: &str, mail: &[u8], debt: Debt) -> MessageId {
        let accounts = self.store.accounts().await.unwrap();
        let account = accounts.iter().find(|it| it.login == login).unwrap().id;
        let mailbox = MAILBOXES.iter().find(|it| it.login == login).unwrap();
        let recipient: store::Address = mailbox.address().parse().unwrap();
        let envelope = Envelope {
            source: match debt {
                Debt::None => Source::Imported {
                    account: Some(account),
                },
                Debt::Owed => Source::FallbackMail,
            },
            reverse_path: ReversePath::Null,
            recipients: vec![recipient.clone()],
            received_at: at.parse().unwrap(),
            peer: Peer::default(),
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        };
        let mut held = Held::new(1 << 20);
        held.append(mail).unwrap();
        let id = self.store.keep(held, envelope).await.unwrap();
        let owed = Owed {
            purpose: Purpose::Return,
            recipient,
            account: Some(account),
        };
        let filing = Filing {
            owed: match debt {
                Debt::None => Vec::new(),
                Debt::Owed => vec![owed],
            },
            ..into_inbox(account, mail)
        };
        self.store.file(id, filing).await.unwrap();
        id
    }
}

fn into_inbox(account: AccountId, mail: &[u8]) -> Filing {
    let subject = mail.split(|byte| *byte == b'\r').next().unwrap_or_default();
    Filing {
        summary: Summary {
            subject: String::from_utf8_lossy(subject).replace("Subject: ", ""),
            ..Summary::default()
        },
        entries: vec![Entry {
            account,
            folder: Folder::Inbox,
            seen: false,
        }],
        ..Filing::default()
    }
}
