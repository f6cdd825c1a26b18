use super::*;
use crate::limits;

/// One host may have a whole /64, and must not hide the failures of others.
#[test]
fn failed_handshakes_of_one_neighbourhood_are_told_once() {
    let told = News::default();
    for number in 0..2 * limits::TOLD_MAX {
        let address = format!("2001:db8::{number:x}");
        let origin = Origin {
            listener: "mx".into(),
            connection: ConnectionId::next(),
            address: Some(address.parse().unwrap()),
            mail: None,
        };
        tls_failed(&origin, "no protocol in common", &told);
    }
    let is_news = |address: &str| told.is_news(Some(address.parse().unwrap()));
    assert!(!is_news("2001:db8::"), "told already");
    assert!(is_news("192.0.2.1"));
}
