//! A private Postfix that is somebody else's smarthost: it takes mail only encrypted, and only
//! from who signs in. It does not know nobody@outside.example, and later@outside.example is busy.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::harness::authority::Authority;
use crate::harness::free_port::free_address;
use crate::harness::process::{Peer, Stop, installed};
use crate::harness::scratch::Scratch;
use crate::harness::wait;

/// The name in its certificate, which every host has for itself.
pub const RELAY_HOST: &str = "localhost";

/// A smarthost.
pub struct Relay {
    process: Option<Peer>,
    address: SocketAddr,
    authority: Authority,
    scratch: Scratch,
}

impl Relay {
    /// Starts one that passes everything on to `outside`, and asks the Dovecot at `sasl` whether a
    /// password is right.
    pub fn start(outside: SocketAddr, sasl: SocketAddr) -> Self {
        installed("Postfix", "/usr/sbin/postfix");
        let scratch = Scratch::new("relay");
        let address = free_address();
        let authority = Authority::new(scratch.path(), RELAY_HOST);
        scratch.directory("config");
        scratch.directory("queue");
        let data = scratch.directory("data");
        let owned = std::process::Command::new("chown")
            .arg("postfix:")
            .arg(&data)
            .status();
        assert!(owned.is_ok_and(|status| status.success()), "chown postfix");
        let root = scratch.path().display();
        let main = format!(
            "compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = relay.example
mydestination =
local_recipient_maps =
alias_maps =
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
mynetworks = 192.0.2.0/32
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
default_transport = smtp:[{}]:{}
smtpd_tls_cert_file = {}
smtpd_tls_key_file = {}
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:{sasl}
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{nobody@outside.example = 550 5.1.1 no such user}}, {{later@outside.example = 450 4.2.0 busy}} }}, permit_sasl_authenticated, reject
smtpd_delay_reject = yes
",
            outside.ip(),
            outside.port(),
            authority.server.certificate.display(),
            authority.server.key.display(),
        );
        scratch.write("config/main.cf", main);
        scratch.write("config/master.cf", master(address));
        let mut relay = Self {
            process: None,
            address,
            authority,
            scratch,
        };
        relay.start_again();
        relay
    }

    /// Starts it after [`Relay::stop`].
    pub fn start_again(&mut self) {
        let config = self.scratch.path().join("config");
        let words = ["-c", config.to_str().unwrap(), "start-fg"];
        let mut process = Peer::start("relay", self.scratch.path(), "/usr/sbin/postfix", &words);
        process.wait_until("the smarthost answers", || wait::answers(self.address));
        self.process = Some(process);
    }

    /// Ends all its processes.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Stop::AtOnce);
        }
    }

    /// Host and port, as its certificate has them.
    pub fn place(&self) -> String {
        format!("{RELAY_HOST}:{}", self.address.port())
    }

    /// The authority that its certificate is of.
    pub fn authority(&self) -> &Path {
        &self.authority.certificate
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.scratch.path().join("mail.log")).unwrap_or_default()
    }
}

fn master(address: SocketAddr) -> String {
    format!(
        "{address} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
"
    )
}
