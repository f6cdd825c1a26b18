//! Which Debian packages the scenarios need, and which of them are missing.

/// What `dpkg-query` prints for a package that is there.
const INSTALLED: &str = "install ok installed";

/// The format that [`missing`] reads.
pub const DPKG_FORMAT: &str = "${Package} ${Status}\n";

/// A Debian package and what it is for.
pub struct Package {
    /// Its name.
    pub name: &'static str,
    /// What the scenarios do with it.
    pub purpose: &'static str,
}

/// Everything the scenarios need.
pub const NEEDED: &[Package] = &[
    Package {
        name: "postfix",
        purpose: "a real mail gateway and primary, and smtp-source",
    },
    Package {
        name: "postfix-pcre",
        purpose: "the gateway rule that copies each recipient",
    },
    Package {
        name: "dovecot-core",
        purpose: "real mailboxes",
    },
    Package {
        name: "dovecot-lmtpd",
        purpose: "delivery into them",
    },
    Package {
        name: "dovecot-imapd",
        purpose: "reading them again",
    },
    Package {
        name: "openssl",
        purpose: "a certificate for the scenarios",
    },
    Package {
        name: "swaks",
        purpose: "sending mail",
    },
    Package {
        name: "libidn12",
        purpose: "Exim, which is unpacked beside Postfix",
    },
    Package {
        name: "libgnutls-dane0",
        purpose: "Exim",
    },
    Package {
        name: "libdb5.3",
        purpose: "Exim",
    },
    Package {
        name: "libnsl2",
        purpose: "Exim",
    },
    Package {
        name: "libnet-ssleay-perl",
        purpose: "TLS for swaks",
    },
    Package {
        name: "python3",
        purpose: "sending mail with its smtplib",
    },
    Package {
        name: "knot",
        purpose: "a DNS server that knows what a scenario needs",
    },
    Package {
        name: "python3-dkim",
        purpose: "signing mail by DKIM",
    },
    Package {
        name: "python3-authres",
        purpose: "sealing mail by ARC",
    },
    Package {
        name: "rspamd",
        purpose: "a real spam filter",
    },
    Package {
        name: "clamav-daemon",
        purpose: "a real virus scanner",
    },
    Package {
        name: "slapd",
        purpose: "a real OpenLDAP directory",
    },
    Package {
        name: "ldap-utils",
        purpose: "changing entries in it",
    },
    Package {
        name: "samba",
        purpose: "a real Active Directory",
    },
    Package {
        name: "samba-ad-provision",
        purpose: "making it",
    },
    Package {
        name: "samba-dsdb-modules",
        purpose: "its database",
    },
    Package {
        name: "strace",
        purpose: "a kernel that fails at a chosen step, and the order of all steps",
    },
    Package {
        name: "chromium",
        purpose: "a real browser",
    },
    Package {
        name: "zbar-tools",
        purpose: "reading the pictures on the sheets of emergency codes",
    },
    Package {
        name: "chromium-driver",
        purpose: "driving it",
    },
];

/// Those of [`NEEDED`] that `dpkg-query --show` does not list as installed.
pub fn missing(dpkg_output: &str) -> Vec<&'static Package> {
    let is_installed = |name: &str| {
        dpkg_output.lines().any(|line| {
            line.split_once(' ')
                .is_some_and(|(package, status)| package == name && status == INSTALLED)
        })
    };
    NEEDED
        .iter()
        .filter(|package| !is_installed(package.name))
        .collect()
}

#[cfg(test)]
#[path = "packages_tests.rs"]
mod tests;
