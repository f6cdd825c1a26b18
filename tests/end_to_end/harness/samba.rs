//! A private Active Directory: Samba as a domain controller.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::harness::authority::Authority;
use crate::harness::process::{Peer, Stop, installed};
use crate::harness::scratch::Scratch;
use crate::harness::wait;

/// The domain.
pub const BASE: &str = "DC=corp,DC=example";

/// Who may do everything.
pub const ADMIN: &str = "administrator@corp.example";

/// Who may only read.
pub const READER: &str = "reader@corp.example";

/// The password of both.
pub const PASSWORD: &str = "Passw0rd of both!";

/// The interpreter that Debian's Samba is made for.
const PYTHON: &str = "/usr/bin/python3";

/// Makes a domain, without the access lists of a file server, which the disk of a container may not
/// know.
const PROVISION: &str = "
import logging, sys
from samba.auth import system_session
from samba.dsdb import DS_DOMAIN_FUNCTION_2008_R2
from samba.param import LoadParm
from samba.provision import provision
lp = LoadParm()
lp.load_default()
provision(logging.getLogger(), system_session(), lp=lp, targetdir=sys.argv[1], adminpass=sys.argv[2],
    realm='CORP.EXAMPLE', domain='CORP', hostname='dc1', hostip='127.0.0.1', dns_backend='NONE',
    serverrole='active directory domain controller', skip_sysvolacl=True,
    dom_for_fun_level=DS_DOMAIN_FUNCTION_2008_R2)
";

/// What Exchange adds to a domain.
const SCHEMA: &str = include_str!("samba_schema.py");

/// Lets the reader see what was deleted.
const SHOW_DELETED: &str = include_str!("samba_deleted.py");

/// Adds entries to the database of a domain controller that does not run, and takes the right from
/// everybody to read whether one of them may sign in (the property set \"account restrictions\").
const ADD: &str = "
import sys
from samba.auth import system_session
from samba.sd_utils import SDUtils
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm()
lp.load(sys.argv[1])
db = SamDB(url=lp.private_path('sam.ldb'), session_info=system_session(), lp=lp)
db.transaction_start()
db.add_ldif(sys.stdin.read())
db.transaction_commit()
if sys.argv[2]:
    SDUtils(db).dacl_add_ace(sys.argv[2], '(OD;;RP;4c164200-20c0-11d0-a768-00aa006e0529;;AU)')
";

/// Gives people passwords.
const SET_PASSWORDS: &str = "
import sys
from samba.auth import system_session
from samba.param import LoadParm
from samba.samdb import SamDB
lp = LoadParm()
lp.load(sys.argv[1])
db = SamDB(url=lp.private_path('sam.ldb'), session_info=system_session(), lp=lp)
for line in sys.stdin:
    login, password = line.rstrip('\\n').split('\\t')
    db.setpassword('(sAMAccountName=%s)' % login, password, force_change_at_next_login=False)
";

/// Says when passwords were set: no client may write that, only who opens the file.
const DATE_PASSWORDS: &str = "
import sys
import ldb
from samba.param import LoadParm
lp = LoadParm()
lp.load(sys.argv[1])
path = lp.private_path('sam.ldb.d/DC=CORP,DC=EXAMPLE.ldb')
db = ldb.Ldb('tdb://' + path, options=['modules:'])
for line in sys.stdin:
    dn, ticks = line.rstrip('\\n').split('\\t')
    message = ldb.Message(ldb.Dn(db, dn))
    message['set'] = ldb.MessageElement(ticks, ldb.FLAG_MOD_REPLACE, 'pwdLastSet')
    db.modify(message)
";

/// A domain controller with an address of its own: its ports can not be chosen.
pub struct Samba {
    address: Ipv4Addr,
    authority: Authority,
    config: PathBuf,
    scratch: Scratch,
    process: Option<Peer>,
}

impl Samba {
    /// Makes a domain with these entries (LDIF) and starts its controller. Nobody may read whether
    /// the entry `hidden` may sign in.
    pub fn start(ldif: &str, hidden: &str) -> Self {
        Self::make(ldif, hidden, None)
    }

    /// The same in a domain that has an Exchange.
    pub fn start_with_exchange(ldif: &str, hidden: &str) -> Self {
        Self::make(ldif, hidden, Some(SCHEMA))
    }

    fn make(ldif: &str, hidden: &str, schema: Option<&str>) -> Self {
        installed("Samba", "/usr/sbin/samba");
        installed("Samba's tools", "samba-tool");
        let scratch = Scratch::new("samba");
        let [_, _, high, low] = std::process::id().to_be_bytes();
        let address = Ipv4Addr::new(127, 77, high, low.max(1));
        let authority = Authority::new(scratch.path(), &address.to_string());
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&authority.server.key, private).unwrap();
        let config = provision(&scratch, address, &authority);
        if let Some(schema) = schema {
            run(tool(PYTHON).args(["-c", schema]).arg(&config), "");
        }
        let words = ["user", "create", "reader", PASSWORD, "--configfile"];
        run(tool("samba-tool").args(words).arg(&config), "");
        run(
            tool(PYTHON).args(["-c", ADD]).arg(&config).arg(hidden),
            ldif,
        );
        let path = config.to_str().unwrap();
        let words = [
            "TDB_NO_FSYNC=1",
            "samba",
            "-i",
            "-M",
            "single",
            "-s",
            path,
            "--debug-stdout",
        ];
        let mut process = Peer::start("samba", scratch.path(), "env", &words);
        process.wait_until("Samba answers", || {
            wait::answers(SocketAddr::from((address, 636)))
        });
        Self {
            address,
            authority,
            config,
            scratch,
            process: Some(process),
        }
    }

    /// Ends it.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Stop::AtOnce);
        }
    }

    /// Lets the reader see what was deleted.
    #[track_caller]
    pub fn show_deleted(&self) {
        run(
            tool(PYTHON).args(["-c", SHOW_DELETED]).arg(&self.config),
            "",
        );
    }

    /// Gives people passwords.
    #[track_caller]
    pub fn set_passwords(&self, passwords: &[(&str, String)]) {
        let lines = passwords
            .iter()
            .map(|(login, password)| format!("{login}\t{password}\n"));
        let words = ["-c", SET_PASSWORDS];
        let lines: String = lines.collect();
        run(tool(PYTHON).args(words).arg(&self.config), &lines);
    }

    /// Lets passwords of users be so many days old.
    #[track_caller]
    pub fn date_passwords(&self, days: &[(&str, i64)]) {
        let line = |(login, days): &(&str, i64)| {
            let seconds = jiff::Timestamp::now().as_second() - days * 24 * 60 * 60;
            // 100 ns since 1601.
            let ticks = (seconds + 11_644_473_600) * 10_000_000;
            format!("CN={login},CN=Users,{BASE}\t{ticks}\n")
        };
        let lines: String = days.iter().map(line).collect();
        let words = ["-c", DATE_PASSWORDS];
        run(tool(PYTHON).args(words).arg(&self.config), &lines);
    }

    /// Whether it takes this password.
    pub fn takes(&self, login: &str, password: &str) -> bool {
        let name = format!("{login}@corp.example");
        let url = self.ldaps();
        let words = [
            "-x", "-D", &name, "-w", password, "-H", &url, "-s", "base", "-b", "",
        ];
        let mut command = Command::new("ldapsearch");
        // Whether a certificate is believed is not what is tested here.
        let output = command.env("LDAPTLS_REQCERT", "never").args(words).output();
        output
            .expect("OpenLDAP's tools can be started")
            .status
            .success()
    }

    /// Makes a policy for some people (a password settings object), which locks an account after so many
    /// wrong passwords within an hour.
    #[track_caller]
    pub fn make_policy(&self, name: &str, threshold: u32, people: &[&str]) {
        let policy = ["domain", "passwordsettings", "pso"];
        let lockout = [
            format!("--account-lockout-threshold={threshold}"),
            "--reset-account-lockout-after=60".to_owned(),
            "--account-lockout-duration=60".to_owned(),
        ];
        let mut create = tool("samba-tool");
        create.args(policy).args(["create", name, "10"]);
        create.args(lockout).arg("--configfile").arg(&self.config);
        run(&mut create, "");
        for login in people {
            let mut apply = tool("samba-tool");
            apply.args(policy).args(["apply", name, login]);
            run(apply.arg("--configfile").arg(&self.config), "");
        }
    }

    /// How many wrong passwords of a user it counts.
    #[track_caller]
    pub fn wrong_passwords(&self, login: &str) -> u32 {
        let url = self.ldaps();
        let entry = format!("CN={login},CN=Users,{BASE}");
        let words = [
            "-LLL",
            "-x",
            "-D",
            ADMIN,
            "-w",
            PASSWORD,
            "-H",
            &url,
            "-s",
            "base",
            "-b",
            &entry,
            "badPwdCount",
        ];
        let mut command = Command::new("ldapsearch");
        let output = command.env("LDAPTLS_REQCERT", "never").args(words).output();
        let output = output.expect("OpenLDAP's tools can be started");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let count = text.lines().find_map(|it| it.strip_prefix("badPwdCount: "));
        // One that nobody has typed a wrong one of has none.
        count.map_or(0, |it| it.parse().unwrap())
    }

    /// Where it speaks TLS.
    pub fn tls_address(&self) -> SocketAddr {
        SocketAddr::from((self.address, 636))
    }

    /// Where it speaks TLS.
    pub fn ldaps(&self) -> String {
        format!("ldaps://{}", self.address)
    }

    /// Where it speaks in clear, or asks for TLS.
    pub fn ldap(&self) -> String {
        format!("ldap://{}", self.address)
    }

    /// Changes entries (LDIF with `changetype`, or new entries).
    #[track_caller]
    pub fn modify(&self, ldif: &str) {
        let file = self.scratch.write("change.ldif", ldif);
        let words = ["-a", "-x", "-D", ADMIN, "-w", PASSWORD, "-H"];
        let mut command = Command::new("ldapmodify");
        // Whether a certificate is believed is not what is tested here.
        command.env("LDAPTLS_REQCERT", "never");
        run(
            command.args(words).arg(self.ldaps()).arg("-f").arg(file),
            "",
        );
    }

    /// `[directory]` of a server that follows it as this user.
    pub fn config(&self, server: &str, name: &str, more: &str) -> String {
        let password = self.scratch.write("bind-password", PASSWORD);
        format!(
            "kind = \"ad\"\nservers = [\"{server}\"]\nca_file = \"{}\"\nbind_dn = \"{name}\"\n\
             bind_password_file = \"{}\"\nbase = [\"{BASE}\"]\nadmin_groups = [\"admins\"]\n\
             {more}",
            self.authority.certificate.display(),
            password.display(),
        )
    }
}

/// A person's entry.
pub fn person(login: &str, unit: &str, addresses: &[&str]) -> String {
    let mut ldif = format!(
        "dn: CN={login},{unit}{BASE}\nobjectClass: user\nsAMAccountName: {login}\n\
         userPrincipalName: {login}@corp.example\ndisplayName: {login} Name\n\
         userAccountControl: 544\n"
    );
    for address in addresses {
        let _ = writeln!(ldif, "proxyAddresses: {address}");
    }
    ldif + "\n"
}

/// Somebody outside, who has no account.
pub fn contact(name: &str, unit: &str) -> String {
    format!("dn: CN={name},{unit}{BASE}\nobjectClass: contact\nmail: {name}@elsewhere.example\n\n")
}

/// A group's entry; the members are names of entries below the domain.
pub fn group(name: &str, address: Option<&str>, members: &[String]) -> String {
    let mut ldif =
        format!("dn: CN={name},CN=Users,{BASE}\nobjectClass: group\nsAMAccountName: {name}\n");
    if let Some(address) = address {
        let _ = writeln!(ldif, "mail: {address}");
    }
    for member in members {
        let _ = writeln!(ldif, "member: {member}{BASE}");
    }
    ldif + "\n"
}

/// Makes the domain and its settings. Gives their file.
fn provision(scratch: &Scratch, address: Ipv4Addr, authority: &Authority) -> PathBuf {
    let root = scratch.path().display();
    let words = ["-c", PROVISION];
    run(
        tool(PYTHON).args(words).arg(scratch.path()).arg(PASSWORD),
        "",
    );
    let config = scratch.path().join("etc/smb.conf");
    let made = fs::read_to_string(&config).unwrap();
    let keeps = [
        "netbios name",
        "realm",
        "server role",
        "workgroup",
        "private dir",
    ];
    let also = [
        "lock directory",
        "state directory",
        "cache directory",
        "binddns dir",
    ];
    let is_kept = |line: &&str| {
        keeps
            .iter()
            .chain(&also)
            .any(|it| line.trim().starts_with(it))
    };
    let kept: Vec<&str> = made.lines().filter(is_kept).collect();
    let text = format!(
        "[global]\n{}\nserver services = ldap\ninterfaces = {address}/8\nbind interfaces only = yes\n\
         log file = {root}/log.%m\npid directory = {root}\nncalrpc dir = {root}/ncalrpc\n\
         tls certfile = {}\ntls keyfile = {}\ntls cafile = {}\n",
        kept.join("\n"),
        authority.server.certificate.display(),
        authority.server.key.display(),
        authority.certificate.display(),
    );
    fs::write(&config, text).unwrap();
    config
}

/// One of Samba's programs. What it writes need not survive the machine.
fn tool(program: &str) -> Command {
    let mut command = Command::new(program);
    command.env("TDB_NO_FSYNC", "1");
    command
}

#[track_caller]
fn run(command: &mut Command, input: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    // A program that reads nothing may close it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
