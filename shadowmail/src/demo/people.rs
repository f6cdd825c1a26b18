//! Who works at Nordlicht Werkzeugbau.

use std::fmt::Write as _;

/// The mail domain of the demo.
pub const DOMAIN: &str = "nordlicht.example";

/// The one password of everybody in the demo.
pub const PASSWORD: &str = "nordlicht";

/// Somebody with a mailbox.
pub struct Person {
    /// Sign-in name, and the local part of the address.
    pub login: &'static str,
    /// Name as shown.
    pub name: &'static str,
    /// A second address.
    pub alias: &'static str,
    /// `admin`, `auditor` or nothing.
    pub role: &'static str,
    /// Language of the pages.
    pub language: &'static str,
}

/// All twelve of them.
pub const PEOPLE: [Person; 12] = [
    person("anna.becker", "Anna Becker", "it", "admin", "de"),
    person("bjoern.hansen", "Björn Hansen", "bh", "", "de"),
    person("emily.clark", "Emily Clark", "ec", "", "en"),
    person("fatma.yildiz", "Fatma Yıldız", "betriebsrat", "", "de"),
    person("james.miller", "James Miller", "jm", "", "en"),
    person("juergen.gross", "Jürgen Groß", "jg", "", "de"),
    person("katharina.weiss", "Katharina Weiß", "kw", "", "de"),
    person(
        "luise.koenig",
        "Luise König",
        "geschaeftsfuehrung",
        "",
        "de",
    ),
    person("oliver.smith", "Oliver Smith", "os", "", "en"),
    person("paul.wagner", "Paul Wagner", "buchhaltung", "auditor", "de"),
    person("sabine.mueller", "Sabine Müller", "sm", "", "de"),
    person("thomas.schaefer", "Thomas Schäfer", "ts", "", "de"),
];

/// Members of `vertrieb@`.
pub const SALES: [&str; 4] = [
    "emily.clark",
    "oliver.smith",
    "sabine.mueller",
    "thomas.schaefer",
];

/// Who opens the shared mailbox `info@`.
pub const INFO: [&str; 2] = ["emily.clark", "sabine.mueller"];

/// An address of the organisation.
pub fn address(local: &str) -> String {
    format!("{local}@{DOMAIN}")
}

/// The directory as a file, everybody with the password that `hash` was made of.
pub fn users_toml(hash: &str) -> String {
    let mut text = String::from("# The directory of the demo. Everybody has the same password.\n");
    for person in &PEOPLE {
        let roles = if person.role.is_empty() {
            String::new()
        } else {
            quoted(&[person.role])
        };
        let addresses = quoted(&[&address(person.login), &address(person.alias)]);
        let _ = write!(
            text,
            "\n[[account]]\nlogin = \"{}\"\nname = \"{}\"\naddresses = [{addresses}]\n\
             password = \"{hash}\"\nkind = \"person\"\nroles = [{roles}]\nlanguage = \"{}\"\n",
            person.login, person.name, person.language,
        );
    }
    let _ = write!(
        text,
        "\n[[account]]\nlogin = \"info\"\nname = \"Info Nordlicht\"\naddresses = [{}]\n\
         kind = \"shared\"\nopened_by = [{}]\n",
        quoted(&[&address("info")]),
        quoted(&INFO),
    );
    let everybody = PEOPLE.each_ref().map(|person| person.login);
    for (local, name, members) in [
        ("vertrieb", "Vertrieb", &SALES[..]),
        ("alle", "Alle", &everybody),
    ] {
        let _ = write!(
            text,
            "\n[[group]]\naddress = \"{}\"\nname = \"{name}\"\nmembers = [{}]\n",
            address(local),
            quoted(members),
        );
    }
    text
}

/// The mailboxes behind an address of ours: itself, or the members of a group.
pub fn mailboxes(address: &str) -> Vec<String> {
    let local = address
        .strip_suffix(DOMAIN)
        .and_then(|local| local.strip_suffix('@'));
    match local {
        Some("vertrieb") => SALES.iter().map(|login| self::address(login)).collect(),
        Some("alle") => PEOPLE
            .iter()
            .map(|person| self::address(person.login))
            .collect(),
        Some("info") => vec![address.to_owned()],
        Some(local) => PEOPLE
            .iter()
            .filter(|person| person.login == local || person.alias == local)
            .map(|person| self::address(person.login))
            .collect(),
        None => Vec::new(),
    }
}

const fn person(
    login: &'static str,
    name: &'static str,
    alias: &'static str,
    role: &'static str,
    language: &'static str,
) -> Person {
    Person {
        login,
        name,
        alias,
        role,
        language,
    }
}

fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|word| format!("\"{word}\""))
        .collect::<Vec<_>>()
        .join(", ")
}
