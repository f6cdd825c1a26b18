//! What the config says about the sources of copies: how they tell whom a mail is for.

use std::collections::{BTreeMap, HashMap};

use shadow_smtpd::{CopyEnvelope, CopyRules, Role, Senders};
use store::{Address, AliasDomains};
use toml::Spanned;

use super::error::{ConfigError, Source};
use super::host_name;
use super::raw::RawListener;

/// The domains that stand for others; each of those must be one of the organisation's.
pub fn alias_domains(
    source: Source<'_>,
    raw: &BTreeMap<String, String>,
    domains: &[String],
) -> Result<AliasDomains, ConfigError> {
    let mut aliases = BTreeMap::new();
    for (alias, domain) in raw {
        let key = "alias_domains";
        let (alias, domain) = (
            host_name(source, key, alias)?,
            host_name(source, key, domain)?,
        );
        if !domains.contains(&domain) {
            let sentence = format!("\"{alias}\" stands for \"{domain}\", which is not in domains");
            return Err(source.wrong(key, sentence));
        }
        if domains.contains(&alias) {
            let sentence = format!("\"{alias}\" is in domains, too; remove it from one");
            return Err(source.wrong(key, sentence));
        }
        aliases.insert(alias, domain);
    }
    Ok(AliasDomains::new(aliases))
}

/// What each journal listener is told, by its name.
pub fn rules(
    source: Source<'_>,
    listeners: &[Spanned<RawListener>],
    hostname: &str,
) -> Result<HashMap<String, CopyRules>, ConfigError> {
    let mut rules = HashMap::new();
    for spanned in listeners {
        let listener = spanned.get_ref();
        let rule = of_listener(listener, hostname)
            .map_err(|sentence| source.wrong_at(spanned.span(), sentence))?;
        if listener.role == Role::Journal {
            rules.insert(listener.name.clone(), rule);
        }
    }
    Ok(rules)
}

fn of_listener(listener: &RawListener, hostname: &str) -> Result<CopyRules, String> {
    let name = &listener.name;
    let is_told = listener.journal_recipients.is_some()
        || !listener.recipient_headers.is_empty()
        || listener.envelope == CopyEnvelope::Exact
        || listener.reports_only
        || listener.senders == Senders::Checked;
    if is_told && listener.role != Role::Journal {
        return Err(format!(
            "listener \"{name}\" is no journal, so journal_recipients, recipient_headers, envelope, reports_only and senders mean nothing there"
        ));
    }
    let field = |field: &String| {
        let printable = |byte: u8| byte.is_ascii_graphic() && byte != b':';
        if !field.is_empty() && field.bytes().all(printable) {
            return Ok(field.clone());
        }
        let sentence = "which is no header field such as X-Original-To";
        Err(format!(
            "listener \"{name}\" names \"{field}\" in recipient_headers, {sentence}"
        ))
    };
    let address = |address: &String| {
        address.parse::<Address>().map_err(|error| {
            format!("listener \"{name}\" names \"{address}\" in journal_recipients: {error}")
        })
    };
    let default = CopyRules::of_hostname(hostname);
    Ok(CopyRules {
        journal_recipients: match &listener.journal_recipients {
            None => default.journal_recipients,
            Some(given) => given.iter().map(address).collect::<Result<_, _>>()?,
        },
        recipient_headers: listener
            .recipient_headers
            .iter()
            .map(field)
            .collect::<Result<_, _>>()?,
        envelope: listener.envelope,
        reports_only: listener.reports_only,
        senders: listener.senders,
    })
}
