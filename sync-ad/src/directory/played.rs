//! A domain controller that plays: entries that tests change, found as a real one finds them. What a
//! real one does at its own time, such as being restored from a backup, it does when it is told to.

use std::sync::{Arc, Mutex};

use crate::dn;
use crate::ldap::ber::{self, Reader};
use crate::ldap::played::{self, answer, outcome, text};

pub(super) const ROOT: &str = "DC=x";
const SERVICE: &str = "CN=NTDS Settings,CN=dc1,CN=Configuration,DC=x";
const DELETED: &str = "CN=Deleted Objects,DC=x";

/// One entry.
#[derive(Clone, Debug, Default)]
pub(super) struct Played {
    pub(super) dn: String,
    pub(super) attributes: Vec<(String, Vec<Vec<u8>>)>,
    pub(super) is_deleted: bool,
}

/// What the controller is like.
#[derive(Clone, Debug)]
pub(super) struct Play {
    pub(super) entries: Vec<Played>,
    /// The number of its last change.
    pub(super) usn: u64,
    /// Its invocationId.
    pub(super) database: u8,
    /// Whether we may see what was deleted.
    pub(super) shows_deleted: bool,
    /// Values of an attribute that come at once.
    pub(super) range: usize,
    /// Bases and attributes of the searches since the last look.
    pub(super) asked: Vec<(String, Vec<String>)>,
    /// Happens once, before the first search below the root is answered.
    pub(super) meanwhile: Option<fn(&mut Play)>,
}

impl Default for Play {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            usn: 100,
            database: 1,
            shows_deleted: true,
            range: 1000,
            asked: Vec::new(),
            meanwhile: None,
        }
    }
}

/// A server that plays one.
#[derive(Clone)]
pub(super) struct Controller {
    pub(super) url: String,
    play: Arc<Mutex<Play>>,
}

impl Controller {
    pub(super) async fn start(play: Play) -> Self {
        let play = Arc::new(Mutex::new(play));
        let plays = Arc::clone(&play);
        let url = played::start(move |message| plays.lock().unwrap().answers(message)).await;
        Self { url, play }
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Play)) {
        change(&mut self.play.lock().unwrap());
    }

    /// What was searched since the last look.
    pub(super) fn asked(&self) -> Vec<(String, Vec<String>)> {
        std::mem::take(&mut self.play.lock().unwrap().asked)
    }
}

/// A search as it was asked.
struct Asked {
    base: String,
    is_subtree: bool,
    filter: (u8, Vec<u8>),
    attributes: Vec<String>,
    shows_deleted: bool,
}

impl Play {
    /// A new entry, or another one in the place of that with its number.
    pub(super) fn put(&mut self, number: u8, dn: &str, attributes: &[(&str, &[&str])]) {
        self.entries.retain(|it| it.number() != number);
        self.usn += 1;
        let mut all = vec![
            ("objectguid".to_owned(), vec![vec![number; 16]]),
            (
                "usnchanged".to_owned(),
                vec![self.usn.to_string().into_bytes()],
            ),
        ];
        for (name, values) in attributes {
            let values = values.iter().map(|it| it.as_bytes().to_vec()).collect();
            all.push((name.to_lowercase(), values));
        }
        self.entries.push(Played {
            dn: dn.to_owned(),
            attributes: all,
            is_deleted: false,
        });
    }

    /// A person who may sign in.
    pub(super) fn person(&mut self, number: u8, login: &str, unit: &str) {
        let mail = format!("{login}@corp.example");
        let dn = format!("CN={login},{unit}");
        self.put(
            number,
            &dn,
            &[
                ("objectClass", &["user"]),
                ("objectCategory", &["person"]),
                ("sAMAccountName", &[login]),
                ("mail", &[&mail]),
                ("userAccountControl", &["512"]),
                ("accountExpires", &["0"]),
            ],
        );
    }

    pub(super) fn delete(&mut self, number: u8) {
        self.usn += 1;
        let usn = self.usn.to_string().into_bytes();
        let mut entries = self.entries.iter_mut();
        let entry = entries.find(|it| it.number() == number).unwrap();
        entry.dn = format!("CN=gone{number},{DELETED}");
        entry.is_deleted = true;
        entry.attributes.retain(|(name, _)| name == "objectguid");
        entry.attributes.push(("usnchanged".to_owned(), vec![usn]));
        entry
            .attributes
            .push(("isdeleted".to_owned(), vec![b"TRUE".to_vec()]));
    }

    fn answers(&mut self, message: &[u8]) -> Vec<u8> {
        let mut message = Reader(message).enter(ber::SEQUENCE).unwrap();
        let id = message.number(ber::INTEGER).unwrap();
        let (tag, operation) = message.next().unwrap().unwrap();
        match tag {
            0x60 => answer(id, 0x61, &outcome(0, "")),
            0x63 => {
                let shown = b"1.2.840.113556.1.4.417";
                let shows_deleted = message.0.windows(shown.len()).any(|it| it == shown);
                let asked = Asked {
                    shows_deleted,
                    ..Asked::read(operation)
                };
                self.found(id, &asked)
            }
            _ => Vec::new(),
        }
    }

    fn found(&mut self, id: u32, asked: &Asked) -> Vec<u8> {
        self.asked
            .push((asked.base.clone(), asked.attributes.clone()));
        let special = self.special(&asked.base);
        if special.is_none()
            && let Some(meanwhile) = self.meanwhile.take()
        {
            meanwhile(self);
        }
        let mut answers = Vec::new();
        if let Some(special) = special {
            for entry in &special {
                answers.extend(self.shown(id, entry, asked));
            }
            answers.extend(answer(id, 0x65, &outcome(0, "")));
            return answers;
        }
        for entry in &self.entries {
            let is_there = if asked.is_subtree {
                dn::is_within(&entry.dn, &asked.base)
            } else {
                dn::key(&entry.dn) == dn::key(&asked.base)
            };
            let is_hidden = entry.is_deleted && !(asked.shows_deleted && self.shows_deleted);
            if is_there && !is_hidden && entry.fits(asked.filter.0, &asked.filter.1) {
                answers.extend(self.shown(id, entry, asked));
            }
        }
        answers.extend(answer(id, 0x65, &outcome(0, "")));
        answers
    }

    /// Entries that every controller has: none of them where we may not see it.
    fn special(&self, base: &str) -> Option<Vec<Played>> {
        let text = |text: &str| vec![text.as_bytes().to_vec()];
        let attributes = match base {
            "" => vec![
                ("dsservicename", text(SERVICE)),
                ("highestcommittedusn", text(&self.usn.to_string())),
                ("defaultnamingcontext", text(ROOT)),
            ],
            SERVICE => vec![("invocationid", vec![vec![self.database; 16]])],
            _ if base.starts_with("<WKGUID=") && !self.shows_deleted => return Some(Vec::new()),
            _ if base.starts_with("<WKGUID=") => vec![("objectguid", vec![vec![200; 16]])],
            _ => return None,
        };
        let attributes = attributes
            .into_iter()
            .map(|(name, values)| (name.to_owned(), values));
        let dn = if base.starts_with('<') { DELETED } else { base };
        Some(vec![Played {
            dn: dn.to_owned(),
            attributes: attributes.collect(),
            is_deleted: false,
        }])
    }

    /// What of an entry was asked for, large attributes in parts.
    fn shown(&self, id: u32, entry: &Played, asked: &Asked) -> Vec<u8> {
        let mut attributes = Vec::new();
        for wanted in &asked.attributes {
            let (plain, range) = wanted.split_once(";range=").unwrap_or((wanted, ""));
            let plain = plain.to_lowercase();
            let Some((_, values)) = entry.attributes.iter().find(|(name, _)| *name == plain) else {
                continue;
            };
            let (name, values) = match range.split('-').next().and_then(|it| it.parse().ok()) {
                None => (plain, &values[..]),
                Some(from) => {
                    let from: usize = from;
                    let to = (from + self.range).min(values.len());
                    let end = if to == values.len() {
                        "*".to_owned()
                    } else {
                        (to - 1).to_string()
                    };
                    (format!("{plain};range={from}-{end}"), &values[from..to])
                }
            };
            let values: Vec<Vec<u8>> = values
                .iter()
                .map(|it| ber::element(ber::OCTET_STRING, it))
                .collect();
            let parts = [text(&name), ber::constructed(ber::SET, &values)];
            attributes.push(ber::constructed(ber::SEQUENCE, &parts));
        }
        let parts = [
            text(&entry.dn),
            ber::constructed(ber::SEQUENCE, &attributes),
        ];
        answer(id, 0x64, &parts)
    }
}

impl Asked {
    fn read(operation: &[u8]) -> Self {
        let mut operation = Reader(operation);
        let owned = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let base = owned(operation.expect(ber::OCTET_STRING).unwrap());
        let scope = operation.number(ber::ENUMERATED).unwrap();
        for _ in 0..4 {
            operation.next().unwrap();
        }
        let (tag, filter) = operation.next().unwrap().unwrap();
        let mut attributes = operation.enter(ber::SEQUENCE).unwrap();
        let mut asked = Self {
            base,
            is_subtree: scope == 2,
            filter: (tag, filter.to_vec()),
            attributes: Vec::new(),
            shows_deleted: false,
        };
        while let Some((_, name)) = attributes.next().unwrap() {
            asked.attributes.push(owned(name));
        }
        asked
    }
}

impl Played {
    fn number(&self) -> u8 {
        self.attributes[0].1[0][0]
    }

    /// Whether a filter (RFC 4511 §4.5.1.7) holds.
    fn fits(&self, tag: u8, filter: &[u8]) -> bool {
        let mut parts = Reader(filter);
        let mut each = || parts.next().unwrap();
        match tag {
            0xa0 => std::iter::from_fn(each).all(|(tag, part)| self.fits(tag, part)),
            0xa1 => std::iter::from_fn(each).any(|(tag, part)| self.fits(tag, part)),
            0xa3 | 0xa5 => {
                let (Some((_, name)), Some((_, value))) = (each(), each()) else {
                    return false;
                };
                let values = self.values(name);
                let text = |it: &[u8]| String::from_utf8_lossy(it).to_lowercase();
                values.iter().any(|it| {
                    if tag == 0xa3 {
                        return text(it) == text(value);
                    }
                    let number = |it: &[u8]| text(it).parse::<u64>().unwrap();
                    number(it) >= number(value)
                })
            }
            0x87 => filter.eq_ignore_ascii_case(b"objectClass") || !self.values(filter).is_empty(),
            _ => panic!("nobody asks with the filter {tag:#x}"),
        }
    }

    fn values(&self, name: &[u8]) -> &[Vec<u8>] {
        let name = String::from_utf8_lossy(name).to_lowercase();
        let found = self.attributes.iter().find(|(it, _)| *it == name);
        found.map_or(&[], |(_, values)| values)
    }
}
