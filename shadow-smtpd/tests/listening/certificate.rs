//! Certificates that only tests trust: that of `shadow.corp.example`, which signed itself, and
//! those of copy sources, which `ca.pem` signed.

use std::path::PathBuf;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ResolvesServerCert;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{ClientConfig, RootCertStore};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/certificate")
        .join(name)
}

/// One of the files.
pub fn certificate(name: &str) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(file(name)).unwrap()
}

/// The server's side.
pub fn server() -> Arc<dyn ResolvesServerCert> {
    let key = PrivateKeyDer::from_pem_file(file("key.pem")).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let pair = CertifiedKey::from_der(vec![certificate("cert.pem")], key, &provider).unwrap();
    Arc::new(SingleCertAndKey::from(pair))
}

/// A client that trusts it.
pub fn client() -> Arc<ClientConfig> {
    let config = ClientConfig::builder().with_root_certificates(roots());
    Arc::new(config.with_no_client_auth())
}

/// One that shows a certificate; `name` is that of a file with its key in it.
pub fn client_with(name: &str, key: &str) -> Arc<ClientConfig> {
    let key = PrivateKeyDer::from_pem_file(file(key)).unwrap();
    let config = ClientConfig::builder().with_root_certificates(roots());
    let config = config.with_client_auth_cert(vec![certificate(name)], key);
    Arc::new(config.unwrap())
}

fn roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add(certificate("cert.pem")).unwrap();
    roots
}
