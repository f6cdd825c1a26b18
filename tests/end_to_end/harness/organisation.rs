//! The organisation whose mail this is: the same people in the primary and in Shadowmail.

/// Where everybody's mail goes.
pub const DOMAIN: &str = "corp.example";

/// Where the gateway sends its copies: `user=corp.example@shadow.corp.example`.
pub const SHADOW_DOMAIN: &str = "shadow.corp.example";

/// A mailbox and its owner.
pub struct Mailbox {
    /// The name to sign in with.
    pub login: &'static str,
    /// The owner's name.
    pub name: &'static str,
    /// All addresses, the primary one first.
    pub addresses: &'static [&'static str],
    /// `person`, `shared` or `room`.
    pub kind: &'static str,
    /// The language the owner reads.
    pub language: &'static str,
}

impl Mailbox {
    /// The address the mailbox is called by.
    pub fn address(&self) -> &'static str {
        self.addresses[0]
    }

    /// The owner's password. Shared mailboxes have none.
    pub fn password(&self) -> String {
        format!("Geheimnis für {}", self.login)
    }
}

/// A group and whom it reaches.
pub struct Group {
    /// Its address.
    pub address: &'static str,
    /// Its name.
    pub name: &'static str,
    /// The logins of its members.
    pub members: &'static [&'static str],
}

/// Everybody.
pub const MAILBOXES: &[Mailbox] = &[
    Mailbox {
        login: "juergen",
        name: "Jürgen Groß",
        addresses: &["juergen.gross@corp.example", "jg@corp.example"],
        kind: "person",
        language: "de",
    },
    Mailbox {
        login: "anna",
        name: "Anna Weiß",
        addresses: &["anna.weiss@corp.example"],
        kind: "person",
        language: "de",
    },
    Mailbox {
        login: "tom",
        name: "Tom Baker",
        addresses: &["tom.baker@corp.example"],
        kind: "person",
        language: "en",
    },
    Mailbox {
        login: "info",
        name: "Information",
        addresses: &["info@corp.example"],
        kind: "shared",
        language: "de",
    },
];

/// All groups.
pub const GROUPS: &[Group] = &[Group {
    address: "vertrieb@corp.example",
    name: "Vertrieb",
    members: &["juergen", "tom"],
}];

/// The mailbox of this login.
pub fn mailbox(login: &str) -> &'static Mailbox {
    let found = MAILBOXES.iter().find(|mailbox| mailbox.login == login);
    found.unwrap_or_else(|| panic!("nobody in the organisation signs in as {login}"))
}
