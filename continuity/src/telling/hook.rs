//! A webhook: what is posted where. Bodies as the services document them: Teams an adaptive card for the
//! webhook of a workflow, Slack an incoming webhook, ntfy a message with its title in the header; any
//! other by a body that the configuration gives, as gateways for SMS want it.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::json;
use store::Secret;

use super::news::News;
use crate::http::{self, Post};
use crate::wire::{Security, Url};

/// A webhook.
#[derive(Clone)]
pub struct Hook {
    /// Its name in logs.
    pub name: String,
    /// Where it is. Whoever knows this may post there, so it is never logged.
    pub url: Url,
    /// Whom it believes.
    pub security: Security,
    /// What is posted.
    pub body: Body,
    /// The value of the Authorization field, where it wants one.
    pub authorization: Option<Secret>,
    /// How long it may take.
    pub timeout: Duration,
}

/// What is posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A JSON object of our own.
    Json,
    /// A card for Microsoft Teams.
    Teams,
    /// A text for Slack, and for Mattermost and Rocket.Chat, which take the same.
    Slack,
    /// A message for ntfy.
    Ntfy,
    /// A text of the configuration, with places in braces: `{title}`, `{words}`, `{text}`, `{link}`,
    /// `{console}`, `{kind}`, `{state}`, `{hostname}`.
    Custom {
        /// The text.
        template: String,
        /// Its type; what is put into it is written as this type wants it.
        content_type: String,
    },
}

impl Hook {
    /// Posts the news. An error is a sentence, without the address.
    pub(super) async fn send(&self, news: &News) -> Result<(), String> {
        let mut post = self.body.of(news);
        if let Some(value) = &self.authorization {
            let value = value.expose().to_owned();
            post.headers.push(("authorization".to_owned(), value));
        }
        let posting = http::post(&self.url, &self.security, post);
        let answer = tokio::time::timeout(self.timeout, posting)
            .await
            .map_err(|_| format!("no answer within {} s", self.timeout.as_secs()))??;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        // Some say again what they heard, and the link is good still.
        let secret = self.authorization.as_ref().map(Secret::expose);
        let repeats = |words: &str| answer.body.contains(words);
        if repeats("/admin/start/") || secret.is_some_and(repeats) {
            return Err(format!("it answered with status {}", answer.status));
        }
        let said: String = answer.body.chars().take(200).collect();
        let harmless = |c: char| if c.is_control() { ' ' } else { c };
        let said: String = said.chars().map(harmless).collect();
        Err(format!("it answered with status {}: {said}", answer.status))
    }
}

impl Body {
    fn of(&self, news: &News) -> Post {
        let json_of = |value: &serde_json::Value| Post {
            content_type: "application/json".to_owned(),
            headers: Vec::new(),
            body: value.to_string(),
        };
        match self {
            Self::Json => json_of(&json!({
                "kind": news.kind,
                "state": news.state,
                "since": news.since.to_string(),
                "title": news.title,
                "words": news.words,
                "text": news.text,
                "times": news.times,
                "start_link": news.link,
                "console": news.console,
                "hostname": news.hostname,
            })),
            Self::Teams => json_of(&teams(news)),
            Self::Slack => json_of(&json!({ "text": slack(news) })),
            Self::Ntfy => ntfy(news),
            Self::Custom {
                template,
                content_type,
            } => Post {
                content_type: content_type.clone(),
                headers: Vec::new(),
                body: filled(template, content_type, news),
            },
        }
    }
}

/// An adaptive card (version 1.4) in a message, as workflows of Teams take it.
fn teams(news: &News) -> serde_json::Value {
    let block = |text: &str, weight: &str| json!({ "type": "TextBlock", "text": text, "weight": weight, "wrap": true });
    let open =
        |title: &str, url: &str| json!({ "type": "Action.OpenUrl", "title": title, "url": url });
    let mut actions = Vec::new();
    if let Some(link) = &news.link {
        actions.push(open(news.link_words, link));
    }
    actions.push(open("Shadowmail", &news.console));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": [block(&news.title, "Bolder"), block(&news.words, "Default")],
                "actions": actions,
            },
        }],
    })
}

/// In the text of Slack three characters mean something.
fn slack(news: &News) -> String {
    let plain = |text: &str| {
        text.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    let mut text = format!("*{}*\n{}", plain(&news.title), plain(&news.words));
    if let Some(link) = &news.link {
        let _ = write!(text, "\n<{link}|{}>", news.link_words);
    }
    let _ = write!(text, "\n<{}|Shadowmail>", news.console);
    text
}

fn ntfy(news: &News) -> Post {
    // A header field holds ASCII; the title is in the text as well.
    let title: String = news
        .title
        .chars()
        .map(|c| if c.is_ascii() { c } else { '?' })
        .collect();
    let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let priority = if news.state == "over" {
        "default"
    } else {
        "urgent"
    };
    let mut headers = vec![
        field("title", &title),
        field("priority", priority),
        field("click", news.link.as_deref().unwrap_or(&news.console)),
    ];
    if let Some(link) = &news.link {
        headers.push(field(
            "actions",
            &format!("view, {}, {link}", news.link_words),
        ));
    }
    Post {
        content_type: "text/plain; charset=utf-8".to_owned(),
        headers,
        body: news.text.clone(),
    }
}

/// Fills the places, in one pass: what is put in is not looked through again.
fn filled(template: &str, content_type: &str, news: &News) -> String {
    let kind = news
        .kind
        .map_or_else(|| "test".to_owned(), |kind| kind.to_string());
    let places: [(&str, &str); 8] = [
        ("{title}", &news.title),
        ("{words}", &news.words),
        ("{text}", &news.text),
        ("{link}", news.link.as_deref().unwrap_or_default()),
        ("{console}", &news.console),
        ("{kind}", &kind),
        ("{state}", news.state),
        ("{hostname}", &news.hostname),
    ];
    let mut filled = String::new();
    let mut rest = template;
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        filled.push_str(before);
        let place = places.iter().find(|(place, _)| from.starts_with(place));
        rest = if let Some((place, value)) = place {
            filled.push_str(&written(value, content_type));
            from.strip_prefix(place).unwrap_or_default()
        } else {
            filled.push('{');
            from.strip_prefix('{').unwrap_or_default()
        };
    }
    filled.push_str(rest);
    filled
}

/// A value inside of a text of a type.
fn written(value: &str, content_type: &str) -> String {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if kind.ends_with("json") {
        // Without the quotes, which the template has.
        let quoted = serde_json::Value::from(value).to_string();
        let inner = quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        inner.unwrap_or_default().to_owned()
    } else if kind == "application/x-www-form-urlencoded" {
        encoded(value)
    } else {
        value.to_owned()
    }
}

/// Every byte but the harmless ones as `%XX` (RFC 3986 §2.1).
fn encoded(value: &str) -> String {
    let mut encoded = String::new();
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}"); // to a String it can not fail
        }
    }
    encoded
}

#[cfg(test)]
#[path = "hook_tests.rs"]
mod tests;
