//! Users that stand in a config: programs that sign in, and have no mailbox.

use std::net::IpAddr;

use store::Secret;

use crate::password::HashError;
use crate::password_check::{Interrupted, PasswordCheck, are_bounded};
use crate::sign_in::{Seemed, Verdict};
use crate::tries::Attempt;

/// Programs have no emergency codes.
const REFUSED: Verdict<()> = Verdict::Refused(Seemed::Password);

/// Names with their Argon2id hashes.
pub struct FixedUsers {
    users: Vec<(String, Secret)>,
    check: PasswordCheck,
}

impl FixedUsers {
    /// These, with no failures remembered. Hashes once, so it takes a moment.
    pub fn new(users: Vec<(String, Secret)>) -> Result<Self, HashError> {
        let check = PasswordCheck::for_programs(users.first().map(|(_, hash)| hash))?;
        Ok(Self { users, check })
    }

    /// Checks `login`, which counts as it is written, and `password`; `from` is where the program
    /// runs.
    pub async fn check(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Result<Verdict<()>, Interrupted> {
        if !are_bounded(login, password) {
            return Ok(REFUSED);
        }
        let known = self.users.iter().find(|(name, _)| name == login);
        let hash = known.map(|(_, hash)| hash.clone());
        let attempt = Attempt {
            name: login,
            account: None,
            from,
            is_at_home: false,
        };
        let attempt = match self.check.begin(&attempt).await {
            Ok(attempt) => attempt,
            Err(wait) => return Ok(Verdict::Wait(wait)),
        };
        if attempt.fits(hash, password).await? {
            attempt.succeeded();
            return Ok(Verdict::Welcome(()));
        }
        Ok(REFUSED)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;
    use crate::password;

    #[tokio::test]
    async fn only_the_right_password_opens_and_guessing_has_to_wait() {
        let right = "Größe 42";
        let hash = password::hash(&Secret::new(right)).unwrap();
        let users = FixedUsers::new(vec![("gateway".into(), Secret::new(hash))]).unwrap();
        let check = async |login: &str, password: &str| {
            let from = Some([192, 0, 2, 1].into());
            let password = Secret::new(password);
            users.check(login, &password, from).await.unwrap()
        };
        assert_eq!(check("gateway", right).await, Verdict::Welcome(()));
        assert_eq!(check("Gateway", right).await, REFUSED);
        assert_eq!(check("nobody", right).await, REFUSED);
        // What the hash of nobody was made from opens nothing.
        assert_eq!(check("nobody", "nobody").await, REFUSED);
        assert_eq!(check("gateway", "").await, REFUSED);
        let long = "x".repeat(limits::PASSWORD_BYTES_MAX + 1);
        assert_eq!(check("gateway", &long).await, REFUSED);
        for _ in 0..limits::FREE_TRIES {
            check("gateway", "wrong").await;
        }
        assert!(matches!(check("gateway", right).await, Verdict::Wait(_)));
    }

    /// A gateway delivers over many connections, and each signs in.
    #[tokio::test]
    async fn a_gateway_signs_in_on_many_connections_at_once() {
        let hash = password::hash(&Secret::new("right")).unwrap();
        let users = FixedUsers::new(vec![("gateway".into(), Secret::new(hash))]).unwrap();
        let check = async |password: &str| {
            let from = Some([192, 0, 2, 1].into());
            users.check("gateway", &Secret::new(password), from).await
        };
        for _ in 1..limits::FREE_TRIES {
            assert_eq!(check("wrong").await.unwrap(), REFUSED);
        }
        let at_once = |password| futures_util::future::join_all((0..20).map(|_| check(password)));
        for verdict in at_once("right").await {
            assert_eq!(verdict.unwrap(), Verdict::Welcome(()));
        }
        let refused = at_once("wrong").await.into_iter();
        let refused = refused.filter(|verdict| matches!(verdict, Ok(Verdict::Refused(_))));
        assert_eq!(refused.count(), limits::FREE_TRIES as usize);
    }
}
