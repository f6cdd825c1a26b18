//! What the client was promised: every mail that was answered 250, with its bytes.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::harness::message::Message;
use crate::harness::outside::Outside;

/// The client's own list. The server's word counts for nothing here.
#[derive(Default)]
pub struct Answered {
    mails: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Answered {
    /// Writes down that `message` was answered 250.
    pub fn add(&self, message: &Message) {
        let mut mails = self.mails.lock().unwrap();
        mails.insert(message.id(), message.bytes.clone());
    }

    /// Whether every mail on the list has come to `primary`.
    pub fn all_came_to(&self, primary: &Outside) -> bool {
        let came = by_id(primary);
        self.mails
            .lock()
            .unwrap()
            .keys()
            .all(|id| came.contains_key(id))
    }

    /// Every mail on the list came to `primary` once, byte for byte, and no other one did.
    #[track_caller]
    pub fn assert_came_once_to(&self, primary: &Outside) {
        let came = by_id(primary);
        let mails = self.mails.lock().unwrap();
        for (id, bytes) in mails.iter() {
            let copies = came.get(id).map_or(&[][..], Vec::as_slice);
            assert_eq!(copies.len(), 1, "{id}, answered 250, came so many times");
            // In front of it stands our Received line.
            assert!(copies[0].ends_with(bytes), "{id} came with other bytes");
        }
        let foreign: Vec<&String> = came.keys().filter(|id| !mails.contains_key(*id)).collect();
        assert!(foreign.is_empty(), "nobody has sent these: {foreign:?}");
    }
}

fn by_id(primary: &Outside) -> BTreeMap<String, Vec<Vec<u8>>> {
    let mut came: BTreeMap<String, Vec<Vec<u8>>> = BTreeMap::new();
    for mail in primary.arrived() {
        let text = String::from_utf8_lossy(&mail.bytes);
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "));
        came.entry(id.unwrap_or_default().to_owned())
            .or_default()
            .push(mail.bytes);
    }
    came
}
