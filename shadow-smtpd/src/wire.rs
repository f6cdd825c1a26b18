//! Writing to a peer, who may not read.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

use crate::limits;
use crate::proto::Reply;

/// Writes what was said; `false` when the peer is gone or does not read.
pub(crate) async fn flush<S: AsyncWrite + Unpin>(stream: &mut S, out: &mut Vec<u8>) -> bool {
    if out.is_empty() {
        return true;
    }
    let written = timeout(limits::WRITE_WAIT, async {
        stream.write_all(out).await?;
        stream.flush().await
    });
    let written = matches!(written.await, Ok(Ok(())));
    out.clear();
    written
}

/// Writes the last words and reads on for a moment, so that they arrive.
pub(crate) async fn farewell<S>(stream: &mut S, out: &mut Vec<u8>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if flush(stream, out).await {
        let _ = timeout(limits::FAREWELL_WAIT, async {
            stream.shutdown().await?;
            let mut rest = [0; 1024];
            while stream.read(&mut rest).await? > 0 {}
            io::Result::Ok(())
        })
        .await;
    }
}

/// Says one thing to somebody who is not let in.
pub(crate) async fn turn_away<S>(stream: &mut S, last_word: &Reply)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut out = Vec::new();
    last_word.write_to(&mut out);
    farewell(stream, &mut out).await;
}
