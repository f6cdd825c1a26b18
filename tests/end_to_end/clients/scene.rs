//! A server with a listener for each way to bring mail.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::harness::{Certificate, Scratch, ServerConfig, Shadowmail, free_address, run, wait};

/// The password of the user `gateway`.
pub const PASSWORD: &str = "42 Kopien, bitte";

/// The server, and where its listeners are.
pub struct Scene {
    pub shadowmail: Shadowmail,
    /// A journal for strangers with STARTTLS.
    pub starttls: SocketAddr,
    /// The same with TLS from the first byte.
    pub implicit: SocketAddr,
    /// A journal that speaks LMTP.
    pub lmtp: SocketAddr,
    /// A fallback behind a proxy with PROXY headers.
    pub proxied: SocketAddr,
    /// A fallback that takes XCLIENT.
    pub xclient: SocketAddr,
    /// The server's certificate.
    pub server: Certificate,
    /// That of a gateway, which the journals trust.
    pub gateway: Certificate,
    scratch: Scratch,
}

impl Scene {
    /// Starts it; the primary never answers.
    pub fn open() -> Self {
        let scratch = Scratch::new("clients");
        let pair = |name: &str, host: &str| {
            let directory = scratch.path().join(name);
            fs::create_dir(&directory).unwrap();
            Certificate::new(&directory, host)
        };
        let server = pair("server", "shadow.corp.example");
        let gateway = pair("gateway", "gateway.corp.example");
        let hashed = run(scratch.path(), &["user", "hash"], &format!("{PASSWORD}\n"));
        let trusted = format!(
            "allow = [\"192.0.2.0/24\"]\nclient_fingerprints = [\"{}\"]\n\
             [[listener.user]]\nlogin = \"gateway\"\npassword = \"{}\"\n",
            gateway.fingerprint(),
            hashed.stdout.trim()
        );
        let mut config = ServerConfig::for_primary(free_address());
        let mut listener = |name: &str, more: &str| {
            let address = free_address();
            let _ = write!(
                config.end,
                "\n[[listener]]\nname = \"{name}\"\naddress = \"{address}\"\n{more}"
            );
            address
        };
        let journal = "role = \"journal\"\n";
        let starttls = listener(
            "starttls",
            &format!("{journal}tls = \"required\"\n{trusted}"),
        );
        let implicit = listener(
            "implicit",
            &format!("{journal}tls = \"implicit\"\n{trusted}"),
        );
        let lmtp = listener("lmtp", &format!("{journal}protocol = \"lmtp\"\n"));
        let proxied = listener(
            "proxied",
            "role = \"fallback\"\nproxy = [\"127.0.0.0/8\"]\n",
        );
        let xclient = listener(
            "xclient",
            "role = \"fallback\"\nxclient = [\"127.0.0.0/8\"]\n",
        );
        let _ = write!(
            config.end,
            "\n[tls]\ncertificate = \"{}\"\nkey = \"{}\"\n",
            server.certificate.display(),
            server.key.display()
        );
        let mut shadowmail = Shadowmail::start(config);
        let all = [starttls, implicit, lmtp, proxied, xclient];
        let process = shadowmail.process();
        process.wait_until("all listeners answer", || {
            all.into_iter().all(wait::answers)
        });
        Self {
            shadowmail,
            starttls,
            implicit,
            lmtp,
            proxied,
            xclient,
            server,
            gateway,
            scratch,
        }
    }

    /// Waits until the log has a line with all these words.
    #[track_caller]
    pub fn wait_for_log(&mut self, words: &[&str]) {
        let process = self.shadowmail.process();
        wait::until(&format!("the log says {words:?}"), || {
            let said = process.said();
            said.lines()
                .any(|line| words.iter().all(|word| line.contains(word)))
        });
    }

    /// The mailbox holds exactly these mails.
    #[track_caller]
    pub fn assert_mailbox(&self, login: &str, want: &[&[u8]]) {
        let mut want: Vec<Vec<u8>> = want.iter().map(|mail| mail.to_vec()).collect();
        want.sort();
        wait::until_equal("all is filed", &want.len(), || self.exported(login).len());
        let mut found = self.exported(login);
        found.sort();
        assert!(found == want, "the mailbox of {login} has other bytes");
    }

    fn exported(&self, login: &str) -> Vec<Vec<u8>> {
        let out = self.shadowmail.directory().join("exported");
        if out.exists() {
            fs::remove_dir_all(&out).unwrap();
        }
        self.shadowmail.exported(login, &out)
    }

    /// Where a file for a client can be.
    pub fn file(&self, name: &str) -> PathBuf {
        self.scratch.path().join(name)
    }
}
