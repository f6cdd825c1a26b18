//! Rules that hold for all pages.

use std::fs;
use std::path::Path;

use crate::{Language, statics};

/// The files of words, and how pages name them.
const WORDS: &[(&[&str], &str)] = &[
    (&["w.", "words.", "words()."], include_str!("words.rs")),
    (&["console."], include_str!("words/console.rs")),
];

fn page_files() -> Vec<(String, String)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let files = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path());
    files
        .map(|path| {
            (
                path.display().to_string(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn nothing_switches_escaping_off() {
    for (name, text) in page_files() {
        for tag in text
            .split("{{")
            .skip(1)
            .map(|rest| rest.split("}}").next().unwrap())
        {
            for filter in tag.split('|').skip(1) {
                assert!(
                    filter.trim() != "safe" && !filter.contains("escape"),
                    "{tag} in {name}"
                );
            }
        }
        assert!(!text.contains("autoescape"), "{name}");
        assert!(
            !text.contains("{% filter") && !text.contains("{%- filter"),
            "{name}"
        );
    }
}

#[test]
fn pages_need_no_script_and_no_inline_style() {
    for (name, text) in page_files() {
        // The page for writing saves drafts with one, from a file of ours.
        let ours = "<script src=\"{{ shell.asset(crate::statics::SCRIPT) }}\" defer></script>";
        let text = text.replace(ours, "");
        // And suggests people with another.
        let text = text.replace(&ours.replace("SCRIPT", "COMPLETE"), "");
        // A printed sheet and a report are opened from a disk, so they bring their style along.
        let style = "<style>{{ crate::statics::SHEETS_STYLE }}</style>";
        let text = text.replace(style, "");
        let text = text.replace(&style.replace("SHEETS", "REPORT"), "");
        for forbidden in [
            "<script",
            "<style",
            "style=\"",
            " onclick",
            " onload",
            "javascript:",
            "//cdn",
        ] {
            assert!(!text.contains(forbidden), "{forbidden} in {name}");
        }
    }
    let of_files = [statics::SHEETS_STYLE, statics::REPORT_STYLE];
    for style in [statics::STYLE.content].into_iter().chain(of_files) {
        assert!(!style.contains("@import") && !style.contains("url("));
    }
    // Those are escaped like every text, and a browser reads them as they stand.
    for style in of_files {
        assert!(!style.contains(['<', '>', '&', '"', '\'']));
    }
}

#[test]
fn attributes_are_quoted() {
    for (name, text) in page_files() {
        assert!(
            !text.contains("={{"),
            "an attribute without quotes in {name}"
        );
    }
}

#[test]
fn languages_are_told_by_their_tags() {
    let check = |tag: &str, want| assert_eq!(Language::of_tag(tag), want, "{tag:?}");
    check("de", Some(Language::De));
    check("de-AT", Some(Language::De));
    check("EN_us", Some(Language::En));
    check("den", None);
    check("", None);
}

#[test]
fn browsers_say_which_language_they_like_best() {
    let check = |header: &str, want| assert_eq!(Language::accepted(header), want, "{header:?}");
    check("", Language::En);
    check("de", Language::De);
    check("de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7", Language::De);
    check("en-GB,en;q=0.9,de;q=0.8", Language::En);
    check("fr,de;q=0.2", Language::De);
    check("de;q=0, en;q=0.1", Language::En);
    check("*;q=x,;;,de;q=NaN", Language::En);
}

#[test]
fn both_languages_fill_the_same_gaps() {
    let lines = WORDS.iter().flat_map(|(_, text)| text.lines());
    let lines = lines.filter(|line| line.starts_with("    ") && line.ends_with("\";"));
    let mut words = 0;
    for line in lines {
        let (de, en) = line
            .split_once("\", \"")
            .unwrap_or_else(|| panic!("one language only: {line}"));
        assert_eq!(de.matches("{}").count(), en.matches("{}").count(), "{line}");
        words += 1;
    }
    assert!(words > 100, "{words}");
}

#[test]
fn every_word_is_used() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["templates", "src/pages", "../webmail/src"];
    let mut folders = folders.map(|it| here.join(it)).to_vec();
    let mut pages = String::new();
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                pages.push_str(&fs::read_to_string(path).unwrap());
            }
        }
    }
    let name = |c: char| c.is_alphanumeric() || c == '_';
    for (owners, text) in WORDS {
        let keys = text
            .lines()
            .filter(|line| line.ends_with("\";"))
            .filter_map(|line| line.trim().split_once(": \"").map(|(key, _)| key));
        for key in keys {
            let used = owners.iter().any(|owner| {
                pages
                    .split(&format!("{owner}{key}"))
                    .skip(1)
                    .any(|rest| !rest.starts_with(name))
            });
            assert!(used, "{key} is used nowhere");
        }
    }
}
