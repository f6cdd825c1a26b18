//! The owners of the generated mailboxes.

/// Where all of them have their mail.
pub const DOMAIN: &str = "corp.example";

const FIRST: &[&str] = &[
    "Jürgen",
    "Anna",
    "Thomas",
    "Käthe",
    "Björn",
    "Sabine",
    "Mehmet",
    "Zoë",
    "Lukas",
    "Ingrid",
    "François",
    "Mary",
    "Götz",
    "Ursula",
    "Peter",
    "Hélène",
    "Stefan",
    "Birgit",
    "James",
    "Jörg",
];

const LAST: &[&str] = &[
    "Groß", "Müller", "Weiß", "Schmidt", "Schäfer", "Baker", "Köhler", "Jäger", "Özdemir",
    "Fischer", "Böhm", "Lange", "Strauß", "Krüger", "Smith", "Vogel", "Roth", "Grün", "Dupré",
    "Hofmann", "Brandt", "Kühn", "Taylor", "Weber",
];

/// Somebody with a mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The name to sign in with, and the key of the directory.
    pub login: String,
    /// The name.
    pub name: String,
}

impl Person {
    /// The address.
    pub fn address(&self) -> String {
        format!("{}@{DOMAIN}", self.login)
    }
}

pub(super) fn people(count: usize) -> Vec<Person> {
    (0..count)
        .map(|number| {
            let first = FIRST[number % FIRST.len()];
            let last = LAST[(number / FIRST.len()) % LAST.len()];
            Person {
                login: format!("{}.{}{number}", ascii(first), ascii(last)),
                name: format!("{first} {last}"),
            }
        })
        .collect()
}

/// As one writes a name where umlauts are not allowed.
fn ascii(name: &str) -> String {
    let mut out = String::new();
    for letter in name.to_lowercase().chars() {
        match letter {
            'ä' => out.push_str("ae"),
            'ö' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'é' | 'è' | 'ë' => out.push('e'),
            'ç' => out.push('c'),
            other => out.push(other),
        }
    }
    out
}
