//! Paths of MAIL and RCPT (RFC 5321 §4.1.2).

use store::{Address, ReversePath};

/// Takes `<path>` off the front of an argument; the rest are the parameters. `None` when there
/// is no path in angle brackets.
pub(super) fn split(argument: &str) -> Option<(&str, &str)> {
    let inner = argument.trim_start().strip_prefix('<')?;
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => {
                let (path, rest) = (&inner[..at], &inner[at + 1..]);
                let apart = rest.is_empty() || rest.starts_with([' ', '\t']);
                return apart.then_some((path, rest));
            }
            _ => {}
        }
    }
    None
}

/// The path of MAIL. `<>` is nowhere, and what a bounce has.
pub(super) fn reverse(path: &str) -> Option<ReversePath> {
    if path.is_empty() {
        return Some(ReversePath::Null);
    }
    without_route(path).parse().ok().map(ReversePath::Address)
}

/// The path of RCPT. A bare `postmaster` is the one of `hostname` (RFC 5321 §4.5.1).
pub(super) fn forward(path: &str, hostname: &str) -> Option<Address> {
    if path.eq_ignore_ascii_case("postmaster") {
        return format!("{path}@{hostname}").parse().ok();
    }
    without_route(path).parse().ok()
}

/// `@a,@b:user@domain` is `user@domain`: source routes are ignored (RFC 5321 §3.6.1).
fn without_route(path: &str) -> &str {
    match path.split_once(':') {
        Some((route, address)) if route.starts_with('@') => address,
        _ => path,
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;
