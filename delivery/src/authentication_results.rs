//! What our checks found when a mail came, in the field where mail servers and readers look for it
//! (RFC 8601). The primary can not find it out again: to it all mail comes from us.

use std::fmt::Write as _;

use store::{Findings, ReversePath, Spam, SpamAction, Virus};

/// The name of the field.
pub(crate) const NAME: &str = "Authentication-Results";

/// The whole field, about what was found under our name; `None` when nothing of it was checked.
pub(crate) fn field(
    findings: &Findings,
    reverse_path: &ReversePath,
    hostname: &str,
) -> Option<String> {
    let mut results = Vec::new();
    if let Some(spf) = &findings.spf {
        let property = match reverse_path {
            ReversePath::Null => "smtp.helo",
            ReversePath::Address(_) => "smtp.mailfrom",
        };
        results.push(result("spf", spf.outcome.as_str(), property, &spf.domain));
    }
    for dkim in &findings.dkim {
        results.push(result(
            "dkim",
            dkim.outcome.as_str(),
            "header.d",
            &dkim.domain,
        ));
    }
    if let Some(dmarc) = &findings.dmarc {
        let outcome = dmarc.outcome.as_str();
        results.push(result("dmarc", outcome, "header.from", &dmarc.domain));
    }
    if let Some(arc) = findings.arc {
        results.push(format!("arc={}", arc.as_str()));
    }
    results.extend(of_others(findings));
    if results.is_empty() {
        return None;
    }
    let results = results.join(";\r\n\t");
    Some(format!("{NAME}: {hostname};\r\n\t{results}\r\n"))
}

/// What block lists and scanners found. RFC 8601 §2.7.7 has no methods for them but experimental ones.
fn of_others(findings: &Findings) -> Vec<String> {
    let lists = findings.block_lists.iter();
    let mut results: Vec<String> = lists
        .map(|list| result("x-block-list", "fail", "policy.list", list))
        .collect();
    match &findings.spam {
        Some(Spam::Rated { action, .. }) => {
            let outcome = match action {
                SpamAction::Pass => "pass",
                SpamAction::Later => "neutral",
                SpamAction::Mark | SpamAction::Refuse => "fail",
            };
            results.push(format!("x-spam={outcome}"));
        }
        Some(Spam::Unrated(_)) => results.push("x-spam=none".to_owned()),
        None => {}
    }
    match &findings.virus {
        Some(Virus::Clean) => results.push("x-virus=pass".to_owned()),
        Some(Virus::Found(name)) => results.push(result("x-virus", "fail", "policy.name", name)),
        Some(Virus::Unscanned(_)) => results.push("x-virus=none".to_owned()),
        None => {}
    }
    results
}

/// One result. A domain that is no plain name is left out: it was written by a stranger.
fn result(check: &str, outcome: &str, property: &str, domain: &str) -> String {
    let mut result = format!("{check}={outcome}");
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    if !domain.is_empty() && domain.chars().all(known) {
        let _ = write!(result, " {property}={domain}");
    }
    result
}

/// Whether a field with this value claims to be ours. Such a field came from a stranger, and nobody
/// shall believe it (RFC 8601 §5).
pub(crate) fn claims_to_be_ours(value: &str, hostname: &str) -> bool {
    let mut server = String::new();
    let mut comments = 0_u32;
    let mut quoted = false;
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => server.extend(chars.next().filter(|_| comments == 0)),
            '"' if comments == 0 => quoted = !quoted,
            '(' if !quoted => comments += 1,
            ')' if !quoted => comments = comments.saturating_sub(1),
            ';' if !quoted && comments == 0 => break,
            _ if comments == 0 => server.push(c),
            _ => {}
        }
    }
    // A version may follow the name.
    let server = server.split_whitespace().next().unwrap_or_default();
    server.eq_ignore_ascii_case(hostname)
}

#[cfg(test)]
#[path = "authentication_results_tests.rs"]
mod tests;
