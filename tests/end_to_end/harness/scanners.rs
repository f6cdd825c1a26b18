//! A private rspamd and a private clamd.

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Command;

use crate::harness::free_port::free_address;
use crate::harness::process::{Peer, Stop, installed};
use crate::harness::scratch::Scratch;

/// What every virus scanner takes for a virus (eicar.org), in two halves, so that no scanner takes
/// this file for one.
pub const EICAR: (&str, &str) = (
    r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-",
    "ANTIVIRUS-TEST-FILE!$H+H*",
);

/// What every spam filter takes for spam.
pub const GTUBE: &str = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X";

/// A spam filter.
pub struct Rspamd {
    address: SocketAddr,
    process: Peer,
    _scratch: Scratch,
}

impl Rspamd {
    /// Starts one with its own rules and nothing learned.
    pub fn start() -> Self {
        installed("rspamd", "/usr/bin/rspamd");
        let scratch = Scratch::new("rspamd");
        let (address, controller) = (free_address(), free_address());
        let root = scratch.path().display();
        let domains = ["BEGIN", "END"].map(|it| format!("// ==={it} ICANN DOMAINS===\n"));
        scratch.write("tld.dat", domains.join("com\nexample\n"));
        let config = format!(
            r#"options {{
  pidfile = "{root}/rspamd.pid"; tempdir = "{root}"; rrd = ""; hs_cache_dir = "{root}";
  dns {{ nameserver = ["127.0.0.1:1"]; timeout = 1s; retransmits = 1; }}
  url_tld = "{root}/tld.dat"; filters = ""; local_addrs = []; disable_hyperscan = true;
}}
logging {{ type = "console"; level = "info"; }}
worker "normal" {{ bind_socket = "{address}"; count = 1; }}
worker "controller" {{ bind_socket = "{controller}"; count = 1; }}
actions {{ reject = 15; add_header = 6; greylist = 4; }}
metric {{ name = "default"; actions {{ reject = 15; add_header = 6; greylist = 4; }} }}
lua = "/usr/share/rspamd/rules/rspamd.lua";
"#
        );
        let config = scratch.write("rspamd.conf", config);
        let words = ["-i", "-f", "-c", config.to_str().unwrap()];
        let mut process = Peer::start("rspamd", scratch.path(), "/usr/bin/rspamd", &words);
        process.wait_until("rspamd answers", || TcpStream::connect(address).is_ok());
        Self {
            address,
            process,
            _scratch: scratch,
        }
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// It is down from here on.
    pub fn stop(&mut self) {
        self.process.stop(Stop::AtOnce);
    }
}

/// A virus scanner that knows one virus.
pub struct Clamd {
    socket: PathBuf,
    address: SocketAddr,
    process: Peer,
    _scratch: Scratch,
}

impl Clamd {
    /// Starts one.
    pub fn start() -> Self {
        installed("clamd", "/usr/sbin/clamd");
        let scratch = Scratch::new("clamd");
        let database = scratch.directory("db");
        let virus = scratch.write("virus", [EICAR.0, EICAR.1].concat());
        let output = Command::new("md5sum").arg(&virus).output().unwrap();
        let hash = String::from_utf8(output.stdout).unwrap();
        let mut signature = hash.split(' ').next().unwrap().to_owned();
        let _ = writeln!(signature, ":{}:Eicar-Test", EICAR.0.len() + EICAR.1.len());
        std::fs::write(database.join("local.hdb"), signature).unwrap();
        let socket = scratch.path().join("clamd.sock");
        let address = free_address();
        let config = format!(
            "DatabaseDirectory {}\nLocalSocket {}\nTCPAddr {}\nTCPSocket {}\nForeground yes\nUser root\n",
            database.display(),
            socket.display(),
            address.ip(),
            address.port()
        );
        let config = scratch.write("clamd.conf", config);
        let words = ["-c", config.to_str().unwrap()];
        let mut process = Peer::start("clamd", scratch.path(), "/usr/sbin/clamd", &words);
        process.wait_until("clamd answers", || {
            std::os::unix::net::UnixStream::connect(&socket).is_ok()
                && TcpStream::connect(address).is_ok()
        });
        Self {
            socket,
            address,
            process,
            _scratch: scratch,
        }
    }

    /// Where it answers by TCP, too.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it answers.
    pub fn socket(&self) -> &std::path::Path {
        &self.socket
    }

    /// It is down from here on.
    pub fn stop(&mut self) {
        self.process.stop(Stop::AtOnce);
    }
}
