//! File names from strangers, made safe for disks, headers and pages.

use axum::http::HeaderValue;

use crate::limits;

/// Names that mean a device on Windows, whatever follows the first dot.
const DEVICES: [&str; 22] = [
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// The name without directories, control characters, marks that turn the reading direction, and
/// what file systems forbid. Empty when nothing is left.
pub(crate) fn clean(name: &str) -> String {
    let last = name
        .rsplit(['/', '\\'])
        .find(|part| !part.trim().is_empty())
        .unwrap_or_default();
    let printable = last.chars().filter(|c| !c.is_control() && !turns_text(*c));
    let allowed = printable.map(|c| match c {
        '<' | '>' | ':' | '"' | '|' | '?' | '*' => '_',
        c if c.is_whitespace() => ' ',
        c => c,
    });
    let name: String = allowed.collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    let name = shorten(name);
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if DEVICES
        .iter()
        .any(|device| stem.eq_ignore_ascii_case(device))
    {
        return format!("_{name}");
    }
    name
}

/// Makes a browser save the bytes under `name` (RFC 6266 §4.3): once for old browsers and once
/// with all letters.
pub(crate) fn attachment_disposition(name: &str) -> HeaderValue {
    disposition("attachment", name)
}

/// Lets a browser show the bytes, and save them under `name`.
pub(crate) fn inline_disposition(name: &str) -> HeaderValue {
    disposition("inline", name)
}

fn disposition(kind: &str, name: &str) -> HeaderValue {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_');
    let ascii: String = name
        .chars()
        .map(|c| if plain(c) { c } else { '_' })
        .collect();
    let all: Vec<String> = name.bytes().map(escaped).collect();
    let all = all.concat();
    let value = format!("{kind}; filename=\"{ascii}\"; filename*=UTF-8''{all}");
    // Only ASCII that a header may have is left; the fallback can not be reached.
    HeaderValue::from_str(&value).unwrap_or(HeaderValue::from_static("attachment"))
}

/// One octet as RFC 8187 §3.2.1 has it, without the marks that some browsers take amiss.
fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
        return char::from(byte).to_string();
    }
    format!("%{byte:02X}")
}

/// Cuts the middle so that the ending, which says what the file is, stays.
fn shorten(name: &str) -> String {
    let length = name.chars().count();
    if length <= limits::FILE_NAME_CHARS_MAX {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let ending_length = ending.chars().count();
    if ending.is_empty() || ending_length > 10 {
        return name.chars().take(limits::FILE_NAME_CHARS_MAX).collect();
    }
    let keep = limits::FILE_NAME_CHARS_MAX - ending_length - 1;
    let stem: String = name.chars().take(keep).collect();
    format!("{stem}.{ending}")
}

/// Invisible marks that make `gnp.exe` read as `exe.png`, and other characters nobody sees.
fn turns_text(c: char) -> bool {
    matches!(
        c,
        '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{061c}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
    )
}

#[cfg(test)]
#[path = "file_name_tests.rs"]
mod tests;
