//! Where mail comes in: `[[listener]]`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use shadow_smtpd::{
    ClientCertificates, ListenerConfig, Network, Protocol, Role, TlsPolicy, limits,
};
use store::Secret;
use toml::Spanned;

use super::error::{ConfigError, Source};
use super::peer_limits;
use super::raw::{RawListener, RawListenerUser};

/// Who can sign in at the listeners: their names and Argon2id hashes, by the listener's name.
pub type Users = BTreeMap<String, Vec<(String, Secret)>>;

/// What the rest of the file means for listeners.
pub struct Around<'a> {
    /// Whether there is a certificate.
    pub has_certificate: bool,
    /// Where a relative path starts.
    pub beside: &'a dyn Fn(&Path) -> PathBuf,
}

/// Checks all of them.
pub fn listeners(
    source: Source<'_>,
    raw: Vec<Spanned<RawListener>>,
    around: &Around<'_>,
) -> Result<(Vec<ListenerConfig>, Users), ConfigError> {
    let mut listeners: Vec<ListenerConfig> = Vec::new();
    let mut users = Users::new();
    for raw in raw {
        let at = raw.span();
        let raw = raw.into_inner();
        let name = raw.name.clone();
        let wrong = |sentence: String| {
            source.wrong_at(at.clone(), format!("listener \"{name}\" {sentence}"))
        };
        if name.is_empty() {
            return Err(source.wrong_at(at, "a listener needs a name"));
        }
        let own_users = raw.user.iter().map(|user| self::user(user, around));
        let own_users: Vec<_> = own_users.collect::<Result<_, _>>().map_err(&wrong)?;
        let listener = listener(raw, around).map_err(&wrong)?;
        proofs(&listener, &own_users, around).map_err(|sentence| wrong(sentence.to_owned()))?;
        if listeners.iter().any(|other| other.name == name) {
            return Err(wrong("stands here twice; rename one".into()));
        }
        let taken = |other: &&ListenerConfig| {
            other.address == listener.address && other.address.port() != 0
        };
        if let Some(other) = listeners.iter().find(taken) {
            let address = listener.address;
            let sentence = format!("wants {address}, which \"{}\" has", other.name);
            return Err(wrong(sentence));
        }
        listeners.push(listener);
        users.insert(name, own_users);
    }
    Ok((listeners, users))
}

/// What a peer shows of itself needs TLS, and TLS needs a certificate.
fn proofs(
    listener: &ListenerConfig,
    users: &[(String, Secret)],
    around: &Around<'_>,
) -> Result<(), &'static str> {
    let without = |what| {
        if around.has_certificate {
            None
        } else {
            Some(what)
        }
    };
    let missing = match listener.tls {
        TlsPolicy::Required => {
            without("requires tls, so the file must name a certificate and a key in [tls]")
        }
        TlsPolicy::Implicit => {
            without("begins with tls, so the file must name a certificate and a key in [tls]")
        }
        TlsPolicy::Off if !users.is_empty() || !listener.certificates.is_empty() => {
            Some("has users or certificates, which need tls; set tls to \"required\"")
        }
        _ if !users.is_empty() || !listener.certificates.is_empty() => without(
            "has users or certificates, so the file must name a certificate and a key in [tls]",
        ),
        TlsPolicy::Off | TlsPolicy::Opportunistic => None,
    };
    missing.map_or(Ok(()), Err)
}

fn listener(raw: RawListener, around: &Around<'_>) -> Result<ListenerConfig, String> {
    let message_bytes_max = raw.message_bytes_max.unwrap_or(match raw.role {
        Role::Journal => limits::JOURNAL_MESSAGE_BYTES_MAX,
        Role::Fallback | Role::Relay => limits::MESSAGE_BYTES_MAX,
    });
    let least = limits::MESSAGE_BYTES_LEAST;
    if message_bytes_max < least {
        return Err(format!("must take mails of {least} bytes"));
    }
    // RFC 2033 §5.
    if raw.protocol == Protocol::Lmtp && raw.address.port() == 25 {
        return Err("speaks lmtp, which must not be on port 25; choose another port".into());
    }
    let allow = networks("allows", &raw.allow)?;
    Ok(ListenerConfig {
        limits: peer_limits::check(&raw.limits, raw.role, &allow)?,
        allow,
        proxy: networks("has in proxy", &raw.proxy)?,
        xclient: networks("has in xclient", &raw.xclient)?,
        certificates: certificates(&raw, around)?,
        name: raw.name,
        role: raw.role,
        address: raw.address,
        protocol: raw.protocol,
        tls: raw.tls,
        message_bytes_max,
    })
}

fn networks(how: &str, texts: &[String]) -> Result<Vec<Network>, String> {
    let network = |text: &String| {
        text.parse()
            .map_err(|_| format!("{how} \"{text}\", which is no network such as 10.0.0.0/8"))
    };
    texts.iter().map(network).collect()
}

fn certificates(raw: &RawListener, around: &Around<'_>) -> Result<ClientCertificates, String> {
    let authorities = match &raw.client_ca {
        Some(file) => authorities(&(around.beside)(file))?,
        None => Vec::new(),
    };
    if authorities.is_empty() && !raw.client_names.is_empty() {
        return Err("has client_names, which say nothing without client_ca".into());
    }
    let fingerprints = raw.client_fingerprints.iter().map(|text| {
        text.parse()
            .map_err(|error| format!("has in client_fingerprints {error}"))
    });
    Ok(ClientCertificates {
        authorities,
        names: raw.client_names.clone(),
        fingerprints: fingerprints.collect::<Result<_, _>>()?,
    })
}

fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let shown = file.display();
    let certificates: Vec<_> = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<_, _>>)
        .map_err(|error| format!("has the client_ca {shown}, which cannot be read: {error}"))?;
    if certificates.is_empty() {
        return Err(format!(
            "has the client_ca {shown}, which holds no certificate"
        ));
    }
    Ok(certificates)
}

fn user(raw: &RawListenerUser, around: &Around<'_>) -> Result<(String, Secret), String> {
    let login = &raw.login;
    let hash = match (&raw.password, &raw.password_file) {
        (Some(hash), None) => hash.clone(),
        (None, Some(file)) => {
            let file = (around.beside)(file);
            let text = fs::read_to_string(&file);
            let text = text.map_err(|error| {
                let file = file.display();
                format!(
                    "has the user \"{login}\", whose password_file {file} cannot be read: {error}"
                )
            })?;
            Secret::new(text.lines().next().unwrap_or_default())
        }
        _ => {
            return Err(format!(
                "has the user \"{login}\", who needs either password or password_file"
            ));
        }
    };
    if login.is_empty() || !sync_ad::is_hash(hash.expose()) {
        return Err(format!(
            "has the user \"{login}\", who needs a name and a hash as `shadowmail user hash` prints it"
        ));
    }
    Ok((login.clone(), hash))
}
