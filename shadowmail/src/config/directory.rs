//! Where accounts and groups come from: `[directory]`.

use std::path::{Path, PathBuf};

use store::Secret;
use sync_ad::{RawDirectory, Settings};

use super::error::{ConfigError, Source};
use super::password;

/// Where accounts and groups come from.
#[derive(Clone, Debug)]
pub enum DirectorySource {
    /// A file.
    File(PathBuf),
    /// Active Directory or OpenLDAP.
    Server(Box<Settings>),
}

/// Checks `[directory]`. `domains` are all of the organisation, aliases too.
pub fn source(
    source: Source<'_>,
    mut raw: RawDirectory,
    domains: Vec<String>,
    beside: impl Fn(&Path) -> PathBuf,
) -> Result<DirectorySource, ConfigError> {
    if raw.kind == "file" {
        return Ok(DirectorySource::File(beside(&raw.path)));
    }
    let secret = match &raw.bind_password_file {
        Some(path) => password(source, "directory.bind_password_file", &beside(path))?,
        None => Secret::new(""),
    };
    raw.ca_file = raw.ca_file.as_deref().map(&beside);
    let settings = Settings::new(raw, domains, secret);
    let settings = settings.map_err(|error| source.wrong(error.key, error.reason))?;
    Ok(DirectorySource::Server(Box::new(settings)))
}
