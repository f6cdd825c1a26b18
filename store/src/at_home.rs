//! From where people came in: what strangers try elsewhere keeps nobody out there.

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;

use crate::account::AccountId;
use crate::columns;
use crate::error::StoreError;
use crate::shadow::Store;

/// How well an address is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Familiar {
    /// When the account came in from it last, as far as that is remembered.
    pub account: Option<Timestamp>,
    /// So many people did lately.
    pub people: usize,
    /// Whether the account came in lately from this or another one.
    pub has_home: bool,
}

impl Store {
    /// Who came in from `address`; lately is within that time. Of IPv6 give the network. Nobody comes in
    /// from an address that is not known.
    pub async fn familiar(
        &self,
        account: Option<AccountId>,
        address: Option<IpAddr>,
        (now, lately): (Timestamp, Duration),
    ) -> Result<Familiar, StoreError> {
        let since = since(now, lately);
        self.blocking(move |inner| {
            inner.shadow.read(|shadow| {
                let known =
                    "SELECT max(CASE WHEN account = ?1 THEN at END), count(nullif(at > ?3, 0)),
                        EXISTS (SELECT 1 FROM at_home WHERE account = ?1 AND at > ?3)
                    FROM at_home WHERE address = ?2";
                let address = address.map(|it| it.to_string());
                let of = (account.map(|it| it.0), address, since);
                Ok(shadow.prepare_cached(known)?.query_row(of, |row| {
                    Ok(Familiar {
                        account: columns::maybe_time(row, 0)?,
                        people: row.get(1)?,
                        has_home: row.get(2)?,
                    })
                })?)
            })
        })
        .await
    }

    /// Remembers that `account` came in from `address`, and forgets what is older than `kept`.
    pub async fn came_in(
        &self,
        account: AccountId,
        address: IpAddr,
        (now, kept): (Timestamp, Duration),
    ) -> Result<(), StoreError> {
        let since = since(now, kept);
        self.blocking(move |inner| {
            inner.shadow.write(|shadow| {
                shadow.execute("DELETE FROM at_home WHERE at <= ?1", [since])?;
                shadow.execute(
                    "INSERT INTO at_home (account, address, at) VALUES (?1, ?2, ?3)
                     ON CONFLICT DO UPDATE SET at = excluded.at",
                    (account.0, address.to_string(), now.as_millisecond()),
                )?;
                Ok(())
            })
        })
        .await
    }
}

fn since(now: Timestamp, lately: Duration) -> i64 {
    let lately = i64::try_from(lately.as_millis()).unwrap_or(i64::MAX);
    now.as_millisecond().saturating_sub(lately)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Fixture, time};

    const DAY: Duration = Duration::from_hours(24);
    const NINE: &str = "2026-11-22T09:00:00Z";

    #[tokio::test]
    async fn an_address_is_known_for_a_while() {
        let fixture = Fixture::new().await;
        let store = &fixture.store;
        let [office, elsewhere]: [IpAddr; 2] = [[192, 0, 2, 1].into(), [192, 0, 2, 2].into()];
        let familiar = async |account, address: IpAddr, at: &str| {
            let lately = (time(at), DAY);
            let known = store.familiar(account, Some(address), lately).await;
            let known = known.unwrap();
            (known.account.is_some(), known.people, known.has_home)
        };
        let amy = Some(fixture.amy);
        assert_eq!(familiar(amy, office, NINE).await, (false, 0, false));
        for account in [fixture.amy, fixture.bo, fixture.amy] {
            let came_in = store.came_in(account, office, (time(NINE), 2 * DAY));
            came_in.await.unwrap();
        }
        assert_eq!(familiar(amy, office, NINE).await, (true, 2, true));
        let info = Some(fixture.info);
        assert_eq!(familiar(info, office, NINE).await, (false, 2, false));
        assert_eq!(familiar(None, office, NINE).await, (false, 2, false));
        assert_eq!(familiar(amy, elsewhere, NINE).await, (false, 0, true));
        let somewhere = store.familiar(amy, None, (time(NINE), DAY)).await;
        let has_home = Familiar {
            has_home: true,
            ..Familiar::default()
        };
        assert_eq!(somewhere.unwrap(), has_home);
        // Not lately, and it is remembered.
        let tomorrow = "2026-11-23T09:00:00Z";
        assert_eq!(familiar(amy, office, tomorrow).await, (true, 0, false));
        let came_in = store.came_in(fixture.bo, elsewhere, (time(tomorrow), DAY));
        came_in.await.unwrap();
        assert_eq!(familiar(amy, office, NINE).await, (false, 0, false));
        let forgotten = store.forget_sign_in(fixture.bo, "eva".to_owned(), time(NINE));
        forgotten.await.unwrap();
        let bo = Some(fixture.bo);
        assert_eq!(familiar(bo, elsewhere, NINE).await, (false, 0, false));
    }
}
