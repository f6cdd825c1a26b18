use tokio::io::duplex;

use super::*;
use crate::limits;

const PATIENCE: Patience = Patience {
    connect: Duration::from_secs(1),
    answer: Duration::from_secs(1),
    page: Duration::from_secs(5),
    entries: 1000,
};

/// A connection to a server that says these bytes, whatever it is asked.
fn to(bytes: Vec<u8>) -> Connection {
    let (ours, mut theirs) = duplex(1 << 20);
    tokio::spawn(async move {
        let mut asked = [0; 4096];
        let _ = theirs.read(&mut asked).await;
        let _ = theirs.write_all(&bytes).await;
        // It stays there, and says no more.
        while theirs.read(&mut asked).await.is_ok_and(|count| count > 0) {}
    });
    Connection::on(ours, "ldap://dc1".to_owned(), PATIENCE)
}

async fn searched(bytes: Vec<u8>) -> Result<usize, LdapError> {
    let filter = Filter::present("objectClass");
    let search = Search {
        base: "dc=x",
        scope: Scope::Subtree,
        filter: &filter,
        attributes: &[],
        deleted: Deleted::Hidden,
    };
    let mut count = 0;
    let mut connection = to(bytes);
    let taken = connection.search(&search, |_| {
        count += 1;
        Ok(())
    });
    taken.await.map(|()| count)
}

#[tokio::test]
async fn garbage_ends_the_reading() {
    for bytes in [
        b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(),
        vec![0xff; 1000],
        // A message of 4 GiB is announced.
        vec![0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 1],
        // A notice of disconnection.
        b"\x30\x0d\x02\x01\x00\x78\x08\x0a\x01\x34\x04\x00\x04\x01x".to_vec(),
    ] {
        let failed = searched(bytes.clone()).await.unwrap_err();
        assert!(failed.is_of_server(), "{bytes:?}: {failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_the_reading_also_in_the_middle_of_a_message() {
    for bytes in [vec![], vec![0x30], vec![0x30, 0x20, 1]] {
        let failed = searched(bytes).await.unwrap_err();
        assert!(matches!(failed, LdapError::Silent { .. }), "{failed}");
    }
}

#[tokio::test]
async fn an_entry_larger_than_any_is_not_waited_for() {
    let length = u32::try_from(limits::MESSAGE_BYTES_MAX)
        .unwrap()
        .to_be_bytes();
    let failed = searched([&[0x30, 0x84][..], &length].concat())
        .await
        .unwrap_err();
    assert!(failed.to_string().contains("larger than any"), "{failed}");
}

#[tokio::test]
async fn an_empty_password_is_never_sent() {
    let mut connection = to(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00".to_vec());
    let refused = connection.bind("cn=reader", &Secret::new("")).await;
    assert!(matches!(refused, Err(LdapError::Credentials { .. })));
    let mut connection = to(b"\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00".to_vec());
    connection
        .bind("cn=reader", &Secret::new("pw"))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_comes_in_clear_behind_the_beginning_of_tls_is_not_taken() {
    let yes = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
    assert!(to(yes.to_vec()).start_tls().await.is_ok());
    let injected = [&yes[..], yes].concat();
    assert!(to(injected).start_tls().await.is_err());
}
