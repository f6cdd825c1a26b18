use super::*;

#[track_caller]
fn refused(line: &str, want: Reply) {
    assert_eq!(parse(line, "s.example"), Err(Refused::Say(want)), "{line}");
}

#[track_caller]
fn check(line: &str, want: Command) {
    assert_eq!(parse(line, "s.example"), Ok(want), "{line}");
}

fn mail(from: &str, size_bytes: Option<u64>, smtputf8: Option<()>) -> Command {
    let reverse_path = path::reverse(from).unwrap();
    Command::Mail(Mail {
        reverse_path,
        size_bytes,
        smtputf8: smtputf8.is_some(),
        ret: None,
        envid: None,
        unread: Vec::new(),
    })
}

fn rcpt(address: &str) -> Recipient {
    Recipient {
        address: address.parse().unwrap(),
        notify: None,
        orcpt: None,
        unread: Vec::new(),
    }
}

#[test]
fn verbs() {
    check(
        "EHLO client.example",
        Command::Hello(Hello::Extended, "client.example".into()),
    );
    check(
        "ehlo  [192.0.2.1] ",
        Command::Hello(Hello::Extended, "[192.0.2.1]".into()),
    );
    check("LHLO x", Command::Hello(Hello::Local, "x".into()));
    check("HELO x", Command::Hello(Hello::Plain, "x".into()));
    check("NOOP whatever", Command::Noop);
    check("VRFY amy", Command::Vrfy);
    check("help MAIL", Command::Help);
    check("data", Command::Data);
    check("RSET ", Command::Rset);
    check("quit", Command::Quit);
    check("STARTTLS", Command::StartTls);
    for line in [
        "EHLO",
        "HELO ",
        "DATA now",
        "RSET x",
        "QUIT x",
        "STARTTLS tls",
    ] {
        refused(line, reply::WRONG_ARGUMENT);
    }
    refused(&format!("EHLO {}", "x".repeat(256)), reply::WRONG_ARGUMENT);
    for line in ["", " EHLO x", "EHLOX x", "MAILFROM:<a@b>", "größe"] {
        refused(line, reply::UNKNOWN_COMMAND);
    }
    for line in ["EXPN staff", "ETRN x"] {
        refused(line, reply::NOT_OFFERED);
    }
    for line in ["POST / HTTP/1.1", "get / HTTP/1.0"] {
        assert!(
            matches!(parse(line, "s"), Err(Refused::HangUp(_))),
            "{line}"
        );
    }
}

#[test]
fn senders() {
    check("MAIL FROM:<a@b.example>", mail("a@b.example", None, None));
    check("mail from: <a@b.example>", mail("a@b.example", None, None));
    check("MAIL FROM:<>", mail("", None, None));
    check(
        "MAIL FROM:<a@b.example> SIZE=1000",
        mail("a@b.example", Some(1000), None),
    );
    check(
        "MAIL FROM:<a@b.example> size=99999999999999999999",
        mail("a@b.example", Some(u64::MAX), None),
    );
    check(
        "MAIL FROM:<a@b.example> BODY=8BITMIME AUTH=<>",
        mail("a@b.example", None, None),
    );
    let Command::Mail(plain) = mail("a@b.example", None, None) else {
        panic!("it is one");
    };
    check(
        "MAIL FROM:<a@b.example> RET=hdrs ENVID=QQ+2B31",
        Command::Mail(Mail {
            ret: Some(Ret::Hdrs),
            envid: Some("QQ+31".into()),
            ..plain
        }),
    );
    check(
        "MAIL FROM:<jürgen@b.example> SMTPUTF8",
        mail("jürgen@b.example", None, Some(())),
    );
    refused("MAIL FROM:<jürgen@b.example>", reply::NEEDS_SMTPUTF8);
}

#[test]
fn no_senders() {
    for line in [
        "MAIL",
        "MAIL TO:<a@b>",
        "MAIL FROM <a@b>",
        "MAIL FRÖM:<a@b>",
    ] {
        refused(line, reply::WRONG_ARGUMENT);
    }
    for line in [
        "MAIL FROM:",
        "MAIL FROM:a@b.example",
        "MAIL FROM:<a>",
        "MAIL FROM:<a b@c>",
    ] {
        refused(line, reply::WRONG_SENDER);
    }
    for parameter in [
        "SIZE",
        "SIZE=",
        "SIZE=-1",
        "SIZE=123456789012345678901",
        "BODY=BINARYMIME",
        "SMTPUTF8=1",
        "SIZE=1 size=2",
        "AUTH",
        "AUTH=+",
    ] {
        refused(
            &format!("MAIL FROM:<a@b.example> {parameter}"),
            reply::WRONG_ARGUMENT,
        );
    }
    for parameter in ["X", "NOTIFY=NEVER", "=", "HOLDFOR=1"] {
        refused(
            &format!("MAIL FROM:<a@b.example> {parameter}"),
            reply::UNKNOWN_PARAMETER,
        );
    }
}

#[test]
fn recipients() {
    let to = |address: &str| Command::Rcpt(rcpt(address));
    check("RCPT TO:<a@b.example>", to("a@b.example"));
    check("rcpt to: <a@B.Example>", to("a@b.example"));
    check("RCPT TO:<postmaster>", to("postmaster@s.example"));
    check(
        "RCPT TO:<a@b.example> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a@b.example",
        Command::Rcpt(Recipient {
            notify: Some(vec![NotifyWhen::Success, NotifyWhen::Failure]),
            orcpt: Some("rfc822;a@b.example".into()),
            ..rcpt("a@b.example")
        }),
    );
    check(
        "RCPT TO:<a@b.example> NOTIFY=NEVER",
        Command::Rcpt(Recipient {
            notify: Some(Vec::new()),
            ..rcpt("a@b.example")
        }),
    );
    for (parameters, unread) in [
        ("NOTIFY=X", vec!["NOTIFY"]),
        ("ORCPT=a NOTIFY", vec!["ORCPT", "NOTIFY"]),
        ("NOTIFY=NEVER,DELAY", vec!["NOTIFY"]),
    ] {
        check(
            &format!("RCPT TO:<a@b.example> {parameters}"),
            Command::Rcpt(Recipient {
                unread,
                ..rcpt("a@b.example")
            }),
        );
    }
    for line in [
        "RCPT TO:<>",
        "RCPT TO:<a>",
        "RCPT TO:a@b.example",
        "RCPT TO:<a@b.example>X",
    ] {
        refused(line, reply::WRONG_RECIPIENT);
    }
    for line in ["RCPT", "RCPT FROM:<a@b.example>"] {
        refused(line, reply::WRONG_ARGUMENT);
    }
    refused("RCPT TO:<a@b.example> SIZE=1", reply::UNKNOWN_PARAMETER);
}

#[test]
fn chunks() {
    let bdat = |octets, last| Command::Bdat(Chunk { octets, last });
    check("BDAT 100", bdat(100, false));
    check("bdat 0 last", bdat(0, true));
    check("BDAT  7  LAST ", bdat(7, true));
    check("BDAT 99999999999999999999", bdat(u64::MAX, false));
    for line in [
        "BDAT",
        "BDAT LAST",
        "BDAT -1",
        "BDAT +1",
        "BDAT 0x10",
        "BDAT 1 FIRST",
        "BDAT 1 LAST LAST",
        "BDAT 123456789012345678901",
    ] {
        let hung_up = Err(Refused::HangUp(reply::WRONG_ARGUMENT));
        assert_eq!(parse(line, "s.example"), hung_up, "{line}");
    }
}

#[test]
fn sign_ins() {
    let auth = |mechanism: &str, initial: Option<&str>| {
        Command::Auth(mechanism.into(), initial.map(str::to_owned))
    };
    check("AUTH PLAIN", auth("PLAIN", None));
    check("auth plain AGEAYg==", auth("PLAIN", Some("AGEAYg==")));
    check("AUTH LOGIN =", auth("LOGIN", Some("=")));
    check("AUTH CRAM-MD5", auth("CRAM-MD5", None));
    for line in ["AUTH", "AUTH ", "AUTH PLAIN a b"] {
        refused(line, reply::WRONG_ARGUMENT);
    }
}
