//! The connection below IMAP.

use std::fmt::Debug;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::bounded::{Allowance, Bounded};
use crate::config::{Imap, ImapTls};
use crate::limits::{self, Patience};
use crate::tls::encrypt;

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
            let stream = encrypt(&imap.address, None, stream, patience.command).await?;
            Ok((Box::new(stream), allowance))
        }
    }
}
