//! A private Exim: a gateway. It can not be installed beside Postfix, so it is only unpacked, and
//! the user that Debian gives it exists only in its own view of `/etc/passwd`.

use std::fs;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::free_port::free_address;
use crate::harness::organisation::{DOMAIN, SHADOW_DOMAIN};
use crate::harness::process::{Peer, Stop};
use crate::harness::recipe;
use crate::harness::scratch::{self, Scratch};
use crate::harness::wait;

/// The page that says how it copies.
pub const RECIPE: &str = "exim.md";

/// Starts Exim as a user that the machine may not have: it becomes the user `mail` by another name.
const WITH_ITS_USER: &str = "
set -e
mount --make-rprivate /
(cat /etc/passwd; echo 'Debian-exim:x:8:8::/:/usr/sbin/nologin') > passwd
(cat /etc/group; echo 'Debian-exim:x:8:') > group
mount --bind passwd /etc/passwd
mount --bind group /etc/group
exec \"$@\"
";

/// An Exim with a configuration, a queue and a port of its own.
pub struct Exim {
    process: Peer,
    address: SocketAddr,
    scratch: Scratch,
}

impl Exim {
    /// Starts one that delivers to Dovecot by LMTP and copies everything to this journal listener,
    /// which must offer STARTTLS.
    pub fn start(lmtp: SocketAddr, journal: SocketAddr) -> Self {
        let program = program();
        let scratch = Scratch::new("exim");
        let address = free_address();
        let spool = scratch.directory("spool");
        let owned = Command::new("chown").arg("mail:mail").arg(&spool).status();
        assert!(owned.is_ok_and(|status| status.success()), "chown mail");
        let config = scratch.write(
            "exim.conf",
            config(&program, &spool, [address, lmtp, journal]),
        );
        let words = ["--mount", "sh", "-c", WITH_ITS_USER, "exim"];
        let exim = [
            &program.display().to_string(),
            "-C",
            &config.display().to_string(),
            "-bdf",
            "-q1s",
        ];
        let words: Vec<&str> = words.into_iter().chain(exim).collect();
        let mut process = Peer::start("exim", scratch.path(), "unshare", &words);
        process.wait_until("Exim answers", || wait::answers(address));
        Self {
            process,
            address,
            scratch,
        }
    }

    /// Waits until its queue is empty: everything it was given is delivered, copies too.
    pub fn wait_until_idle(&self) {
        let queue = self.scratch.path().join("spool/input");
        wait::until("Exim has delivered everything", || {
            !scratch::has_files(&queue)
        });
    }

    /// A program on the gateway itself writes a mail in the name of info@, past SMTP.
    pub fn submit(&self, to: &str, mail: &[u8]) {
        let config = self.scratch.path().join("exim.conf");
        let mut child = Command::new("unshare")
            .args(["--mount", "sh", "-c", WITH_ITS_USER, "exim"])
            .arg(program())
            .arg("-C")
            .arg(config)
            .args(["-i", "-f", "info@corp.example", to])
            .current_dir(self.scratch.path())
            .stdin(Stdio::piped())
            .spawn()
            .expect("Exim can be started");
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(mail).unwrap();
        drop(stdin);
        assert!(child.wait().unwrap().success());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Exim {
    fn drop(&mut self) {
        self.process.stop(Stop::AtOnce);
        if std::thread::panicking() {
            let log = fs::read_to_string(self.scratch.path().join("spool/log/mainlog"));
            println!("{}", log.unwrap_or_default());
        }
    }
}

/// Where `cargo xtask setup` has put it.
fn program() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let unpacked = target.join("peers/exim4/usr/sbin/exim4");
    assert!(
        unpacked.is_file(),
        "Exim is not unpacked in {}: run `cargo xtask setup`",
        unpacked.display()
    );
    unpacked
}

fn config(program: &Path, spool: &Path, [own, lmtp, journal]: [SocketAddr; 3]) -> String {
    let host = format!("{SHADOW_DOMAIN}::2525");
    let here = format!("{}::{}", journal.ip(), journal.port());
    let router = recipe::block_with(RECIPE, "router", &[(&host, &here)]);
    let router = recipe::block(RECIPE, "refuse") + &*router;
    let (acl, transport) = (
        recipe::block(RECIPE, "acl"),
        recipe::block(RECIPE, "transport"),
    );
    format!(
        "exim_path = {program}
primary_hostname = gateway.{DOMAIN}
spool_directory = {spool}
log_file_path = {spool}/log/%slog
pid_file_path = {spool}/exim.pid
domainlist local_domains = {DOMAIN}
hostlist relay_from_hosts = 127.0.0.1
local_interfaces = {ip}
daemon_smtp_ports = {port}
acl_smtp_rcpt = acl_rcpt
tls_advertise_hosts =
keep_environment =
begin acl
acl_rcpt:
{acl}  accept hosts = +relay_from_hosts
  accept domains = +local_domains
begin routers
{router}  # Shadowmail is on the same host here.
  self = send
mailboxes:
  driver = manualroute
  domains = +local_domains
  route_list = * {lmtp_ip}
  self = send
  transport = lmtp
outside:
  driver = redirect
  data = :blackhole:
begin transports
lmtp:
  driver = smtp
  protocol = lmtp
  port = {lmtp_port}
{transport}begin retry
* * F,1h,1s
",
        program = program.display(),
        spool = spool.display(),
        ip = own.ip(),
        port = own.port(),
        lmtp_ip = lmtp.ip(),
        lmtp_port = lmtp.port(),
    )
}
