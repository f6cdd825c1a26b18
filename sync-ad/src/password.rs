//! Argon2id, the only way passwords are kept here.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use store::Secret;

use crate::limits;

/// A password could not be hashed.
#[derive(Debug, thiserror::Error)]
#[error("the password could not be hashed: {0}")]
pub struct HashError(String);

impl HashError {
    pub(crate) fn new(why: &impl std::fmt::Display) -> Self {
        Self(why.to_string())
    }
}

/// The Argon2id hash of a password as `$argon2id$v=19$…`, with the parameters that the OWASP
/// recommends (19 MiB, two passes) and a salt from the operating system. Takes some 20 ms.
pub fn hash(password: &Secret) -> Result<String, HashError> {
    let hashed = Argon2::default().hash_password(password.expose().as_bytes());
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| HashError::new(&error))
}

/// The hash of a password that nobody has, with the work of `model`, so that checking it takes as
/// long.
pub(crate) fn hash_like(model: Option<&Secret>) -> Result<String, HashError> {
    let params = model.and_then(|hash| params(hash.expose()));
    let argon = Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        params.unwrap_or_default(),
    );
    let hashed = argon.hash_password(b"nobody");
    hashed
        .map(|hash| hash.to_string())
        .map_err(|error| HashError(error.to_string()))
}

/// The one that takes the most work to check.
pub(crate) fn costliest(hashes: Vec<Secret>) -> Option<Secret> {
    let work = |hash: &Secret| {
        let params = params(hash.expose());
        params.map(|it| u64::from(it.m_cost()) * u64::from(it.t_cost()))
    };
    hashes.into_iter().max_by_key(work)
}

/// Whether both take the same work to check.
pub(crate) fn are_alike(one: &Secret, other: &Secret) -> bool {
    let work = |hash: &Secret| {
        let params = params(hash.expose());
        params.map(|it| (it.m_cost(), it.t_cost(), it.p_cost()))
    };
    work(one) == work(other)
}

/// Whether a text is a hash that can be checked, with work that a server can bear.
pub fn is_hash(text: &str) -> bool {
    params(text).is_some_and(|it| {
        it.m_cost() <= limits::HASH_MEMORY_KIB_MAX
            && it.t_cost() <= limits::HASH_PASSES_MAX
            && it.p_cost() <= limits::HASH_LANES_MAX
    })
}

/// Whether a text is a hash that can be checked, whatever the work.
pub(crate) fn is_whole(text: &str) -> bool {
    params(text).is_some()
}

/// Whether a text is a hash that a server can bear although somebody chose its work who pays nothing
/// for it.
pub(crate) fn is_cheap(text: &str) -> bool {
    params(text).is_some_and(|it| {
        let (memory, passes) = (u64::from(it.m_cost()), u64::from(it.t_cost()));
        it.m_cost() <= limits::MIRRORED_HASH_MEMORY_KIB_MAX
            && memory * passes <= limits::MIRRORED_HASH_WORK_KIB_MAX
            && it.p_cost() <= limits::MIRRORED_HASH_LANES_MAX
    })
}

/// Memory, passes and lanes of a hash.
fn params(text: &str) -> Option<Params> {
    let hash = PasswordHash::new(text).ok()?;
    let is_whole = text.starts_with("$argon2id$") && hash.hash.is_some();
    is_whole.then(|| Params::try_from(&hash).ok()).flatten()
}

/// Whether `password` is the one that `hash` was made from.
pub(crate) fn matches(password: &Secret, hash: &Secret) -> bool {
    let password = password.expose().as_bytes();
    Argon2::default()
        .verify_password(password, hash.expose())
        .is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_that_a_server_can_bear() {
        let check = |params: &str, want: bool| {
            let text = format!("$argon2id$v=19${params}$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA");
            assert_eq!(is_hash(&text), want, "{params}");
        };
        check("m=19456,t=2,p=1", true);
        check("m=262144,t=32,p=16", true);
        check("m=262145,t=2,p=1", false);
        check("m=4194304,t=1,p=1", false);
        check("m=19456,t=33,p=1", false);
        check("m=19456,t=2,p=17", false);
        check("m=junk", false);
        assert!(!is_hash(
            "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA"
        ));
        assert!(!is_hash("opensesame"));
    }

    #[test]
    fn hashes_that_somebody_else_may_choose() {
        let check = |params: &str, want: bool| {
            let text = format!("$argon2id$v=19${params}$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA");
            assert_eq!(is_cheap(&text), want, "{params}");
        };
        // Those of OpenLDAP's module, of libsodium's "moderate", and of RFC 9106.
        check("m=7168,t=5,p=1", true);
        check("m=65536,t=3,p=4", true);
        check("m=65536,t=4,p=4", true);
        check("m=65537,t=1,p=1", false);
        check("m=65536,t=5,p=1", false);
        check("m=8,t=32769,p=1", false);
        check("m=19456,t=2,p=5", false);
        assert!(!is_cheap("opensesame"));
    }

    #[test]
    fn nobodys_hash_takes_the_work_of_its_model() {
        let model = "$argon2id$v=19$m=1024,t=3,p=2$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA";
        let nobodys = hash_like(Some(&Secret::new(model))).unwrap();
        let params = params(&nobodys).unwrap();
        let work = (params.m_cost(), params.t_cost(), params.p_cost());
        assert_eq!(work, (1024, 3, 2));
        assert!(hash_like(None).unwrap().contains("m=19456,t=2,p=1"));
        assert!(are_alike(&Secret::new(model), &Secret::new(nobodys)));
    }

    #[test]
    fn the_costliest_takes_the_most_work() {
        let with = |params: &str| {
            Secret::new(format!(
                "$argon2id$v=19${params}$c29tZXNhbHQ$c29tZWhhc2hzb21laGFzaA"
            ))
        };
        let all = ["m=19456,t=2,p=1", "m=8192,t=9,p=1", "m=65536,t=1,p=1"].map(with);
        let costliest = costliest(all.to_vec()).unwrap();
        assert!(are_alike(&costliest, &all[1]) && !are_alike(&costliest, &all[2]));
        assert!(super::costliest(Vec::new()).is_none());
    }
}
