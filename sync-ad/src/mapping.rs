//! Which attribute says what, in Active Directory, in OpenLDAP, and where they are mixed.

use std::collections::BTreeSet;

use serde::Deserialize;
use store::DirectoryKind;

use crate::limits;
use crate::password_mark;

/// What sort of directory it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Active Directory, or Samba in its place.
    ActiveDirectory,
    /// OpenLDAP and its like.
    Ldap,
}

/// `[directory.attributes]`: each names attributes, the best one first.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAttributes {
    /// The sign-in name; the others sign in, too.
    pub login: Option<Vec<String>>,
    /// The name as shown to people.
    pub name: Option<Vec<String>>,
    /// The address that mail is sent from.
    pub mail: Option<Vec<String>>,
    /// All addresses, also as `smtp:` and `X500:`.
    pub addresses: Option<Vec<String>>,
    /// X.500 names.
    pub x500: Option<Vec<String>>,
    /// What an account is: `person`, `shared`, `room`, or Exchange's numbers.
    pub kind: Option<Vec<String>>,
    /// Members of a group: names of entries, or sign-in names.
    pub members: Option<Vec<String>>,
    /// Who may open a mailbox: names of people and groups.
    pub opened_by: Option<Vec<String>>,
    /// Where somebody works.
    pub department: Option<Vec<String>>,
    /// Where somebody is called.
    pub phone: Option<Vec<String>>,
    /// Whether somebody does not stand in the address book.
    pub hidden: Option<Vec<String>>,
    /// Language of the pages.
    pub language: Option<Vec<String>>,
}

/// The same, with nothing left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) directory: Kind,
    pub(crate) login: Vec<String>,
    pub(crate) name: Vec<String>,
    pub(crate) mail: Vec<String>,
    pub(crate) addresses: Vec<String>,
    pub(crate) x500: Vec<String>,
    pub(crate) kind: Vec<String>,
    pub(crate) members: Vec<String>,
    pub(crate) opened_by: Vec<String>,
    pub(crate) department: Vec<String>,
    pub(crate) phone: Vec<String>,
    pub(crate) hidden: Vec<String>,
    pub(crate) language: Vec<String>,
    /// Whether hashes of passwords are read.
    pub(crate) hashes: bool,
}

/// Attributes that say whether somebody may sign in; read wherever they are.
const STANDING: &[&str] = &[
    "userAccountControl",
    "accountExpires",
    "lockoutTime",
    "nsAccountLock",
    "pwdAccountLockedTime",
    "pwdStartTime",
    "pwdEndTime",
    "shadowExpire",
    "loginDisabled",
];

impl From<Kind> for DirectoryKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::ActiveDirectory => Self::ActiveDirectory,
            Kind::Ldap => Self::Ldap,
        }
    }
}

impl Mapping {
    /// The preset of a directory, with what the config says instead. Hashes are not read.
    pub(crate) fn new(directory: Kind, raw: RawAttributes) -> Self {
        let or = |given: Option<Vec<String>>, ad: &[&str], ldap: &[&str]| {
            let preset = match directory {
                Kind::ActiveDirectory => ad,
                Kind::Ldap => ldap,
            };
            given.unwrap_or_else(|| preset.iter().map(|it| (*it).to_owned()).collect())
        };
        let names = ["displayName", "cn"];
        let phones = ["telephoneNumber", "mobile"];
        Self {
            directory,
            login: or(
                raw.login,
                &["sAMAccountName", "userPrincipalName"],
                &["uid"],
            ),
            name: or(raw.name, &names, &names),
            mail: or(raw.mail, &["mail"], &["mail"]),
            addresses: or(
                raw.addresses,
                &["proxyAddresses"],
                &["mailAlternateAddress", "mailLocalAddress", "proxyAddresses"],
            ),
            x500: or(raw.x500, &["legacyExchangeDN"], &[]),
            kind: or(raw.kind, &["msExchRecipientTypeDetails"], &[]),
            members: or(
                raw.members,
                &["member"],
                &["member", "uniqueMember", "memberUid"],
            ),
            opened_by: or(raw.opened_by, &["msExchDelegateListLink"], &[]),
            department: or(raw.department, &["department"], &["departmentNumber"]),
            phone: or(raw.phone, &phones, &phones),
            hidden: or(raw.hidden, &["msExchHideFromAddressLists"], &[]),
            language: or(raw.language, &["preferredLanguage"], &["preferredLanguage"]),
            hashes: false,
        }
    }

    /// The attribute that never changes.
    pub(crate) fn key(&self) -> &'static str {
        match self.directory {
            Kind::ActiveDirectory => "objectGUID",
            Kind::Ldap => "entryUUID",
        }
    }

    /// The attributes that tell whether an entry has changed, the best one first.
    pub(crate) fn stamps(&self) -> &'static [&'static str] {
        match self.directory {
            Kind::ActiveDirectory => &["uSNChanged"],
            Kind::Ldap => &["entryCSN", "modifyTimestamp"],
        }
    }

    /// Key and stamp: what is asked to see whether anything has changed.
    pub(crate) fn marks(&self) -> Vec<String> {
        let names = [self.key()]
            .into_iter()
            .chain(self.stamps().iter().copied());
        names.map(str::to_owned).collect()
    }

    /// All that is asked for.
    pub(crate) fn attributes(&self) -> Vec<String> {
        let lists = [
            &self.login,
            &self.name,
            &self.mail,
            &self.addresses,
            &self.x500,
            &self.kind,
            &self.members,
            &self.opened_by,
            &self.department,
            &self.phone,
            &self.hidden,
            &self.language,
        ];
        let mut all: BTreeSet<String> = lists.into_iter().flatten().cloned().collect();
        if self.directory == Kind::ActiveDirectory {
            // Asked for so, a large group comes in parts, and no part is left out.
            for name in &self.members {
                all.remove(name);
                all.insert(format!("{name};range=0-{}", limits::RANGE_MEMBERS - 1));
            }
        }
        all.extend(self.marks());
        all.extend(self.sign_in());
        if self.directory == Kind::ActiveDirectory {
            all.extend(["objectSid", "primaryGroupID"].map(str::to_owned));
        }
        all.into_iter().collect()
    }

    /// What is asked about a person who signs in.
    pub(crate) fn sign_in(&self) -> Vec<String> {
        let names = STANDING.iter().chain(&password_mark::ATTRIBUTES);
        let mut all: Vec<String> = names.map(|it| (*it).to_owned()).collect();
        if self.hashes {
            all.push("userPassword".to_owned());
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the page for administrators says.
    const PAGE: &str = include_str!("../../docs/directory.md");

    fn of_page(key: &str, column: usize) -> String {
        let rows = PAGE.lines().map(|line| line.split('|').map(str::trim));
        let mut rows = rows.map(Iterator::collect::<Vec<_>>);
        let row = rows.find(|row| row.len() == 5 && row[1] == format!("`{key}`"));
        row.unwrap_or_else(|| panic!("the page lacks {key}"))[column].to_owned()
    }

    #[test]
    fn the_page_has_the_presets() {
        for (column, kind) in [(2, Kind::ActiveDirectory), (3, Kind::Ldap)] {
            let preset = Mapping::new(kind, RawAttributes::default());
            for (key, names) in [
                ("login", preset.login),
                ("name", preset.name),
                ("mail", preset.mail),
                ("addresses", preset.addresses),
                ("x500", preset.x500),
                ("kind", preset.kind),
                ("members", preset.members),
                ("opened_by", preset.opened_by),
                ("department", preset.department),
                ("phone", preset.phone),
                ("hidden", preset.hidden),
                ("language", preset.language),
            ] {
                assert_eq!(of_page(key, column), names.join(", "), "{key} of {kind:?}");
            }
        }
    }
}
