//! Mail and peers that mean harm, or are only odd: everything is kept or refused, nothing falls
//! over, and everybody else is served meanwhile.

use std::fmt::Write as _;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::checks;
use crate::harness::{
    Clamd, JournalTls, Knot, Message, Rspamd, ServerConfig, Shadowmail, SmtpClient, Turn,
    free_address, mailbox, smtp_source, swaks_with, wait,
};

const MIB: usize = 1 << 20;

const HEAD: &str = "From: a@outside.example\r\nTo: anna@corp.example\r\nSubject: odd\r\n";

/// How long an ordinary mail may take while others misbehave.
const SERVED_WITHIN: Duration = Duration::from_secs(10);

fn server() -> Shadowmail {
    Shadowmail::start(ServerConfig::for_primary(free_address()))
}

/// The most memory that the server had so far.
fn peak_mib(server: &mut Shadowmail) -> usize {
    let path = format!("/proc/{}/status", server.process().id());
    let status = std::fs::read_to_string(&path).unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmHWM:"));
    let kib = line.unwrap().trim().trim_end_matches(" kB");
    kib.parse::<usize>().unwrap() / 1024
}

/// Brings a mail to the journal.
fn copy(server: &Shadowmail, to: &[&str], mail: &[u8]) {
    let mut gateway = SmtpClient::connect(server.config().journal).unwrap();
    let heard = gateway.send("a@outside.example", to, mail).unwrap();
    assert_eq!(heard.code, 250, "{}", heard.text);
}

/// An ordinary mail is taken in time.
fn is_served(listener: SocketAddr) {
    let begun = Instant::now();
    let mut peer = SmtpClient::connect(listener).unwrap();
    let anna = mailbox("anna").address();
    let heard = peer.send("a@outside.example", &[anna], &Message::numbered(1).bytes);
    assert_eq!(heard.unwrap().code, 250);
    assert!(begun.elapsed() < SERVED_WITHIN, "{:?}", begun.elapsed());
}

fn wait_until_filed(server: &Shadowmail) {
    wait::within(Duration::from_mins(3), "everything is filed", || {
        server.json("status")["owed"]["open"] == 0
    });
}

/// Mails whose parts break parsers, by what is odd about them.
fn odd_parts() -> Vec<(&'static str, Vec<u8>)> {
    let head = HEAD;
    let mut nested = head.to_owned();
    for level in 0..10_000 {
        let _ = write!(
            nested,
            "Content-Type: multipart/mixed; boundary=b{level}\r\n\r\n--b{level}\r\n"
        );
    }
    let mut forwarded = head.to_owned();
    for _ in 0..10_000 {
        forwarded.push_str("Content-Type: message/rfc822\r\n\r\n");
    }
    let parts = "\r\n--b\r\nContent-Type: text/plain\r\n\r\nx".repeat(50_000);
    let reports = "X-MS-Journal-Report:\r\n".repeat(50_000);
    let mut report = "X-MS-Journal-Report:\r\n".to_owned();
    report.push_str("Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n");
    report.push_str("Sender: a@b.example\r\n");
    report.push_str(&"Recipient: nobody@corp.example\r\n".repeat(60_000));
    report.push_str("\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n");
    report.push_str(head);
    report.push_str("\r\nx\r\n--b--\r\n");
    vec![
        ("nested parts", nested.into_bytes()),
        ("nested messages", forwarded.into_bytes()),
        (
            "many parts",
            format!("{head}Content-Type: multipart/mixed; boundary=b\r\n{parts}\r\n").into_bytes(),
        ),
        (
            "many reports",
            format!("{reports}{head}\r\nx\r\n").into_bytes(),
        ),
        ("a report for a city", report.into_bytes()),
    ]
}

/// The same, of headers and octets.
fn odd_bytes() -> Vec<(&'static str, Vec<u8>)> {
    let head = HEAD;
    vec![
        (
            "many headers",
            format!("{}\r\nx\r\n", "X-Bomb: 1\r\n".repeat(400_000)).into_bytes(),
        ),
        (
            "a long header",
            format!("{head}X: {}\r\n\r\nx\r\n", "y".repeat(5 * MIB)).into_bytes(),
        ),
        (
            "a folded header",
            format!(
                "{head}References:{}\r\n\r\nx\r\n",
                "\r\n <a@b>".repeat(300_000)
            )
            .into_bytes(),
        ),
        (
            "encoded words",
            format!(
                "Subject:{}\r\n\r\nx\r\n",
                " =?utf-8?q?=C3=BC?=".repeat(100_000)
            )
            .into_bytes(),
        ),
        (
            "many addresses",
            format!("To:{}\r\n\r\nx\r\n", " a@b.example,\r\n".repeat(200_000)).into_bytes(),
        ),
        (
            "comments",
            format!("From: {}a@b.example\r\n\r\nx\r\n", "(".repeat(MIB)).into_bytes(),
        ),
        (
            "NULs",
            [head.as_bytes(), b"\r\n\0\0\0", &vec![0; 100_000], b"\r\n"].concat(),
        ),
        (
            "all octets",
            [head.as_bytes(), b"\r\n", &vec![0xff; 100_000], b"\r\n"].concat(),
        ),
        (
            "one line",
            [head.as_bytes(), b"\r\n", &vec![b'x'; 20 * MIB], b"\r\n"].concat(),
        ),
        ("no header", b"\r\n\r\n\r\n".to_vec()),
        ("nothing", Vec::new()),
        (
            "bare line ends",
            [head.as_bytes(), b"\nx\ry\n.\nz\r\n"].concat(),
        ),
    ]
}

#[test]
fn odd_mail_is_kept_and_filed() {
    let _turn = Turn::take();
    let mut server = server();
    let anna = mailbox("anna").address();
    for (name, mail) in odd_parts().into_iter().chain(odd_bytes()) {
        println!("{name}: {} bytes", mail.len());
        copy(&server, &[anna], &mail);
    }
    is_served(server.config().journal);
    wait_until_filed(&server);
    assert!(server.process().is_running());
    let said = server.process().said();
    assert!(!said.contains("panicked"), "{said}");
    println!("peak {} MiB", peak_mib(&mut server));
}

/// The same from strangers, through every check there is: each is answered, and none is lost for
/// what it does to a check.
#[test]
fn odd_mail_passes_all_checks() {
    let _turn = Turn::take();
    let knot = Knot::start("outside.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"\n");
    let (rspamd, clamd) = (Rspamd::start(), Clamd::start());
    let mut scene = checks::Scene::set(&format!(
        "resolver = \"{}\"\nrspamd = \"{}\"\nclamd = \"{}\"\nscan_seconds = 10\nrefuse = [\"virus\"]\n",
        knot.address(),
        rspamd.address(),
        clamd.address()
    ));
    for (name, mail) in odd_parts().into_iter().chain(odd_bytes()) {
        let begun = Instant::now();
        let before = scene.checked();
        let heard = scene.bring("a@outside.example", &mail);
        println!("{name}: {} after {:?}", heard.code, begun.elapsed());
        // Bare line ends are refused before that (RFC 5321 section 2.3.8).
        let (code, checked) = match name {
            "bare line ends" => (550, 0),
            _ => (250, 1),
        };
        assert_eq!(heard.code, code, "{name}: {}", heard.text);
        assert_eq!(scene.checked(), before + checked, "{name}");
    }
    let forged = checks::mail("a@outside.example", "Good morning");
    assert_eq!(scene.bring("a@outside.example", &forged).code, 250);
    assert_eq!(
        scene.found(&["spf", "virus"]),
        "spf=pass virus=clean",
        "the checks go on"
    );
    scene.is_sound();
}

/// 200 MiB in chunks need no more memory than by DATA.
#[test]
fn a_mail_of_200_mib_in_chunks() {
    let _turn = Turn::take();
    let mut server = server();
    let before = peak_mib(&mut server);
    let mut gateway = SmtpClient::connect(server.config().journal).unwrap();
    let anna = mailbox("anna").address();
    for command in [
        "MAIL FROM:<a@outside.example>",
        &format!("RCPT TO:<{anna}>"),
    ] {
        assert_eq!(gateway.say(command).unwrap().code, 250);
    }
    let piece = Message::with_body(2, MIB).bytes;
    for number in 1..=200 {
        let last = if number == 200 { " LAST" } else { "" };
        let head = format!("BDAT {}{last}\r\n", piece.len());
        gateway.write(&[head.as_bytes(), &piece].concat()).unwrap();
        assert_eq!(gateway.read().unwrap().code, 250);
    }
    let kept = peak_mib(&mut server);
    wait_until_filed(&server);
    let filed = peak_mib(&mut server);
    println!(
        "peak: {before} MiB before, {kept} MiB when it was kept, {filed} MiB when it was filed"
    );
    assert!(filed < before + 300, "{filed} MiB");
    is_served(server.config().journal);
}

#[test]
fn a_thousand_recipients_and_a_mail_of_200_mib() {
    let _turn = Turn::take();
    let mut server = server();
    let thousand: Vec<String> = (0..1000).map(|n| format!("u{n}@corp.example")).collect();
    let thousand: Vec<&str> = thousand.iter().map(String::as_str).collect();
    copy(&server, &thousand, &Message::numbered(1).bytes);

    let before = peak_mib(&mut server);
    let large = Message::with_body(2, MIB).bytes.repeat(200);
    copy(&server, &[mailbox("anna").address()], &large);
    let kept = peak_mib(&mut server);
    wait_until_filed(&server);
    let filed = peak_mib(&mut server);
    println!(
        "peak: {before} MiB before, {kept} MiB when it was kept, {filed} MiB when it was filed"
    );
    // Taking it in needs next to nothing; filing, which begins at once, has it in memory one time.
    assert!(filed < before + 300, "{filed} MiB");
    is_served(server.config().journal);
}

/// Peers that connect and then say nothing, or half of something, hold up nobody.
#[test]
fn half_open_connections_hold_up_nobody() {
    let _turn = Turn::take();
    let server = server();
    let mut held = Vec::new();
    for (number, listener) in [server.config().journal, server.config().fallback]
        .into_iter()
        .cycle()
        .take(600)
        .enumerate()
    {
        let mut stream = TcpStream::connect(listener).unwrap();
        let words: &[u8] = match number % 6 {
            0 | 1 => b"",
            2 | 3 => b"EHLO half.exa",
            _ => b"\x16\x03\x01\x02\x00\x01\x00",
        };
        stream.write_all(words).unwrap();
        held.push(stream);
    }
    is_served(server.config().journal);
    is_served(server.config().fallback);
}

/// Nor do those that begin with TLS and never finish.
#[test]
fn half_open_tls_holds_up_nobody() {
    let _turn = Turn::take();
    let implicit = free_address();
    let mut config = ServerConfig {
        journal_tls: JournalTls::Required,
        ..ServerConfig::for_primary(free_address())
    };
    let _ = write!(
        config.end,
        "\n[[listener]]\nname = \"implicit\"\nrole = \"journal\"\naddress = \"{implicit}\"\n\
         allow = [\"127.0.0.0/8\"]\ntls = \"implicit\"\n"
    );
    let mut server = Shadowmail::start(config);
    let process = server.process();
    process.wait_until("the listener answers", || wait::answers(implicit));
    // A record that says 512 octets, of which one comes; one that is not TLS at all; nothing.
    let words: [&[u8]; 4] = [
        b"\x16\x03\x01\x02\x00\x01",
        b"\x16",
        b"EHLO half.example\r\n",
        b"",
    ];
    let mut held = Vec::new();
    for number in 0..400 {
        let mut stream = TcpStream::connect(implicit).unwrap();
        stream.write_all(words[number % words.len()]).unwrap();
        held.push(stream);
    }
    let begun = Instant::now();
    let anna = mailbox("anna").address();
    let words = ["--from", "a@outside.example", "--to", anna, "-tlsc"];
    let (taken, heard) = swaks_with(implicit, &Message::numbered(1), &words);
    assert!(taken, "{heard}");
    assert!(begun.elapsed() < SERVED_WITHIN, "{:?}", begun.elapsed());
    is_served(server.config().fallback);
}

/// So many commands that bring no mail a session may have.
fn limits_of_idleness() -> u32 {
    shadow_smtpd::limits::IDLE_COMMANDS_MAX - 10
}

#[test]
fn a_thousand_idle_sessions_and_full_load() {
    let _turn = Turn::take();
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    setrlimit(Resource::Nofile, raised).unwrap();
    let mut server = server();
    let journal = server.config().journal;
    let mut idle: Vec<_> = (0..1000)
        .map(|_| SmtpClient::connect(journal).unwrap())
        .collect();
    let anna = mailbox("anna").address();
    // Three sessions each.
    let load: Vec<_> = (0..7)
        .map(|_| std::thread::spawn(move || smtp_source(journal, "a@outside.example", anna, 300)))
        .collect();
    let mut slowest = Duration::ZERO;
    // Each is asked again and again while the others work.
    for _ in 0..limits_of_idleness() {
        let done = load.iter().all(std::thread::JoinHandle::is_finished);
        for session in &mut idle {
            let asked = Instant::now();
            assert_eq!(session.say("NOOP").unwrap().code, 250);
            slowest = slowest.max(asked.elapsed());
        }
        is_served(journal);
        if done {
            break;
        }
    }
    for load in load {
        load.join().unwrap();
    }
    let peak = peak_mib(&mut server);
    println!("slowest answer {slowest:?}, peak {peak} MiB");
    assert!(slowest < SERVED_WITHIN, "{slowest:?}");
    assert!(peak < 400, "{peak} MiB");
}
