use super::*;

/// `_` before text, `@` before a link, `>` before a quote.
fn sketch(text: &str) -> Vec<String> {
    let line = |mark: &str, pieces: Vec<Piece>| {
        let pieces = pieces.into_iter().map(|piece| match piece {
            Piece::Text(text) => format!("_{text}"),
            Piece::Link(link) => format!("@{link}"),
        });
        format!("{mark}{}", pieces.collect::<String>())
    };
    let blocks = blocks(text).into_iter().map(|block| match block {
        Block::Own(pieces) => line("", pieces),
        Block::Quoted(pieces) => line(">", pieces),
    });
    blocks.collect()
}

#[track_caller]
fn check(text: &str, want: &[&str]) {
    assert_eq!(sketch(text), want, "{text:?}");
}

#[test]
fn links_are_found_without_the_punctuation_around_them() {
    check("x", &["_x"]);
    check(
        "see https://a.example/b?c=d&e#f.",
        &["_see @https://a.example/b?c=d&e#f_."],
    );
    check("(http://a.example/b)", &["_(@http://a.example/b_)"]);
    check("http://a.example/b_(c)", &["@http://a.example/b_(c)"]);
    check("<https://a.example>,", &["_<@https://a.example_>,"]);
    check(
        "https://a.example/\"onclick=x",
        &["@https://a.example/_\"onclick=x"],
    );
    check(
        "a https://x.example b http://y.example c",
        &["_a @https://x.example_ b @http://y.example_ c"],
    );
    check(
        "https://müller.example/ä!",
        &["@https://müller.example/ä_!"],
    );
    check("https://a.example/...", &["@https://a.example/_..."]);
}

#[test]
fn what_is_no_link_stays_text() {
    for text in [
        "javascript:alert(1)",
        "http:// x",
        "https://",
        "xhttps://a.example",
        "data:text/html,x",
        "HTTP://a.example",
        "https://<b>",
    ] {
        check(text, &[&format!("_{text}")]);
    }
}

#[test]
fn long_quotes_are_folded() {
    check("a\n> 1\n> 2\n> 3", &["_a\n> 1\n> 2\n> 3"]);
    check(
        "a\n\n> 1\n> 2\n>\n> 4\nb",
        &["_a", ">_> 1\n> 2\n>\n> 4", "_b"],
    );
    check("> 1\n> 2\n> 3\n> 4\n\n\n", &[">_> 1\n> 2\n> 3\n> 4"]);
    check(
        "Ja.\r\n\r\n-----Ursprüngliche Nachricht-----\r\nVon: a\r\nText",
        &["_Ja.", ">_-----Ursprüngliche Nachricht-----\nVon: a\nText"],
    );
    check("", &[]);
    check("\n \n", &[]);
    check(
        "> 1\n> 2\n> https://a.example\n> 4",
        &[">_> 1\n> 2\n> @https://a.example_\n> 4"],
    );
}

#[test]
fn long_texts_are_cut_between_letters() {
    assert_eq!(shorten("aüb", 4), ("aüb", false));
    assert_eq!(shorten("aüb", 3), ("aü", true));
    assert_eq!(shorten("aüb", 2), ("a", true));
    assert_eq!(shorten("ü", 1), ("", true));
}
