//! A private Knot DNS: all that is known of the world.

use std::net::{SocketAddr, TcpStream, UdpSocket};

use crate::harness::free_port::free_address;
use crate::harness::process::{Peer, installed};
use crate::harness::scratch::Scratch;

/// A DNS server with one zone, the root.
pub struct Knot {
    address: SocketAddr,
    _process: Peer,
    _scratch: Scratch,
}

impl Knot {
    /// Starts one that knows these records, `name TYPE data` in each line.
    pub fn start(records: &str) -> Self {
        installed("Knot DNS", "/usr/sbin/knotd");
        let scratch = Scratch::new("knot");
        let address = free_for_both();
        let root = scratch.path().display();
        scratch.write(
            "root.zone",
            format!(
                "$ORIGIN .\n$TTL 60\n. SOA ns.test. admin.test. 1 60 60 60 60\n. NS ns.test.\n\
                 ns.test. A 127.0.0.1\n{records}\n"
            ),
        );
        let (ip, port) = (address.ip(), address.port());
        let config = format!(
            "server:\n    rundir: \"{root}\"\n    listen: {ip}@{port}\n\
             database:\n    storage: \"{root}/db\"\n\
             log:\n  - target: stdout\n    any: info\n\
             zone:\n  - domain: .\n    storage: \"{root}\"\n    file: \"root.zone\"\n"
        );
        let config = scratch.write("knot.conf", config);
        let words = ["-c", config.to_str().unwrap()];
        let mut process = Peer::start("knot", scratch.path(), "/usr/sbin/knotd", &words);
        process.wait_until("Knot DNS answers", || TcpStream::connect(address).is_ok());
        Self {
            address,
            _process: process,
            _scratch: scratch,
        }
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

/// A port that is free for TCP and for UDP.
fn free_for_both() -> SocketAddr {
    (0..100)
        .map(|_| free_address())
        .find(|address| UdpSocket::bind(address).is_ok())
        .expect("a port that is free for both")
}
