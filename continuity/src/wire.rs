//! Connections of the probes and of webhooks: where to, and encrypted how.

use std::fmt::{self, Debug};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hyper::Uri;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

/// A host and a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Name or address; an IPv6 address without its brackets.
    pub host: String,
    /// Port.
    pub port: u16,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// An address of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    /// Who has it.
    pub place: Place,
    /// As it stands in the Host field (RFC 9110 §7.2).
    pub authority: String,
    /// What is asked for there.
    pub path: String,
    /// It begins with `https:`.
    pub is_https: bool,
}

/// A text is no address of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is not an address such as \"https://mail.corp.example/owa/healthcheck.htm\"")]
pub struct UrlError;

impl std::str::FromStr for Url {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.parse().map_err(|_| UrlError)?;
        let is_https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(UrlError),
        };
        let authority = uri.authority().ok_or(UrlError)?;
        let host = authority.host().trim_matches(['[', ']']);
        // A name and a password in an address would stand in logs.
        if host.is_empty() || authority.as_str().contains('@') {
            return Err(UrlError);
        }
        let path = uri.path_and_query().map_or("/", |it| it.as_str());
        Ok(Self {
            place: Place {
                host: host.to_owned(),
                port: authority
                    .port_u16()
                    .unwrap_or(if is_https { 443 } else { 80 }),
            },
            authority: authority.as_str().to_owned(),
            path: path.to_owned(),
            is_https,
        })
    }
}

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
    #[error("the authorities of this system can not be used: {0}")]
    System(String),
}

/// How a connection is encrypted.
#[derive(Clone)]
pub enum Security {
    /// Not at all.
    Clear,
    /// By TLS from the first byte.
    Tls(Arc<ClientConfig>),
}

impl Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clear => "Clear",
            Self::Tls(_) => "Tls",
        })
    }
}

impl Security {
    /// TLS that believes the authorities in a PEM file and nobody else; without one those of the system.
    pub fn tls(ca_file: Option<&Path>) -> Result<Self, TrustError> {
        let system = |error: rustls::Error| TrustError::System(error.to_string());
        // The provider is named, because a process-wide default may be missing.
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(system)?;
        let config = match ca_file {
            Some(path) => builder.with_root_certificates(authorities(path)?),
            None => builder.with_platform_verifier().map_err(system)?,
        };
        Ok(Self::Tls(Arc::new(config.with_no_client_auth())))
    }
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

/// What a connection must be able to do.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

/// A connection, encrypted or not.
pub(crate) type Wire = Box<dyn Duplex>;

/// Connects, for as long as the caller waits. An error is a sentence.
pub(crate) async fn connect(place: &Place, security: &Security) -> Result<Wire, String> {
    let stream = TcpStream::connect((place.host.as_str(), place.port));
    let stream = stream
        .await
        .map_err(|error| format!("cannot connect to {place}: {error}"))?;
    // What is said is short.
    let _ = stream.set_nodelay(true);
    match security {
        Security::Clear => Ok(Box::new(stream)),
        Security::Tls(config) => {
            let name = ServerName::try_from(place.host.clone())
                .map_err(|_| format!("{} can not stand in a certificate", place.host))?;
            let connector = TlsConnector::from(Arc::clone(config));
            let stream = connector.connect(name, stream).await;
            let stream = stream.map_err(|error| format!("TLS with {place} failed: {error}"))?;
            Ok(Box::new(stream))
        }
    }
}

#[cfg(test)]
#[path = "wire_tests.rs"]
mod tests;
