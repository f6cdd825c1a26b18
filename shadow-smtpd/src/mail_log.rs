//! One log line for each change in the life of a mail, and the numbers that go with it. Nowhere
//! else are addresses logged, and subjects and bodies nowhere at all; the numbers know no address.
//!
//! To follow a mail: its `mail.id` stands in every line from MAIL on, before it is kept and after. It
//! begins with the `connection.id`, which stands in every line of the connection that brought it. From
//! `kept` on there is its `message.id`, too, which the store and the commands know it by.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use store::{
    Address, Confirmation, Envelope, Filed, Filing, Findings, MessageId, Outcome, ReversePath,
    Spam, SpamAction, Virus, Welcomed, WelcomedTo,
};
use tracing::field::{DisplayValue, display};
use tracing::{debug, info, warn};

use crate::connection::{ConnectionId, MailId};
use crate::guests::Limit;
use crate::incoming::NotKept;
use crate::network::neighbourhood;
use crate::news::News;
use crate::proto::Reply;
use crate::users::Verdict;

/// Where a mail came from.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The name of the listener.
    pub(crate) listener: String,
    /// The connection.
    pub(crate) connection: ConnectionId,
    /// Where the peer comes from.
    pub(crate) address: Option<IpAddr>,
    /// The mail that this is about, where it is about one.
    pub(crate) mail: Option<MailId>,
}

impl Origin {
    fn mail(&self) -> Option<DisplayValue<MailId>> {
        self.mail.map(display)
    }
}

/// A connection was let in.
pub(crate) fn connected(origin: &Origin) {
    let Origin {
        listener,
        connection,
        address,
        ..
    } = origin;
    metrics::counter!("shadowmail_connections_total", "listener" => listener.clone(), "outcome" => "admitted")
        .increment(1);
    metrics::gauge!("shadowmail_connections_open", "listener" => listener.clone()).increment(1);
    info!(
        listener,
        connection.id = %connection,
        peer.address = address.map(display),
        "connected"
    );
}

/// A connection that was let in has ended.
pub(crate) fn disconnected(origin: &Origin) {
    let listener = origin.listener.clone();
    metrics::gauge!("shadowmail_connections_open", "listener" => listener).decrement(1);
    info!(listener = %origin.listener, connection.id = %origin.connection, "disconnected");
}

/// A connection was not let in.
pub(crate) fn turned_away(origin: &Origin, last_word: &Reply) {
    let outcome = if last_word.code() == 421 {
        "too_many"
    } else {
        "not_allowed"
    };
    metrics::counter!("shadowmail_connections_total", "listener" => origin.listener.clone(), "outcome" => outcome)
        .increment(1);
    warn!(
        listener = %origin.listener,
        connection.id = %origin.connection,
        peer.address = origin.address.map(display),
        code = last_word.code(),
        "turned a connection away"
    );
}

/// A TLS handshake failed. The log tells once in a while for each neighbourhood: whoever is misconfigured
/// tries again and again, and one host may have a whole /64 of addresses.
pub(crate) fn tls_failed(origin: &Origin, why: &str, told: &News<Option<IpAddr>>) {
    metrics::counter!("shadowmail_tls_failures_total", "listener" => origin.listener.clone())
        .increment(1);
    if told.is_news(origin.address.map(neighbourhood)) {
        warn!(
            listener = %origin.listener,
            connection.id = %origin.connection,
            peer.address = origin.address.map(display),
            error = why,
            "a TLS handshake failed; further ones of this address are only counted for an hour"
        );
    } else {
        debug!(connection.id = %origin.connection, error = why, "a TLS handshake failed");
    }
}

/// A limit holds an address up: once in a while the log tells which key of the config it is. Clients
/// that a proxy does not name have no address, and reach it together.
pub(crate) fn limited(listener: &str, address: Option<IpAddr>, limit: Limit) {
    let Limit { key, is_news } = limit;
    metrics::counter!("shadowmail_limits_total", "listener" => listener.to_owned(), "limit" => key)
        .increment(1);
    match address {
        _ if !is_news => {}
        Some(address) => warn!(
            listener,
            peer.address = %address,
            limit = key,
            "an address has reached {key}, and is asked to come again later; if it is a gateway of \
             yours, name it in allow, or raise or exempt it in [listener.limits]"
        ),
        None => warn!(
            listener,
            limit = key,
            "the clients that a proxy does not name have reached {key} together, and all of them are \
             asked to come again later; let the proxy name them"
        ),
    }
}

/// A listener promised to keep a message, which took it so long.
pub(crate) fn kept(origin: &Origin, name: &str, envelope: &Envelope, mail: Brought) {
    brought(origin, "kept");
    metrics::histogram!("shadowmail_keep_seconds").record(mail.keep_time.as_secs_f64());
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sum of sizes may be a little off"
    )]
    metrics::histogram!("shadowmail_mail_bytes").record(mail.size_bytes as f64);
    info!(
        message.id = %name,
        listener = %origin.listener,
        connection.id = %origin.connection,
        mail.id = origin.mail(),
        peer.address = origin.address.map(display),
        peer.protocol = %envelope.peer.protocol,
        from = %envelope.reverse_path,
        to = %Listed(&envelope.recipients),
        size_bytes = mail.size_bytes,
        "kept message {name}"
    );
}

/// A message could not be kept; the peer was asked to come again, or told that it is too large.
pub(crate) fn not_kept(origin: &Origin, envelope: &Envelope, mail: Brought, error: &NotKept) {
    brought(origin, "not_kept");
    warn!(
        listener = %origin.listener,
        connection.id = %origin.connection,
        mail.id = origin.mail(),
        peer.address = origin.address.map(display),
        from = %envelope.reverse_path,
        to = %Listed(&envelope.recipients),
        size_bytes = mail.size_bytes,
        %error,
        "could not keep a message"
    );
}

/// A mail from a stranger was looked at.
pub(crate) fn examined(origin: &Origin, findings: &Findings, time: Duration) {
    let outcome = |it: &Option<Confirmation>| it.as_ref().map(|it| it.outcome.as_str());
    let spf = outcome(&findings.spf);
    let dmarc = outcome(&findings.dmarc);
    let spam = findings.spam.as_ref().map(|spam| match spam {
        Spam::Rated { action, .. } => match action {
            SpamAction::Pass => "pass",
            SpamAction::Later => "later",
            SpamAction::Mark => "mark",
            SpamAction::Refuse => "refuse",
        },
        Spam::Unrated(_) => "not_scanned",
    });
    let virus = findings.virus.as_ref().map(|virus| match virus {
        Virus::Clean => "clean",
        Virus::Found(_) => "found",
        Virus::Unscanned(_) => "not_scanned",
    });
    let arc = findings.arc.map(Outcome::as_str);
    let listed = (!findings.block_lists.is_empty()).then_some("listed");
    let signatures = findings
        .dkim
        .iter()
        .map(|it| ("dkim", Some(it.outcome.as_str())));
    for (check, result) in [
        ("spf", spf),
        ("dmarc", dmarc),
        ("arc", arc),
        ("spam", spam),
        ("virus", virus),
        ("block-list", listed),
    ]
    .into_iter()
    .chain(signatures)
    {
        if let Some(result) = result {
            metrics::counter!("shadowmail_checks_total", "check" => check, "result" => result)
                .increment(1);
        }
    }
    metrics::histogram!("shadowmail_check_seconds").record(time.as_secs_f64());
    let dkim = findings.dkim.iter().map(|it| it.outcome.as_str());
    let dkim = dkim.collect::<Vec<_>>().join(" ");
    info!(
        listener = %origin.listener,
        connection.id = %origin.connection,
        mail.id = origin.mail(),
        spf,
        dkim = (!dkim.is_empty()).then_some(dkim),
        dmarc,
        arc,
        spam,
        virus,
        block_lists = ?findings.block_lists,
        "checked a message"
    );
}

/// How large a mail was, and how long keeping it took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Brought {
    /// Bytes.
    pub(crate) size_bytes: u64,
    /// From its last byte to our answer.
    pub(crate) keep_time: Duration,
}

fn brought(origin: &Origin, outcome: &'static str) {
    let listener = origin.listener.clone();
    metrics::counter!("shadowmail_mails_total", "listener" => listener, "outcome" => outcome)
        .increment(1);
}

/// A command or a message heard a refusal; `said` is missing when it heard the same just before.
pub(crate) fn refused(origin: &Origin, code: u16, said: Option<&Reply>) {
    let listener = origin.listener.clone();
    metrics::counter!("shadowmail_refusals_total", "listener" => listener, "code" => code.to_string())
        .increment(1);
    if let Some(said) = said {
        info!(
            listener = %origin.listener,
            connection.id = %origin.connection,
            mail.id = origin.mail(),
            peer.address = origin.address.map(display),
            said = %said.line(),
            "refused a command or message"
        );
    }
}

/// A mail that had come was refused for what it is: too large, not in lines, or what the checks
/// found.
pub(crate) fn refused_mail(
    origin: &Origin,
    (from, to): (&ReversePath, &[Address]),
    size_bytes: u64,
    said: &Reply,
) {
    brought(origin, "refused");
    info!(
        listener = %origin.listener,
        connection.id = %origin.connection,
        mail.id = origin.mail(),
        peer.address = origin.address.map(display),
        from = %from,
        to = %Listed(to),
        size_bytes,
        said = %said.line(),
        "refused a message"
    );
}

/// What a sender wanted to be told could not be read, and nobody will be told so.
pub(crate) fn unread_parameters(origin: &Origin, names: &BTreeSet<&'static str>) {
    info!(
        listener = %origin.listener,
        connection.id = %origin.connection,
        mail.id = origin.mail(),
        peer.address = origin.address.map(display),
        parameters = ?names,
        "left out what a peer says about reports, because it can not be read"
    );
}

/// A peer tried to sign in. Its name is not logged: people type passwords there.
pub(crate) fn sign_in(origin: &Origin, verdict: Verdict) {
    let peer = origin.address.map(display);
    let (listener, connection) = (&origin.listener, origin.connection);
    let outcome = match verdict {
        Verdict::Welcome => "welcome",
        Verdict::Refused => "refused",
        Verdict::Later => "later",
    };
    metrics::counter!("shadowmail_smtp_sign_ins_total", "listener" => listener.clone(), "outcome" => outcome)
        .increment(1);
    match verdict {
        Verdict::Welcome => {
            info!(listener, connection.id = %connection, peer.address = peer, "a copy source signed in");
        }
        Verdict::Refused | Verdict::Later => {
            warn!(listener, connection.id = %connection, peer.address = peer, "refused a sign-in");
        }
    }
}

/// A proxy said with XCLIENT for whom it speaks.
pub(crate) fn introduced(origin: &Origin, proxy: Option<IpAddr>) {
    info!(
        listener = %origin.listener,
        connection.id = %origin.connection,
        peer.address = origin.address.map(display),
        proxy = proxy.map(display),
        "a proxy speaks for this peer from here on"
    );
}

/// A message looks like a journal report, and came where none are opened.
pub(crate) fn unopened(listener: &str) {
    metrics::counter!("shadowmail_reports_unopened_total", "listener" => listener.to_owned())
        .increment(1);
}

/// The filer is done with a message, which had this name before it was kept.
pub(crate) fn filed((id, mail): (MessageId, Option<&str>), filing: &Filing, filed: Filed) {
    let entries = filing.entries.len();
    let owed = filing.owed.len();
    let outcome = match filed {
        Filed::Merged(home) if filing.replayed.is_some() => {
            info!(message.id = %id, mail.id = mail, home = %home, "message {id} shows that the primary has {home}");
            "confirmed"
        }
        Filed::Merged(home) => {
            info!(message.id = %id, mail.id = mail, home = %home, entries, owed, "message {id} is the same mail as {home}");
            "merged"
        }
        Filed::Own if entries == 0 => {
            let because = filing.unsorted_because.as_deref();
            let because = because.unwrap_or("nobody of ours is known to own it");
            let unknown: Vec<&str> = filing.unknown_names.iter().map(|it| &*it.name).collect();
            let unknown = unknown.join(" ");
            warn!(message.id = %id, mail.id = mail, owed, unknown, "message {id} is unsorted: {because}");
            "unsorted"
        }
        Filed::Own => {
            info!(message.id = %id, mail.id = mail, entries, owed, "filed message {id}");
            "filed"
        }
    };
    metrics::counter!("shadowmail_filed_total", "outcome" => outcome).increment(1);
    let lag = Timestamp::now().duration_since(id.arrived_at());
    metrics::histogram!("shadowmail_filing_lag_seconds").record(lag.as_secs_f64().max(0.0));
}

/// The directory knows somebody by now whom it did not know when this message was filed.
pub(crate) fn welcomed(Welcomed { id, mail_id, now }: &Welcomed) {
    match now {
        WelcomedTo::Filing => {
            info!(message.id = %id, mail.id = mail_id, "an owner of message {id} is known now: filing it again");
        }
        WelcomedTo::Mailboxes { home, entries } => {
            info!(message.id = %id, mail.id = mail_id, home = %home, entries, "an owner of message {id} is known now: it is in their mailbox, too");
        }
    }
}

/// Addresses for a log field.
struct Listed<'a>(&'a [Address]);

impl std::fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (number, address) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{address}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[path = "mail_log_tests.rs"]
mod tests;
