//! Which folder is the one for sent mail.

/// Names that mail programs gave it, where the server marks none. In modified UTF-7, as servers
/// list them (RFC 3501 §5.1.3).
const NAMES: &[&str] = &[
    "Sent",
    "Sent Items",
    "Sent Messages",
    "Sent Mail",
    "Gesendet",
    "Gesendete Elemente",
    "Gesendete Objekte",
    "Gesendete Nachrichten",
    "Gesendete Mails",
];

/// A folder as the server lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// Its whole name.
    pub name: String,
    /// What stands between the levels of names.
    pub delimiter: Option<String>,
    /// The server says it is for sent mail (RFC 6154).
    pub is_sent: bool,
    /// It can hold messages.
    pub is_selectable: bool,
}

impl Listed {
    /// Its name, level by level.
    pub fn levels(&self) -> Vec<&str> {
        match self.delimiter.as_deref() {
            Some(delimiter) if !delimiter.is_empty() => self.name.split(delimiter).collect(),
            _ => vec![&self.name],
        }
    }
}

/// The folder for sent mail: the one the server marks, else the one with the usual name that
/// lies highest.
pub(crate) fn choose(folders: &[Listed]) -> Option<&str> {
    let open = || folders.iter().filter(|it| it.is_selectable);
    let marked = open().find(|it| it.is_sent);
    let named = || {
        let ranked = open().filter_map(|it| {
            let levels = it.levels();
            let last = levels.last()?;
            let rank = NAMES
                .iter()
                .position(|name| name.eq_ignore_ascii_case(last))?;
            Some((levels.len(), rank, it))
        });
        ranked
            .min_by_key(|(depth, rank, _)| (*depth, *rank))
            .map(|(_, _, it)| it)
    };
    marked.or_else(named).map(|it| it.name.as_str())
}

/// Names to try when there is none, best first. On some servers all folders lie below INBOX.
pub(crate) fn to_create(folders: &[Listed]) -> Vec<String> {
    let is_inbox = |name: &str| name.eq_ignore_ascii_case("INBOX");
    let inbox = folders.iter().find(|it| is_inbox(&it.name));
    let delimiter = inbox.and_then(|it| it.delimiter.as_deref()).unwrap_or("/");
    let below = format!("INBOX{delimiter}Sent");
    let mut others = folders.iter().filter(|it| !is_inbox(&it.name)).peekable();
    let all_below = others.peek().is_some()
        && others.all(|it| it.levels().first().is_some_and(|first| is_inbox(first)));
    if all_below {
        vec![below, "Sent".into()]
    } else {
        vec!["Sent".into(), below]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `!` marks the server's choice, `-` what can not be opened.
    fn listed(names: &[&str]) -> Vec<Listed> {
        let one = |text: &&str| Listed {
            name: text.trim_start_matches(['!', '-']).to_owned(),
            delimiter: Some("/".into()),
            is_sent: text.starts_with('!'),
            is_selectable: !text.starts_with('-'),
        };
        names.iter().map(one).collect()
    }

    #[track_caller]
    fn check(names: &[&str], want: Option<&str>) {
        assert_eq!(choose(&listed(names)), want, "{names:?}");
    }

    #[test]
    fn chooses() {
        check(&["INBOX", "Sent", "!Versendet"], Some("Versendet"));
        check(&["INBOX", "sent items", "Archive/Sent"], Some("sent items"));
        check(
            &["INBOX", "INBOX/Gesendete Elemente"],
            Some("INBOX/Gesendete Elemente"),
        );
        check(&["Sent Items", "Sent"], Some("Sent"));
        check(&["INBOX", "-Sent", "Unsent"], None);
        check(&["-!Sent"], None);
        check(&[], None);
    }

    #[test]
    fn creates_where_the_server_has_its_folders() {
        assert_eq!(to_create(&[]), ["Sent", "INBOX/Sent"]);
        assert_eq!(to_create(&listed(&["INBOX"])), ["Sent", "INBOX/Sent"]);
        assert_eq!(
            to_create(&listed(&["INBOX", "INBOX/Drafts"])),
            ["INBOX/Sent", "Sent"]
        );
        assert_eq!(
            to_create(&listed(&["INBOX", "INBOX/A", "B"])),
            ["Sent", "INBOX/Sent"]
        );
    }
}
