use super::*;

#[track_caller]
fn check(text: &str, want: Result<(&str, u16), HostPortError>) {
    let got = text.parse::<HostPort>();
    assert_eq!(
        got.as_ref().map(|h| (h.host(), h.port())).map_err(|e| *e),
        want,
        "{text:?}"
    );
    if let Ok(address) = got {
        assert_eq!(address.to_string(), text);
    }
}

#[test]
fn hosts_and_ports() {
    check("mail.corp.example:25", Ok(("mail.corp.example", 25)));
    check("127.0.0.1:65535", Ok(("127.0.0.1", 65535)));
    check("[::1]:2525", Ok(("::1", 2525)));
    check("mail.corp.example", Err(HostPortError::NoPort));
    check("[::1]", Err(HostPortError::NoPort));
    check("mail:", Err(HostPortError::BadPort));
    check("mail:0", Err(HostPortError::BadPort));
    check("mail:65536", Err(HostPortError::BadPort));
    check("mail:+25", Err(HostPortError::BadPort));
    check(":25", Err(HostPortError::BadHost));
    check("::1:25", Err(HostPortError::BadHost));
    check("[mail]:25", Err(HostPortError::BadHost));
    check("ma il:25", Err(HostPortError::BadHost));
    check("smtp://mail:25", Err(HostPortError::BadHost));
}

#[test]
fn the_login_names_the_owner() {
    let amy: Address = "amy@corp.example".parse().unwrap();
    let of = |pattern: &str| pattern.parse::<LoginPattern>().unwrap().of(&amy);
    assert_eq!(of("{address}*shadow"), "amy@corp.example*shadow");
    assert_eq!(of("{local}"), "amy");
    assert_eq!(of("{x}{{local}{"), "{x}{amy{");
    assert_eq!("shadow".parse::<LoginPattern>(), Err(LoginPatternError));

    let odd: Address = "{local}@corp.example".parse().unwrap();
    let pattern: LoginPattern = "{address}*shadow".parse().unwrap();
    assert_eq!(pattern.of(&odd), "{local}@corp.example*shadow");
}

#[test]
fn wrong_values_name_their_key() {
    let config = |primary: &RawPrimary, password| {
        Config::new("shadow.example", primary, password).map_err(|e| e.to_string())
    };

    let nothing = config(&RawPrimary::default(), None).unwrap();
    assert!(nothing.primary.is_none() && nothing.imap.is_none());

    let primary = RawPrimary {
        smtp: "mail".into(),
        ..RawPrimary::default()
    };
    assert_eq!(
        config(&primary, None).unwrap_err(),
        "primary.smtp = \"mail\" has no port; write host:port, for example mail.corp.example:25"
    );

    let primary = RawPrimary {
        imap: "mail:993".into(),
        ..RawPrimary::default()
    };
    assert!(
        config(&primary, None)
            .unwrap_err()
            .starts_with("primary.imap_password_file ")
    );
    assert!(
        config(&primary, Some(Secret::new("x")))
            .unwrap()
            .imap
            .is_some()
    );

    let primary = RawPrimary {
        imap_login: "shadow".into(),
        ..primary
    };
    assert!(
        config(&primary, Some(Secret::new("x")))
            .unwrap_err()
            .starts_with("primary.imap_login ")
    );
}
