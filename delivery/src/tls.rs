//! Encryption from the first octet (RFC 8314 §3).

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::config::HostPort;

/// Encrypts a connection to `address`, whose certificate must be valid for its name: of one of
/// `authorities` (PEM), or of those that this host trusts. An error is a sentence.
pub(crate) async fn encrypt<S: AsyncRead + AsyncWrite + Unpin>(
    address: &HostPort,
    authorities: Option<&[u8]>,
    stream: S,
    patience: Duration,
) -> Result<TlsStream<S>, String> {
    let name = ServerName::try_from(address.host().to_owned())
        .map_err(|_| format!("{} can not stand in a certificate", address.host()))?;
    let connector = connector(authorities).map_err(|e| format!("no TLS: {e}"))?;
    timeout(patience, connector.connect(name, stream))
        .await
        .map_err(|_| format!("{address} is silent in the TLS handshake"))?
        .map_err(|e| format!("TLS with {address}: {e}"))
}

/// The provider is named, because a process-wide default may be missing.
fn connector(authorities: Option<&[u8]>) -> Result<TlsConnector, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?;
    let config = match authorities {
        None => config.with_platform_verifier()?.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(CertificateDer::pem_slice_iter(pem).flatten());
            config.with_root_certificates(roots).with_no_client_auth()
        }
    };
    Ok(TlsConnector::from(Arc::new(config)))
}
