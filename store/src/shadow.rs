//! The store itself.

use std::path::Path;
use std::sync::Arc;

use crate::error::OpenError;

/// The door to everything kept. Cloning it is cheap; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner;

impl Store {
    /// Opens the data directory, making it when it is new, and finishes what a crash left
    /// half done.
    pub async fn open(data_dir: &Path) -> Result<Self, OpenError> {
        todo!()
    }

    /// Finishes what the writer has in hand. Keeping is refused from here on.
    pub async fn close(&self) {
        todo!()
    }
}
