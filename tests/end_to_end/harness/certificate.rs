//! A certificate that signs itself, for servers of one scenario.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::process::installed;

/// PEM files that go with each other.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The certificate.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes one for this host name, in this directory.
    pub fn new(directory: &Path, host: &str) -> Self {
        installed("OpenSSL", "openssl");
        let made = Self {
            certificate: directory.join("tls.pem"),
            key: directory.join("tls.key"),
        };
        let output = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
            ])
            .args(["-noenc", "-days", "30", "-subj", &format!("/CN={host}")])
            .args(["-addext", &format!("subjectAltName=DNS:{host}")])
            .arg("-keyout")
            .arg(&made.key)
            .arg("-out")
            .arg(&made.certificate)
            .output()
            .expect("openssl can be started");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "openssl made no certificate:\n{said}"
        );
        made
    }

    /// The SHA-256 of the certificate, as an administrator finds it out.
    pub fn fingerprint(&self) -> String {
        let output = Command::new("openssl")
            .args(["x509", "-noout", "-fingerprint", "-sha256", "-in"])
            .arg(&self.certificate)
            .output()
            .expect("openssl can be started");
        let said = String::from_utf8_lossy(&output.stdout);
        let (_, fingerprint) = said.trim().split_once('=').expect("NAME=FINGERPRINT");
        fingerprint.to_owned()
    }
}
