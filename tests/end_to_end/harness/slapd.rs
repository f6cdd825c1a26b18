//! A private OpenLDAP: the organisation's directory.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use crate::harness::authority::Authority;
use crate::harness::free_port::free_address;
use crate::harness::process::{Peer, Stop, installed};
use crate::harness::scratch::Scratch;
use crate::harness::wait;

/// The organisation.
pub const BASE: &str = "dc=corp,dc=example";

/// Who may do everything.
const ADMIN: &str = "cn=admin,dc=corp,dc=example";
const ADMIN_PASSWORD: &str = "may do everything";

/// Who reads for Shadowmail.
pub const READER: &str = "cn=reader,dc=corp,dc=example";

/// The password of [`READER`].
pub const READER_PASSWORD: &str = "may read";

/// What a scenario decides about its directory.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlapdOptions<'a> {
    /// More lines of `slapd.conf`, before the database.
    pub global: &'a str,
    /// More lines of it, in the database.
    pub database: &'a str,
}

/// An OpenLDAP with a database and ports of its own.
pub struct Slapd {
    process: Option<Peer>,
    plain: SocketAddr,
    tls: SocketAddr,
    authority: Authority,
    scratch: Scratch,
}

impl Slapd {
    /// Starts one with the base, the reader, and two empty units: people and groups.
    pub fn start(options: SlapdOptions<'_>) -> Self {
        Self::start_with(options, "")
    }

    /// The same, with these entries (LDIF) before anybody can ask.
    pub fn start_with(options: SlapdOptions<'_>, ldif: &str) -> Self {
        installed("OpenLDAP", "/usr/sbin/slapd");
        installed("OpenLDAP's tools", "ldapmodify");
        let scratch = Scratch::new("slapd");
        let authority = Authority::new(scratch.path(), "localhost");
        scratch.directory("db");
        // For scenarios with two.
        scratch.directory("other");
        scratch.write("slapd.conf", config(&scratch, &authority, options));
        scratch.write("first.ldif", format!("{FIRST}\n{ldif}"));
        let root = scratch.path();
        let words = ["-q", "-f", "slapd.conf", "-l", "first.ldif"];
        // It reads and writes one program under several names.
        run(Command::new("/usr/sbin/slapadd")
            .args(words)
            .current_dir(root));
        let mut slapd = Self {
            process: None,
            plain: free_address(),
            tls: free_address(),
            authority,
            scratch,
        };
        slapd.start_again();
        slapd
    }

    /// Starts it after [`Slapd::stop`], with the entries it had.
    pub fn start_again(&mut self) {
        let root = self.scratch.path();
        let (config, plain, tls) = (root.join("slapd.conf"), self.plain, self.tls);
        let listen = format!("ldap://{plain}/ ldaps://{tls}/");
        let words = ["-d", "none", "-f", config.to_str().unwrap(), "-h", &listen];
        let mut process = Peer::start("slapd", root, "/usr/sbin/slapd", &words);
        process.wait_until("slapd answers", || {
            wait::answers(plain) && wait::answers(tls)
        });
        self.process = Some(process);
    }

    /// Ends it; the entries stay.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.stop(Stop::Gently);
        }
    }

    /// Puts these lines into its database, in the place of those it had. They hold from the next start.
    pub fn configure(&self, database: &str) {
        let options = SlapdOptions {
            database,
            ..SlapdOptions::default()
        };
        let text = config(&self.scratch, &self.authority, options);
        self.scratch.write("slapd.conf", text);
    }

    /// Stops it where it is: it goes on taking connections, and says nothing.
    pub fn freeze(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::STOP);
    }

    /// Lets it go on after [`Slapd::freeze`].
    pub fn thaw(&self) {
        self.process.as_ref().expect("it runs").signal(Signal::CONT);
    }

    /// Where it asks for TLS first.
    pub fn ldaps(&self) -> String {
        format!("ldaps://localhost:{}", self.tls.port())
    }

    /// Where TLS is asked for.
    pub fn ldap(&self) -> String {
        format!("ldap://localhost:{}", self.plain.port())
    }

    /// PEM file: whoever signed its certificate.
    pub fn authority(&self) -> &Path {
        &self.authority.certificate
    }

    /// Changes entries (LDIF with `changetype`, or new entries).
    #[track_caller]
    pub fn modify(&self, ldif: &str) {
        let file = self.scratch.write("change.ldif", ldif);
        let url = self.ldaps();
        let words = [
            "-a",
            "-x",
            "-H",
            &url,
            "-D",
            ADMIN,
            "-w",
            ADMIN_PASSWORD,
            "-f",
        ];
        let mut command = Command::new("ldapmodify");
        // Whether a certificate is believed is not what is tested here.
        command.env("LDAPTLS_REQCERT", "never");
        run(command.args(words).arg(file));
    }

    /// Whether it takes somebody's password.
    pub fn takes(&self, uid: &str, password: &str) -> bool {
        let (dn, url) = (format!("uid={uid},ou=people,{BASE}"), self.ldaps());
        let words = ["-x", "-H", &url, "-D", &dn, "-w", password];
        let mut command = Command::new("ldapwhoami");
        // Whether a certificate is believed is not what is tested here.
        let output = command.env("LDAPTLS_REQCERT", "never").args(words).output();
        let output = output.expect("OpenLDAP's tools can be started");
        output.status.success()
    }

    /// `[directory]` of a server that follows it; `more` stands at its end.
    pub fn config(&self, servers: &[&str], more: &str) -> String {
        let password = self.scratch.write("reader-password", READER_PASSWORD);
        let mut text = format!(
            "kind = \"ldap\"\nservers = {servers:?}\nca_file = \"{}\"\nbind_dn = \"{READER}\"\n\
             bind_password_file = \"{}\"\n",
            self.authority().display(),
            password.display(),
        );
        let usual = [
            ("base", format!("[\"{BASE}\"]")),
            ("admin_groups", "[\"admins\"]".to_owned()),
            ("shared_filter", "\"(employeeType=shared)\"".to_owned()),
            ("shared_group", "\"mbx-{login}\"".to_owned()),
        ];
        for (key, value) in usual {
            if !more.contains(&format!("{key} = ")) {
                let _ = writeln!(text, "{key} = {value}");
            }
        }
        text + more
    }
}

/// People with an address each, whose passwords are "of amy" and the like; amy administrates.
pub fn staff(uids: &[&str]) -> String {
    let people = uids.iter().map(|uid| {
        let entry = person(uid, &[&format!("{uid}@corp.example")]);
        format!("{}\nuserPassword: of {uid}\n\n", entry.trim_end())
    });
    let admins = group("admins", None, &["uid=amy,ou=people"]);
    people.chain([admins]).collect()
}

/// A person's entry.
pub fn person(uid: &str, addresses: &[&str]) -> String {
    let mut ldif = format!(
        "dn: uid={uid},ou=people,{BASE}\nobjectClass: inetOrgPerson\nuid: {uid}\n\
         cn: {uid} Name\nsn: {uid}\n"
    );
    for address in addresses {
        let _ = writeln!(ldif, "mail: {address}");
    }
    ldif + "\n"
}

/// A group's entry; the members are names of entries below the base. One with an address takes
/// mail.
pub fn group(cn: &str, address: Option<&str>, members: &[&str]) -> String {
    let takes_mail = address.map_or("", |_| "objectClass: extensibleObject\n");
    let mut ldif =
        format!("dn: cn={cn},ou=groups,{BASE}\nobjectClass: groupOfNames\n{takes_mail}cn: {cn}\n");
    if let Some(address) = address {
        let _ = writeln!(ldif, "mail: {address}");
    }
    for member in members {
        let _ = writeln!(ldif, "member: {member},{BASE}");
    }
    ldif + "\n"
}

const FIRST: &str = "dn: dc=corp,dc=example
objectClass: dcObject
objectClass: organization
dc: corp
o: Corp

dn: cn=reader,dc=corp,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: may read

dn: ou=people,dc=corp,dc=example
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=corp,dc=example
objectClass: organizationalUnit
ou: groups
";

fn config(scratch: &Scratch, authority: &Authority, options: SlapdOptions<'_>) -> String {
    let root = scratch.path().display();
    let SlapdOptions { global, database } = options;
    format!(
        "include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
pidfile {root}/slapd.pid
TLSCACertificateFile {ca}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
{global}
database mdb
suffix \"{BASE}\"
rootdn \"{ADMIN}\"
rootpw \"{ADMIN_PASSWORD}\"
directory {root}/db
maxsize 4294967296
index objectClass,entryUUID,entryCSN,uid eq
{database}
",
        ca = authority.certificate.display(),
        certificate = authority.server.certificate.display(),
        key = authority.server.key.display(),
    )
}

#[track_caller]
fn run(command: &mut Command) {
    let output = command.output().expect("OpenLDAP's tools can be started");
    assert!(
        output.status.success(),
        "{command:?}:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
