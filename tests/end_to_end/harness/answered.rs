//! What the client was promised: every mail that was answered 250, with its bytes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::harness::message::Message;
use crate::harness::outside::Outside;

/// What a 250 promises besides that the mail is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Promise {
    /// A copy: the primary has the mail.
    Copy,
    /// The primary gets the mail from us.
    Owed,
}

/// The client's own list. The server's word counts for nothing here.
#[derive(Default)]
pub struct Answered {
    mails: Mutex<BTreeMap<String, Mail>>,
}

/// One mail, however often it was sent.
struct Mail {
    bytes: Vec<u8>,
    /// What was promised for each mailbox, by its address.
    promises: Vec<(&'static str, Promise)>,
}

impl Answered {
    /// Writes down that `message` was answered 250 for the mailbox of this address.
    pub fn add(&self, message: &Message, mailbox: &'static str, promise: Promise) {
        let mut mails = self.mails.lock().unwrap();
        let mail = mails.entry(message.id()).or_insert_with(|| Mail {
            bytes: message.bytes.clone(),
            promises: Vec::new(),
        });
        mail.promises.push((mailbox, promise));
    }

    /// How many mails there are.
    pub fn len(&self) -> usize {
        self.mails.lock().unwrap().len()
    }

    /// The mailbox of this address holds every mail that was promised for it once, byte for byte,
    /// and no other one.
    #[track_caller]
    pub fn assert_is_mailbox(&self, mailbox: &str, mut found: Vec<Vec<u8>>) {
        let mails = self.mails.lock().unwrap();
        let promised = |mail: &&Mail| mail.promises.iter().any(|(to, _)| *to == mailbox);
        let mut want: Vec<&Vec<u8>> = mails
            .values()
            .filter(promised)
            .map(|it| &it.bytes)
            .collect();
        want.sort();
        found.sort();
        assert_eq!(found.len(), want.len(), "mails in the mailbox {mailbox}");
        for (found, want) in found.iter().zip(want) {
            assert_eq!(
                message_id(found),
                message_id(want),
                "in the mailbox {mailbox}"
            );
            assert!(found == want, "{} has other bytes", message_id(want));
        }
    }

    /// Which mails have not come to `primary`. Those that have came byte for byte.
    #[track_caller]
    pub fn lacking_at(&self, primary: &Outside) -> Vec<String> {
        let arrived = primary.arrived();
        let mails = self.mails.lock().unwrap();
        let lacking = mails.iter().filter(|(id, mail)| {
            let copy = arrived.iter().find(|it| message_id(&it.bytes) == **id);
            copy.is_none_or(|copy| {
                assert!(
                    copy.bytes.ends_with(&mail.bytes),
                    "{id} came with other bytes"
                );
                false
            })
        });
        lacking.map(|(id, _)| id.clone()).collect()
    }

    /// Every mail on the list that is owed came to `primary` once for each mailbox, byte for byte,
    /// and no other one did. What was also copied to us, the primary may have.
    #[track_caller]
    pub fn assert_came_once_to(&self, primary: &Outside) {
        let mut came: BTreeMap<(String, String), Vec<Vec<u8>>> = BTreeMap::new();
        for mail in primary.arrived() {
            for to in mail.to {
                let key = (message_id(&mail.bytes), to);
                came.entry(key).or_default().push(mail.bytes.clone());
            }
        }
        for (id, mail) in self.mails.lock().unwrap().iter() {
            for (mailbox, _) in &mail.promises {
                let copies = came.remove(&(id.clone(), (*mailbox).to_owned()));
                let copies = copies.unwrap_or_default();
                let promised = |promise| mail.promises.contains(&(*mailbox, promise));
                let least = usize::from(promised(Promise::Owed) && !promised(Promise::Copy));
                let most = usize::from(promised(Promise::Owed));
                assert!(
                    (least..=most).contains(&copies.len()),
                    "{id} was answered 250 for {mailbox} and came {} times",
                    copies.len()
                );
                // In front of it stands our Received line.
                let whole = copies.iter().all(|copy| copy.ends_with(&mail.bytes));
                assert!(whole, "{id} came with other bytes");
            }
        }
        let foreign: Vec<_> = came.keys().collect();
        assert!(foreign.is_empty(), "nobody has sent these: {foreign:?}");
    }
}

fn message_id(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let id = text
        .lines()
        .find_map(|line| line.strip_prefix("Message-ID: "));
    id.unwrap_or_default().to_owned()
}
