//! Plain text in pieces: own words, quotes, links. The page escapes every piece, and a link is
//! its own text, so no text can become markup or pretend to lead elsewhere.

use templates::pages::{Block, Piece};

/// Quotes shorter than this many lines stay open.
const FOLDED_LINES_MIN: usize = 4;

/// Lines that programs write above the message they answer.
const REPLY_MARKERS: [&str; 3] = [
    "-----Original Message-----",
    "-----Ursprüngliche Nachricht-----",
    "-----Oorspronkelijk bericht-----",
];

/// Splits a text into what was written and what was quoted.
pub(crate) fn blocks(text: &str) -> Vec<Block> {
    let lines: Vec<&str> = text.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while let Some(rest) = lines.get(at..).filter(|rest| !rest.is_empty()) {
        let quoted = quoted_lines(rest);
        let next = (1..rest.len()).find(|n| rest.get(*n..).is_some_and(|r| quoted_lines(r) > 0));
        let end = if quoted > 0 {
            quoted
        } else {
            next.unwrap_or(rest.len())
        };
        let lines = rest.get(..end).unwrap_or_default();
        if quoted > 0 {
            blocks.push(Block::Quoted(pieces(&lines.join("\n"))));
        } else if lines.iter().any(|line| !line.trim().is_empty()) {
            blocks.push(Block::Own(pieces(lines.join("\n").trim_end())));
        }
        at += end;
    }
    blocks
}

/// The first part of a text that is too long to show, and whether it was.
pub(crate) fn shorten(text: &str, bytes_max: usize) -> (&str, bool) {
    if text.len() <= bytes_max {
        return (text, false);
    }
    let end = (0..=bytes_max)
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    (text.get(..end).unwrap_or_default(), true)
}

/// How many lines from the first on are a quote that is worth folding.
fn quoted_lines(lines: &[&str]) -> usize {
    if lines
        .first()
        .is_some_and(|line| REPLY_MARKERS.contains(&line.trim()))
    {
        return lines.len();
    }
    let marked = lines
        .iter()
        .take_while(|line| line.starts_with('>'))
        .count();
    if marked >= FOLDED_LINES_MIN {
        marked
    } else {
        0
    }
}

/// Finds web addresses. Only such as say `http:` or `https:` themselves.
fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(start) = link_start(rest) {
        let (before, link_on) = rest.split_at(start);
        let link = link_on.get(..link_length(link_on)).unwrap_or_default();
        push_text(&mut pieces, before);
        pieces.push(Piece::Link(link.to_owned()));
        rest = link_on.get(link.len()..).unwrap_or_default();
    }
    push_text(&mut pieces, rest);
    pieces
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Text(text.to_owned()));
    }
}

/// Where the next link begins: not inside a word, and with something behind the slashes.
fn link_start(text: &str) -> Option<usize> {
    let candidates = text.match_indices("http").map(|(at, _)| at);
    candidates.into_iter().find(|&at| {
        let inside = text.get(..at).and_then(|t| t.chars().next_back());
        let rest = text.get(at..).unwrap_or_default();
        let host = rest
            .strip_prefix("https://")
            .or_else(|| rest.strip_prefix("http://"));
        !inside.is_some_and(char::is_alphanumeric)
            && host.is_some_and(|host| host.starts_with(char::is_alphanumeric))
    })
}

/// How long the link is: up to a space or a bracket, without the punctuation of its sentence.
fn link_length(text: &str) -> usize {
    let ends = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | '"' | '`');
    let mut link = text.split(ends).next().unwrap_or_default();
    let mut surplus_round = surplus(link, '(', ')');
    let mut surplus_square = surplus(link, '[', ']');
    while let Some(last) = link.chars().next_back() {
        let dropped = match last {
            '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '*' | '_' => true,
            ')' if surplus_round > 0 => {
                surplus_round -= 1;
                true
            }
            ']' if surplus_square > 0 => {
                surplus_square -= 1;
                true
            }
            _ => false,
        };
        if !dropped {
            break;
        }
        link = link.get(..link.len() - last.len_utf8()).unwrap_or_default();
    }
    link.len()
}

/// How many more brackets are closed than opened: those belong to the sentence.
fn surplus(link: &str, open: char, close: char) -> usize {
    link.matches(close)
        .count()
        .saturating_sub(link.matches(open).count())
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
