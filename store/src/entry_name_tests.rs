use super::*;
use crate::fixture::both_entries;

#[test]
fn names_of_entries_are_read_as_they_are_printed() {
    let message: MessageId = "20261122-0f3b2c1a9d04e".parse().unwrap();
    for name in both_entries(message) {
        assert_eq!(name.to_string().parse(), Ok(name));
    }
    for bad in [
        "",
        ".sent",
        "20261122-0f3b2c1a9d04e.",
        "20261122-0f3b2c1a9d04e.inbox",
    ] {
        assert_eq!(bad.parse::<EntryName>(), Err(MessageIdError), "{bad:?}");
    }
}
