//! Whom alerts go to: `[alerts]`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use continuity::{Alerts, Body, Hook, Repeat, Security, Sender, Url};
use serde::Deserialize;
use store::{Address, Secret};
use toml::Spanned;

use super::error::{ConfigError, Source};

/// Longest time between two messages about one alert: a week, in minutes.
const REPEAT_MINUTES_MAX: u64 = 7 * 24 * 60;

/// How long a link may be good, in hours.
const LINK_HOURS_MAX: u64 = 7 * 24;

/// One that comes and goes is not told anew sooner than this.
const LEAST: Duration = Duration::from_mins(10);

/// `[alerts]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RawAlerts {
    /// Addresses that do not lie on the primary. Default: nobody is told by mail.
    pub mail_to: Vec<String>,
    /// Whom those mails come from.
    pub mail_from: String,
    /// Its name as people read it. Default: empty.
    pub mail_from_name: String,
    /// Language of all messages. Default: `en`.
    pub language: String,
    /// Minutes between two messages about one alert that nobody looks after; 0 is never. Default: 30.
    pub repeat_minutes: u64,
    /// Hours that a link is good that starts an emergency. Default: 12.
    pub link_hours: u64,
    /// `[[alerts.webhook]]`.
    pub webhook: Vec<Spanned<RawWebhook>>,
}

impl Default for RawAlerts {
    fn default() -> Self {
        Self {
            mail_to: Vec::new(),
            mail_from: String::new(),
            mail_from_name: String::new(),
            language: "en".to_owned(),
            repeat_minutes: 30,
            link_hours: 12,
            webhook: Vec::new(),
        }
    }
}

/// One `[[alerts.webhook]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawWebhook {
    /// Its name; no two have the same.
    pub name: String,
    /// Where it is.
    pub url: Option<String>,
    /// A file that holds nothing but that, where the address is a secret.
    pub url_file: Option<PathBuf>,
    /// Default: `json`.
    #[serde(default)]
    pub template: RawTemplate,
    /// custom: what is posted, with places such as `{text}`.
    pub body: Option<String>,
    /// custom: its type. Default: `application/json`.
    pub content_type: Option<String>,
    /// A file that holds nothing but the value of the Authorization field.
    pub authorization_file: Option<PathBuf>,
    /// PEM file: the authorities that are believed. Default: those of this system.
    pub ca_file: Option<PathBuf>,
    /// Default: 10.
    pub timeout_seconds: Option<u64>,
}

/// What is posted.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RawTemplate {
    #[default]
    Json,
    Teams,
    Slack,
    Ntfy,
    Custom,
}

/// What the rest of the file means for alerts.
pub struct Around<'a> {
    /// Our name.
    pub hostname: &'a str,
    /// What people type for the webmail.
    pub url: &'a str,
    /// All domains of the organisation, in lower case.
    pub domains: &'a [String],
    /// Whether mail to the outside has a way.
    pub has_outbound: bool,
    /// Where a relative path starts.
    pub beside: &'a dyn Fn(&Path) -> PathBuf,
}

/// Checks `[alerts]`. `None` when nobody is told.
pub fn check(
    source: Source<'_>,
    raw: RawAlerts,
    around: &Around<'_>,
) -> Result<Option<Alerts>, ConfigError> {
    if !["de", "en"].contains(&raw.language.as_str()) {
        return Err(source.wrong("alerts.language", "must be \"de\" or \"en\""));
    }
    if raw.repeat_minutes > REPEAT_MINUTES_MAX {
        let sentence = format!("must be from 1 to {REPEAT_MINUTES_MAX}, or 0 for never");
        return Err(source.wrong("alerts.repeat_minutes", sentence));
    }
    if !(1..=LINK_HOURS_MAX).contains(&raw.link_hours) {
        let sentence = format!("must be from 1 to {LINK_HOURS_MAX}");
        return Err(source.wrong("alerts.link_hours", sentence));
    }
    let mail = mail(source, &raw, around)?;
    let hooks = hooks(source, raw.webhook, around)?;
    if mail.is_none() && hooks.is_empty() {
        return Ok(None);
    }
    Ok(Some(Alerts {
        hostname: around.hostname.to_owned(),
        url: around.url.to_owned(),
        language: raw.language,
        title: webmail::alert_title,
        mail,
        hooks,
        repeat: Repeat {
            every: Duration::from_mins(raw.repeat_minutes),
            least: LEAST,
        },
        link_valid: Duration::from_hours(raw.link_hours),
    }))
}

fn mail(
    source: Source<'_>,
    raw: &RawAlerts,
    around: &Around<'_>,
) -> Result<Option<(Sender, Vec<Address>)>, ConfigError> {
    let ascii = |text: &str| {
        let address: Option<Address> = text.parse().ok();
        address.filter(|it| it.as_str().is_ascii())
    };
    let mut to = Vec::new();
    for text in &raw.mail_to {
        let key = "alerts.mail_to";
        let Some(address) = ascii(text) else {
            let sentence =
                format!("\"{text}\" is not a mail address such as \"eva@elsewhere.example\"");
            return Err(source.wrong(key, sentence));
        };
        if around.domains.iter().any(|it| it == address.domain()) {
            let sentence = format!(
                "{address} lies on the mail system that may be down; name an address elsewhere"
            );
            return Err(source.wrong(key, sentence));
        }
        to.push(address);
    }
    if to.is_empty() {
        return Ok(None);
    }
    let Some(address) = ascii(&raw.mail_from) else {
        let sentence =
            "needs to be a mail address that alerts come from, such as \"shadow@corp.example\"";
        return Err(source.wrong("alerts.mail_from", sentence));
    };
    if !around.has_outbound {
        let sentence =
            "needs a way to the outside that is not the primary: set [outbound] smarthost";
        return Err(source.wrong("alerts.mail_to", sentence));
    }
    let name = raw.mail_from_name.clone();
    Ok(Some((Sender { address, name }, to)))
}

fn hooks(
    source: Source<'_>,
    raw: Vec<Spanned<RawWebhook>>,
    around: &Around<'_>,
) -> Result<Vec<Hook>, ConfigError> {
    let mut hooks: Vec<Hook> = Vec::new();
    for raw in raw {
        let at = raw.span();
        let raw = raw.into_inner();
        let name = raw.name.clone();
        let wrong = |sentence: String| {
            source.wrong_at(at.clone(), format!("webhook \"{name}\" {sentence}"))
        };
        let is_name = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        if name.trim().is_empty() || name.chars().count() > 40 || !name.chars().all(is_name) {
            let sentence = "must have a name of up to 40 letters, digits, blanks, dots and hyphens";
            return Err(wrong(sentence.to_owned()));
        }
        if hooks.iter().any(|other| other.name == name) {
            return Err(wrong("stands here twice; rename one".to_owned()));
        }
        hooks.push(hook(raw, around).map_err(wrong)?);
    }
    Ok(hooks)
}

fn hook(raw: RawWebhook, around: &Around<'_>) -> Result<Hook, String> {
    let first_line = |key: &str, path: &Path| {
        let path = (around.beside)(path);
        let text = std::fs::read_to_string(&path)
            .map_err(|error| format!("{key} {}: {error}", path.display()))?;
        match text.lines().next().map(str::trim) {
            Some(line) if !line.is_empty() => Ok(line.to_owned()),
            _ => Err(format!("{key} {} is empty", path.display())),
        }
    };
    let url = match (raw.url, raw.url_file) {
        (Some(url), None) => url,
        (None, Some(file)) => first_line("url_file", &file)?,
        _ => return Err("needs either url or url_file".to_owned()),
    };
    // The address may be a secret.
    let url: Url = url
        .parse()
        .map_err(|error| format!("has a url that {error}"))?;
    if !url.is_https && !is_near(&url.place.host) {
        return Err(
            "has a url with http://, so others could read the link in it; use https://".to_owned(),
        );
    }
    let ca_file = raw.ca_file.as_deref().map(around.beside);
    let security = if url.is_https {
        let tls = Security::tls(ca_file.as_deref());
        tls.map_err(|error| format!("can not use TLS: {error}"))?
    } else {
        Security::Clear
    };
    let timeout = raw.timeout_seconds.unwrap_or(10);
    if !(1..=120).contains(&timeout) {
        return Err("has timeout_seconds that is not from 1 to 120".to_owned());
    }
    let authorization = raw.authorization_file.as_deref();
    let authorization = authorization.map(|file| first_line("authorization_file", file));
    Ok(Hook {
        name: raw.name,
        url,
        security,
        body: body(raw.template, raw.body, raw.content_type)?,
        authorization: authorization.transpose()?.map(Secret::new),
        timeout: Duration::from_secs(timeout),
    })
}

fn body(
    template: RawTemplate,
    body: Option<String>,
    content_type: Option<String>,
) -> Result<Body, String> {
    Ok(match (template, body) {
        (RawTemplate::Custom, Some(template)) => {
            let content_type = content_type.unwrap_or_else(|| "application/json".to_owned());
            if content_type.is_empty() || content_type.chars().any(char::is_control) {
                return Err("has a content_type that is none".to_owned());
            }
            Body::Custom {
                template,
                content_type,
            }
        }
        (RawTemplate::Custom, None) => {
            return Err("needs a body, because its template is \"custom\"".to_owned());
        }
        (_, Some(_)) => return Err("has a body, so its template must be \"custom\"".to_owned()),
        _ if content_type.is_some() => {
            return Err("has a content_type, so its template must be \"custom\"".to_owned());
        }
        (RawTemplate::Json, None) => Body::Json,
        (RawTemplate::Teams, None) => Body::Teams,
        (RawTemplate::Slack, None) => Body::Slack,
        (RawTemplate::Ntfy, None) => Body::Ntfy,
    })
}

/// Whether nobody else sees what goes there.
fn is_near(host: &str) -> bool {
    let ip: Option<std::net::IpAddr> = host.parse().ok();
    host == "localhost" || ip.is_some_and(|ip| ip.is_loopback())
}

#[cfg(test)]
#[path = "alerts_tests.rs"]
mod tests;
