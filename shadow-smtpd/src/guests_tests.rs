use super::*;

#[test]
fn guests_are_counted_and_leave() {
    let guests = Arc::<Guests>::default();
    let amy: IpAddr = "192.0.2.1".parse().unwrap();
    let bob: IpAddr = "192.0.2.2".parse().unwrap();

    let first = Guests::admit(&guests, amy, 2);
    let second = Guests::admit(&guests, amy, 2);
    assert!(first.is_some() && second.is_some());
    assert!(Guests::admit(&guests, amy, 2).is_none(), "one too many");
    assert!(
        Guests::admit(&guests, bob, 2).is_some(),
        "others are let in"
    );
    drop(first);
    assert!(
        Guests::admit(&guests, amy, 2).is_some(),
        "there is room again"
    );
    drop(second);
    assert!(guests.connections.lock().unwrap().is_empty());
}

#[test]
fn the_house_gets_full() {
    let guests = Arc::<Guests>::default();
    let address = |n: usize| IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
    let inside: Vec<_> = (0..limits::CONNECTIONS_MAX)
        .filter_map(|n| Guests::admit(&guests, address(n), 1))
        .collect();
    assert_eq!(inside.len(), limits::CONNECTIONS_MAX);
    assert!(Guests::admit(&guests, address(limits::CONNECTIONS_MAX), 1).is_none());
}
