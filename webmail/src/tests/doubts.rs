//! What the page of a message says about the checks of its arrival.

use jiff::Timestamp;
use store::{
    Confirmation, DmarcPolicy, Entry, Envelope, Filing, Findings, Folder, Held, MessageId,
    NotScanned, Outcome, Peer, ReversePath, Source, Spam, SpamAction, Virus,
};

use super::site::{Site, address};

async fn received(site: &Site, from: &str, findings: Findings) -> MessageId {
    let mut held = Held::new(1 << 20);
    let mail = format!("{from}\r\nSubject: x\r\n\r\ny\r\n");
    held.append(mail.as_bytes()).unwrap();
    let envelope = Envelope {
        source: Source::FallbackMail,
        reverse_path: ReversePath::Null,
        recipients: vec![address("juergen")],
        received_at: Timestamp::now(),
        peer: Peer {
            findings: Some(Box::new(findings)),
            ..Peer::default()
        },
        bare_line_ends: false,
        smtputf8: false,
        dsn: None,
    };
    let id = site.store.keep(held, envelope).await.unwrap();
    let filing = Filing {
        entries: vec![Entry {
            account: site.juergen,
            folder: Folder::Inbox,
            seen: false,
        }],
        ..Filing::default()
    };
    site.store.file(id, filing).await.unwrap();
    id
}

fn says(domain: &str, outcome: Outcome) -> Confirmation {
    Confirmation {
        domain: domain.to_owned(),
        outcome,
    }
}

/// All that is warned of, or said otherwise.
const WARNINGS: &[&str] = &[
    "Achtung: In dieser Nachricht wurde ein Virus gefunden (Eicar&lt;b&gt;)",
    "Diese Nachricht wurde nicht auf Viren geprüft.",
    "wahrscheinlich nicht von bank.example",
    "wahrscheinlich nicht von mailer.example",
    "Der Spamfilter hält diese Nachricht für unerwünscht.",
    "steht auf einer Sperrliste (bl.example)",
    "Die Domain bank.example bestätigt den Absender",
    "Ob diese Nachricht von bank.example kommt, ließ sich nicht feststellen",
    "sagt nicht eindeutig, von wem sie kommt",
];

const OF_BANK: &str = "From: x@bank.example";

/// Which of the warnings the page of a message has.
async fn check(site: &Site, findings: Findings, said: &[usize]) {
    let visit = site.session(site.juergen).await;
    let id = received(site, OF_BANK, findings.clone()).await;
    let page = format!("/mail/{}/message/{id}", site.juergen);
    let answer = site.get(&page, Some(&visit)).await;
    answer.check(200, &[]);
    for (number, words) in WARNINGS.iter().enumerate() {
        let escaped = words.replace("&lt;", "&#60;").replace("&gt;", "&#62;");
        let is_said = answer.text().contains(words) || answer.text().contains(&escaped);
        assert_eq!(is_said, said.contains(&number), "{words}: {findings:?}");
    }
}

#[tokio::test]
async fn the_page_says_what_was_found() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    let check = async |findings, said: &[usize]| check(&site, findings, said).await;
    let rated = |action| {
        Some(Spam::Rated {
            score_hundredths: 1600,
            refuse_hundredths: 1500,
            action,
        })
    };
    check(Findings::default(), &[]).await;
    let pass = Some(says("bank.example", Outcome::Pass));
    let fail = Some(says("bank.example", Outcome::Fail));
    let spf_fail = Some(says("mailer.example", Outcome::Fail));
    let all = Findings {
        virus: Some(Virus::Found("Eicar<b>".to_owned())),
        dmarc: fail.clone(),
        spf: spf_fail.clone(),
        spam: rated(SpamAction::Refuse),
        block_lists: vec!["bl.example".to_owned()],
        ..Findings::default()
    };
    check(all.clone(), &[0, 2, 4, 5]).await;
    let id = received(&site, OF_BANK, all).await;
    let page = format!("/mail/{}/message/{id}", site.juergen);
    let answer = site.get(&page, Some(&visit)).await;
    let text = answer.text();
    let list = text.split("<ul class=\"warnings danger\"").nth(1);
    let list = list.expect("the box is as grave as its first line");
    let first = list.find("class=\"danger\"").unwrap();
    assert!(first < list.find("class=\"doubt\"").unwrap());
    let dmarc = |dmarc, spf| Findings {
        dmarc,
        spf,
        virus: Some(Virus::Clean),
        spam: rated(SpamAction::Pass),
        ..Findings::default()
    };
    check(dmarc(pass.clone(), spf_fail.clone()), &[6]).await;
    check(dmarc(None, spf_fail), &[3]).await;
    check(dmarc(Some(says("bank.example", Outcome::None)), None), &[]).await;
    check(
        dmarc(Some(says("bank.example", Outcome::TempError)), None),
        &[],
    )
    .await;
    let unscanned = Findings {
        virus: Some(Virus::Unscanned(NotScanned::Down)),
        dmarc: pass,
        ..Findings::default()
    };
    check(unscanned, &[1]).await;
    let note = Findings {
        virus: Some(Virus::Unscanned(NotScanned::Down)),
        spam: rated(SpamAction::Mark),
        ..Findings::default()
    };
    check(note, &[1, 4]).await;
}

#[tokio::test]
async fn the_page_says_when_nobody_could_tell() {
    let site = Site::in_emergency().await;
    // Who makes the DNS of a signature's domain slow does not make this vanish.
    let open = |policy| Findings {
        dmarc: Some(says("bank.example", Outcome::TempError)),
        dmarc_policy: policy,
        ..Findings::default()
    };
    check(&site, open(Some(DmarcPolicy::Reject)), &[7]).await;
    check(&site, open(Some(DmarcPolicy::None)), &[]).await;
    // Nor the size of a mail, of which the header alone was looked at.
    let mut large = open(Some(DmarcPolicy::Reject));
    large.dmarc = Some(says("bank.example", Outcome::Neutral));
    check(&site, large, &[7]).await;
    let unclear = Findings {
        unclear_author: true,
        dmarc: Some(says("", Outcome::PermError)),
        ..Findings::default()
    };
    check(&site, unclear, &[8]).await;
}

#[tokio::test]
async fn a_domain_stands_behind_the_one_address_that_is_shown() {
    let site = Site::in_emergency().await;
    let visit = site.session(site.juergen).await;
    for (from, judged, assured) in [
        (OF_BANK, "bank.example", true),
        ("From: x@BANK.example", "bank.example", true),
        ("From: x@b\u{fc}cher.example", "xn--bcher-kva.example", true),
        (OF_BANK, "evil.example", false),
        (OF_BANK, "bank.example.evil.example", false),
        (
            "From: x@bank.example, y@evil.example",
            "evil.example",
            false,
        ),
        (
            "From: \"x@evil.example\" <x@bank.example>",
            "evil.example",
            false,
        ),
        (
            "From: x@evil.example\r\njunk\r\nFrom: x@bank.example",
            "evil.example",
            false,
        ),
        ("X: y", "evil.example", false),
    ] {
        let findings = Findings {
            dmarc: Some(says(judged, Outcome::Pass)),
            ..Findings::default()
        };
        let id = received(&site, from, findings).await;
        let page = format!("/mail/{}/message/{id}", site.juergen);
        let answer = site.get(&page, Some(&visit)).await;
        let words = format!("Die Domain {judged} bestätigt den Absender");
        assert_eq!(answer.text().contains(&words), assured, "{from} {judged}");
    }
}
