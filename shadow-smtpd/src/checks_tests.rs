use std::net::UdpSocket;

use mail_auth::hickory_resolver::config::ResolverConfig;
use store::{Outcome, ReversePath, Trust};
use tokio::runtime::{Builder, Runtime};
use tokio::task::spawn_blocking;

use super::*;
use crate::connection::ConnectionId;
use crate::mail_log::Origin;
use crate::proto::reply;

/// Nothing listens there.
const NOBODY: SocketAddr = SocketAddr::new(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 1);

fn origin() -> Origin {
    Origin {
        listener: "mx".into(),
        connection: ConnectionId::next(),
        address: Some([192, 0, 2, 1].into()),
        mail: None,
    }
}

fn arrival<'a>(origin: &'a Origin, trust: Option<&'a Trust>) -> Arrival<'a> {
    Arrival {
        origin,
        helo: "c.example",
        reverse_path: &ReversePath::Null,
        recipients: &[],
        trust,
        block_lists: &[],
    }
}

fn held(bytes: u64) -> Held {
    let mut held = Held::new(u64::MAX);
    let mut mail = b"From: a@x.example\r\nSubject: x\r\n\r\n".to_vec();
    mail.resize(usize::try_from(bytes).unwrap(), b'x');
    held.append(&mail).unwrap();
    held
}

/// A DNS server that takes questions and says nothing.
fn deaf_server() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    (socket, address)
}

fn with_threads(blocking: usize) -> Runtime {
    let mut runtime = Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).max_blocking_threads(blocking);
    runtime.enable_all().build().unwrap()
}

#[test]
fn a_dead_dns_server_holds_no_thread() {
    let (_socket, resolver) = deaf_server();
    let config = ChecksConfig {
        resolver: Some(resolver),
        dns_time: Duration::from_secs(3),
        ..ChecksConfig::default()
    };
    with_threads(1).block_on(async {
        let checks = std::sync::Arc::new(Checks::new(config, "s.example"));
        let begun = Instant::now();
        let mails: Vec<_> = (0..50)
            .map(|_| {
                let checks = std::sync::Arc::clone(&checks);
                tokio::spawn(async move {
                    let (origin, mut mail) = (origin(), held(1000));
                    let arrival = arrival(&origin, None);
                    let found = checks.examine(&mut mail, &arrival).await;
                    found.unwrap().unwrap()
                })
            })
            .collect();
        // Whoever else needs a thread gets one meanwhile, again and again.
        while begun.elapsed() < Duration::from_secs(1) {
            let asked = Instant::now();
            spawn_blocking(|| ()).await.unwrap();
            assert!(asked.elapsed() < Duration::from_secs(1));
        }
        for mail in mails {
            let found = mail.await.unwrap();
            let spf = found.spf.map(|it| it.outcome);
            assert!(matches!(spf, None | Some(Outcome::TempError)), "{spf:?}");
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "all at once");
    });
}

#[tokio::test(start_paused = true)]
async fn who_waits_too_long_counts_as_not_scanned_and_small_mail_does_not_wait() {
    let config = |when_down| ChecksConfig {
        authentication: false,
        rspamd: Some(NOBODY),
        when_down,
        ..ChecksConfig::default()
    };
    let accepting = Checks::new(config(WhenDown::Accept), "s.example");
    let deferring = Checks::new(config(WhenDown::Defer), "s.example");
    let big = limits::SMALL_CHECKED_BYTES_MAX + 1;
    let origin = origin();
    let down = Some(Spam::Unrated(NotScanned::Down));
    for checks in [&accepting, &deferring] {
        let until = Instant::now() + limits::CHECKING_TIME;
        let biggest = async || checks.places.take(limits::CHECKED_BYTES_MAX, until).await;
        let _all = [biggest().await.unwrap(), biggest().await.unwrap()];
        for (bytes, time) in [(1000, Duration::ZERO), (big, limits::CHECKING_TIME)] {
            let begun = Instant::now();
            let arrival = arrival(&origin, None);
            let found = checks.examine(&mut held(bytes), &arrival).await;
            assert_eq!(begun.elapsed(), time, "{bytes}");
            match found {
                Ok(found) => assert_eq!(found.unwrap().spam, down),
                Err(said) => assert_eq!(
                    (said, checks.config.when_down),
                    (reply::SCANNER_DOWN, WhenDown::Defer)
                ),
            }
        }
    }
}

#[tokio::test]
async fn trusted_peers_are_scanned_where_the_config_says_so_and_never_judged() {
    let (dns, resolver) = deaf_server();
    dns.set_nonblocking(true).unwrap();
    let config = |scan_trusted| ChecksConfig {
        resolver: Some(resolver),
        dns_time: Duration::from_millis(200),
        clamd: Some(ClamdAt::Tcp(NOBODY)),
        scan_trusted,
        ..ChecksConfig::default()
    };
    let origin = origin();
    for (scan_trusted, trust, judged, scanned) in [
        (false, None, true, true),
        (true, Some(&Trust::Network), false, true),
        (false, Some(&Trust::Network), false, false),
    ] {
        let checks = Checks::new(config(scan_trusted), "s.example");
        let arrival = arrival(&origin, trust);
        let found = checks.examine(&mut held(1000), &arrival).await;
        let found = found.unwrap().unwrap_or_default();
        let mut is_asked = false;
        while dns.recv(&mut [0; 512]).is_ok() {
            is_asked = true;
        }
        assert_eq!(is_asked, judged, "{trust:?}");
        assert_eq!(found.virus.is_some(), scanned, "{found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_makes_a_crowd_does_not_get_past_what_is_refused() {
    let config = |refuse: &[Doubt]| ChecksConfig {
        resolver: Some(NOBODY),
        refuse: refuse.iter().copied().collect(),
        ..ChecksConfig::default()
    };
    let big = limits::SMALL_CHECKED_BYTES_MAX + 1;
    let origin = origin();
    for (refuse, trust, said) in [
        (&[Doubt::Dmarc][..], None, Some(reply::SCANNER_DOWN)),
        (&[Doubt::Spf][..], None, Some(reply::SCANNER_DOWN)),
        (&[Doubt::Spam, Doubt::Virus][..], None, None),
        (&[Doubt::Dmarc][..], Some(&Trust::Network), None),
    ] {
        let checks = Checks::new(config(refuse), "s.example");
        let until = Instant::now() + limits::CHECKING_TIME;
        let biggest = async || checks.places.take(limits::CHECKED_BYTES_MAX, until).await;
        let _all = [biggest().await.unwrap(), biggest().await.unwrap()];
        let arrival = arrival(&origin, trust);
        let found = checks.examine(&mut held(big), &arrival).await;
        assert_eq!(found.err(), said, "{refuse:?}");
    }
}

/// Who sends a mail chooses its size.
#[tokio::test]
async fn of_a_large_mail_the_header_is_judged() {
    let (dns, resolver) = deaf_server();
    dns.set_nonblocking(true).unwrap();
    let config = ChecksConfig {
        resolver: Some(resolver),
        dns_time: Duration::from_millis(200),
        clamd: Some(ClamdAt::Tcp(NOBODY)),
        refuse: [Doubt::Dmarc].into(),
        when_down: WhenDown::Defer,
        ..ChecksConfig::default()
    };
    let checks = Checks::new(config, "s.example");
    let origin = origin();
    let arrival = arrival(&origin, None);
    let mut large = held(limits::CHECKED_BYTES_MAX + 1);
    let found = checks.examine(&mut large, &arrival).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.dmarc.unwrap().domain, "x.example");
    assert_eq!(found.virus, Some(Virus::Unscanned(NotScanned::TooLarge)));
    assert!(dns.recv(&mut [0; 512]).is_ok(), "the DNS was asked");

    let mut two = Held::new(u64::MAX);
    two.append(b"From: a@x.example, b@y.example\r\n\r\n")
        .unwrap();
    let body = vec![b'x'; usize::try_from(limits::CHECKED_BYTES_MAX).unwrap()];
    two.append(&body).unwrap();
    let said = checks.examine(&mut two, &arrival).await;
    assert_eq!(said, Err(reply::UNCLEAR_AUTHOR));
}

/// Who sends a mail chooses the bytes that a parser is slow with.
#[test]
fn a_mail_that_can_not_be_read_in_time_counts_as_unread() {
    let (_socket, resolver) = deaf_server();
    let config = ChecksConfig {
        resolver: Some(resolver),
        ..ChecksConfig::default()
    };
    with_threads(1).block_on(async {
        let checks = Checks::new(config, "s.example");
        let origin = origin();
        let arrival = arrival(&origin, None);
        let address = arrival.judged().unwrap();
        let question = authentication::Question::new(address, &arrival, "s.example");
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let busy = spawn_blocking(move || ended.recv().is_err());
        let mail = checks.take_in(&mut held(100), Instant::now()).await;
        let mail = mail.unwrap().unwrap();
        let times = (Instant::now(), Duration::from_millis(1));
        let (found, read) =
            authentication::of(checks.dns().unwrap(), &mail, &question, times).await;
        assert_eq!(read, Read::No);
        assert_eq!(found.unwrap().dmarc.unwrap().outcome, Outcome::TempError);
        drop(end);
        assert!(busy.await.unwrap());
    });
}

fn no_servers() -> Result<(ResolverConfig, ResolverOpts), NetError> {
    Err(io::Error::other("no nameservers found").into())
}

#[tokio::test]
async fn without_a_dns_server_scanners_are_asked_and_one_is_looked_for_again() {
    let config = ChecksConfig {
        clamd: Some(ClamdAt::Tcp(NOBODY)),
        when_down: WhenDown::Defer,
        ..ChecksConfig::default()
    };
    let mut checks = Checks {
        dns: OnceLock::new(),
        find_servers: no_servers,
        ..Checks::new(config, "s.example")
    };
    let origin = origin();
    let arrival = arrival(&origin, None);
    let said = checks.examine(&mut held(1000), &arrival).await;
    assert_eq!(said, Err(reply::SCANNER_DOWN));

    checks.config.when_down = WhenDown::Accept;
    let found = checks.examine(&mut held(1000), &arrival).await;
    let found = found.unwrap().unwrap();
    assert_eq!(found.virus, Some(Virus::Unscanned(NotScanned::Down)));
    for judged in [found.spf, found.dmarc] {
        assert_eq!(judged.unwrap().outcome, Outcome::TempError, "it is counted");
    }
    assert!(checks.dns().is_none());
    checks.find_servers = || {
        let server = NameServerConfig::udp_and_tcp(NOBODY.ip());
        let servers = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
        Ok((servers, ResolverOpts::default()))
    };
    assert!(checks.dns().is_some());
}
