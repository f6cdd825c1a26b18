//! A private authority, and a certificate of it: what a company has inside.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::certificate::Certificate;
use crate::harness::process::installed;

/// PEM files: whom to believe, and who is believed.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The authority's own certificate.
    pub certificate: PathBuf,
    /// A server's, which the authority signed.
    pub server: Certificate,
}

impl Authority {
    /// Makes both in this directory, for a server of this name.
    pub fn new(directory: &Path, host: &str) -> Self {
        installed("OpenSSL", "openssl");
        let of = |name: &str| directory.join(name);
        let made = Self {
            certificate: of("ca.pem"),
            server: Certificate {
                certificate: of("server.pem"),
                key: of("server.key"),
            },
        };
        let is_address = host.parse::<std::net::IpAddr>().is_ok();
        let kind = if is_address { "IP" } else { "DNS" };
        let key = [
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-noenc",
        ];
        openssl(
            Command::new("openssl")
                .args(["req", "-x509", "-days", "2", "-subj", "/CN=Corp CA"])
                .args(key)
                .arg("-keyout")
                .arg(of("ca.key"))
                .arg("-out")
                .arg(&made.certificate),
        );
        openssl(
            Command::new("openssl")
                .args([
                    "req",
                    "-x509",
                    "-days",
                    "2",
                    "-subj",
                    &format!("/CN={host}"),
                ])
                .args(["-addext", &format!("subjectAltName={kind}:{host}")])
                .args(["-addext", "basicConstraints=critical,CA:FALSE"])
                .args(key)
                .arg("-CA")
                .arg(&made.certificate)
                .arg("-CAkey")
                .arg(of("ca.key"))
                .arg("-keyout")
                .arg(&made.server.key)
                .arg("-out")
                .arg(&made.server.certificate),
        );
        made
    }
}

fn openssl(command: &mut Command) {
    let output = command.output().expect("openssl can be started");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}:\n{said}");
}
