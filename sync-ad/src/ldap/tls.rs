//! TLS towards the directory: whom we believe, and what is wrong with a certificate.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;

use super::error::LdapError;
use super::server::Server;

/// Nobody can be believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The file of authorities can not be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is the matter with it.
        reason: String,
    },
    /// The system knows no authorities.
    #[error(
        "the authorities of this system can not be used: {0}; name those of the directory in directory.ca_file"
    )]
    System(String),
}

/// Believes the authorities in a PEM file, and nobody else; without one, those of the system.
pub(crate) fn config(ca_file: Option<&Path>) -> Result<Arc<ClientConfig>, TrustError> {
    // The provider is named, because a process-wide default may be missing.
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| TrustError::System(error.to_string()))?;
    let config = match ca_file {
        Some(path) => builder.with_root_certificates(authorities(path)?),
        None => builder
            .with_platform_verifier()
            .map_err(|error| TrustError::System(error.to_string()))?,
    };
    Ok(Arc::new(config.with_no_client_auth()))
}

fn authorities(path: &Path) -> Result<RootCertStore, TrustError> {
    let wrong = |reason: String| TrustError::File {
        path: path.to_owned(),
        reason,
    };
    let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect)
        .map_err(|error| wrong(format!("cannot be read as PEM: {error}")))?;
    let mut roots = RootCertStore::empty();
    let (added, _) = roots.add_parsable_certificates(certificates);
    if added == 0 {
        return Err(wrong("holds no certificate of an authority".to_owned()));
    }
    Ok(roots)
}

/// Why TLS with a server failed, and what to do.
pub(crate) fn reason(error: &io::Error, host: &str) -> String {
    let inner = error.get_ref().and_then(|it| it.downcast_ref());
    let Some(rustls::Error::InvalidCertificate(why)) = inner else {
        return format!("TLS failed: {error}; is this a port for it?");
    };
    match why {
        // The second one: an authority of the same name, with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "its certificate is of an authority that is not \
            believed; name the authority's PEM file in directory.ca_file"
                .to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!(
                "its certificate is not for {host}; write the name that stands in it into \
                 directory.servers"
            )
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired; renew it there".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet; look at the clocks of both".to_owned()
        }
        other => format!("its certificate can not be believed: {other}"),
    }
}

/// What a connection goes over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Encrypts what goes over this stream, if the certificate is the server's.
pub(crate) async fn encrypt(
    stream: impl Stream + 'static,
    server: &Server,
    config: &Arc<ClientConfig>,
) -> Result<Box<dyn Stream>, LdapError> {
    let failed = |why: String| LdapError::Tls {
        server: server.to_string(),
        why,
    };
    let name = ServerName::try_from(server.host.clone());
    let name = name.map_err(|_| failed("its name can not stand in a certificate".to_owned()))?;
    let connector = TlsConnector::from(Arc::clone(config));
    match connector.connect(name, stream).await {
        Ok(stream) => Ok(Box::new(stream)),
        Err(error) => Err(failed(reason(&error, &server.host))),
    }
}
