//! SPF, DKIM, DMARC and ARC, by mail-auth.

use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures_util::FutureExt;
use mail_auth::dmarc::Policy;
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::spf::verify::SpfParameters;
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, DnsError, Error,
    MessageAuthenticator, SpfOutput, SpfResult,
};
use store::{Confirmation, DmarcPolicy, Findings, Outcome, ReversePath};
use tokio::time::{Instant, timeout_at};
use tracing::warn;

use super::author::Author;
use super::examiner::Arrival;
use super::places::Placed;
use super::reading::Reading;
use crate::limits;

/// What is asked about a mail, besides its bytes.
pub(super) struct Question {
    address: IpAddr,
    helo: String,
    /// MAIL FROM; empty for a bounce.
    sender: String,
    hostname: String,
}

/// Whether a mail could be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Yes,
    No,
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

    /// The domain that SPF is about.
    fn sender_domain(&self) -> &str {
        let domain = self.sender.rsplit_once('@').map(|(_, domain)| domain);
        domain.unwrap_or(&self.helo)
    }

    async fn spf(&self, dns: &MessageAuthenticator) -> SpfOutput {
        let (address, helo, hostname) = (self.address, &self.helo, &self.hostname);
        dns.verify_spf(if self.sender.is_empty() {
            // A bounce has no sender, so its peer's own name must do (RFC 7208 §2.4).
            SpfParameters::verify_ehlo(address, helo, hostname)
        } else {
            SpfParameters::verify_mail_from(address, helo, hostname, &self.sender)
        })
        .await
    }
}

/// What is found out before `until`, and within `dns_time` where the DNS is asked. The other is whether
/// the mail could be read at all: its sender chooses the bytes that make a parser panic, or slow.
pub(super) async fn of(
    dns: &MessageAuthenticator,
    mail: &Placed,
    question: &Question,
    (until, dns_time): (Instant, Duration),
) -> (Option<Findings>, Read) {
    let reading = Reading::of(mail, until).await;
    let is_read = reading.is_some();
    let until = until.min(Instant::now() + dns_time);
    // Not in the memory of every session, most of which are idle.
    let all = Box::pin(check(dns, (mail.bytes(), reading), question, until));
    let checked = AssertUnwindSafe(all).catch_unwind().await;
    if checked.is_err() {
        warn!("the checks of a mail panicked; this is a bug in Shadowmail");
    }
    match checked {
        Ok(findings) if is_read => (Some(findings), Read::Yes),
        Ok(findings) => (Some(findings), Read::No),
        Err(_) => (None, Read::No),
    }
}

/// The policy of From is asked for beside all else: whoever forges From chooses the other domains,
/// and one whose DNS is slow must not make the policy vanish.
async fn check(
    dns: &MessageAuthenticator,
    (mail, reading): (&[u8], Option<Reading>),
    question: &Question,
    until: Instant,
) -> Findings {
    let message = reading.as_ref().and_then(|it| it.message(mail));
    // The rest is for putting together what they say.
    let now = Instant::now();
    let first = now + until.saturating_duration_since(now) * 3 / 4;
    let sender_domain = question.sender_domain();
    let unknown = SpfOutput::new(sender_domain.to_owned());
    let spf = timeout_at(first, question.spf(dns));
    let dkim = async {
        let message = message.as_ref()?;
        timeout_at(first, dns.verify_dkim(message)).await.ok()
    };
    let arc = async {
        let message = message.as_ref().filter(|it| is_sealed(it))?;
        let sealed = timeout_at(first, dns.verify_arc(message)).await;
        Some(sealed.map_or(Outcome::TempError, |it| of_chain(it.result())))
    };
    let policy = async {
        let asked = DmarcParameters::new(message.as_ref()?, &[], sender_domain, &unknown);
        timeout_at(first, dns.verify_dmarc(asked)).await.ok()
    };
    let (spf, dkim, arc, policy) = tokio::join!(spf, dkim, arc, policy);
    let sees_body = reading.as_ref().is_none_or(Reading::sees_body);
    let untold = unknown.clone().with_result(SpfResult::TempError);
    let spf = spf.unwrap_or(untold);
    let dkim = dkim.unwrap_or_else(|| message.as_ref().map_or_else(Vec::new, unanswered));
    let mut findings = Findings {
        spf: Some(confirmation(sender_domain, of_spf(spf.result()))),
        dkim: dkim.iter().filter_map(of_signature).collect(),
        arc,
        ..Findings::default()
    };
    if !sees_body {
        without_body(&mut findings);
    }
    let domain = match reading.map(|it| it.author) {
        Some(Author::Of(domain)) => domain,
        author => {
            findings.unclear_author = author == Some(Author::Unclear);
            let outcome = match author {
                Some(Author::Nobody) => Outcome::None,
                Some(_) => Outcome::PermError,
                None => Outcome::TempError,
            };
            findings.dmarc = Some(confirmation("", outcome));
            return findings;
        }
    };
    let dmarc = async {
        let all = DmarcParameters::new(message.as_ref()?, &dkim, sender_domain, &spf);
        timeout_at(until, dns.verify_dmarc(all)).await.ok()
    };
    let (outcome, policy) = match (dmarc.await, policy) {
        // The domain has signed the header: it does not want such a mail refused. Whether the body is
        // its own nobody has seen.
        (Some(dmarc), _) if !sees_body && is_by_signature_alone(&dmarc) => {
            (Outcome::Neutral, dmarc.policy())
        }
        (Some(dmarc), _) => (of_dmarc(&dmarc), dmarc.policy()),
        (None, Some(policy)) => (Outcome::TempError, policy.policy()),
        (None, None) => (Outcome::TempError, Policy::Unspecified),
    };
    findings.dmarc = Some(confirmation(&domain, outcome));
    findings.dmarc_policy = of_policy(policy);
    findings
}

/// What is known of signatures when the DNS was silent: one of another domain than that of From
/// would not have helped.
fn unanswered<'x>(message: &'x AuthenticatedMessage<'x>) -> Vec<DkimOutput<'x>> {
    let silence = Error::Dns(DnsError::Resolver(String::new()));
    let signatures = message.dkim_headers.iter();
    signatures
        .map(|it| DkimOutput::temp_err(silence.clone()).with_signature(&it.header))
        .collect()
}

fn confirmation(domain: &str, outcome: Outcome) -> Confirmation {
    Confirmation {
        domain: domain.chars().take(limits::HELO_BYTES_MAX).collect(),
        outcome,
    }
}

fn of_signature(output: &DkimOutput<'_>) -> Option<Confirmation> {
    let domain = output.signature()?.d.as_str();
    Some(confirmation(domain, of_dkim(output.result())))
}

/// Of a signature whose body nobody has seen, only that it is wrong can be said.
fn without_body(findings: &mut Findings) {
    let signatures = findings.dkim.iter_mut().map(|it| &mut it.outcome);
    for outcome in signatures.chain(&mut findings.arc) {
        if *outcome == Outcome::Pass {
            *outcome = Outcome::Neutral;
        }
    }
}

/// Whether there is a seal, or what is left of one: where a part of a chain is missing it is broken
/// (RFC 8617 §5.2).
fn is_sealed(message: &AuthenticatedMessage<'_>) -> bool {
    let (seals, signatures) = (&message.as_headers, &message.ams_headers);
    let has_none = seals.is_empty() && signatures.is_empty() && message.aar_headers.is_empty();
    message.has_arc_errors || !has_none
}

/// A chain passes or fails (RFC 8617 §4.4); what stands in the way of looking says nothing of it.
fn of_chain(result: &DkimResult) -> Outcome {
    match result {
        DkimResult::Pass => Outcome::Pass,
        DkimResult::TempError(_) => Outcome::TempError,
        DkimResult::Neutral(_)
        | DkimResult::Fail(_)
        | DkimResult::PermError(_)
        | DkimResult::None => Outcome::Fail,
    }
}

fn of_policy(policy: Policy) -> Option<DmarcPolicy> {
    match policy {
        Policy::None => Some(DmarcPolicy::None),
        Policy::Quarantine => Some(DmarcPolicy::Quarantine),
        Policy::Reject => Some(DmarcPolicy::Reject),
        Policy::Unspecified => None,
    }
}

fn is_by_signature_alone(output: &DmarcOutput) -> bool {
    matches!(output.dkim_result(), DmarcResult::Pass)
        && !matches!(output.spf_result(), DmarcResult::Pass)
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
