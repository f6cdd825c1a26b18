//! What a journal listener is told about the source of its copies.

use std::collections::HashMap;

use shadow_smtpd::{CopyEnvelope, CopyRules, Senders};
use store::Folder;

use crate::house::{House, bring};

/// bob's mail to an outsider, in a copy of the delivery to that outsider.
#[tokio::test]
async fn beside_an_exact_envelope_the_header_is_not_asked() {
    let mail = b"From: bob@corp.example\r\nTo: ann@partner.example\r\nCc: amy@corp.example\r\n\
        Subject: minutes\r\n\r\nhi\r\n";
    let check = async |envelope, inbox: &[&str]| {
        let rules = CopyRules {
            envelope,
            senders: Senders::Checked,
            ..CopyRules::of_hostname("shadow.corp.example")
        };
        let sources = HashMap::from([("test".to_owned(), rules)]);
        let house = House::open().await.with_sources(sources).await;
        let (store, journal) = (&house.store, &house.journal);
        let outgoing = ("bob@corp.example", &["ann@partner.example"][..]);
        bring(store, journal, outgoing, mail).await;
        assert_eq!(house.subjects("amy", Folder::Inbox).await, inbox);
        assert_eq!(house.subjects("bob", Folder::Sent).await, ["minutes"]);
        house.close().await;
    };
    check(CopyEnvelope::Loose, &["minutes"]).await;
    check(CopyEnvelope::Exact, &[]).await;
}
