//! Certificates that peers show, and which of them open a listener.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use rustls::client::danger::HandshakeSignatureValid;
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{ParsedCertificate, ResolvesServerCert, WebPkiClientVerifier};
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig, SignatureScheme,
};
use sha2::{Digest, Sha256};
use store::Trust;

/// Which certificates of peers open a listener.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCertificates {
    /// Whoever has one that these signed, and one of the names.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Host names, one of which a signed certificate must have. Empty: any will do.
    pub names: Vec<String>,
    /// Whoever has exactly one of these.
    pub fingerprints: Vec<Fingerprint>,
}

/// The SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fingerprint([u8; 32]);

/// The text is no SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{0}\" is no SHA-256 fingerprint: 64 hexadecimal digits, with or without colons")]
pub struct FingerprintError(String);

impl Fingerprint {
    /// That of a certificate.
    pub fn of(certificate: &CertificateDer<'_>) -> Self {
        Self(Sha256::digest(certificate).into())
    }
}

impl FromStr for Fingerprint {
    type Err = FingerprintError;

    fn from_str(text: &str) -> Result<Self, FingerprintError> {
        let wrong = || FingerprintError(text.to_owned());
        let digits: Option<Vec<u8>> = text
            .chars()
            .filter(|c| *c != ':')
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect();
        let octets = digits.ok_or_else(wrong)?;
        let (pairs, rest) = octets.as_chunks::<2>();
        let octets: Vec<u8> = pairs.iter().map(|[high, low]| high << 4 | low).collect();
        match (octets.try_into(), rest) {
            (Ok(octets), []) => Ok(Self(octets)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}

/// The server's side of TLS: its certificate, and whether peers are asked for theirs.
pub(crate) fn server_config(
    own: Arc<dyn ResolvesServerCert>,
    trusted: &ClientCertificates,
) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder();
    let builder = if trusted.is_empty() {
        builder.with_no_client_auth()
    } else {
        let algorithms = builder.crypto_provider().signature_verification_algorithms;
        builder.with_client_cert_verifier(Arc::new(AnyClient(algorithms)))
    };
    Arc::new(builder.with_cert_resolver(own))
}

impl ClientCertificates {
    /// Whether none opens anything.
    pub fn is_empty(&self) -> bool {
        self.authorities.is_empty() && self.fingerprints.is_empty()
    }

    /// Why a peer that showed this chain is trusted. That it has the key, TLS has shown.
    pub(crate) fn trust(&self, chain: &[CertificateDer<'_>], now: UnixTime) -> Option<Trust> {
        let (own, intermediates) = chain.split_first()?;
        let fingerprint = Fingerprint::of(own);
        if self.fingerprints.contains(&fingerprint) {
            return Some(Trust::Certificate(fingerprint.to_string()));
        }
        let parsed = ParsedCertificate::try_from(own).ok()?;
        if !self.signed(own, &parsed, intermediates, now) {
            return None;
        }
        if self.names.is_empty() {
            return Some(Trust::Certificate(fingerprint.to_string()));
        }
        let has = |name: &&String| {
            ServerName::try_from(name.as_str())
                .is_ok_and(|name| verify_server_name(&parsed, &name).is_ok())
        };
        let name = self.names.iter().find(has)?;
        Some(Trust::Certificate(name.clone()))
    }

    /// Whether one of the authorities signed it, for clients or for servers: mail servers show the
    /// certificate they have.
    fn signed(
        &self,
        own: &CertificateDer<'_>,
        parsed: &ParsedCertificate<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> bool {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(self.authorities.iter().cloned());
        if roots.is_empty() {
            return false;
        }
        let algorithms = rustls::crypto::ring::default_provider().signature_verification_algorithms;
        let as_server = verify_server_cert_signed_by_trust_anchor(
            parsed,
            &roots,
            intermediates,
            now,
            algorithms.all,
        );
        let as_client = || {
            let verifier = WebPkiClientVerifier::builder(Arc::new(roots.clone())).build();
            verifier.is_ok_and(|it| it.verify_client_cert(own, intermediates, now).is_ok())
        };
        as_server.is_ok() || as_client()
    }
}

/// Takes any certificate, and none: a gateway may show one that we know nothing about, and still
/// be trusted for its network. [`ClientCertificates::trust`] decides afterwards.
#[derive(Debug)]
struct AnyClient(WebPkiSupportedAlgorithms);

impl ClientCertVerifier for AnyClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints() {
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let fingerprint = Fingerprint::of(&CertificateDer::from_slice(b""));
        assert_eq!(fingerprint.to_string(), of_nothing);
        let pairs: Vec<String> = of_nothing
            .to_uppercase()
            .as_bytes()
            .chunks(2)
            .map(|pair| String::from_utf8(pair.to_vec()).unwrap())
            .collect();
        assert_eq!(pairs.join(":").parse(), Ok(fingerprint));
        assert_eq!(of_nothing.parse(), Ok(fingerprint));
        for bad in ["", "e3", &of_nothing[1..], &format!("{of_nothing}00"), "é"] {
            assert!(bad.parse::<Fingerprint>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_no_certificate_opens_nothing() {
        let some = ClientCertificates {
            fingerprints: vec![Fingerprint([7; 32])],
            ..ClientCertificates::default()
        };
        let now = UnixTime::now();
        assert_eq!(some.trust(&[], now), None);
        assert_eq!(
            some.trust(&[CertificateDer::from_slice(b"junk")], now),
            None
        );
    }
}
