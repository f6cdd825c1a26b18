//! Comma-separated values (RFC 4180).

/// One line.
pub fn line<const N: usize>(cells: [&str; N]) -> String {
    let mut line = cells.map(cell).join(",");
    line.push_str("\r\n");
    line
}

/// In quotes where it must be. A spreadsheet would compute what begins like a formula.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        "'"
    } else {
        ""
    };
    let text = format!("{guard}{text}");
    if text.contains([',', '"', '\r', '\n', '\'']) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_reads_the_cells_and_computes_nothing() {
        let check = |text: &str, want: &str| assert_eq!(cell(text), want, "{text:?}");
        check("Anna", "Anna");
        check("Groß, Jürgen \"jg\"", "\"Groß, Jürgen \"\"jg\"\"\"");
        check("=1+2", "\"'=1+2\"");
        check("-x", "\"'-x\"");
        check("a\nb", "\"a\nb\"");
        assert_eq!(line(["a", "b,c"]), "a,\"b,c\"\r\n");
    }
}
