//! What an entry says of signing in: in Active Directory, by the password policies of OpenLDAP, and in
//! other directories.

use store::Standing;

use super::{Class, is_true};
use crate::ldap::entry::Entry;
use crate::mapping::{Kind, Mapping};

/// Whether an account may sign in, and between which times, in milliseconds since 1970.
pub(super) struct Restrictions {
    pub(super) standing: Standing,
    pub(super) starts_at: Option<i64>,
    pub(super) expires_at: Option<i64>,
    pub(super) locked_at: Option<i64>,
    /// Whether we may not read them, or can not: whoever was dismissed must not get in by that.
    pub(super) are_hidden: bool,
}

impl Restrictions {
    pub(super) fn of(entry: &Entry, found_as: Class, map: &Mapping) -> Self {
        // Every account of Active Directory has both. Who may read accounts need not be one who may read
        // these: they are a property set of their own (MS-ADTS 3.1.1.2.3.3).
        let is_account = map.directory == Kind::ActiveDirectory && found_as != Class::Group;
        let lacks = |name: &&str| entry.text(name).is_none();
        let are_missing = ["userAccountControl", "accountExpires"].iter().any(lacks);
        let is_odd = |name: &&str| entry.text(name).is_some() && entry.number(name).is_none();
        let are_odd = NUMBERS.iter().any(is_odd);
        let is_no_time = |name: &&str| entry.text(name).is_some_and(|it| time(it).is_none());
        let are_odd = are_odd || TIMES.iter().any(is_no_time);
        let are_hidden = (is_account && are_missing) || are_odd;
        Self {
            standing: if are_hidden {
                Standing::Disabled
            } else {
                standing(entry)
            },
            starts_at: entry.text("pwdStartTime").and_then(time),
            expires_at: expires_at(entry),
            locked_at: locked_at(entry),
            are_hidden,
        }
    }
}

/// Attributes that restrict signing in, and are numbers.
const NUMBERS: [&str; 4] = [
    "userAccountControl",
    "accountExpires",
    "lockoutTime",
    "shadowExpire",
];

/// The same, and are times (draft-behera-ldap-password-policy §5.3.8 and 5.3.9).
const TIMES: [&str; 2] = ["pwdStartTime", "pwdEndTime"];

/// What an entry says of signing in, whatever the time is.
pub(crate) fn standing(entry: &Entry) -> Standing {
    let control = entry.number("userAccountControl").unwrap_or_default();
    let is = |name: &str| entry.text(name).is_some_and(is_true);
    let locked = entry.text("pwdAccountLockedTime");
    if control & 0x2 != 0 || is("nsAccountLock") || is("loginDisabled") {
        Standing::Disabled
    } else if locked == Some("000001010000Z") {
        // Locked for good, by a person (draft-behera-ldap-password-policy §5.3.3).
        Standing::Disabled
    } else if entry.number("lockoutTime").unwrap_or_default() > 0 || locked.is_some() {
        Standing::Locked
    } else {
        Standing::Active
    }
}

/// When it was locked: `lockoutTime` counts 100 ns since 1601.
fn locked_at(entry: &Entry) -> Option<i64> {
    let ticks = entry.number("lockoutTime").filter(|ticks| *ticks > 0);
    let of_windows = ticks.map(milliseconds_of);
    let time = entry.text("pwdAccountLockedTime").and_then(time);
    of_windows.or(time)
}

/// A generalized time (RFC 4517 §3.3.13), as `20261122120000Z` or with a fraction. Servers write them
/// in UTC.
fn time(text: &str) -> Option<i64> {
    let (whole_seconds, rest) = text.split_at_checked(14)?;
    let fraction = rest.strip_suffix('Z')?;
    let digits = fraction.strip_prefix(['.', ',']).unwrap_or(fraction);
    if !digits.bytes().all(|it| it.is_ascii_digit()) {
        return None;
    }
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", whole_seconds).ok()?;
    let time = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(time.timestamp().as_millisecond())
}

/// When it ends: `accountExpires` counts 100 ns since 1601, `shadowExpire` days since 1970, and
/// `pwdEndTime` is a time.
fn expires_at(entry: &Entry) -> Option<i64> {
    let ticks = entry.number("accountExpires");
    let ticks = ticks.filter(|ticks| *ticks > 0 && *ticks != i64::MAX);
    let of_windows = ticks.map(milliseconds_of);
    let days = entry.number("shadowExpire").filter(|days| *days >= 0);
    let of_unix = days.and_then(|days| days.checked_mul(24 * 60 * 60 * 1000));
    let of_policy = entry.text("pwdEndTime").and_then(time);
    let ends = [of_windows, of_unix, of_policy].into_iter().flatten();
    ends.min()
}

/// A time of Active Directory, in 100 ns since 1601, as milliseconds since 1970.
pub(crate) fn milliseconds_of(ticks: i64) -> i64 {
    const FROM_1601_TO_1970_MS: i64 = 11_644_473_600_000;
    ticks / 10_000 - FROM_1601_TO_1970_MS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::RawAttributes;

    fn entry(attributes: &[(&str, &[&str])]) -> Entry {
        let attributes = attributes.iter().map(|(name, values)| {
            let values = values.iter().map(|it| it.as_bytes().to_vec()).collect();
            (name.to_lowercase(), values)
        });
        Entry {
            attributes: attributes.collect(),
            ..Entry::default()
        }
    }

    #[test]
    fn a_lock_says_since_when() {
        let at = |name: &str, value: &str| locked_at(&entry(&[(name, &[value])]));
        let noon = Some(1_795_348_800_000);
        assert_eq!(at("pwdAccountLockedTime", "20261122120000Z"), noon);
        assert_eq!(at("pwdAccountLockedTime", "20261122120000.5Z"), noon);
        assert_eq!(at("lockoutTime", "134398224000000000"), noon);
        for (name, value) in [
            ("pwdAccountLockedTime", "000001010000Z"),
            ("pwdAccountLockedTime", "20261322120000Z"),
            ("pwdAccountLockedTime", "ööööööö"),
            ("lockoutTime", "0"),
            ("lockoutTime", "x"),
        ] {
            assert_eq!(at(name, value), None, "{value}");
        }
    }

    #[test]
    fn a_policy_says_from_when_and_until_when() {
        let map = Mapping::new(Kind::Ldap, RawAttributes::default());
        let check = |attributes: &[(&str, &[&str])], want| {
            let it = Restrictions::of(&entry(attributes), Class::Person, &map);
            let seen = (it.standing, it.starts_at, it.expires_at, it.are_hidden);
            assert_eq!(seen, want, "{attributes:?}");
        };
        let noon = Some(1_795_348_800_000);
        let active = Standing::Active;
        check(&[], (active, None, None, false));
        check(
            &[("pwdStartTime", &["20261122120000Z"])],
            (active, noon, None, false),
        );
        check(
            &[("pwdEndTime", &["20261122120000Z"])],
            (active, None, noon, false),
        );
        let both: [(&str, &[&str]); 2] = [
            ("pwdEndTime", &["20271122120000Z"]),
            ("shadowExpire", &["20779"]),
        ];
        check(&both, (active, None, Some(1_795_305_600_000), false));
        // What is no time is no permission.
        let hidden = |start| (Standing::Disabled, start, None, true);
        check(&[("pwdEndTime", &["soon"])], hidden(None));
        check(&[("pwdEndTime", &["20261122120000+0100"])], hidden(None));
        check(&[("pwdStartTime", &["2026112212"])], hidden(None));
    }
}
