//! The table of RFCs: what we make of each, and where that is tested.

use std::fs;

use crate::check;
use crate::repository::{root, sources};

const TABLE: &str = "tests/rfc.txt";
const STATUSES: &[&str] = &["kept", "partly", "not"];

/// What is said over SMTP: the RFCs named here must be in the table.
const OF: &str = "shadow-smtpd/src/proto/";

struct Row {
    line: usize,
    rfc: String,
    status: String,
    files: Vec<String>,
    words: String,
}

#[test]
fn each_row_names_tests_that_are_there() {
    let mut names: Vec<String> = Vec::new();
    for extension in ["rs", "txt"] {
        let all = sources(extension).into_iter();
        names.extend(all.filter_map(|it| Some(it.path.rsplit('/').next()?.to_owned())));
    }
    let mut findings = Vec::new();
    for row in table() {
        let mut find = |what: String| findings.push(format!("{TABLE}:{}: {what}", row.line));
        if !STATUSES.contains(&row.status.as_str()) {
            find(format!("{} is none of {STATUSES:?}", row.status));
        }
        if row.files.is_empty() || row.words.is_empty() {
            find("lacks its tests or its words".to_owned());
        }
        for file in row.files.iter().filter(|it| !names.contains(it)) {
            find(format!("there is no {file}"));
        }
    }
    check(&findings);
}

#[test]
fn each_rfc_of_the_dialogue_is_in_the_table() {
    let table = table();
    let known: Vec<&str> = table
        .iter()
        .filter_map(|row| row.rfc.split(' ').next())
        .collect();
    let mut findings = Vec::new();
    for source in sources("rs").iter().filter(|it| it.path.starts_with(OF)) {
        for (number, line) in source.text.lines().enumerate() {
            for (at, _) in line.match_indices("RFC ") {
                let rest = line.get(at + 4..).unwrap_or_default();
                let rfc: String = rest.chars().take_while(char::is_ascii_digit).collect();
                if !rfc.is_empty() && !known.contains(&rfc.as_str()) {
                    let (path, line) = (&source.path, number + 1);
                    findings.push(format!("{path}:{line}: RFC {rfc} is not in {TABLE}"));
                }
            }
        }
    }
    check(&findings);
}

fn table() -> Vec<Row> {
    let text = fs::read_to_string(root().join(TABLE)).unwrap();
    let rows = text
        .lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line));
    rows.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .map(|(line, text)| {
            let mut cells = text.split('|').map(|cell| cell.trim().to_owned());
            let mut cell = || cells.next().unwrap_or_default();
            Row {
                line,
                rfc: cell(),
                status: cell(),
                files: cell().split_whitespace().map(str::to_owned).collect(),
                words: cell(),
            }
        })
        .collect()
}
