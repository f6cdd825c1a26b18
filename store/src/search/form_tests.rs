use std::collections::BTreeSet;

use jiff::civil::date;
use proptest::prelude::*;

use super::super::fold;
use super::*;

const TODAY: Date = date(2026, 11, 22);

#[track_caller]
fn check(box_text: &str, form: &QueryForm, form_text: &str) {
    let of_box = QueryForm::of(&Query::parse(box_text, TODAY));
    assert_eq!(&of_box, form, "{box_text:?}");
    assert_eq!(form.text(), form_text, "{box_text:?}");
}

fn form() -> QueryForm {
    QueryForm::default()
}

#[test]
fn box_and_form_say_the_same() {
    check("", &form(), "");
    let words = "rechnung -entwurf a OR b".to_owned();
    check(
        "rechnung -entwurf a OR b",
        &QueryForm { words, ..form() },
        "rechnung -entwurf a OR b",
    );
    check(
        "von:anna ist:ungelesen betreff:„zwei worte“ nach:1.11.2026 vor:2.11.2026 hat:anhang x",
        &QueryForm {
            words: "x".to_owned(),
            from: "anna".to_owned(),
            subject: "zwei worte".to_owned(),
            after: Some(date(2026, 11, 1)),
            before: Some(date(2026, 11, 2)),
            attachments: true,
            unread: true,
        },
        "x from:anna subject:\"zwei worte\" after:2026-11-01 before:2026-11-02 has:attachment is:unread",
    );
    let words = "from:bo -is:unread to:cy".to_owned();
    check(
        "from:anna from:bo -is:unread to:cy",
        &QueryForm {
            words,
            from: "anna".to_owned(),
            ..form()
        },
        "from:bo -is:unread to:cy from:anna",
    );
}

#[test]
fn what_is_open_does_not_swallow_the_fields() {
    let check = |words: &str, want: &str| {
        let form = QueryForm {
            words: words.to_owned(),
            unread: true,
            ..form()
        };
        assert_eq!(form.text(), want, "{words:?}");
    };
    check("\"open phrase", "\"open phrase\" is:unread");
    check("a OR", "a is:unread");
    check("", "is:unread");
}

#[test]
fn quotes_in_fields_stay_inside() {
    let form = QueryForm {
        from: "an\"na \"OR\"".to_owned(),
        ..form()
    };
    let query = Query::parse(&form.text(), TODAY);
    assert_eq!(query.clauses.len(), 1);
    assert_eq!(query.notes, []);
}

/// What a query asks, however it was typed and in whatever order.
fn asked(query: &Query) -> BTreeSet<String> {
    let item = |item: &Item| match &item.term {
        Term::Text {
            field,
            text,
            ending,
        } => {
            let words: Vec<String> = fold::words(text)
                .into_iter()
                .map(|word| word.folded)
                .collect();
            format!("{:?} {field:?} {words:?} {ending:?}", item.sign)
        }
        term => format!("{:?} {term:?}", item.sign),
    };
    query
        .clauses
        .iter()
        .map(|clause| clause.items.iter().map(item).collect())
        .collect()
}

proptest! {
    #[test]
    fn through_the_form_and_back(text in r#"((von:|betreff:|vor:|nach:|is:|x|-|"|„|“| | OR |\*|unread|2026-11-1[0-9]|has:attachment|ä|\(){0,2} ?){0,10}"#) {
        let query = Query::parse(&text, TODAY);
        let again = Query::parse(&QueryForm::of(&query).text(), TODAY);
        prop_assert_eq!(asked(&again), asked(&query));
    }
}
