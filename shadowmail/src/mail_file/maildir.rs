//! Maildir, and the folders of Maildir++ in it: what IMAP servers read.

use jiff::Timestamp;
use store::{ExportEntry, MessageId};

/// The directory of one of our folders, from the top of the Maildir.
pub fn folder(name: &str) -> String {
    match name {
        "inbox" => String::new(),
        "sent" => ".Sent".to_owned(),
        "archive" => ".Archive".to_owned(),
        "junk" => ".Junk".to_owned(),
        "trash" => ".Trash".to_owned(),
        other => format!(".{other}"),
    }
}

/// The letters of the flags, in the order of the alphabet.
pub fn flags(entry: &ExportEntry) -> String {
    let letters = [
        ('F', entry.flagged),
        ('P', entry.forwarded),
        ('R', entry.answered),
        ('S', entry.seen),
        ('T', entry.folder == "trash"),
    ];
    letters
        .iter()
        .filter(|(_, set)| *set)
        .map(|(letter, _)| *letter)
        .collect()
}

/// `1790000000.20261122-0f3b2c1a9d04e.shadowmail:2,FS`.
pub fn file_name(id: MessageId, received_at: Timestamp, flags: &str) -> String {
    format!("{}.{id}.shadowmail:2,{flags}", received_at.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_time_id_and_flags() {
        assert_eq!(folder("trash"), ".Trash");
        assert_eq!(folder("inbox"), "");
        let id = "20261122-0f3b2c1a9d04e".parse().unwrap();
        let at = Timestamp::from_second(1_790_000_000).unwrap();
        assert_eq!(
            file_name(id, at, "FS"),
            "1790000000.20261122-0f3b2c1a9d04e.shadowmail:2,FS"
        );
    }
}
