//! The sign-in page, asked as a browser does, with the deadline that it must keep.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use crate::harness::server::Shadowmail;

/// How long a sign-in may take, whatever the directory does.
pub const DEADLINE: Duration = Duration::from_secs(3);

/// Somebody before the pages where one types a password.
pub struct Door {
    web: SocketAddr,
    language: &'static str,
}

/// What a page answered.
#[derive(Clone, Debug)]
pub struct Told {
    /// Its status.
    pub status: u16,
    /// The cookie of a session, where one begins.
    pub cookie: Option<String>,
    /// Where it leads.
    location: Option<String>,
    /// All of it.
    pub text: String,
}

impl Door {
    /// For somebody who speaks `de` or `en`.
    pub fn of(shadowmail: &Shadowmail, language: &'static str) -> Self {
        let web = shadowmail.config().web;
        Self { web, language }
    }

    /// Signs in, from another address each time: what one address may try is tested elsewhere.
    /// Fails when that takes longer than it may.
    #[track_caller]
    pub fn sign_in(&self, login: &str, password: &str) -> Told {
        self.post_from_anywhere("/signin", login, password)
    }

    /// Tries it out on the page that is there for that.
    #[track_caller]
    pub fn try_out(&self, login: &str, password: &str) -> Told {
        self.post_from_anywhere("/ready", login, password)
    }

    /// Signs in to the console.
    #[track_caller]
    pub fn administrate(&self, login: &str, password: &str) -> Told {
        self.post_from_anywhere("/admin/signin", login, password)
    }

    /// Whether this cookie still opens the mailbox.
    #[track_caller]
    pub fn opens(&self, cookie: &str) -> bool {
        let told = self.ask("GET", "/mail/", &format!("Cookie: {cookie}\r\n"), "");
        told.location.is_some_and(|it| it.starts_with("/mail/"))
    }

    /// Where a page of the mailbox leads in the end, and what is written there.
    #[track_caller]
    pub fn page(&self, cookie: &str, path: &str) -> (String, String) {
        let mut path = path.to_owned();
        loop {
            let told = self.ask("GET", &path, &format!("Cookie: {cookie}\r\n"), "");
            match told.location {
                Some(next) => path = next,
                None => return (path, told.text),
            }
        }
    }

    /// Signs in from this address.
    #[track_caller]
    pub fn sign_in_from(&self, from: &str, login: &str, password: &str) -> Told {
        self.post("/signin", from, (login, password))
    }

    #[track_caller]
    fn post_from_anywhere(&self, path: &str, login: &str, password: &str) -> Told {
        static NUMBER: AtomicU8 = AtomicU8::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        self.post(path, &format!("192.0.2.{number}"), (login, password))
    }

    #[track_caller]
    fn post(&self, path: &str, from: &str, (login, password): (&str, &str)) -> Told {
        let more = format!(
            "X-Forwarded-For: {from}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        );
        let form = format!("login={}&password={}", escaped(login), escaped(password));
        self.ask("POST", path, &more, &form)
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, more: &str, form: &str) -> Told {
        let began = Instant::now();
        let mut stream = TcpStream::connect(self.web).unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nAccept-Language: {}\r\nConnection: close\r\n\
             {more}Content-Length: {}\r\n\r\n{form}",
            self.web,
            self.language,
            form.len()
        );
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut chunk = [0; 8192];
        loop {
            let left = DEADLINE.saturating_sub(began.elapsed());
            assert!(!left.is_zero(), "{path} takes longer than {DEADLINE:?}");
            stream.set_read_timeout(Some(left)).unwrap();
            match stream.read(&mut chunk) {
                Ok(0) => break,
                Ok(count) => answer.extend_from_slice(&chunk[..count]),
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(error) => panic!("{path}: {error}"),
            }
        }
        Told::read(&String::from_utf8_lossy(&answer))
    }
}

impl Told {
    fn read(answer: &str) -> Self {
        let (head, text) = answer.split_once("\r\n\r\n").expect("a whole answer");
        let status = head.split(' ').nth(1).expect("a status").parse().unwrap();
        let header = |wanted: &str| {
            let mut headers = head.lines().filter_map(|line| line.split_once(": "));
            let found = headers.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.split(';').next().unwrap_or_default().to_owned())
        };
        Self {
            status,
            cookie: header("set-cookie").filter(|it| !it.ends_with('=')),
            location: header("location"),
            text: text.to_owned(),
        }
    }

    /// The cookie of the session that began.
    #[track_caller]
    pub fn session(self) -> String {
        let text = self.text;
        self.cookie
            .unwrap_or_else(|| panic!("{}: {text}", self.status))
    }

    /// No session, and a page with these words.
    #[track_caller]
    pub fn refused_with(&self, words: &str) {
        assert_eq!(
            (self.status, self.cookie.as_ref()),
            (401, None),
            "{}",
            self.text
        );
        assert!(
            self.text.contains(words),
            "the page lacks `{words}`: {}",
            self.text
        );
    }
}

fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
