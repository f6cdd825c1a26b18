//! Signatures of mail to the outside (DKIM, RFC 6376).

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256};
use mail_auth::common::headers::HeaderWriter;
use mail_auth::common::to_a_label;
use mail_auth::dkim::{DkimSigner, Done};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use store::ReversePath;
use tracing::error;

use crate::config::ConfigError;
use crate::limits;
use crate::smtp::Parcel;

/// The fields that are signed (RFC 6376 §5.4.1). What stands twice may not be added by others on the
/// way, and what a mail has not may not be added either (§8.15).
const SIGNED_FIELDS: &[&str] = &[
    "From",
    "From",
    "To",
    "Cc",
    "Subject",
    "Subject",
    "Date",
    "Date",
    "Message-ID",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// One `[[outbound.dkim]]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawDkim {
    /// The domain whose mail is signed, with those below it.
    pub domain: String,
    /// The name of the key in the DNS: `<selector>._domainkey.<domain>`.
    pub selector: String,
    /// PEM file with the private key: RSA of at least 2048 bits, or Ed25519.
    pub key_file: PathBuf,
}

/// The keys of all domains.
#[derive(Clone, Debug, Default)]
pub struct Dkim(Arc<[DkimDomain]>);

/// One key of a domain.
pub struct DkimDomain {
    domain: String,
    selector: String,
    record: String,
    signer: DkimSigner<DkimKey, Done>,
}

impl fmt::Debug for DkimDomain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.record_name())
    }
}

impl Dkim {
    /// Checks what was written. `read` reads a file, or says why it can not be read.
    pub fn new(
        raw: &[RawDkim],
        read: impl Fn(&Path) -> Result<String, String>,
    ) -> Result<Self, ConfigError> {
        let keys: Result<Vec<_>, _> = raw.iter().map(|raw| DkimDomain::new(raw, &read)).collect();
        Ok(Self(keys?.into()))
    }

    /// All keys, as they are written.
    pub fn keys(&self) -> &[DkimDomain] {
        &self.0
    }

    /// Those for mail from a domain: its own ones, or those of the nearest domain above it (RFC 7489
    /// §3.1.1 lets them speak for it).
    pub fn of(&self, domain: &str) -> Vec<&DkimDomain> {
        let domain = to_a_label(domain);
        let speaks = |key: &&DkimDomain| {
            let above = domain.strip_suffix(key.domain.as_str());
            above.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        let nearest = self.0.iter().filter(speaks).map(|key| key.domain.len());
        let nearest = nearest.max();
        let keys = self.0.iter().filter(speaks);
        keys.filter(|key| Some(key.domain.len()) == nearest)
            .collect()
    }

    /// Puts a signature in front of a mail, one for each key of its writer's domain. What can not be
    /// signed goes without.
    pub(crate) fn signed(&self, mut parcel: Parcel) -> Parcel {
        let ReversePath::Address(writer) = &parcel.reverse_path else {
            return parcel;
        };
        let keys = self.of(writer.domain());
        if keys.is_empty() {
            return parcel;
        }
        // The final dot brings the last line end along.
        parcel.bytes.extend(b"\r\n");
        let mut signatures = Vec::new();
        for key in keys {
            match key.signer.sign(&parcel.bytes) {
                Ok(signature) => signature.write_header(&mut signatures),
                Err(error) => error!(?key, %error, "can not sign a mail, it goes without"),
            }
        }
        parcel.bytes.truncate(parcel.bytes.len() - 2);
        parcel.bytes.splice(..0, signatures);
        parcel
    }
}

impl DkimDomain {
    fn new(
        raw: &RawDkim,
        read: impl Fn(&Path) -> Result<String, String>,
    ) -> Result<Self, ConfigError> {
        let wrong = |key, reason: String| ConfigError { key, reason };
        let domain = to_a_label(&raw.domain).into_owned();
        if !domain.contains('.') || !is_name(&domain) {
            let reason = format!("\"{domain}\" is no domain such as \"corp.example\"");
            return Err(wrong("outbound.dkim.domain", reason));
        }
        if !is_name(&raw.selector) {
            let reason = format!(
                "\"{}\" is no selector such as \"shadow\"; it names the key in the DNS",
                raw.selector
            );
            return Err(wrong("outbound.dkim.selector", reason));
        }
        let file = raw.key_file.display();
        let unfit = |reason: String| wrong("outbound.dkim.key_file", reason);
        let pem = read(&raw.key_file).map_err(|reason| {
            unfit(format!(
                "{reason}; `openssl genrsa -out {file} 2048` makes a key"
            ))
        })?;
        let (key, record) =
            key_and_record(&pem).map_err(|reason| unfit(format!("{file} {reason}")))?;
        let signer = DkimSigner::from_key(key)
            .domain(&domain)
            .selector(&raw.selector)
            .headers(SIGNED_FIELDS.iter().copied());
        Ok(Self {
            domain,
            selector: raw.selector.clone(),
            record,
            signer,
        })
    }

    /// The domain, in ASCII.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// Where others look for the public key (RFC 6376 §3.6.2.1).
    pub fn record_name(&self) -> String {
        format!("{}._domainkey.{}", self.selector, self.domain)
    }

    /// What must stand there, in one piece.
    pub fn record(&self) -> &str {
        &self.record
    }

    /// The line of a zone file: a string of the DNS has 255 octets at most (RFC 1035 §3.3.14).
    pub fn zone_line(&self) -> String {
        let pieces = self.record.as_bytes().chunks(limits::TXT_STRING_BYTES_MAX);
        let pieces: Vec<String> = pieces
            .map(|piece| format!("\"{}\"", String::from_utf8_lossy(piece)))
            .collect();
        format!("{}. IN TXT ( {} )", self.record_name(), pieces.join(" "))
    }
}

fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        let is_fit = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        !label.is_empty() && label.len() <= 63 && label.bytes().all(is_fit)
    };
    text.len() <= 253 && text.split('.').all(is_label)
}

/// The key, and what its record in the DNS says (RFC 6376 §3.6.1, RFC 8463 §4.2).
fn key_and_record(pem: &str) -> Result<(DkimKey, String), String> {
    let der = PrivateKeyDer::from_pem_slice(pem.as_bytes())
        .map_err(|_| "holds no private key in PEM".to_owned())?;
    if let PrivateKeyDer::Pkcs8(pkcs8) = &der
        && let Ok(key) = Ed25519Key::from_pkcs8_maybe_unchecked_der(pkcs8.secret_pkcs8_der())
    {
        let public = BASE64_STANDARD.encode(key.public_key());
        return Ok((key.into(), format!("v=DKIM1; k=ed25519; p={public}")));
    }
    let key = RsaKey::<Sha256>::from_key_der(der)
        .map_err(|_| "holds no RSA key of 2048 to 4096 bits, nor an Ed25519 key".to_owned())?;
    let public = BASE64_STANDARD.encode(public_key_info(&key.public_key()));
    Ok((key.into(), format!("v=DKIM1; k=rsa; p={public}")))
}

/// The `SubjectPublicKeyInfo` of an RSA key (RFC 8017 appendix A.1), which is what a record holds.
fn public_key_info(rsa_public_key: &[u8]) -> Vec<u8> {
    /// `rsaEncryption`, without parameters.
    const ALGORITHM: &[u8] = &[
        0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
    ];
    const SEQUENCE: u8 = 0x30;
    const BIT_STRING: u8 = 0x03;
    let bits = element(BIT_STRING, &[&[0], rsa_public_key].concat());
    element(SEQUENCE, &[ALGORITHM, &bits].concat())
}

/// One element in DER (X.690 §8.1.3).
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length: Vec<u8> = length.into_iter().skip_while(|byte| *byte == 0).collect();
    let mut element = vec![tag];
    match length.as_slice() {
        [] => element.push(0),
        [short] if *short < 0x80 => element.push(*short),
        long => {
            // At most eight octets of a `usize`.
            let count = u8::try_from(long.len()).unwrap_or(u8::MAX);
            element.push(0x80 | count);
            element.extend(long);
        }
    }
    element.extend(content);
    element
}

#[cfg(test)]
#[path = "dkim_tests.rs"]
mod tests;
