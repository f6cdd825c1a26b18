//! SPF, DKIM, DMARC and ARC, by mail-auth.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use hyper::body::Bytes;
use mail_auth::common::crypto::HashAlgorithm;
use mail_auth::dkim::Canonicalization;
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimResult, DmarcOutput, DmarcResult, MessageAuthenticator, SpfResult,
};
use store::{Confirmation, DmarcPolicy, Findings, Outcome, ReversePath};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::examiner::Arrival;
use crate::limits;

/// What is asked about a mail, besides its bytes.
pub(super) struct Question {
    address: IpAddr,
    helo: String,
    /// MAIL FROM; empty for a bounce.
    sender: String,
    hostname: String,
}

impl Question {
    /// For the peer at `address`.
    pub(super) fn new(address: IpAddr, arrival: &Arrival<'_>, hostname: &str) -> Self {
        Self {
            address,
            helo: arrival.helo.to_owned(),
            sender: match arrival.reverse_path {
                ReversePath::Null => String::new(),
                ReversePath::Address(address) => address.as_str().to_owned(),
            },
            hostname: hostname.to_owned(),
        }
    }
}

/// What is found out before `until`, and within `dns_time` where the DNS is asked. A panic is a
/// bug in the checks, and must not cost the mail.
pub(super) async fn of(
    dns: &MessageAuthenticator,
    mail: &Bytes,
    question: &Question,
    (until, dns_time): (Instant, Duration),
) -> Findings {
    let mut findings = Findings::default();
    let body = Body::of(mail, until).await;
    let until = until.min(Instant::now() + dns_time);
    let all = check(dns, (mail, body), question, &mut findings);
    // What is known by then stands.
    let checked = timeout_at(until, AssertUnwindSafe(all).catch_unwind()).await;
    if let Ok(Err(_)) = checked {
        warn!("the checks of a mail panicked; this is a bug in Shadowmail");
    }
    findings
}

/// What signatures say about the body of a mail. Hashing a large one takes long, so that is done on
/// a thread of its own; asking the DNS waits, so that is not done there.
struct Body {
    /// Where it begins.
    offset: usize,
    /// How a signature hashes it, how much of it, and what comes out.
    hashes: Vec<(Canonicalization, HashAlgorithm, u64, Vec<u8>)>,
}

impl Body {
    /// `None` when it can not be read, would take too much work, or was not done in time.
    async fn of(mail: &Bytes, until: Instant) -> Option<Self> {
        let mail = mail.clone();
        let hashing = spawn_blocking(move || Self::hashed(&mail));
        match timeout_at(until, hashing).await {
            Ok(Ok(body)) => body,
            Ok(Err(error)) => {
                warn!(%error, "hashing a mail panicked; this is a bug in Shadowmail");
                None
            }
            Err(_) => None,
        }
    }

    fn hashed(mail: &[u8]) -> Option<Self> {
        if is_bomb(mail) {
            return None;
        }
        let message = AuthenticatedMessage::parse(mail)?;
        Some(Self {
            offset: message.body_offset(),
            hashes: message.body_hashes,
        })
    }

    /// The mail as the checks want it. Only its header is read.
    fn message(self, mail: &[u8]) -> Option<AuthenticatedMessage<'_>> {
        let mut message = AuthenticatedMessage::parse(mail.get(..self.offset)?)?;
        message.body_hashes = self.hashes;
        Some(message)
    }
}

async fn check(
    dns: &MessageAuthenticator,
    (mail, body): (&[u8], Option<Body>),
    question: &Question,
    findings: &mut Findings,
) {
    let Question {
        address,
        helo,
        sender,
        hostname,
    } = question;
    let spf = dns
        .verify_spf(if sender.is_empty() {
            // A bounce has no sender, so its peer's own name must do (RFC 7208 §2.4).
            SpfParameters::verify_ehlo(*address, helo, hostname)
        } else {
            SpfParameters::verify_mail_from(*address, helo, hostname, sender)
        })
        .await;
    let sender_domain = sender.rsplit_once('@').map_or(helo.as_str(), |(_, it)| it);
    findings.spf = Some(confirmation(sender_domain, of_spf(spf.result())));
    let Some(message) = body.and_then(|body| body.message(mail)) else {
        return;
    };
    let dkim = dns.verify_dkim(&message).await;
    findings.dkim = dkim
        .iter()
        .filter_map(|output| {
            let domain = output.signature()?.d.as_str();
            Some(confirmation(domain, of_dkim(output.result())))
        })
        .collect();
    let parameters = DmarcParameters::new(&message, &dkim, sender_domain, &spf);
    let dmarc = dns.verify_dmarc(parameters).await;
    let outcome = of_dmarc(&dmarc);
    let from_domain = message.from().rsplit_once('@').map_or("", |(_, it)| it);
    findings.dmarc = Some(confirmation(from_domain, outcome));
    findings.dmarc_policy = match dmarc.policy() {
        Policy::None => Some(DmarcPolicy::None),
        Policy::Quarantine => Some(DmarcPolicy::Quarantine),
        Policy::Reject => Some(DmarcPolicy::Reject),
        Policy::Unspecified => None,
    };
    if !message.as_headers.is_empty() {
        findings.arc = Some(of_dkim(dns.verify_arc(&message).await.result()));
    }
}

/// Each signature may hash the whole mail again, hashes the header, and asks the DNS.
fn is_bomb(mail: &[u8]) -> bool {
    let mut signatures = 0;
    let mut bytes = 0;
    for line in mail.split(|byte| *byte == b'\n') {
        if line.is_empty() || line == b"\r" {
            return false;
        }
        bytes += line.len() + 1;
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        let counts = [
            &b"dkim-signature"[..],
            b"dkim2-signature",
            b"arc-seal",
            b"arc-message-signature",
        ];
        if counts
            .iter()
            .any(|it| name.trim_ascii().eq_ignore_ascii_case(it))
        {
            signatures += 1;
        }
        if signatures > limits::SIGNATURES_MAX
            || bytes > limits::HEADER_BYTES_MAX
            || signatures * bytes > limits::SIGNED_HEADER_BYTES_MAX
        {
            return true;
        }
    }
    false
}

fn confirmation(domain: &str, outcome: Outcome) -> Confirmation {
    Confirmation {
        domain: domain.chars().take(limits::HELO_BYTES_MAX).collect(),
        outcome,
    }
}

fn of_dmarc(output: &DmarcOutput) -> Outcome {
    match (output.dkim_result(), output.spf_result()) {
        (DmarcResult::Pass, _) | (_, DmarcResult::Pass) => Outcome::Pass,
        (DmarcResult::TempError(_), _) | (_, DmarcResult::TempError(_)) => Outcome::TempError,
        // Where there is a policy, a mail that nothing confirms fails it (RFC 9989).
        _ if output.dmarc_record().is_some() => Outcome::Fail,
        (DmarcResult::PermError(_), _) | (_, DmarcResult::PermError(_)) => Outcome::PermError,
        _ => Outcome::None,
    }
}

fn of_spf(result: SpfResult) -> Outcome {
    match result {
        SpfResult::Pass => Outcome::Pass,
        SpfResult::Fail => Outcome::Fail,
        SpfResult::SoftFail => Outcome::SoftFail,
        SpfResult::Neutral => Outcome::Neutral,
        SpfResult::TempError => Outcome::TempError,
        SpfResult::PermError => Outcome::PermError,
        SpfResult::None => Outcome::None,
    }
}

fn of_dkim(result: &DkimResult) -> Outcome {
    match result {
        DkimResult::Pass => Outcome::Pass,
        DkimResult::Neutral(_) => Outcome::Neutral,
        DkimResult::Fail(_) => Outcome::Fail,
        DkimResult::PermError(_) => Outcome::PermError,
        DkimResult::TempError(_) => Outcome::TempError,
        DkimResult::None => Outcome::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_the_limit() {
        let mail = |signatures: usize, header_bytes: usize| {
            let mut mail = b"DKIM-Signature: v=1;\r\n\tb=\r\n".repeat(signatures);
            mail.extend(vec![b'x'; header_bytes]);
            mail.extend(b"\r\n\r\n");
            mail.extend(b"ARC-Seal: in the text\r\n".repeat(100));
            mail
        };
        assert!(!is_bomb(b""));
        assert!(!is_bomb(&mail(limits::SIGNATURES_MAX, 0)));
        assert!(is_bomb(&mail(limits::SIGNATURES_MAX + 1, 0)));
        assert!(!is_bomb(&mail(0, limits::HEADER_BYTES_MAX - 2)));
        assert!(is_bomb(&mail(0, limits::HEADER_BYTES_MAX - 1)));
        let beside = limits::SIGNED_HEADER_BYTES_MAX / 10 - 10 * 27 - 2;
        assert!(!is_bomb(&mail(10, beside)));
        assert!(is_bomb(&mail(10, beside + 1)));
        assert!(is_bomb(
            &b"dkim-signature :\n".repeat(limits::SIGNATURES_MAX + 1)
        ));
    }

    proptest::proptest! {
        #[test]
        fn any_mail_can_be_looked_at(
            mail: Vec<u8>,
            header in "(dkim-signature: v=1; a=rsa-sha256; d=x.example; s=s; c=relaxed/(simple|relaxed); h=from; bh=QUJD; b=QUJD|(dkim-signature|arc-seal|from|x): [ -~]{0,60})\r\n",
        ) {
            is_bomb(&mail);
            let mail = [header.as_bytes(), &mail].concat();
            is_bomb(&mail);
            let Some(body) = Body::hashed(&mail) else {
                return Ok(());
            };
            // The header alone, with these hashes, is the same as the whole.
            let whole = AuthenticatedMessage::parse(&mail).unwrap();
            let hashes = body.hashes.len();
            let message = body.message(&mail).unwrap();
            assert_eq!(message.headers, whole.headers);
            assert_eq!(message.body_hashes, whole.body_hashes);
            assert_eq!(message.dkim_headers.len(), whole.dkim_headers.len());
            assert!(hashes <= limits::SIGNATURES_MAX);
        }
    }
}
