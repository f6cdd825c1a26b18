//! The directory kind `file`: accounts and groups in a TOML file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use store::{
    AccountKind, Address, Listing, MirroredAccount, MirroredGroup, Role, Secret, Snapshot, Standing,
};

use crate::{limits, password};

/// A directory file can not be used. The text says which file, which line where it is known, and
/// what to do.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can not be read.
    #[error("cannot read the directory file {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// It says something wrong.
    #[error("{}: {reason}", path.display())]
    Wrong {
        /// Which file.
        path: PathBuf,
        /// What is wrong, and where.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    #[serde(default)]
    account: Vec<RawAccount>,
    #[serde(default)]
    group: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAccount {
    login: String,
    name: String,
    addresses: Vec<Address>,
    password: Option<Secret>,
    #[serde(default = "person")]
    kind: AccountKind,
    #[serde(default)]
    roles: Vec<Role>,
    language: Option<String>,
    /// Logins of those who may open this mailbox besides its owner.
    #[serde(default)]
    opened_by: Vec<String>,
    /// Its X.500 names, as Exchange writes them into journal reports.
    #[serde(default)]
    x500: Vec<String>,
    /// Names it signs in with besides its login and its addresses.
    #[serde(default)]
    sign_in_names: Vec<String>,
    /// Whether it may not sign in; it goes on getting mail.
    #[serde(default)]
    disabled: bool,
    /// What the address book says of it.
    department: Option<String>,
    phone: Option<String>,
    /// Whether it does not stand in the address book.
    #[serde(default)]
    hidden: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    address: Address,
    name: String,
    /// Logins of accounts, addresses of groups.
    members: Vec<String>,
    /// Whether it does not stand in the address book.
    #[serde(default)]
    hidden: bool,
}

fn person() -> AccountKind {
    AccountKind::Person
}

/// Reads a directory file (`users.toml`).
pub fn read_file(path: &Path) -> Result<Snapshot, FileError> {
    let unreadable = |source| FileError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let wrong = |reason| FileError::Wrong {
        path: path.to_owned(),
        reason,
    };
    let mut text = String::new();
    let file = fs::File::open(path).map_err(unreadable)?;
    file.take(limits::FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)
        .map_err(unreadable)?;
    if text.len() as u64 > limits::FILE_BYTES_MAX {
        return Err(wrong(format!(
            "is larger than {} MiB",
            limits::FILE_BYTES_MAX >> 20
        )));
    }
    parse(&text).map_err(wrong)
}

fn parse(text: &str) -> Result<Snapshot, String> {
    let raw: RawFile = toml::from_str(text).map_err(|error| at_line(text, &error))?;
    let logins: BTreeSet<&str> = raw
        .account
        .iter()
        .map(|account| account.login.as_str())
        .collect();
    let groups: BTreeMap<String, &Address> = raw
        .group
        .iter()
        .map(|group| (group.address.key(), &group.address))
        .collect();
    let accounts = raw
        .account
        .iter()
        .map(|account| mirrored_account(account, &logins));
    let accounts = accounts.collect::<Result<_, _>>()?;
    let groups = raw
        .group
        .iter()
        .map(|group| mirrored_group(group, &logins, &groups));
    Ok(Snapshot {
        accounts,
        groups: groups.collect::<Result<_, _>>()?,
    })
}

fn at_line(text: &str, error: &toml::de::Error) -> String {
    let line = error.span().and_then(|span| text.get(..span.start));
    match line {
        Some(before) => format!(
            "line {}: {}",
            before.matches('\n').count() + 1,
            error.message()
        ),
        None => error.message().to_owned(),
    }
}

fn mirrored_account(
    account: &RawAccount,
    logins: &BTreeSet<&str>,
) -> Result<MirroredAccount, String> {
    let login = &account.login;
    if login.trim().is_empty() || login.chars().any(char::is_control) {
        return Err(format!("the account {:?} needs a login", account.name));
    }
    if account.addresses.is_empty() {
        return Err(format!("the account {login} needs at least one address"));
    }
    if account
        .password
        .as_ref()
        .is_some_and(|hash| !password::is_hash(hash.expose()))
    {
        return Err(format!(
            "the password of {login} is no Argon2id hash; make one with `shadowmail user hash`"
        ));
    }
    if let Some(unknown) = account
        .opened_by
        .iter()
        .find(|name| !logins.contains(name.as_str()))
    {
        return Err(format!(
            "{login} may be opened by {unknown}, but no account has that login"
        ));
    }
    let is_no_name = |it: &&String| it.trim().is_empty() || it.chars().any(char::is_control);
    if let Some(name) = account.sign_in_names.iter().find(is_no_name) {
        return Err(format!("{login} can not sign in as {name:?}"));
    }
    Ok(MirroredAccount {
        // In lower case: correcting "amy" to "Amy" must not make a new, empty mailbox.
        key: login.to_lowercase(),
        login: login.clone(),
        name: account.name.clone(),
        addresses: account.addresses.clone(),
        kind: account.kind,
        roles: account.roles.clone(),
        language: account.language.clone(),
        verifier: account.password.clone(),
        opened_by: account
            .opened_by
            .iter()
            .map(|name| name.to_lowercase())
            .collect(),
        directory_names: account.x500.clone(),
        sign_in_names: account.sign_in_names.clone(),
        standing: if account.disabled {
            Standing::Disabled
        } else {
            Standing::Active
        },
        listing: Listing {
            department: account.department.clone(),
            phone: account.phone.clone(),
            hidden: account.hidden,
        },
        ..MirroredAccount::default()
    })
}

fn mirrored_group(
    group: &RawGroup,
    logins: &BTreeSet<&str>,
    groups: &BTreeMap<String, &Address>,
) -> Result<MirroredGroup, String> {
    let mut mirrored = MirroredGroup {
        key: group.address.key(),
        address: group.address.clone(),
        name: group.name.clone(),
        hidden: group.hidden,
        members: Vec::new(),
        groups: Vec::new(),
    };
    for member in &group.members {
        if logins.contains(member.as_str()) {
            mirrored.members.push(member.to_lowercase());
        } else if let Some(address) = groups.get(&member.to_lowercase()) {
            mirrored.groups.push((*address).clone());
        } else {
            return Err(format!(
                "{} is a member of {}, but no account has that login and no group that address",
                member, group.address
            ));
        }
    }
    Ok(mirrored)
}

#[cfg(test)]
#[path = "file_tests.rs"]
mod tests;
