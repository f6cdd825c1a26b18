//! A private Postfix: the organisation's gateway and primary.

use std::fmt::Write as _;
use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use crate::harness::free_port::free_address;
use crate::harness::organisation::{DOMAIN, GROUPS, MAILBOXES, SHADOW_DOMAIN, mailbox};
use crate::harness::process::{Peer, Stop, installed};
use crate::harness::recipe;
use crate::harness::scratch::{self, Scratch};
use crate::harness::wait;

/// The page that says how it copies.
pub const RECIPE: &str = "postfix.md";

/// Whether the gateway copies each recipient to Shadowmail.
#[derive(Clone, Copy, Debug)]
pub enum Copying {
    /// To this journal listener, which must offer STARTTLS.
    To(SocketAddr),
    /// It does not.
    Nothing,
}

/// A Postfix with a configuration, a queue and a port of its own.
pub struct Postfix {
    process: Option<Peer>,
    address: SocketAddr,
    scratch: Scratch,
}

impl Postfix {
    /// Starts one that delivers to Dovecot by LMTP.
    pub fn start(lmtp: SocketAddr, copying: Copying) -> Self {
        Self::start_with(lmtp, copying, &[])
    }

    /// The same with more mailboxes.
    pub fn start_with(lmtp: SocketAddr, copying: Copying, more: &[String]) -> Self {
        installed("Postfix", "/usr/sbin/postfix");
        if matches!(copying, Copying::To(_)) {
            installed("postfix-pcre", "/usr/lib/postfix/postfix-pcre.so");
        }
        assert!(
            rustix::process::getuid().is_root(),
            "Postfix starts only as root: run the scenarios as root, in a container for example"
        );
        let scratch = Scratch::new("postfix");
        let address = free_address();
        write_config(&scratch, address, lmtp, copying);
        let mailboxes = MAILBOXES.iter().map(|it| it.address().to_owned());
        let mailboxes = mailboxes.chain(more.iter().cloned());
        let mailboxes: Vec<String> = mailboxes.map(|it| format!("{it} -")).collect();
        scratch.write("config/mailboxes", mailboxes.join("\n") + "\n");
        let mut postfix = Self {
            process: None,
            address,
            scratch,
        };
        postfix.start_again();
        postfix
    }

    /// Starts it after [`Postfix::stop`], with the queue it had.
    pub fn start_again(&mut self) {
        let config = self.scratch.path().join("config");
        let words = ["-c", config.to_str().unwrap(), "start-fg"];
        let mut process = Peer::start("postfix", self.scratch.path(), "/usr/sbin/postfix", &words);
        process.wait_until("Postfix answers", || wait::answers(self.address));
        self.process = Some(process);
    }

    /// Lets it hang until [`Postfix::thaw`]: it takes connections and says nothing.
    pub fn freeze(&self) {
        self.process.as_ref().expect("Postfix runs").freeze();
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.as_ref().expect("Postfix runs").thaw();
    }

    /// Ends all its processes; the queue stays.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Stop::AtOnce);
        }
        wait::until("nobody answers in Postfix's place", || {
            !wait::answers(self.address)
        });
    }

    /// Waits until its queue is empty: everything it was given is delivered, copies too.
    pub fn wait_until_idle(&self) {
        wait::until("Postfix has delivered everything", || self.is_idle());
    }

    /// Whether its queue is empty.
    pub fn is_idle(&self) -> bool {
        let queue = self.scratch.path().join("queue");
        ["maildrop", "incoming", "active", "deferred"]
            .into_iter()
            .all(|name| !scratch::has_files(&queue.join(name)))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.scratch.path().join("mail.log")).unwrap_or_default()
    }
}

fn write_config(scratch: &Scratch, address: SocketAddr, lmtp: SocketAddr, copying: Copying) {
    scratch.directory("config");
    scratch.directory("queue");
    let data = scratch.directory("data");
    let owned = std::process::Command::new("chown")
        .arg("postfix:")
        .arg(&data)
        .status();
    assert!(
        owned.is_ok_and(|status| status.success()),
        "chown postfix: {}",
        data.display()
    );

    scratch.write("config/main.cf", main_cf(scratch.path(), lmtp, copying));
    scratch.write("config/master.cf", master_cf(address));
    scratch.write("config/aliases", aliases());
    if let Copying::To(journal) = copying {
        let host = format!("[{SHADOW_DOMAIN}]:2525");
        let here = format!("[{}]:{}", journal.ip(), journal.port());
        let transport = recipe::block_with(RECIPE, "shadow_transport", &[(&host, &here)]);
        scratch.write("config/shadow_transport", transport);
        for file in ["shadow_bcc.pcre", "shadow_refuse.pcre", "shadow_senders"] {
            scratch.write(&format!("config/{file}"), recipe::block(RECIPE, file));
        }
    }
}

fn main_cf(root: &Path, lmtp: SocketAddr, copying: Copying) -> String {
    let config = format!("{}/config/", root.display());
    let root = root.display();
    let mut text = format!(
        "compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/mail.log
maillog_file_prefixes = {root}
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = gateway.{DOMAIN}
mydestination =
local_recipient_maps =
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
mynetworks = 127.0.0.1
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
smtp_host_lookup = native
default_transport = discard:outside
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_maps = texthash:{root}/config/mailboxes
virtual_alias_maps = texthash:{root}/config/aliases
virtual_transport = lmtp:inet:[{}]:{}
default_process_limit = 250
queue_run_delay = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
",
        lmtp.ip(),
        lmtp.port()
    );
    if let Copying::To(_) = copying {
        text += &recipe::block_with(RECIPE, "main.cf", &[("/etc/postfix/", &config)]);
    }
    text
}

fn master_cf(address: SocketAddr) -> String {
    let mut text = format!(
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
discard unix - - n - - discard
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
tlsmgr unix - - n 1000? 1 tlsmgr
"
    );
    text += &recipe::block(RECIPE, "master.cf");
    text
}

/// Second addresses and groups: what Postfix makes of them.
fn aliases() -> String {
    let mut text = String::new();
    for mailbox in MAILBOXES {
        for alias in &mailbox.addresses[1..] {
            let _ = writeln!(text, "{alias} {}", mailbox.address());
        }
    }
    for group in GROUPS {
        let members: Vec<&str> = group
            .members
            .iter()
            .map(|login| mailbox(login).address())
            .collect();
        let _ = writeln!(text, "{} {}", group.address, members.join(", "));
    }
    text
}
