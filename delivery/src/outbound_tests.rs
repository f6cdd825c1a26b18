use super::*;

/// A raw certificate is enough: nobody looks into it before it is needed.
const CA: &str = include_str!("fixtures/self-signed.pem");

fn read(path: &Path) -> Result<String, String> {
    match path.to_str() {
        Some("ca.pem") => Ok(CA.to_owned()),
        Some("password") => Ok("secret\n".to_owned()),
        Some("empty") => Ok("\n".to_owned()),
        _ => Err(format!("{}: not there", path.display())),
    }
}

/// Checks `[outbound]` with these lines; `want` begins the sentence that refuses it.
#[track_caller]
fn check(raw: &RawOutbound, want: &str) {
    let refused = Outbound::new(raw, read).unwrap_err().to_string();
    assert!(refused.starts_with(want), "{refused}");
}

fn with_login() -> RawOutbound {
    RawOutbound {
        smarthost: "relay.example:587".into(),
        tls: TlsPolicy::Required,
        ca: Some("ca.pem".into()),
        login: "shadow".into(),
        password_file: Some("password".into()),
        ..RawOutbound::default()
    }
}

#[test]
fn several_smarthosts() {
    let nothing = Outbound::new(&RawOutbound::default(), read).unwrap();
    assert!(nothing.smarthosts.is_empty());
    let spare = RawSmarthost {
        smarthost: "spare.example:25".into(),
        ..RawSmarthost::default()
    };
    let raw = RawOutbound {
        spare: vec![spare],
        mails_per_minute: 60,
        ..with_login()
    };
    let outbound = Outbound::new(&raw, read).unwrap();
    let [first, second] = &outbound.smarthosts[..] else {
        panic!("{outbound:?}")
    };
    assert_eq!(first.address.host(), "relay.example");
    assert_eq!(first.login.as_ref().unwrap().password.expose(), "secret");
    assert!(first.authorities.is_some());
    assert!(second.login.is_none());
    assert_eq!(outbound.mails_per_minute, Some(60));
    assert!(!format!("{outbound:?}").contains("secret"));
}

#[test]
fn wrong_values_name_their_key() {
    let good = with_login();
    let clear = RawOutbound {
        ca: None,
        tls: TlsPolicy::Opportunistic,
        ..good.clone()
    };
    check(&clear, "outbound.tls must be \"required\"");
    let here = RawOutbound {
        smarthost: "127.0.0.1:25".into(),
        ..clear
    };
    assert!(Outbound::new(&here, read).is_ok());

    check(
        &RawOutbound {
            tls: TlsPolicy::Off,
            ..good.clone()
        },
        "outbound.ca is looked at only with",
    );
    check(
        &RawOutbound {
            ca: Some("password".into()),
            ..good.clone()
        },
        "outbound.ca password holds no certificate",
    );
    check(
        &RawOutbound {
            password_file: None,
            ..good.clone()
        },
        "outbound.password_file is missing",
    );
    check(
        &RawOutbound {
            password_file: Some("empty".into()),
            ..good.clone()
        },
        "outbound.password_file empty is empty",
    );
    check(
        &RawOutbound {
            password_file: Some("gone".into()),
            ..good.clone()
        },
        "outbound.password_file gone: not there",
    );
    check(
        &RawOutbound {
            login: String::new(),
            ..good.clone()
        },
        "outbound.login is missing",
    );
    check(
        &RawOutbound {
            connections: 0,
            ..good.clone()
        },
        "outbound.connections = 0 must be from 1 to",
    );
}

#[test]
fn spares_are_checked_too() {
    let good = with_login();
    let nobody = RawOutbound {
        recipients_per_day: 0,
        ..good.clone()
    };
    check(
        &nobody,
        "outbound.recipients_per_day = 0 would let nobody write",
    );
    let spare = vec![RawSmarthost::default()];
    check(
        &RawOutbound {
            spare: spare.clone(),
            ..good
        },
        "outbound.spare.smarthost is missing",
    );
    check(
        &RawOutbound {
            spare,
            ..RawOutbound::default()
        },
        "outbound.spare.smarthost is a spare for nothing",
    );
}
