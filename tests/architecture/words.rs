//! Which word may stand where.

use crate::check;
use crate::repository::{Source, sources};

/// A word, where it may stand (path prefixes from the root; empty means nowhere), and why.
struct Rule {
    word: &'static str,
    places: &'static [&'static str],
    because: &'static str,
}

const RUST: &[Rule] = &[
    Rule {
        word: "rusqlite",
        places: &["store/"],
        because: "the only SQL is in store",
    },
    Rule {
        word: "lettre",
        places: &["delivery/"],
        because: "only delivery hands mail over",
    },
    Rule {
        word: "ldap3",
        places: &["sync-ad/"],
        because: "only sync-ad speaks to the directory",
    },
    Rule {
        word: "axum",
        places: &["webmail/"],
        because: "only webmail serves pages",
    },
    Rule {
        word: "anyhow",
        places: &["shadowmail/", "xtask/", "tests/"],
        because: "a library's errors are for branching",
    },
    Rule {
        word: "TODO",
        places: &[],
        because: "do it, or leave it out",
    },
    Rule {
        word: "FIXME",
        places: &[],
        because: "fix it, or leave it out",
    },
    Rule {
        word: "todo!(",
        places: &[],
        because: "no stubs",
    },
    Rule {
        word: "unimplemented!",
        places: &[],
        because: "no stubs",
    },
];

/// Who may call what. Tests may set the stage with it.
const CALLS: &[Rule] = &[
    Rule {
        word: "append_mode(",
        places: &["continuity/", "store/"],
        because: "only continuity changes the mode",
    },
    Rule {
        word: "age_day(",
        places: &["retention/", "store/"],
        because: "only retention ages mail",
    },
];

/// The dialogue decides; sockets, files and clocks are its callers'.
const PROTO: &str = "shadow-smtpd/src/proto/";
const NOT_IN_PROTO: &[&str] = &[
    "tokio::",
    "std::net",
    "std::fs",
    "SystemTime::now",
    "Instant::now",
    "Timestamp::now",
];

#[test]
fn words_stay_in_their_places() {
    let mut findings = Vec::new();
    for source in rust() {
        let calls = if source.is_test() { &[] } else { CALLS };
        for rule in RUST.iter().chain(calls) {
            if !rule
                .places
                .iter()
                .any(|place| source.path.starts_with(place))
            {
                find(&source, rule.word, rule.because, &mut findings);
            }
        }
    }
    check(&findings);
}

#[test]
fn the_dialogue_does_no_input_or_output() {
    let of_proto = |it: &Source| it.path.starts_with(PROTO) && !it.is_test();
    let proto: Vec<Source> = rust().into_iter().filter(of_proto).collect();
    assert!(!proto.is_empty(), "no file was found under {PROTO}");
    let mut findings = Vec::new();
    for source in &proto {
        for word in NOT_IN_PROTO {
            find(
                source,
                word,
                "the dialogue gets bytes and time as arguments",
                &mut findings,
            );
        }
    }
    check(&findings);
}

#[test]
fn templates_escape_everything() {
    let mut findings = Vec::new();
    for source in sources("html") {
        // Spaces are allowed around the bar of a filter.
        let text = source.text.replace(' ', "");
        let squeezed = Source {
            path: source.path,
            text,
        };
        find(
            &squeezed,
            "|safe",
            "what mail holds is hostile",
            &mut findings,
        );
        find(
            &squeezed,
            "autoescapefalse",
            "what mail holds is hostile",
            &mut findings,
        );
    }
    check(&findings);
}

#[test]
fn findings_name_file_and_line() {
    let source = Source {
        path: "webmail/src/a.rs".to_owned(),
        text: "fn a() {}\nuse rusqlite;\n".to_owned(),
    };
    let mut findings = Vec::new();
    find(
        &source,
        "rusqlite",
        "the only SQL is in store",
        &mut findings,
    );
    find(&source, "sqlite", "part of a longer word", &mut findings);
    assert_eq!(
        findings,
        ["webmail/src/a.rs:2: `rusqlite`: the only SQL is in store"]
    );
}

/// All Rust files but those of this test, which has to name the words.
fn rust() -> Vec<Source> {
    let sources = sources("rs");
    sources
        .into_iter()
        .filter(|it| !it.path.starts_with("tests/architecture/"))
        .collect()
}

fn find(source: &Source, word: &str, because: &str, findings: &mut Vec<String>) {
    for (number, line) in source.text.lines().enumerate() {
        let is_whole =
            |at: usize| !line[..at].ends_with(|it: char| it.is_alphanumeric() || it == '_');
        if line.match_indices(word).any(|(at, _)| is_whole(at)) {
            findings.push(format!(
                "{}:{}: `{word}`: {because}",
                source.path,
                number + 1
            ));
        }
    }
}
