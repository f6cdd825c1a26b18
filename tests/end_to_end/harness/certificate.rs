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
            .args(["-noenc", "-days", "2", "-subj", &format!("/CN={host}")])
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
}
