//! What a session has read and not yet used.

use tokio::io::{AsyncRead, AsyncReadExt};

use crate::limits;

/// Bytes read and not yet used.
pub(crate) struct Input {
    buffer: Box<[u8]>,
    from: usize,
    to: usize,
}

impl Input {
    pub(crate) fn new() -> Self {
        Self {
            buffer: vec![0; limits::READ_BYTES].into(),
            from: 0,
            to: 0,
        }
    }

    pub(crate) fn unread(&self) -> &[u8] {
        self.buffer.get(self.from..self.to).unwrap_or_default()
    }

    /// All but the last `bytes` are used.
    pub(crate) fn leave(&mut self, bytes: usize) {
        self.from = self.to.saturating_sub(bytes);
    }

    /// Reads once. Only called when all was used.
    pub(crate) async fn fill<S: AsyncRead + Unpin>(
        &mut self,
        stream: &mut S,
    ) -> std::io::Result<usize> {
        self.from = 0;
        self.to = 0;
        self.to = stream.read(&mut self.buffer).await?;
        Ok(self.to)
    }
}
