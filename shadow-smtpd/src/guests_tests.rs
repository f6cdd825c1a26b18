use super::*;

fn guests(change: impl FnOnce(&mut PeerLimits)) -> Arc<Guests> {
    let mut limits = PeerLimits::NONE;
    change(&mut limits);
    Arc::new(Guests::new(limits))
}

fn ip(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn named(guest: &Guest) -> Result<(), Reply> {
    guest.names_recipient().map_err(|refusal| refusal.reply)
}

/// The limit of which the log is to tell.
fn told(limit: Option<Limit>) -> Option<&'static str> {
    limit.filter(|it| it.is_news).map(|it| it.key)
}

fn refused(guests: &Arc<Guests>, address: &str) -> Option<Reply> {
    let refusal = Guests::admit(guests, ip(address)).err();
    refusal.map(|refusal| refusal.reply)
}

#[test]
fn guests_are_counted_and_leave() {
    let guests = guests(|limits| limits.connections = 2);
    let first = Guests::admit(&guests, ip("192.0.2.1"));
    let second = Guests::admit(&guests, ip("192.0.2.1"));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(
        refused(&guests, "192.0.2.1"),
        Some(reply::TOO_MANY_OF_YOURS)
    );
    assert_eq!(refused(&guests, "192.0.2.2"), None, "others are let in");
    drop(first);
    assert_eq!(refused(&guests, "192.0.2.1"), None, "there is room again");
    drop(second);
    assert!(locked(&guests.connections).is_empty());
}

#[test]
fn an_ipv6_network_is_one_guest() {
    let guests = guests(|limits| limits.connections = 1);
    let _first = Guests::admit(&guests, ip("2001:db8::1")).ok().unwrap();
    assert!(refused(&guests, "2001:db8::ffff:2").is_some());
    assert!(refused(&guests, "2001:db8:0:1::1").is_none());
}

#[test]
fn the_house_gets_full() {
    let guests = guests(|limits| limits.exempt = vec!["0.0.0.0/0".parse().unwrap()]);
    let address = |n: usize| IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
    let inside: Vec<_> = (0..limits::CONNECTIONS_MAX)
        .filter_map(|n| Guests::admit(&guests, address(n)).ok())
        .collect();
    assert_eq!(inside.len(), limits::CONNECTIONS_MAX);
    let last = Guests::admit(&guests, address(limits::CONNECTIONS_MAX));
    let refusal = last.err().map(|refusal| refusal.reply);
    assert_eq!(refusal, Some(reply::TOO_MANY_CONNECTIONS));
}

#[test]
fn who_connects_too_often_waits() {
    let guests = guests(|limits| limits.connections_per_minute = 3);
    for _ in 0..3 {
        assert_eq!(refused(&guests, "192.0.2.1"), None);
    }
    let said = refused(&guests, "192.0.2.1");
    assert_eq!(said, Some(reply::CONNECTING_TOO_OFTEN));
    assert_eq!(refused(&guests, "192.0.2.2"), None);
}

#[test]
fn recipients_mails_and_guesses_are_counted_over_connections() {
    let names = |guests: &Arc<Guests>| {
        let guest = Guests::admit(guests, ip("192.0.2.1")).ok().unwrap();
        (named(&guest), guest)
    };
    let of_recipients = guests(|limits| limits.recipients_per_minute = 2);
    assert_eq!(names(&of_recipients).0, Ok(()));
    assert_eq!(names(&of_recipients).0, Ok(()));
    assert_eq!(names(&of_recipients).0, Err(reply::RECIPIENTS_TOO_OFTEN));

    let of_mails = guests(|limits| limits.mails_per_minute = 2);
    for _ in 0..3 {
        let (named, guest) = names(&of_mails);
        assert_eq!(named, Ok(()));
        guest.brought();
    }
    assert_eq!(names(&of_mails).0, Err(reply::MAILS_TOO_OFTEN));

    let of_guesses = guests(|limits| limits.unknown_recipients_per_minute = 2);
    for _ in 0..3 {
        let (named, guest) = names(&of_guesses);
        assert_eq!(named, Ok(()));
        guest.guessed();
    }
    assert_eq!(names(&of_guesses).0, Err(reply::GUESSING));
    let other = Guests::admit(&of_guesses, ip("192.0.2.2")).ok().unwrap();
    assert_eq!(named(&other), Ok(()));
}

#[test]
fn nothing_holds_for_the_exempt() {
    let guests = guests(|limits| {
        *limits = PeerLimits {
            connections: 1,
            connections_per_minute: 1,
            mails_per_minute: 1,
            recipients_per_minute: 1,
            unknown_recipients_per_minute: 1,
            bytes_per_second: 1,
            greeting_delay: Duration::from_secs(5),
            exempt: vec!["192.0.2.0/24".parse().unwrap()],
        };
    });
    let inside: Vec<_> = (0..10)
        .map(|_| Guests::admit(&guests, ip("192.0.2.1")).ok().unwrap())
        .collect();
    for guest in &inside {
        assert_eq!(named(guest), Ok(()));
        guest.guessed();
        guest.brought();
        assert_eq!(guest.greeting_delay(), Duration::ZERO);
    }
    let stranger = Guests::admit(&guests, ip("198.51.100.1")).ok().unwrap();
    assert_eq!(stranger.greeting_delay(), Duration::from_secs(5));
}

#[test]
fn a_crowd_has_no_time_for_idlers() {
    let guests = guests(|limits| limits.connections = 50);
    let long = Duration::from_mins(5);
    let address = |n: usize| IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
    let mut inside: Vec<_> = (1..limits::CONNECTIONS_CROWDED)
        .map(|n| Guests::admit(&guests, address(n)).ok().unwrap())
        .collect();
    assert_eq!(inside[0].patience(long), long);
    inside.push(Guests::admit(&guests, address(0)).ok().unwrap());
    assert_eq!(inside[0].patience(long), limits::CROWDED_COMMAND_WAIT);
    let short = Duration::from_secs(1);
    assert_eq!(inside[0].patience(short), short);
}

#[test]
fn mail_that_was_kept_buys_guesses() {
    let guests = guests(|limits| limits.unknown_recipients_per_minute = 2);
    let limit = Some("unknown_recipients_per_minute");
    // How many unknown recipients it may name, beyond the two of everybody.
    let check = |address: &str, mails: &[usize], want: u32| {
        let guest = Guests::admit(&guests, ip(address)).ok().unwrap();
        guest.brought();
        for recipients in mails {
            guest.delivered(*recipients);
        }
        for guess in 0..2 + want {
            assert_eq!(named(&guest), Ok(()), "{address}: {guess}");
            assert_eq!(guest.guessed(), None, "{address}: {guess}");
        }
        // The log tells once, and not for each of them.
        let heard = (told(guest.guessed()), told(guest.guessed()));
        assert_eq!(heard, (limit, None));
        assert_eq!(named(&guest), Err(reply::GUESSING), "{address}");
        guest
    };
    check("192.0.2.1", &[], 0);
    check("192.0.2.2", &[2, 1], 3 * limits::GUESSES_PER_RECIPIENT);
    let gateway = check("192.0.2.4", &[1], limits::GUESSES_PER_RECIPIENT);
    // A mail that was already on its way ends the rest.
    gateway.delivered(1);
    assert_eq!(named(&gateway), Ok(()));
    // But not for ever: who knows one address does not read out all of them.
    check("192.0.2.3", &[1000, 1000], limits::GUESSES_BOUGHT_MAX).delivered(1000);
    let guest = Guests::admit(&guests, ip("192.0.2.3")).ok().unwrap();
    assert_eq!(named(&guest), Err(reply::GUESSING));
}

/// How many guesses an address gets that pays for each ten of them with a mail.
fn guesses_of(guest: &Guest) -> u32 {
    let mut guesses = 0;
    for _ in 0..limits::GUESSES_BOUGHT_MAX {
        guest.delivered(1);
        for _ in 0..limits::GUESSES_PER_RECIPIENT {
            if named(guest).is_err() {
                return guesses;
            }
            guest.guessed();
            guesses += 1;
        }
    }
    guesses
}

#[test]
fn mail_buys_no_directory() {
    let guests = guests(|limits| limits.unknown_recipients_per_minute = 1);
    let guest = Guests::admit(&guests, ip("192.0.2.1")).ok().unwrap();
    // The last one is that at which it has to rest.
    let all = 1 + limits::GUESSES_BOUGHT_MAX + 1;
    assert_eq!(guesses_of(&guest), all);
    assert_eq!(guesses_of(&guest), 0);
    // An hour later its mail buys as much again.
    let address = ip("192.0.2.1");
    let long_ago = Instant::now()
        .checked_sub(limits::BRINGER_REMEMBERED)
        .unwrap();
    locked(&guests.bringers).get_mut(&address).unwrap().since = long_ago;
    assert_eq!(guesses_of(&guest), limits::GUESSES_BOUGHT_MAX);
}

#[test]
fn who_shows_itself_leaves_the_strangers() {
    let limits = PeerLimits {
        connections: 1,
        ..PeerLimits::NONE
    };
    let places = Places::new(&limits);
    let inside = |guests: &Arc<Guests>| locked(&guests.connections).values().sum::<usize>();
    let admit = || places.admit(Some(ip("192.0.2.1")), &Standing::Stranger);
    let mut gateway = admit().unwrap();
    assert_eq!(
        admit().err().map(|refusal| refusal.reply),
        Some(reply::TOO_MANY_OF_YOURS)
    );
    places.trust(&mut gateway);
    assert_eq!((inside(&places.guests), inside(&places.strangers)), (1, 0));
    // Limits hold for none of them from then on.
    let mut second = admit().unwrap();
    places.trust(&mut second);
    assert_eq!((inside(&places.guests), inside(&places.strangers)), (2, 0));
    drop((gateway, second));
    assert_eq!((inside(&places.guests), inside(&places.strangers)), (0, 0));
    assert!(locked(&places.guests.connections).is_empty());
}
