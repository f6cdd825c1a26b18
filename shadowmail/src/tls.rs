//! The certificate that listeners show.

use std::path::Path;

use rustls::RootCertStore;
use rustls::client::verify_server_cert_signed_by_trust_anchor as verify;
use rustls::client::verify_server_name;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{CertificateError, Error};

use crate::config::{ConfigError, Tls};

/// All of the process uses one implementation of the ciphers.
pub fn choose_provider() {
    // It fails only when one was chosen already.
    let _ = ring::default_provider().install_default();
}

/// Reads certificate and key.
pub fn load(tls: &Tls) -> Result<CertifiedKey, ConfigError> {
    let chain = chain(&tls.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&tls.key)
        .map_err(|error| ConfigError::file(&tls.key, format!("holds no private key: {error}")))?;
    CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(|error| {
        let certificate = tls.certificate.display();
        ConfigError::file(&tls.key, format!("does not go with {certificate}: {error}"))
    })
}

/// What a careful peer would object to, at `now`: an expired certificate, or another name.
pub fn objection(tls: &Tls, hostname: &str, now: UnixTime) -> Result<Option<String>, ConfigError> {
    let chain = chain(&tls.certificate)?;
    let file = tls.certificate.display();
    let (Some((own, intermediates)), Some(last)) = (chain.split_first(), chain.last()) else {
        return Ok(Some(format!("{file} holds no certificate")));
    };
    let parsed = match ParsedCertificate::try_from(own) {
        Ok(parsed) => parsed,
        Err(error) => return Ok(Some(format!("{file} cannot be read: {error}"))),
    };
    let mut roots = RootCertStore::empty();
    // Who signed it is the peer's business; here it is about the dates only.
    roots.add_parsable_certificates([last.clone()]);
    let ciphers = ring::default_provider().signature_verification_algorithms;
    let verified = verify(&parsed, &roots, intermediates, now, ciphers.all);
    if let Err(Error::InvalidCertificate(error)) = verified {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                return Ok(Some(format!("{file} has expired; renew it")));
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                return Ok(Some(format!("{file} is not valid yet; look at the clock")));
            }
            _ => {}
        }
    }
    let named =
        ServerName::try_from(hostname).is_ok_and(|name| verify_server_name(&parsed, &name).is_ok());
    Ok((!named).then(|| format!("{file} is not for {hostname}; get one that is")))
}

fn chain(file: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let wrong = |error: String| ConfigError::file(file, error);
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(format!("cannot be read as PEM: {error}")))?;
    if certificates.is_empty() {
        return Err(wrong("holds no certificate".into()));
    }
    Ok(certificates)
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
