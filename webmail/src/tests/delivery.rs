//! What became of sent mail, in words.

use jiff::Timestamp;
use store::{
    Entry, Envelope, Filing, Folder, Held, MessageId, Owed, Peer, Purpose, ReversePath, Settled,
    Source,
};

use super::site::{Site, address};

async fn written(site: &Site) -> MessageId {
    let mut held = Held::new(1 << 20);
    held.append(b"Subject: x\r\n\r\ny\r\n").unwrap();
    let envelope = Envelope {
        source: Source::Written {
            account: site.juergen,
        },
        reverse_path: ReversePath::Address(address("juergen")),
        recipients: vec![address("bo")],
        received_at: Timestamp::now(),
        peer: Peer::default(),
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    let id = site.store.keep(held, envelope).await.unwrap();
    let owed = |purpose, recipient: &str| Owed {
        purpose,
        recipient: recipient.parse().unwrap(),
        account: None,
    };
    let filing = Filing {
        entries: vec![Entry {
            account: site.juergen,
            folder: Folder::Sent,
            seen: true,
        }],
        owed: vec![
            owed(Purpose::SentCopy, "juergen@corp.example"),
            owed(Purpose::Return, "bo@corp.example"),
            owed(Purpose::Return, "nobody@corp.example"),
            owed(Purpose::Send, "eve@out.example"),
        ],
        ..Filing::default()
    };
    site.store.file(id, filing).await.unwrap();
    id
}

#[tokio::test]
async fn each_recipient_has_a_line() {
    let site = Site::in_emergency().await;
    let id = written(&site).await;
    let visit = site.session(site.juergen).await;
    let page = format!("/mail/{}/message/{id}", site.juergen);
    let answer = site.get(&page, Some(&visit)).await;
    answer.check(
        200,
        &[
            "<strong>bo@corp.example</strong> <span>liegt im Notfall-Posteingang",
            "<strong>nobody@corp.example</strong> <span>hier unbekannt",
            "<strong>eve@out.example</strong> <span>wartet auf den Versand",
            "<strong>Kopie für Ihren Ordner Gesendet</strong> <span>kommt nach dem Ausfall",
        ],
    );
    answer.check_lacks(&["Antwort der Gegenseite"]);
}

#[tokio::test]
async fn a_refusal_is_told_with_the_words_of_the_other_side() {
    let site = Site::in_emergency().await;
    let id = written(&site).await;
    let visit = site.session(site.juergen).await;
    let page = format!("/mail/{}/message/{id}", site.juergen);
    let now = Timestamp::now() + jiff::SignedDuration::from_secs(1);
    let claims = site.store.claim(&[Purpose::Send], now, 9).await.unwrap();
    let words = "550 5.1.1 no such user <eve@out.example>";
    site.store
        .settle(claims[0].id, Settled::Refused, words, now)
        .await
        .unwrap();
    let answer = site.get(&page, Some(&visit)).await;
    answer.check(
        200,
        &[
            "<span>abgelehnt heute ",
            "550 5.1.1 no such user &#60;eve@out.example&#62;",
        ],
    );
}
