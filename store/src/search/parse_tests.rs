use jiff::civil::date;
use proptest::prelude::*;

use super::super::query::{Attachments, Ending};
use super::*;

const TODAY: Date = date(2026, 11, 22);

/// The query in words of our own: clauses parted by `&`, terms by `|`, `!` for without.
fn told(query: &Query) -> String {
    let item = |item: &Item| {
        let sign = match item.sign {
            Sign::With => "",
            Sign::Without => "!",
        };
        let term = match &item.term {
            Term::Text {
                field,
                text,
                ending,
            } => {
                let star = if *ending == Ending::Open { "*" } else { "" };
                match field {
                    Field::Any => format!("[{text}]{star}"),
                    field => format!("{field:?}[{text}]{star}"),
                }
            }
            Term::MessageId(id) => format!("id[{id}]"),
            Term::Has(Attachments) => "attachments".to_owned(),
            Term::Is(state) => format!("{state:?}"),
            Term::In(folder) => format!("in {folder}"),
            Term::Before(date) => format!("< {date}"),
            Term::After(date) => format!(">= {date}"),
            Term::LargerThan(bytes) => format!("> {bytes}"),
            Term::SmallerThan(bytes) => format!("< {bytes}"),
        };
        format!("{sign}{term}")
    };
    let clauses = query.clauses.iter().map(|clause| {
        clause
            .items
            .iter()
            .map(item)
            .collect::<Vec<_>>()
            .join(" | ")
    });
    clauses.collect::<Vec<_>>().join(" & ")
}

#[track_caller]
fn check(text: &str, want: &str) {
    let query = Query::parse(text, TODAY);
    assert_eq!(told(&query), want, "{text:?}");
    assert_eq!(query.notes, [], "{text:?}");
}

#[track_caller]
fn noted(text: &str, want: &str, note: Note) {
    let query = Query::parse(text, TODAY);
    assert_eq!(
        (told(&query).as_str(), query.notes.as_slice()),
        (want, [note].as_slice()),
        "{text:?}"
    );
}

#[test]
fn words_phrases_and_connectors() {
    check("", "");
    check("  ", "");
    check("rechnung", "[rechnung]");
    check("rechnung mai", "[rechnung] & [mai]");
    check("\"zwei worte\" drei", "[zwei worte] & [drei]");
    check(
        "„zwei worte“ «le mot» ”x y”",
        "[zwei worte] & [le mot] & [x y]",
    );
    check("\"ohne ende", "[ohne ende]");
    check("5\"-rohr", "[5\"-rohr]");
    check(
        "-entwurf -\"zwei worte\" e-mail",
        "![entwurf] & ![zwei worte] & [e-mail]",
    );
    check("a b OR c ODER -d", "[a] & [b] | [c] | ![d]");
    check("a AND b UND c", "[a] & [b] & [c]");
    check("a or b", "[a] & [or] & [b]");
    check("OR a", "[OR] & [a]");
    check("a OR", "[a]");
    check("\"OR\" a", "[OR] & [a]");
    check("rechn* \"zwei wor*\"", "[rechn]* & [zwei wor]*");
}

#[test]
fn what_has_no_letters_asks_for_nothing() {
    check("Müller & Söhne", "[Müller] & [Söhne]");
    check("- -- ??? \"...\" from:- * \"\"", "");
    check("a OR ? b", "[a] | [b]");
}

#[test]
fn fields_in_both_languages() {
    for (english, german, want) in [
        ("from:anna", "von:anna", "From[anna]"),
        ("to:anna", "an:anna", "To[anna]"),
        ("cc:anna", "Kopie:anna", "Cc[anna]"),
        ("subject:\"a b\"", "betreff:„a b“", "Subject[a b]"),
        ("body:x", "text:x", "Body[x]"),
        ("filename:x.pdf", "datei:x.pdf", "File[x.pdf]"),
        ("has:attachment", "hat:anhang", "attachments"),
        ("has:attachments", "hat:Anhänge", "attachments"),
        ("is:unread", "ist:ungelesen", "Unread"),
        ("is:read", "ist:gelesen", "Read"),
        ("is:answered", "ist:beantwortet", "Answered"),
        ("is:replied", "IST:Beantwortet", "Answered"),
        ("is:forwarded", "ist:weitergeleitet", "Forwarded"),
        ("is:flagged", "ist:markiert", "Flagged"),
        ("before:2026-11-19", "vor:19.11.2026", "< 2026-11-19"),
        ("after:2026/11/19", "nach:19.11.26", ">= 2026-11-19"),
        ("older_than:7d", "älter_als:7t", "< 2026-11-15"),
        ("newer_than:2w", "neuer:2w", ">= 2026-11-08"),
        ("larger:5M", "größer:5mb", "> 5242880"),
        ("smaller:1.5k", "kleiner:1,5KB", "< 1536"),
        ("in:inbox", "in:posteingang", "in inbox"),
        ("in:sent", "ordner:Gesendet", "in sent"),
        ("in:trash", "in:gelöscht", "in trash"),
        ("message-id:<a@b>", "nachrichten-id:a@b", "id[a@b]"),
    ] {
        check(english, want);
        check(german, want);
        check(&format!("-{german} x"), &format!("!{want} & [x]"));
    }
    check("von: anna betreff: \"a b\"", "From[anna] & Subject[a b]");
    check("from: OR a", "[from:] | [a]");
    check("von:a OR an:b", "From[a] | To[b]");
}

#[test]
fn dates() {
    for (text, want) in [
        ("today", "2026-11-22"),
        ("gestern", "2026-11-21"),
        ("19.11.", "2026-11-19"),
        ("19.11", "2026-11-19"),
        ("24.12.", "2025-12-24"),
        ("1.2.2026", "2026-02-01"),
        ("2024-02-29", "2024-02-29"),
    ] {
        check(&format!("after:{text}"), &format!(">= {want}"));
    }
    check(
        "newer_than:1m older_than:1j",
        ">= 2026-10-22 & < 2025-11-22",
    );
}

#[test]
fn what_is_not_understood_is_text() {
    let unknown = |name: &str| Note::UnknownOperator(name.to_owned());
    noted("colour:red x", "[colour:red] & [x]", unknown("colour"));
    noted("-farbe:rot", "![farbe:rot]", unknown("farbe"));
    let bad = |operator: &str, value: &str| Note::BadValue {
        operator: operator.to_owned(),
        value: value.to_owned(),
    };
    for text in [
        "before:bald",
        "vor:31.2.2026",
        "nach:1.1.1.1",
        "after:26-1-1",
        "after:2026-1",
        "vor:1.13.",
        "is:late",
        "has:time",
        "in:nowhere",
        "larger:viel",
        "larger:5x",
        "larger:1,55M",
        "larger:99999999999999999999",
        "smaller:9999999999999G",
        "older_than:7",
        "older_than:d",
        "newer_than:99999d",
        "after:١.١.٢٠٢٦",
    ] {
        let (operator, value) = text.split_once(':').unwrap();
        noted(text, &format!("[{value}]"), bad(operator, value));
    }
    // No operators: a time, an answer's prefix, an address, something long.
    check(
        "12:30 AW: https://x.example/a",
        "[12:30] & [AW:] & [https://x.example/a]",
    );
    check(
        "Donaudampfschifffahrtsgesellschaft:x",
        "[Donaudampfschifffahrtsgesellschaft:x]",
    );
}

#[test]
fn long_searches_are_cut() {
    let many = "x ".repeat(limits::QUERY_TERMS_MAX);
    let query = Query::parse(&many, TODAY);
    assert_eq!(
        (query.clauses.len(), query.notes.len()),
        (limits::QUERY_TERMS_MAX, 0)
    );
    let query = Query::parse(&(many + "x"), TODAY);
    assert_eq!(
        (query.clauses.len(), query.notes),
        (limits::QUERY_TERMS_MAX, vec![Note::TooLong])
    );
    let long = format!("\"{}", "ä ".repeat(limits::QUERY_CHARS_MAX));
    let fits: String = long.chars().take(limits::QUERY_CHARS_MAX).collect();
    assert_eq!(Query::parse(&fits, TODAY).notes, []);
    assert_eq!(Query::parse(&(fits + "ä"), TODAY).notes, [Note::TooLong]);
}

#[test]
fn what_no_index_can_find_is_noted() {
    let short = |text: &str| Note::ShortBeginning(text.to_owned());
    noted("ab*", "[ab]*", short("ab*"));
    noted("from:a*", "From[a]*", short("a*"));
    noted("\"offer fo*\"", "[offer fo]*", short("offer fo*"));
    check("abc*", "[abc]*");
    check("ü*a", "[ü*a]");
    let longest = "ä".repeat(limits::WORD_CHARS_MAX);
    check(&longest, &format!("[{longest}]"));
    check(
        &format!("{longest}-{longest}"),
        &format!("[{longest}-{longest}]"),
    );
    let ideographs = "漢".repeat(limits::WORD_CHARS_MAX + 1);
    check(&ideographs, &format!("[{ideographs}]"));
    let longer = longest + "ä";
    noted(
        &longer,
        &format!("[{longer}]"),
        Note::LongWord(longer.clone()),
    );
    let phrase = format!("x {longer}");
    let told = format!("message-id:{longer}@host");
    assert_eq!(
        Query::parse(&format!("\"{phrase}\" {told}"), TODAY).notes,
        [
            Note::LongWord(phrase),
            Note::LongWord(format!("{longer}@host"))
        ]
    );
}

proptest! {
    #[test]
    fn any_text_is_a_query(text in any::<String>()) {
        let query = Query::parse(&text, TODAY);
        prop_assert!(query.clauses.iter().all(|clause| !clause.items.is_empty()));
    }

    #[test]
    fn parts_of_the_language_in_any_order(text in r#"((von|from|vor|is|x|-|:|"|„|“| |OR|ODER|\*|2026-11-1|7d|ä|\n|'|\)|\(){0,2}){0,12}"#) {
        let query = Query::parse(&text, TODAY);
        let terms: usize = query.clauses.iter().map(|clause| clause.items.len()).sum();
        prop_assert!(terms <= limits::QUERY_TERMS_MAX);
    }
}
