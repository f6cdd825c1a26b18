//! Whether a directory answers: it is asked for its root entry without signing in, which every server
//! answers, if only with a refusal (RFC 4511).

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::wire::{self, Place, Security};

/// A search for the root entry and none of its attributes (RFC 4511 §4.5.1, RFC 4512 §5.1).
const QUESTION: &[u8] = &[
    0x30, 0x2a, 0x02, 0x01, 0x01, // a message, its number 1
    0x63, 0x25, 0x04, 0x00, // a search below ""
    0x0a, 0x01, 0x00, 0x0a, 0x01, 0x00, // of that entry alone, aliases as they are
    0x02, 0x01, 0x01, 0x02, 0x01, 0x05, // one entry, five seconds
    0x01, 0x01, 0x00, // attributes with their values
    0x87, 0x0b, b'o', b'b', b'j', b'e', b'c', b't', b'C', b'l', b'a', b's',
    b's', // that has a class
    0x30, 0x05, 0x04, 0x03, b'1', b'.', b'1', // no attributes (RFC 4511 §4.5.1.8)
];

/// Bytes of the head of an answer: of a message up to the tag of what is in it, with the longest length.
const HEAD_BYTES: usize = 10;

/// Asks; the words are those of the answer's kind.
pub(super) async fn ask(place: &Place, security: &Security) -> Result<String, String> {
    let mut wire = wire::connect(place, security).await?;
    let broken = |error: std::io::Error| format!("the connection to {place} broke: {error}");
    wire.write_all(QUESTION).await.map_err(broken)?;
    wire.flush().await.map_err(broken)?;
    let mut head = Vec::new();
    while head.len() < HEAD_BYTES {
        let mut piece = [0; HEAD_BYTES];
        match wire.read(&mut piece).await.map_err(broken)? {
            0 => break,
            read => head.extend(piece.iter().take(read)),
        }
    }
    match kind(&head) {
        // An entry, the end of the search, or a notice that it is not wanted so.
        Some(0x64 | 0x65 | 0x78) => Ok("answered a question for its root entry".to_owned()),
        _ => Err(format!("{place} does not answer as a directory does")),
    }
}

/// The tag of what is in a message (RFC 4511 §4.2, in BER).
fn kind(message: &[u8]) -> Option<u8> {
    let rest = message.strip_prefix(&[0x30])?;
    let (length, rest) = rest.split_first()?;
    let more = match length {
        0x00..=0x7f => 0,
        0x81..=0x84 => usize::from(length & 0x7f),
        _ => return None,
    };
    let rest = rest.get(more..)?;
    // The number of the message: that of our question, or 0.
    match rest {
        [0x02, 0x01, 0 | 1, tag, ..] => Some(*tag),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_its_own_lengths() {
        assert_eq!(usize::from(QUESTION[1]), QUESTION.len() - 2);
        assert_eq!(usize::from(QUESTION[6]), QUESTION.len() - 7);
    }

    #[test]
    fn answers_of_directories_are_told_from_others() {
        for (message, want) in [
            (&[0x30, 0x0c, 2, 1, 1, 0x65][..], Some(0x65)),
            (&[0x30, 0x84, 0, 0, 0, 0x10, 2, 1, 1, 0x64], Some(0x64)),
            (b"220 mail.corp", None),
            (&[0x30], None),
            (&[0x30, 0x84, 0], None),
            (&[0x30, 0x0c, 2, 1, 9, 0x65], None),
            (b"", None),
        ] {
            assert_eq!(kind(message), want, "{message:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            kind(&bytes);
        }
    }
}
