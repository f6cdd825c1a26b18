//! All that is known here of one account or one group, for whoever asks why somebody can not sign in,
//! or who reads what goes to an address.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, Transaction};
use serde::{Deserialize, Serialize};

use crate::account::{AccountKind, Role, Standing};
use crate::columns;
use crate::error::StoreError;
use crate::limits;
use crate::mirror::Listing;
use crate::readiness::{Shown, ShownBy};
use crate::shadow::Store;

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Card {
    /// An account.
    Account(Box<AccountCard>),
    /// A group.
    Group(GroupCard),
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountCard {
    /// The directory's own key: objectGUID, entryUUID, or the login of a file.
    pub key: String,
    /// Whether the directory has it no more; its mail stays until that ages.
    pub removed: bool,
    /// Sign-in name.
    pub login: String,
    /// Name as shown to people.
    pub name: String,
    /// What it is.
    pub kind: AccountKind,
    /// Its addresses, the primary one first.
    pub addresses: Vec<String>,
    /// All names that it signs in with, in lower case.
    pub signs_in_as: Vec<String>,
    /// Its X.500 names, in lower case.
    pub directory_names: Vec<String>,
    /// Its roles.
    pub roles: Vec<Role>,
    /// What the directory says about signing in.
    pub standing: Standing,
    /// Whether something was taken from it at once while the rest of a sync waits for a person.
    pub suspended: bool,
    /// Language of its pages.
    pub language: Option<String>,
    /// What the address book says of it.
    #[serde(flatten)]
    pub listing: Listing,
    /// Addresses of the groups that it is in, also by groups within them.
    pub groups: Vec<String>,
    /// Logins of those who may open it besides its owner.
    pub opened_by: Vec<String>,
    /// Logins of the mailboxes that it may open besides its own.
    pub opens: Vec<String>,
    /// What lets it in while the directory is down.
    #[serde(flatten)]
    pub reserve: Reserve,
}

/// What lets somebody in while the directory is down. Passwords, hashes and codes are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reserve {
    /// Whether it could sign in now.
    pub ready: bool,
    /// Whether the directory hands out a hash of its password.
    pub mirrored_verifier: bool,
    /// The verifier that was made here after the directory took its password.
    pub verifier: Option<VerifierCard>,
    /// Until when its emergency code is good.
    pub code_until: Option<Timestamp>,
    /// When and how it last showed that it can sign in.
    pub tried: Option<Shown>,
}

/// A verifier that was made here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerifierCard {
    /// When.
    pub made_at: Timestamp,
    /// From when on it is too old.
    pub expires_at: Timestamp,
    /// Whether it opens.
    pub state: VerifierState,
}

/// Whether a verifier opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerifierState {
    /// It does, until it is too old.
    Good,
    /// The directory has refused its password.
    Refused,
    /// It is of the password before the last change.
    Former,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct GroupCard {
    /// Its mail address.
    pub address: String,
    /// Name as shown to people.
    pub name: String,
    /// The directory's own key; empty where it is a file.
    pub key: String,
    /// What the address book says of it.
    #[serde(flatten)]
    pub listing: Listing,
    /// Logins of the accounts that are in it themselves, as far as there is room.
    pub members: Vec<String>,
    /// Addresses of the groups in it.
    pub groups: Vec<String>,
    /// How many accounts get what goes to it, each once.
    pub reaches: usize,
}

impl Store {
    /// Whom a sign-in name, a login, or an address means, at `now`. Finds also who may not sign in and
    /// who is gone.
    pub async fn card(&self, name: &str, now: Timestamp) -> Result<Option<Card>, StoreError> {
        let name = name.to_lowercase();
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                if let Some(id) = account_named(shadow, &name)? {
                    let card = account(shadow, id, now)?;
                    return Ok(Some(Card::Account(Box::new(card))));
                }
                Ok(group(shadow, &name)?.map(Card::Group))
            })
        })
        .await
    }
}

fn account_named(shadow: &Transaction<'_>, name: &str) -> Result<Option<i64>, StoreError> {
    for sql in [
        "SELECT account FROM sign_in_name WHERE name = ?1",
        "SELECT account FROM address WHERE key = ?1",
        "SELECT id FROM account WHERE lower(login) = ?1 ORDER BY removed, id DESC LIMIT 1",
    ] {
        let id = shadow.query_row(sql, [name], |row| row.get(0)).optional()?;
        if id.is_some() {
            return Ok(id);
        }
    }
    Ok(None)
}

fn account(shadow: &Transaction<'_>, id: i64, now: Timestamp) -> Result<AccountCard, StoreError> {
    let texts = |sql: &str| texts(shadow, sql, &id);
    let card = AccountCard {
        addresses: texts("SELECT address FROM address WHERE account = ?1 ORDER BY position")?,
        signs_in_as: texts("SELECT name FROM sign_in_name WHERE account = ?1 ORDER BY name")?,
        directory_names: texts("SELECT name FROM directory_name WHERE account = ?1 ORDER BY name")?,
        // UNION, not UNION ALL: groups that contain each other end here.
        groups: texts(
            "WITH RECURSIVE holding (name) AS (
                 SELECT mail_group FROM group_account WHERE account = ?1 UNION
                 SELECT mail_group FROM group_group JOIN holding ON member = holding.name)
             SELECT address FROM holding JOIN mail_group ON key = holding.name ORDER BY key",
        )?,
        opened_by: texts(
            "SELECT login FROM opener JOIN account ON id = account WHERE mailbox = ?1 ORDER BY login",
        )?,
        opens: texts(
            "SELECT login FROM opener JOIN account ON id = mailbox WHERE account = ?1 ORDER BY login",
        )?,
        reserve: reserve(shadow, id, now)?,
        ..shadow.query_row(
            "SELECT key, removed, login, name, kind, roles, standing, language, department, phone,
                 hidden, EXISTS (SELECT 1 FROM suspended WHERE account = id)
             FROM account WHERE id = ?1",
            [id],
            without_lists,
        )?
    };
    Ok(card)
}

fn without_lists(row: &Row<'_>) -> rusqlite::Result<AccountCard> {
    Ok(AccountCard {
        key: row.get(0)?,
        removed: row.get(1)?,
        login: row.get(2)?,
        name: row.get(3)?,
        kind: columns::word(row, 4)?,
        roles: columns::json(row, 5)?,
        standing: columns::word(row, 6)?,
        language: row.get(7)?,
        listing: Listing {
            department: row.get(8)?,
            phone: row.get(9)?,
            hidden: row.get(10)?,
        },
        suspended: row.get(11)?,
        addresses: Vec::new(),
        signs_in_as: Vec::new(),
        directory_names: Vec::new(),
        groups: Vec::new(),
        opened_by: Vec::new(),
        opens: Vec::new(),
        reserve: Reserve::default(),
    })
}

fn reserve(shadow: &Transaction<'_>, id: i64, now: Timestamp) -> Result<Reserve, StoreError> {
    let reserve = shadow.query_row(
        "SELECT verifier IS NOT NULL, made_verifier.made_at, made_verifier.expires_at,
             made_verifier.state, emergency_code.expires_at, readiness.at, readiness.how,
             removed = 0 AND kind = 'person' AND (
                 standing = 'active' AND (verifier IS NOT NULL
                     OR made_verifier.expires_at > ?2 AND made_verifier.state = 'good')
                 OR standing IN ('active', 'locked') AND emergency_code.account IS NOT NULL)
         FROM account
         LEFT JOIN made_verifier ON made_verifier.account = account.id
         LEFT JOIN emergency_code ON emergency_code.account = account.id
             AND emergency_code.expires_at > ?2
         LEFT JOIN readiness ON readiness.account = account.id
         WHERE account.id = ?1",
        (id, now.as_millisecond()),
        |row| {
            let made_at = columns::maybe_time(row, 1)?;
            let tried_at = columns::maybe_time(row, 5)?;
            Ok(Reserve {
                mirrored_verifier: row.get(0)?,
                verifier: made_at.map(|made_at| verifier(row, made_at)).transpose()?,
                code_until: columns::maybe_time(row, 4)?,
                tried: tried_at.map(|at| tried(row, at)).transpose()?,
                ready: row.get::<_, Option<bool>>(7)?.unwrap_or_default(),
            })
        },
    )?;
    Ok(reserve)
}

fn verifier(row: &Row<'_>, made_at: Timestamp) -> rusqlite::Result<VerifierCard> {
    Ok(VerifierCard {
        made_at,
        expires_at: columns::time(row, 2)?,
        state: columns::word(row, 3)?,
    })
}

fn tried(row: &Row<'_>, at: Timestamp) -> rusqlite::Result<Shown> {
    let how: ShownBy = columns::word(row, 6)?;
    Ok(Shown { at, how })
}

fn group(shadow: &Transaction<'_>, key: &str) -> Result<Option<GroupCard>, StoreError> {
    let one = "SELECT address, name, entry, hidden FROM mail_group WHERE key = ?1";
    let found = shadow.query_row(one, [key], |row| {
        Ok(GroupCard {
            address: row.get(0)?,
            name: row.get(1)?,
            key: row.get(2)?,
            listing: Listing {
                hidden: row.get(3)?,
                ..Listing::default()
            },
            members: Vec::new(),
            groups: Vec::new(),
            reaches: 0,
        })
    });
    let Some(group) = found.optional()? else {
        return Ok(None);
    };
    let members = format!(
        "SELECT login FROM group_account JOIN account ON id = account
         WHERE mail_group = ?1 ORDER BY login LIMIT {}",
        limits::CARD_MEMBERS_MAX
    );
    let groups = "SELECT coalesce(address, member) FROM group_group
         LEFT JOIN mail_group ON key = member WHERE mail_group = ?1 ORDER BY member";
    let reaches = "WITH RECURSIVE nested (name) AS (
             SELECT ?1 UNION
             SELECT member FROM group_group JOIN nested ON mail_group = nested.name)
         SELECT count(DISTINCT account) FROM nested JOIN group_account ON mail_group = nested.name";
    Ok(Some(GroupCard {
        members: texts(shadow, &members, &key)?,
        groups: texts(shadow, groups, &key)?,
        reaches: shadow.query_row(reaches, [key], |row| row.get(0))?,
        ..group
    }))
}

fn texts(
    shadow: &Transaction<'_>,
    sql: &str,
    of: &dyn rusqlite::ToSql,
) -> Result<Vec<String>, StoreError> {
    let mut rows = shadow.prepare(sql)?;
    let rows = rows.query_map([of], |row| row.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

#[cfg(test)]
#[path = "card_tests.rs"]
mod tests;
