use super::*;

#[track_caller]
fn check(network: &str, inside: &[&str], outside: &[&str]) {
    let network: Network = network.parse().unwrap();
    for address in inside {
        assert!(
            network.contains(address.parse().unwrap()),
            "{address} is in {network}"
        );
    }
    for address in outside {
        assert!(
            !network.contains(address.parse().unwrap()),
            "{address} is not in {network}"
        );
    }
    assert_eq!(network.to_string().parse(), Ok(network));
}

#[test]
fn contains() {
    check(
        "127.0.0.0/8",
        &["127.0.0.1", "127.255.0.9", "::ffff:127.0.0.1"],
        &["128.0.0.1", "::1"],
    );
    check("::1", &["::1"], &["::2", "127.0.0.1"]);
    check("192.0.2.7", &["192.0.2.7"], &["192.0.2.6", "192.0.2.8"]);
    check("2001:db8::/32", &["2001:db8:ffff::1"], &["2001:db9::1"]);
    check("0.0.0.0/0", &["8.8.8.8", "::ffff:8.8.8.8"], &["::1"]);
    check("::/0", &["::1", "2001:db8::1"], &["127.0.0.1"]);
}

#[test]
fn refuses() {
    for text in [
        "",
        "localhost",
        "127.0.0.1/33",
        "::1/129",
        "10.0.0.0/",
        "10.0.0.0/+8",
        "/8",
    ] {
        assert_eq!(
            text.parse::<Network>(),
            Err(NetworkError::Unreadable(text.into())),
            "{text:?}"
        );
    }
    let error = "10.1.2.3/8".parse::<Network>().unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"10.1.2.3/8\" has bits behind its prefix; did you mean 10.0.0.0/8?"
    );
}

#[test]
fn an_ipv6_peer_is_its_64() {
    let neighbour = |text: &str| neighbourhood(text.parse().unwrap());
    assert_eq!(neighbour("2001:db8::1"), neighbour("2001:db8::ffff:2"));
    assert_ne!(neighbour("2001:db8::1"), neighbour("2001:db8:0:1::1"));
    assert_ne!(neighbour("192.0.2.1"), neighbour("192.0.2.2"));
    assert_eq!(neighbour("::ffff:192.0.2.1"), neighbour("192.0.2.1"));
}
