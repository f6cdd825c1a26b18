//! What a person means who asks for a mail.

use store::{Address, MessageId, Sought};

/// What is looked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Question {
    /// One of our records.
    Record(MessageId),
    /// What rows can be asked for without the full text: the first of these that anything is found of.
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
            let name = Sought::HeaderMessageId(inner.unwrap_or(text).to_owned());
            // Brackets are rather those of a Message-ID.
            sought.insert(if inner.is_some() { 0 } else { sought.len() }, name);
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
        let record = "20261122-0f3b2c1a9d04e";
        let known = Question::Record(record.parse().unwrap());
        check(&format!(" {record} "), known);
        let (anna, id) = (address("anna@corp.example"), named("anna@corp.example"));
        let both = vec![anna.clone(), id.clone()];
        check("anna@corp.example", Question::Named(both));
        check("<anna@corp.example>", Question::Named(vec![id, anna]));
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
