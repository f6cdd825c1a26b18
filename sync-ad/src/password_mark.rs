//! What a directory says that is another when the password is another.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::kept;
use crate::ldap::entry::Entry;
use crate::limits;

/// Attributes that change with the password: Active Directory's, and that of OpenLDAP's password
/// policy (draft-behera-ldap-password-policy §5.3.2).
pub(crate) const ATTRIBUTES: [&str; 2] = ["pwdLastSet", "pwdChangedTime"];

/// Schemes whose hashes are salted: only of those a digest may be kept. That of another could be
/// compared with those of likely passwords.
const SALTED: [&str; 9] = [
    "ARGON2", "SSHA", "SSHA224", "SSHA256", "SSHA384", "SSHA512", "SMD5", "CRYPT", "BCRYPT",
];

/// The mark of an entry's password; `None` where the entry says nothing that we may see.
pub(crate) fn of(entry: &Entry) -> Option<String> {
    let times = ATTRIBUTES.iter().filter_map(|name| entry.text(name));
    let mut parts: Vec<String> = times
        .map(|time| {
            time.chars()
                .filter(char::is_ascii_graphic)
                .take(40)
                .collect()
        })
        .collect();
    let mut hashes: Vec<&str> = entry
        .texts("userPassword")
        .filter(|it| is_salted(it))
        .collect();
    hashes.sort_unstable();
    if !hashes.is_empty() {
        let digest = Sha256::digest(hashes.join("\n"));
        let half = u128::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
        parts.push(format!("{half:032x}"));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Whether by this mark the password was set so shortly before `now` that Active Directory still
/// takes the one before it, too.
pub(crate) fn is_fresh(mark: &str, now: Timestamp) -> bool {
    let ticks = mark.split(' ').next().and_then(|it| it.parse::<i64>().ok());
    let Some(ticks) = ticks.filter(|it| *it > 0) else {
        return false;
    };
    let set_at = kept::milliseconds_of(ticks);
    now.as_millisecond().saturating_sub(set_at) < limits::OLD_PASSWORD_TAKEN_MS
}

fn is_salted(value: &str) -> bool {
    let scheme = value.strip_prefix('{').and_then(|it| it.split_once('}'));
    let Some((scheme, _)) = scheme else {
        return false;
    };
    let scheme = scheme.to_uppercase();
    SALTED.contains(&scheme.as_str()) || scheme.starts_with("PBKDF2")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn for_an_hour_the_password_before_is_taken_too() {
        let now: Timestamp = "2026-11-22T09:00:00Z".parse().unwrap();
        // 2026-11-22T08:00:00Z, and ten minutes earlier.
        for (mark, want) in [
            ("134398080000000000", true),
            ("134398074000000000", false),
            ("0", false),
            ("20261122085900Z", false),
        ] {
            assert_eq!(is_fresh(mark, now), want, "{mark}");
        }
    }

    #[test]
    fn the_mark_is_another_when_the_password_is_another() {
        let mark = |attributes: &[(&str, &str)]| {
            let attributes = attributes
                .iter()
                .map(|(name, value)| (name.to_lowercase(), vec![value.as_bytes().to_vec()]));
            of(&Entry {
                oversized: Vec::new(),
                dn: String::new(),
                attributes: attributes.collect(),
            })
        };
        let ad = |ticks| mark(&[("pwdLastSet", ticks)]);
        assert_eq!(ad("133770000000000000").unwrap(), "133770000000000000");
        assert_eq!(ad("0").unwrap(), "0");
        assert_eq!(mark(&[("cn", "Amy")]), None);
        let ldap = |time, hash| mark(&[("pwdChangedTime", time), ("userPassword", hash)]).unwrap();
        let first = ldap("20261122090000Z", "{SSHA}abc");
        assert_ne!(first, ldap("20261122090001Z", "{SSHA}abc"));
        assert_ne!(first, ldap("20261122090000Z", "{SSHA}abd"));
        assert_eq!(first, ldap("20261122090000Z", "{SSHA}abc"));
        // Nothing of what a guess could be compared with.
        for plain in [
            "open sesame",
            "{CLEARTEXT}open sesame",
            "{SHA}abc",
            "{MD5}abc",
        ] {
            assert_eq!(mark(&[("userPassword", plain)]), None, "{plain}");
        }
        assert!(mark(&[("userPassword", "{pbkdf2-sha512}1$a$b")]).is_some());
    }
}
