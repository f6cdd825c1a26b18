//! What a person means who asks for a mail.

use store::{Address, MessageId, Sought};

/// What is looked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Question {
    /// One of our records.
    Record(MessageId),
    /// What rows can be asked for without the full text; any of these.
    Named(Vec<Sought>),
    /// Words and operators, as in the webmail.
    Words(String),
}

impl Question {
    /// Understands what was typed. A Message-ID without its brackets looks like an address.
    pub fn of(text: &str) -> Self {
        let text = text.trim();
        if let Ok(id) = text.parse() {
            return Self::Record(id);
        }
        let inner = text.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
        // `from:max@acme.example` could be an address, too, but nobody has one like that.
        if inner.is_none() && text.contains(':') {
            return Self::Words(text.to_owned());
        }
        let mut sought = Vec::new();
        if let Ok(address) = inner.unwrap_or(text).parse::<Address>() {
            sought.push(Sought::Address(address));
        }
        if inner.is_some() || !sought.is_empty() {
            sought.push(Sought::HeaderMessageId(inner.unwrap_or(text).to_owned()));
            return Self::Named(sought);
        }
        Self::Words(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_an_address_and_words_are_told_apart() {
        let check = |text: &str, want: Question| assert_eq!(Question::of(text), want, "{text}");
        let address = |text: &str| Sought::Address(text.parse().unwrap());
        let named = |text: &str| Sought::HeaderMessageId(text.to_owned());
        let id = "20261122-0f3b2c1a9d04e";
        check(&format!(" {id} "), Question::Record(id.parse().unwrap()));
        let both = || {
            Question::Named(vec![
                address("anna@corp.example"),
                named("anna@corp.example"),
            ])
        };
        check("anna@corp.example", both());
        check("<anna@corp.example>", both());
        check(
            "<no at: but brackets>",
            Question::Named(vec![named("no at: but brackets")]),
        );
        for words in [
            "offer",
            "from:max@acme.example",
            "from:max offer",
            "a b@c.example",
            "<",
            "",
        ] {
            check(words, Question::Words(words.to_owned()));
        }
    }
}
