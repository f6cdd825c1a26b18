//! One entry of a directory, reduced to what the mirror is made of. This is what is remembered of
//! it until it changes.

mod restrictions;

use serde::{Deserialize, Serialize};
use store::{Address, Listing, Standing};

use crate::ldap::entry::Entry;
use crate::limits;
use crate::mapping::{Kind, Mapping};
use crate::password;
use crate::password_mark;
use crate::proxy::Proxy;

use restrictions::Restrictions;
pub(crate) use restrictions::{milliseconds_of, standing};

/// What an entry is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Class {
    #[default]
    Person,
    Shared,
    Room,
    Group,
    /// It matches a filter, and has no mailbox here: a contact, a system mailbox.
    Nothing,
}

/// What is remembered of an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Kept {
    pub(crate) dn: String,
    /// Another one when the entry has changed.
    pub(crate) stamp: String,
    /// By which search it was found.
    pub(crate) found_as: Class,
    pub(crate) class: Class,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) login: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) logins: Vec<String>,
    pub(crate) name: String,
    /// The primary one first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) x500: Vec<String>,
    /// Names of entries, or sign-in names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) members: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) opened_by: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    pub(crate) standing: Standing,
    /// From when on it may sign in; milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) starts_at: Option<i64>,
    /// Until when; milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at: Option<i64>,
    /// When it was locked, where its standing says that it is; milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) locked_at: Option<i64>,
    /// Whether that can not be read; then it may not sign in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hides_standing: bool,
    pub(crate) listing: Listing,
    /// Attributes of which values are missing here, because they are too large or too many.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) oversized: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hash: Option<String>,
    /// Whether there is one that is not used: checking it would take too much work.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) hash_is_costly: bool,
    /// Another one when the password is another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) password_mark: Option<String>,
    /// Of a group: the last number of its objectSid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) rid: Option<u32>,
    /// Of a person: the [`Kept::rid`] of the group that lists it nowhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) primary_group: Option<u32>,
}

impl Kept {
    /// Reads an entry that was found by the search for `found_as`. Gives its key; `None` when it
    /// has none.
    pub(crate) fn read(entry: &Entry, found_as: Class, map: &Mapping) -> Option<(String, Self)> {
        let key = key(entry, map)?;
        let all = |names: &[String]| -> Vec<String> {
            let texts = names.iter().flat_map(|name| entry.texts(name));
            texts.map(bounded).take(limits::ADDRESSES_MAX).collect()
        };
        let names = |names: &[String]| -> Vec<String> {
            let texts = names.iter().flat_map(|name| entry.texts(name));
            texts.map(str::to_owned).collect()
        };
        let first = |names: &[String]| names.iter().find_map(|name| entry.text(name)).map(bounded);
        let mut logins = all(&map.login);
        logins.dedup();
        let login = if logins.is_empty() {
            String::new()
        } else {
            logins.remove(0)
        };
        let name = first(&map.name).unwrap_or_else(|| entry.dn.clone());
        let addresses = Addresses::of(entry, map);
        let restrictions = Restrictions::of(entry, found_as, map);
        let hash = hash(entry).filter(|_| map.hashes);
        let is_cheap = hash.as_deref().is_none_or(password::is_cheap);
        let kept = Self {
            dn: entry.dn.clone(),
            stamp: stamp(entry, map),
            found_as,
            class: class(entry, found_as, map),
            logins,
            name,
            members: names(&map.members),
            opened_by: names(&map.opened_by),
            language: first(&map.language).map(|it| language(&it)),
            standing: restrictions.standing,
            starts_at: restrictions.starts_at,
            expires_at: restrictions.expires_at,
            locked_at: restrictions.locked_at,
            hides_standing: restrictions.are_hidden,
            oversized: entry.oversized.clone(),
            listing: Listing {
                department: first(&map.department),
                phone: first(&map.phone),
                hidden: first(&map.hidden).is_some_and(|it| is_true(&it)),
            },
            hash: hash.filter(|_| is_cheap),
            hash_is_costly: !is_cheap,
            password_mark: password_mark::of(entry),
            rid: entry.bytes("objectSid").next().and_then(rid),
            primary_group: entry
                .number("primaryGroupID")
                .and_then(|it| it.try_into().ok()),
            login,
            addresses: addresses.all,
            x500: addresses.x500,
        };
        Some((key, kept))
    }
}

impl Kept {
    /// Whether nothing differs but what concerns nobody else: no name or right that others could
    /// claim, have or give, and nothing that a person must be told of.
    pub(crate) fn is_alike_to_others(&self, new: &Self) -> bool {
        let alone = Self {
            stamp: new.stamp.clone(),
            name: new.name.clone(),
            language: new.language.clone(),
            standing: new.standing,
            starts_at: new.starts_at,
            expires_at: new.expires_at,
            locked_at: new.locked_at,
            listing: new.listing.clone(),
            hash: new.hash.clone(),
            password_mark: new.password_mark.clone(),
            ..self.clone()
        };
        !matches!(self.class, Class::Group | Class::Nothing) && alone == *new
    }

    /// Whether it is a group whose members did not come, because they are more than any can have.
    pub(crate) fn lacks_members(&self, map: &Mapping) -> bool {
        let is_members = |name: &String| {
            let plain = name.split(';').next().unwrap_or_default();
            map.members.iter().any(|it| it.eq_ignore_ascii_case(plain))
        };
        self.members.is_empty() && self.oversized.iter().any(is_members)
    }
}

/// A text as long as any that we show.
fn bounded(text: &str) -> String {
    text.chars()
        .filter(|it| !it.is_control())
        .take(limits::TEXT_CHARS_MAX)
        .collect()
}

/// The key that never changes: objectGUID or entryUUID, in the form 8-4-4-4-12.
pub(crate) fn key(entry: &Entry, map: &Mapping) -> Option<String> {
    match map.directory {
        Kind::Ldap => {
            let text = entry.text("entryUUID")?.to_lowercase();
            let is_uuid =
                text.len() == 36 && text.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
            is_uuid.then_some(text)
        }
        Kind::ActiveDirectory => {
            let bytes: [u8; 16] = entry.bytes("objectGUID").next()?.try_into().ok()?;
            Some(guid(bytes))
        }
    }
}

/// A GUID as Windows writes it: the first three fields are little-endian.
pub(crate) fn guid(mut bytes: [u8; 16]) -> String {
    bytes[..4].reverse();
    bytes[4..6].reverse();
    bytes[6..8].reverse();
    let value = u128::from_be_bytes(bytes);
    let text = format!("{value:032x}");
    let mut out = String::with_capacity(36);
    for (at, digit) in text.chars().enumerate() {
        if matches!(at, 8 | 12 | 16 | 20) {
            out.push('-');
        }
        out.push(digit);
    }
    out
}

/// What tells that an entry has changed. Two servers may give one entry different ones.
pub(crate) fn stamp(entry: &Entry, map: &Mapping) -> String {
    let stamps = map.stamps().iter().filter_map(|name| entry.text(name));
    stamps.map(bounded).next().unwrap_or_default()
}

/// The last number of a SID (MS-DTYP 2.4.2.2), little-endian.
fn rid(sid: &[u8]) -> Option<u32> {
    let last = sid.last_chunk::<4>()?;
    (sid.len() >= 12).then(|| u32::from_le_bytes(*last))
}

struct Addresses {
    all: Vec<Address>,
    x500: Vec<String>,
}

impl Addresses {
    /// All addresses, the primary one first: `SMTP:` in capitals, else `mail`, which is not
    /// authoritative where Exchange is.
    fn of(entry: &Entry, map: &Mapping) -> Self {
        let (mut primary, mut aliases, mut x500) = (Vec::new(), Vec::new(), Vec::new());
        for value in map.addresses.iter().flat_map(|name| entry.texts(name)) {
            match Proxy::read(value) {
                Proxy::Primary(address) => primary.push(address),
                Proxy::Alias(address) => aliases.push(address),
                Proxy::DirectoryName(name) => x500.push(bounded(&name)),
                Proxy::Other => {}
            }
        }
        let mail = map.mail.iter().flat_map(|name| entry.texts(name));
        let mail = mail.filter_map(|value| value.parse::<Address>().ok());
        let names = map.x500.iter().flat_map(|name| entry.texts(name));
        x500.extend(names.map(bounded));
        let mut all: Vec<Address> = Vec::new();
        for address in primary.into_iter().chain(mail).chain(aliases) {
            let is_known = all.iter().any(|it| it.key() == address.key());
            if !is_known && all.len() < limits::ADDRESSES_MAX {
                all.push(address);
            }
        }
        x500.sort_unstable_by_key(|name| name.to_lowercase());
        x500.dedup_by_key(|name| name.to_lowercase());
        x500.truncate(limits::ADDRESSES_MAX);
        Self { all, x500 }
    }
}

/// By the filter of the config that is made for it, else by the word or the number of Exchange that
/// the entry has, else by the search that found it.
fn class(entry: &Entry, found_as: Class, map: &Mapping) -> Class {
    if matches!(found_as, Class::Group | Class::Shared | Class::Room) {
        return found_as;
    }
    let said = map.kind.iter().find_map(|name| entry.text(name));
    match said.map(str::to_lowercase).as_deref() {
        // msExchRecipientTypeDetails: SharedMailbox, RemoteSharedMailbox.
        Some("shared" | "4" | "34359738368") => Class::Shared,
        // RoomMailbox, EquipmentMailbox, and both in the cloud.
        Some("room" | "equipment" | "16" | "32" | "8589934592" | "17179869184") => Class::Room,
        // UserMailbox, LinkedMailbox, LegacyMailbox, RemoteUserMailbox.
        Some("person" | "1" | "2" | "8" | "2147483648") => Class::Person,
        // MailContact, MailUser, system mailboxes and whatever comes.
        Some(number) if number.bytes().all(|it| it.is_ascii_digit()) => Class::Nothing,
        _ => found_as,
    }
}

/// `de-DE, en;q=0.8` is `de` (RFC 9110 §12.5.4, as `preferredLanguage` has it).
fn language(text: &str) -> String {
    let first = text.split([',', ';', '-', '_']).next().unwrap_or_default();
    first.trim().to_lowercase()
}

fn is_true(text: &str) -> bool {
    ["true", "yes", "1"].contains(&text.to_lowercase().as_str())
}

/// An Argon2id hash as OpenLDAP's module stores it.
fn hash(entry: &Entry) -> Option<String> {
    let hashes = entry.texts("userPassword").filter_map(|value| {
        let (scheme, hash) = value.strip_prefix('{')?.split_once('}')?;
        let is_ours = scheme.eq_ignore_ascii_case("ARGON2") && password::is_whole(hash);
        is_ours.then_some(hash)
    });
    hashes.map(str::to_owned).next()
}

#[cfg(test)]
#[path = "kept_tests.rs"]
mod tests;
