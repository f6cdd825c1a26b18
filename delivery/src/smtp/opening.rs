//! How a connection begins: greeting, encryption, sign-in.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, CertificateStore, TlsParameters,
};
use lettre::transport::smtp::commands::Ehlo;
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Severity;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Line, Offers, SmtpError, State, cause};
use crate::bounded::{Allowance, Bounded};
use crate::config::{Door, Login, TlsPolicy};
use crate::failure::{Cause, Failure, Step};
use crate::limits::{self, Patience};
use crate::tls::encrypt;

/// Why there is no connection.
pub(super) enum Unopened {
    /// The encryption failed.
    Tls(Failure),
    /// Something else.
    Other(Failure),
}

pub(super) async fn connect(
    door: &Door,
    hello: &ClientId,
    patience: Patience,
) -> Result<Line, Unopened> {
    let failed = |cause| Failure {
        step: Step::Reach,
        cause,
    };
    let other = |cause| Unopened::Other(failed(cause));

    let address = (door.address.host(), door.address.port());
    let stream = timeout(patience.connect, TcpStream::connect(address)).await;
    let stream = stream.map_err(|_| other(Cause::Silence))?.map_err(|e| {
        other(Cause::Broken(format!(
            "cannot connect to {}: {e}",
            door.address
        )))
    })?;
    // The final dot is a small write after others: without this it would wait for the other
    // side's delayed acknowledgement, 40 ms for each message.
    let _ = stream.set_nodelay(true);
    let allowance = Allowance::new(limits::REPLY_BYTES_MAX);
    let stream: Box<dyn AsyncTokioStream> = if door.tls == TlsPolicy::Implicit {
        let authorities = door.authorities.as_deref();
        let encrypted = encrypt(&door.address, authorities, stream, patience.command).await;
        let encrypted = encrypted.map_err(|why| other(Cause::Broken(why)))?;
        Box::new(Bounded::new(encrypted, allowance.clone()))
    } else {
        Box::new(Bounded::new(stream, allowance.clone()))
    };

    let opening = AsyncSmtpConnection::connect_with_transport(stream, hello);
    let mut connection = timeout(patience.command, opening)
        .await
        .map_err(|_| other(Cause::Silence))?
        .map_err(|e| other(cause(&e)))?;

    match door.tls {
        TlsPolicy::Required if !connection.can_starttls() => {
            let why = "it does not offer STARTTLS, which the configuration requires";
            return Err(other(Cause::Broken(why.to_owned())));
        }
        TlsPolicy::Opportunistic | TlsPolicy::Required if connection.can_starttls() => {
            let tls = parameters(door).map_err(|e| Unopened::Tls(failed(cause(&e))))?;
            allowance.renew();
            timeout(patience.command, connection.starttls(tls, hello))
                .await
                .map_err(|_| Unopened::Tls(failed(Cause::Silence)))?
                .map_err(|e| Unopened::Tls(failed(cause(&e))))?;
        }
        _ => {}
    }

    let offers = Offers::default();
    let mut line = Line {
        connection,
        allowance,
        patience,
        encrypted_at_once: door.tls == TlsPolicy::Implicit,
        offers,
        rows: 0,
        state: State::Ready,
    };
    let ehlo = Ehlo::new(hello.clone());
    let reply = line
        .say(Step::Reach, Severity::PositiveCompletion, ehlo)
        .await;
    line.offers = Offers::read(&reply.map_err(Unopened::Other)?);
    if let Some(login) = &door.login {
        line.sign_in(login).await.map_err(Unopened::Other)?;
    }
    Ok(line)
}

impl Line {
    /// Signs in (RFC 4954).
    async fn sign_in(&mut self, login: &Login) -> Result<(), Failure> {
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        let server = self.connection.server_info();
        if server.get_auth_mechanism(&mechanisms).is_none() {
            let why = "it offers neither AUTH PLAIN nor AUTH LOGIN";
            return Err(Failure {
                step: Step::SignIn,
                cause: Cause::Broken(why.to_owned()),
            });
        }
        self.allowance.renew();
        let password = login.password.expose().to_owned();
        let credentials = Credentials::new(login.name.clone(), password);
        let signing_in = self.connection.auth(&mechanisms, &credentials);
        let said = timeout(self.patience.command, signing_in).await;
        let judged = self.judge(Step::SignIn, Severity::PositiveCompletion, said);
        judged
            .map(drop)
            .map_err(|failure| without_echo(failure, login))
    }
}

/// A certificate is looked at only where encryption is required: somebody who could change the
/// connection could take STARTTLS out of it as well.
fn parameters(door: &Door) -> Result<TlsParameters, SmtpError> {
    let mut tls = TlsParameters::builder(door.address.host().to_owned())
        .dangerous_accept_invalid_certs(!door.tls.is_private());
    if let Some(pem) = &door.authorities {
        tls = tls
            .certificate_store(CertificateStore::None)
            .add_root_certificate(Certificate::from_pem(pem)?);
    }
    tls.build()
}

/// What was heard at the sign-in goes into logs and pages. A server that repeats what we said,
/// in clear or as it went over the wire (RFC 4616 §2), must not put the password there.
fn without_echo(failure: Failure, login: &Login) -> Failure {
    let (name, password) = (&login.name, login.password.expose());
    let secrets = [
        password.to_owned(),
        BASE64_STANDARD.encode(password),
        BASE64_STANDARD.encode(format!("\0{name}\0{password}")),
    ];
    let hide = |text: String| {
        let echoes = secrets.iter().any(|secret| text.contains(secret.as_str()));
        if echoes { "(hidden)".to_owned() } else { text }
    };
    let cause = match failure.cause {
        Cause::Reply { code, text } => Cause::Reply {
            code,
            text: hide(text),
        },
        Cause::Broken(how) => Cause::Broken(hide(how)),
        other => other,
    };
    Failure { cause, ..failure }
}
