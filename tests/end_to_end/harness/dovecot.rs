//! A private Dovecot: the organisation's mailboxes.

use std::net::SocketAddr;
use std::path::Path;

use crate::harness::free_port::free_address;
use crate::harness::organisation::MAILBOXES;
use crate::harness::process::{Peer, Stop, installed};
use crate::harness::scratch::Scratch;
use crate::harness::wait;

/// Who may open every mailbox: sign in as `owner*master`.
pub const MASTER_USER: &str = "master";

/// The password of [`MASTER_USER`].
pub const MASTER_PASSWORD: &str = "opens every mailbox";

/// The user that owns the mail; any but root will do.
const OWNER: &str = "nobody";
const OWNER_GROUP: &str = "nogroup";

/// A Dovecot with mailboxes and ports of its own.
pub struct Dovecot {
    process: Option<Peer>,
    lmtp: SocketAddr,
    imap: SocketAddr,
    sasl: SocketAddr,
    scratch: Scratch,
}

impl Dovecot {
    /// Starts one with an empty mailbox for everybody.
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with more mailboxes, which nobody signs in to by a password.
    pub fn start_with(more: &[String]) -> Self {
        installed("Dovecot", "/usr/sbin/dovecot");
        installed("Dovecot's LMTP server", "/usr/lib/dovecot/lmtp");
        installed("Dovecot's IMAP server", "/usr/lib/dovecot/imap");
        assert!(
            rustix::process::getuid().is_root(),
            "Dovecot starts only as root: run the scenarios as root, in a container for example"
        );
        let scratch = Scratch::new("dovecot");
        let (lmtp, imap, sasl) = (free_address(), free_address(), free_address());
        let mail = scratch.directory("mail");
        let owned = std::process::Command::new("chown")
            .arg(format!("{OWNER}:{OWNER_GROUP}"))
            .arg(&mail)
            .status();
        assert!(
            owned.is_ok_and(|status| status.success()),
            "chown {OWNER} {}",
            mail.display()
        );
        let users = MAILBOXES
            .iter()
            .map(|it| format!("{}:{{PLAIN}}{}::::::", it.address(), it.password()));
        let more = more.iter().map(|it| format!("{it}:!::::::"));
        let users: Vec<String> = users.chain(more).collect();
        scratch.write("users", users.join("\n") + "\n");
        scratch.write(
            "masters",
            format!("{MASTER_USER}:{{PLAIN}}{MASTER_PASSWORD}\n"),
        );
        let ports = [lmtp, imap, sasl].map(|it| it.port());
        scratch.write("dovecot.conf", config(scratch.path(), ports));
        let mut dovecot = Self {
            process: None,
            lmtp,
            imap,
            sasl,
            scratch,
        };
        dovecot.start_again();
        dovecot
    }

    /// Starts it after [`Dovecot::stop`], with the mail it had.
    pub fn start_again(&mut self) {
        let config = self.scratch.path().join("dovecot.conf");
        let words = ["-F", "-c", config.to_str().unwrap()];
        let mut process = Peer::start("dovecot", self.scratch.path(), "/usr/sbin/dovecot", &words);
        process.wait_until("Dovecot answers", || {
            wait::answers(self.lmtp) && wait::answers(self.imap)
        });
        self.process = Some(process);
    }

    /// Lets it hang until [`Dovecot::thaw`]: it takes connections and says nothing.
    pub fn freeze(&self) {
        self.process.as_ref().expect("Dovecot runs").freeze();
    }

    /// Lets it go on.
    pub fn thaw(&self) {
        self.process.as_ref().expect("Dovecot runs").thaw();
    }

    /// Ends all its processes; the mail stays.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Stop::Gently);
        }
        wait::until("nobody answers in Dovecot's place", || {
            !wait::answers(self.imap)
        });
    }

    /// Copies all mailboxes aside.
    pub fn back_up(&self) {
        self.copy("mail", "backup");
    }

    /// Puts the mailboxes back as they were at [`Dovecot::back_up`]; what came since is gone.
    pub fn restore(&mut self) {
        self.stop();
        std::fs::remove_dir_all(self.scratch.path().join("mail")).unwrap();
        self.copy("backup", "mail");
        self.start_again();
    }

    fn copy(&self, from: &str, to: &str) {
        let root = self.scratch.path();
        let copied = std::process::Command::new("cp")
            .arg("-a")
            .args([root.join(from), root.join(to)])
            .status();
        assert!(copied.is_ok_and(|it| it.success()), "cp -a {from} {to}");
    }

    /// Where mail is delivered.
    pub fn lmtp(&self) -> SocketAddr {
        self.lmtp
    }

    /// Where mail is read.
    pub fn imap(&self) -> SocketAddr {
        self.imap
    }

    /// Where a Postfix asks whether a password is right.
    pub fn sasl(&self) -> SocketAddr {
        self.sasl
    }
}

fn config(root: &Path, [lmtp, imap, sasl]: [u16; 3]) -> String {
    let root = root.display();
    format!(
        "base_dir = {root}/run
log_path = {root}/mail.log
protocols = imap lmtp
listen = 127.0.0.1
ssl = no
auth_mechanisms = plain login
disable_plaintext_auth = no
auth_username_format = %Lu
auth_master_user_separator = *
mail_uid = {OWNER}
mail_gid = {OWNER_GROUP}
first_valid_uid = 1
mail_home = {root}/mail/%u
mail_location = maildir:{root}/mail/%u/Maildir
mail_max_userip_connections = 50
passdb {{
  driver = passwd-file
  args = {root}/masters
  master = yes
  result_success = continue
}}
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
  override_fields = uid={OWNER} gid={OWNER_GROUP}
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener sasl {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
service stats {{
  chroot =
}}
"
    )
}
