//! Whether our ports are free, and whether others answer at theirs.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use delivery::{HostPort, Imap};
use shadow_smtpd::{ClamdAt, ListenerConfig, TlsPolicy};
use store::{AlertKind, Store};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::timeout;

use super::Seen;
use crate::config::Config;
use crate::lock;

/// How long somebody may take to answer.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// A port that we can use, or do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Port {
    Free,
    Ours,
}

impl Port {
    fn told(self, address: SocketAddr) -> String {
        match self {
            Self::Free => format!("{address} is free"),
            Self::Ours => format!("{address} has the running Shadowmail"),
        }
    }
}

/// The port of a listener is free, or has our running server on it.
pub async fn listener(listener: &ListenerConfig, hostname: &str) -> Seen {
    let address = listener.address;
    if listener.tls == TlsPolicy::Implicit || !listener.proxy.is_empty() {
        // It says nothing in clear, or not to us.
        return match TcpListener::bind(address) {
            Err(error) if error.kind() == ErrorKind::AddrInUse => Ok(format!(
                "{address} is in use; it does not greet in clear, so `ss -ltnp` tells by whom"
            )),
            _ => Ok(ours_or_free(address, "", "").await?.told(address)),
        };
    }
    // The greeting is `220 <host name> …` (RFC 5321 §4.3.1).
    let port = ours_or_free(address, "", &format!("220 {hostname}")).await?;
    Ok(port.told(address))
}

/// The port of the webmail is free, or has our running server on it: that of this data directory,
/// for another one would show other people's mail.
pub async fn web(config: &Config) -> Seen {
    let web = &config.web;
    let request = format!("GET / HTTP/1.0\r\nHost: {}\r\n\r\n", web.address);
    let port = ours_or_free(web.address, &request, "Shadowmail").await?;
    if port == Port::Ours && !lock::web_runs(&config.data_dir).map_err(|error| error.to_string())? {
        return Err(in_use(web.address));
    }
    if let Some(words) = unbelieved(config).await {
        return Err(words);
    }
    let seen = port.told(web.address);
    Ok(format!("{seen}, people type {}", web.url))
}

/// What the running webmail has seen of a proxy that is not in the config.
pub async fn unbelieved(config: &Config) -> Option<String> {
    if !config.has_store() {
        return None;
    }
    let store = Store::open_with(&config.data_dir, config.store_options()).await;
    let store = store.ok()?;
    let alerts = store.alerts().await;
    store.close().await;
    let told = alerts.ok()?.into_iter();
    let mut told = told.filter(|it| it.kind == AlertKind::ProxyUnbelieved);
    told.next().map(|it| it.words)
}

/// The primary takes mail.
pub async fn primary(config: &Config) -> Seen {
    match &config.delivery.primary {
        Some(primary) if primary.tls == delivery::TlsPolicy::Implicit => {
            let address = &primary.address;
            match delivery::knock(primary, &config.hostname).await {
                Ok(words) => Ok(format!("{address} takes mail ({words})")),
                Err(words) => Err(format!(
                    "{address}: {words}; see that it runs and takes mail from this host"
                )),
            }
        }
        Some(primary) => door(&primary.address, &config.hostname).await,
        None => Err(
            "none; write its host:port in primary.smtp, or what it missed can never be \
                     handed back"
                .into(),
        ),
    }
}

/// Those who take what staff write to the outside let us in, encrypted and signed in as they will
/// have to.
pub async fn outbound(config: &Config) -> Seen {
    let smarthosts = &config.delivery.outbound.smarthosts;
    if smarthosts.is_empty() {
        return Err(
            "no smarthost, staff can not write to the outside in an emergency: set [outbound] \
             smarthost"
                .into(),
        );
    }
    let mut seen = Vec::new();
    for door in smarthosts {
        let address = &door.address;
        match delivery::knock(door, &config.hostname).await {
            Ok(words) => seen.push(format!("{address} takes mail ({words})")),
            Err(words) => {
                return Err(format!(
                    "{address}: {words}; see that it runs and takes mail from this host, and that \
                     tls, ca, login and password_file in [outbound] are right"
                ));
            }
        }
    }
    let dkim = &config.delivery.outbound.dkim;
    let unsigned = config.domains.iter().filter(|it| dkim.of(it).is_empty());
    let unsigned: Vec<&str> = unsigned.map(String::as_str).collect();
    if !unsigned.is_empty() {
        seen.push(format!(
            "mail of {} is not signed by DKIM, unless the smarthost does it: see `shadowmail dkim \
             --help`",
            unsigned.join(", ")
        ));
    }
    Ok(seen.join("; "))
}

/// A mail server answers.
async fn door(address: &HostPort, hostname: &str) -> Seen {
    match delivery::probe(address, hostname).await {
        Ok(words) => Ok(format!("{address} says {words}")),
        Err(error) => Err(format!(
            "{error}; see that it runs and takes mail from this host"
        )),
    }
}

/// The IMAP server can be reached; nobody signs in.
pub async fn imap(imap: &Imap) -> Seen {
    let place = (imap.address.host(), imap.address.port());
    match timeout(ANSWER_WAIT, TcpStream::connect(place)).await {
        Ok(Ok(_)) => Ok(format!("{} takes connections", imap.address)),
        Ok(Err(error)) => Err(format!("cannot connect to {}: {error}", imap.address)),
        Err(_) => Err(format!("{} does not answer", imap.address)),
    }
}

/// The port for monitoring is free, or has our running server on it.
pub async fn metrics(address: SocketAddr) -> Seen {
    let request = format!("GET /metrics HTTP/1.0\r\nHost: {address}\r\n\r\n");
    let port = ours_or_free(address, &request, "shadowmail_store_up").await?;
    Ok(port.told(address))
}

/// The spam filter can be reached.
pub async fn rspamd(address: SocketAddr) -> Seen {
    connection(address.to_string(), TcpStream::connect(address)).await
}

/// The virus scanner can be reached.
pub async fn clamd(at: &ClamdAt) -> Seen {
    match at {
        ClamdAt::Tcp(address) => connection(address.to_string(), TcpStream::connect(address)).await,
        ClamdAt::Unix(path) => {
            let name = path.display().to_string();
            connection(name, UnixStream::connect(path)).await
        }
    }
}

async fn connection<S>(name: String, connect: impl Future<Output = std::io::Result<S>>) -> Seen {
    match timeout(ANSWER_WAIT, connect).await {
        Ok(Ok(_)) => Ok(format!("{name} takes connections")),
        Ok(Err(error)) => Err(format!(
            "cannot connect to {name}: {error}; start it, or take it out of [checks]"
        )),
        Err(_) => Err(format!("{name} does not answer; see what holds it up")),
    }
}

/// Tries to take the port. When somebody has it, `words` in the answer to `request` tell that it
/// is our own server.
async fn ours_or_free(address: SocketAddr, request: &str, words: &str) -> Result<Port, String> {
    match TcpListener::bind(address) {
        Ok(_) => Ok(Port::Free),
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            let answer = timeout(ANSWER_WAIT, answer(address, request, words)).await;
            if answer.is_ok_and(|answer| answer.is_ok_and(|answer| answer.contains(words))) {
                return Ok(Port::Ours);
            }
            Err(in_use(address))
        }
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(format!(
            "{address}: {error}; ports below 1024 need CAP_NET_BIND_SERVICE"
        )),
        Err(error) if error.kind() == ErrorKind::AddrNotAvailable => Err(format!(
            "{address} is no address of this host; use one that is, or 0.0.0.0"
        )),
        Err(error) => Err(format!("{address}: {error}")),
    }
}

fn in_use(address: SocketAddr) -> String {
    format!("{address} is in use by another program; stop it, or choose another port")
}

/// What somebody says until `words` came, or they are done.
async fn answer(address: SocketAddr, request: &str, words: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut said = Vec::new();
    let mut stream = stream.take(64 << 10);
    loop {
        let text = String::from_utf8_lossy(&said);
        // Who was asked nothing says one line and waits.
        let greeted = request.is_empty() && text.contains('\n');
        if greeted || text.contains(words) || stream.read_buf(&mut said).await? == 0 {
            return Ok(String::from_utf8_lossy(&said).into_owned());
        }
    }
}
