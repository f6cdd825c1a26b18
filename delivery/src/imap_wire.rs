//! The connection below IMAP.

use std::fmt::Debug;
use std::sync::Arc;

use rustls::ClientConfig;
use rustls::crypto::ring;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::bounded::{Allowance, Bounded};
use crate::config::{Imap, ImapTls};
use crate::limits::{self, Patience};

/// A connection, encrypted or not.
pub(crate) type Wire = Box<dyn Duplex>;

/// What a connection must be able to do.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send + Debug {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send + Debug> Duplex for T {}

/// Connects; gives also what bounds how much may come back. An error is a sentence.
pub(crate) async fn connect(imap: &Imap, patience: Patience) -> Result<(Wire, Allowance), String> {
    let address = (imap.address.host(), imap.address.port());
    let stream = timeout(patience.connect, TcpStream::connect(address))
        .await
        .map_err(|_| format!("{} does not answer", imap.address))?
        .map_err(|e| format!("cannot connect to {}: {e}", imap.address))?;
    // The line end after a literal is a small write.
    let _ = stream.set_nodelay(true);
    let allowance = Allowance::new(limits::IMAP_COMMAND_BYTES_MAX);
    let stream = Bounded::new(stream, allowance.clone());
    match imap.tls {
        ImapTls::Off => Ok((Box::new(stream), allowance)),
        ImapTls::Required => {
            let name = ServerName::try_from(imap.address.host().to_owned())
                .map_err(|_| format!("{} can not stand in a certificate", imap.address.host()))?;
            let connector = connector().map_err(|e| format!("no TLS: {e}"))?;
            let stream = timeout(patience.command, connector.connect(name, stream))
                .await
                .map_err(|_| format!("{} is silent in the TLS handshake", imap.address))?
                .map_err(|e| format!("TLS with {}: {e}", imap.address))?;
            Ok((Box::new(stream), allowance))
        }
    }
}

/// The provider is named, because a process-wide default may be missing.
fn connector() -> Result<TlsConnector, rustls::Error> {
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
