//! Directory servers that do harm, on real connections: each is refused in bounded time, or what it
//! does is bounded, and the next server is asked.

use std::time::{Duration, Instant};

use proptest::prelude::*;
use store::{Accepted, Secret, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::played::{Controller, Play, ROOT};
use super::*;
use crate::ldap::ber::{self, Reader};
use crate::ldap::connection::Patience;

/// What a hostile server does with a request.
#[derive(Clone)]
enum Deed {
    /// Says this at once.
    Say(Vec<u8>),
    /// Says this, a byte now and then.
    Trickle(Vec<u8>),
    /// Says nothing, and stays.
    Silence,
    /// Goes.
    Leave,
}

/// What a server does with each request: its number, its tag, and how many searches came before.
type Deeds = fn(u32, u8, u32) -> Deed;

async fn hostile(deed: Deeds) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ldap://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, deed));
        }
    });
    url
}

async fn serve(mut stream: TcpStream, deed: Deeds) {
    let (mut came, mut searches) = (Vec::new(), 0);
    loop {
        let whole = ber::length(&came).unwrap();
        let Some(length) = whole.filter(|length| *length <= came.len()) else {
            match stream.read_buf(&mut came).await {
                Ok(count) if count > 0 => continue,
                _ => return,
            }
        };
        let message: Vec<u8> = came.drain(..length).collect();
        let mut message = Reader(&message).enter(ber::SEQUENCE).unwrap();
        let id = message.number(ber::INTEGER).unwrap();
        let (tag, _) = message.next().unwrap().unwrap();
        match deed(id, tag, searches) {
            Deed::Say(bytes) => _ = stream.write_all(&bytes).await,
            Deed::Trickle(bytes) => {
                for byte in bytes.iter().cycle() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    if stream.write_all(&[*byte]).await.is_err() {
                        return;
                    }
                }
            }
            Deed::Silence => {}
            Deed::Leave => return,
        }
        searches += u32::from(tag == 0x63);
    }
}

fn answer(id: u32, tag: u8, parts: &[Vec<u8>], controls: &[Vec<u8>]) -> Vec<u8> {
    let mut message = vec![ber::number(ber::INTEGER, id), ber::constructed(tag, parts)];
    if !controls.is_empty() {
        message.push(ber::constructed(0xa0, controls));
    }
    ber::constructed(ber::SEQUENCE, &message)
}

fn text(text: &str) -> Vec<u8> {
    ber::element(ber::OCTET_STRING, text.as_bytes())
}

fn end(id: u32, tag: u8, cookie: &str) -> Vec<u8> {
    let parts = [ber::number(ber::ENUMERATED, 0), text(""), text("")];
    let page = [ber::number(ber::INTEGER, 0), text(cookie)];
    let page = ber::element(ber::OCTET_STRING, &ber::constructed(ber::SEQUENCE, &page));
    let control = [text("1.2.840.113556.1.4.319"), page];
    answer(
        id,
        tag,
        &parts,
        &[ber::constructed(ber::SEQUENCE, &control)],
    )
}

fn entry(id: u32, dn: &str, attribute: &str, values: &[Vec<u8>]) -> Vec<u8> {
    let values = ber::constructed(ber::SET, values);
    let attribute = ber::constructed(ber::SEQUENCE, &[text(attribute), values]);
    let parts = [text(dn), ber::constructed(ber::SEQUENCE, &[attribute])];
    answer(id, 0x64, &parts, &[])
}

/// Lets us in and finds nothing, until people are looked for.
fn honest_until_people(id: u32, tag: u8, searches: u32) -> Option<Deed> {
    match tag {
        0x60 => Some(Deed::Say(end(id, 0x61, ""))),
        0x63 if searches == 0 => Some(Deed::Say(end(id, 0x65, ""))),
        _ => None,
    }
}

/// A controller with amy.
async fn good() -> Controller {
    let mut play = Play::default();
    play.person(1, "amy", ROOT);
    Controller::start(play).await
}

fn directory(urls: &[&str]) -> Directory {
    let text = format!(
        "kind = \"ad\"\nstarttls = false\nservers = {urls:?}\nbind_dn = \"reader@x\"\n\
         base = [\"{ROOT}\"]\n"
    );
    let domains = vec!["corp.example".to_owned()];
    let settings = Settings::new(toml::from_str(&text).unwrap(), domains, Secret::new("pw"));
    let mut settings = settings.unwrap();
    settings.patience = Patience {
        connect: Duration::from_secs(2),
        answer: Duration::from_millis(400),
        page: Duration::from_secs(1),
        entries: 20_000,
    };
    Directory::new(settings).unwrap()
}

/// Asks the hostile server alone, which must fail with a word, and then with a good one behind it.
async fn check(deed: Deeds, word: &str) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let url = hostile(deed).await;
    let began = Instant::now();
    let now = Timestamp::now();
    let alone = directory(&[&url]);
    let failed = alone.read(&store, Extent::WhatChanged, now).await;
    let failed = failed.expect_err(word).to_string();
    assert!(
        failed.contains(word) && failed.contains(&url),
        "{word}: {failed}"
    );
    let good = good().await;
    let both = directory(&[&url, &good.url]);
    let found = both.read(&store, Extent::WhatChanged, now).await.unwrap();
    let Found::Something(reading) = found else {
        panic!("the second server has amy");
    };
    assert_eq!(reading.server, good.url);
    let accept = |_: &[store::Loss]| store::Ruling::Write(Accepted::Unasked);
    store.mirror_if(reading.mirroring, accept).await.unwrap();
    assert_eq!(store.accounts().await.unwrap().len(), 1);
    assert!(
        began.elapsed() < Duration::from_secs(30),
        "{word}: {:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn who_says_nothing_or_leaves_is_left() {
    check(|_, _, _| Deed::Silence, "did not answer").await;
    check(|_, _, _| Deed::Leave, "broke").await;
    let silent_later: Deeds =
        |id, tag, searches| honest_until_people(id, tag, searches).unwrap_or(Deed::Silence);
    check(silent_later, "did not answer").await;
    let leaves_later: Deeds =
        |id, tag, searches| honest_until_people(id, tag, searches).unwrap_or(Deed::Leave);
    check(leaves_later, "broke").await;
}

#[tokio::test]
async fn garbage_is_no_directory() {
    let http: Deeds = |_, _, _| Deed::Say(b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec());
    check(http, "not LDAP").await;
    let noise: Deeds = |id, tag, searches| {
        let noise = Deed::Say((0..=255).cycle().take(100_000).collect());
        honest_until_people(id, tag, searches).unwrap_or(noise)
    };
    check(noise, "not LDAP").await;
    let huge: Deeds = |id, tag, searches| {
        let huge = Deed::Say(vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff, 2]);
        honest_until_people(id, tag, searches).unwrap_or(huge)
    };
    check(huge, "larger than any").await;
    // The answer to another question, for ever.
    let other: Deeds = |id, tag, searches| {
        let other = Deed::Say(end(id + 1, 0x65, ""));
        honest_until_people(id, tag, searches).unwrap_or(other)
    };
    check(other, "did not answer").await;
}

#[tokio::test]
async fn who_trickles_is_left() {
    let bytes: Deeds = |id, tag, searches| {
        let slow = Deed::Trickle(vec![0x30, 0x82, 0xff, 0xff, 1, 1, 1, 1]);
        honest_until_people(id, tag, searches).unwrap_or(slow)
    };
    check(bytes, "did not answer").await;
    // Whole entries, each in time, and no end of the page.
    let entries: Deeds = |id, tag, searches| {
        let slow = Deed::Trickle(entry(id, "CN=a,DC=x", "cn", &[text("a")]));
        honest_until_people(id, tag, searches).unwrap_or(slow)
    };
    check(entries, "did not answer").await;
}

#[tokio::test]
async fn pages_without_end_come_to_one() {
    let empty: Deeds = |id, tag, searches| {
        let cookie = ["one", "two"][(searches % 2) as usize];
        honest_until_people(id, tag, searches).unwrap_or(Deed::Say(end(id, 0x65, cookie)))
    };
    check(empty, "empty pages without end").await;
    // Always the same person.
    let full: Deeds = |id, tag, searches| {
        let page = || {
            let amy = entry(id, "CN=a,DC=x", "objectGUID", &[ber::element(4, &[7; 16])]);
            let mut page = amy.repeat(5000);
            page.extend(end(id, 0x65, "more"));
            Deed::Say(page)
        };
        honest_until_people(id, tag, searches).unwrap_or_else(page)
    };
    check(full, "entries").await;
}

#[tokio::test]
async fn what_somebody_writes_into_their_own_entry_keeps_nobody_else_from_being_read() {
    let mut play = Play::default();
    play.person(1, "amy", ROOT);
    let large = "5".repeat(10 << 20);
    let many: Vec<String> = (0..20_000).map(|it| format!("{it}@corp.example")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    many.insert(0, "bo@corp.example");
    let bo = [
        ("objectClass", &["user"][..]),
        ("objectCategory", &["person"]),
        ("sAMAccountName", &["bo"]),
        ("mail", &many),
        ("telephoneNumber", &[&large]),
        ("userAccountControl", &["512"]),
        ("accountExpires", &["0"]),
    ];
    play.put(2, "CN=bo,DC=x", &bo);
    let controller = Controller::start(play).await;
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    let mut directory = directory(&[&controller.url]);
    directory.settings.patience.answer = Duration::from_secs(20);
    directory.settings.patience.page = Duration::from_secs(20);
    let found = directory
        .read(&store, Extent::Everything, Timestamp::now())
        .await;
    let Found::Something(reading) = found.unwrap() else {
        panic!("two people are there");
    };
    let named: Vec<_> = reading
        .flaws
        .iter()
        .map(|it| (&it.dn[..], &it.what))
        .collect();
    let phone = FlawKind::Oversized("telephonenumber".to_owned());
    assert_eq!(named, [("CN=bo,DC=x", &phone)]);
    let accounts = &reading.mirroring.snapshot.accounts;
    assert_eq!(accounts.len(), 2);
    let bo = accounts.iter().find(|it| it.login == "bo").unwrap();
    assert_eq!(bo.listing.phone, None);
    assert_eq!(bo.addresses.len(), limits::ADDRESSES_MAX);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever a server says to each request, reading ends.
    #[test]
    fn whatever_a_server_says_the_reading_ends(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        static SAID: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());
        SAID.lock().unwrap().clone_from(&bytes);
        let said: Deeds = |id, tag, searches| {
            let garbled = || {
                let operation = [
                    ber::number(ber::INTEGER, id),
                    ber::element(0x64, &SAID.lock().unwrap()),
                ];
                let mut said = ber::constructed(ber::SEQUENCE, &operation);
                said.extend_from_slice(&SAID.lock().unwrap());
                Deed::Say(said)
            };
            honest_until_people(id, tag, searches).unwrap_or_else(garbled)
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path()).await.unwrap();
            let url = hostile(said).await;
            let mut directory = directory(&[&url]);
            directory.settings.patience.answer = Duration::from_millis(50);
            let read = directory.read(&store, Extent::Everything, Timestamp::now());
            assert!(read.await.is_err());
        });
    }
}
