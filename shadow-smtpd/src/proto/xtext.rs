//! xtext: octets in the parameters of a command (RFC 3461 §4).

/// The octets that an xtext stands for; `None` when it is none. `+` and two hexadecimal digits are
/// one octet, what is not graphic ASCII must be written so. Small digits and a bare `=` are wrong
/// by the letter and clear in meaning: some send them, and they are taken.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        octets.push(match byte {
            b'+' => hexadecimal(rest.next()?)? << 4 | hexadecimal(rest.next()?)?,
            b'!'..=b'~' => byte,
            _ => return None,
        });
    }
    Some(octets)
}

fn hexadecimal(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn decodes() {
        let check = |text: &str, want: Option<&[u8]>| {
            assert_eq!(decode(text).as_deref(), want, "{text}");
        };
        check("", Some(b""));
        check("QQ314159", Some(b"QQ314159"));
        check("a+2Bb+3Dc+20d", Some(b"a+b=c d"));
        check("+00+FF", Some(b"\0\xff"));
        check("bounce=amy+2bx@+fF", Some(b"bounce=amy+x@\xff"));
        for bad in ["+", "+2", "+G0", "+0g", "a b", "gr\u{fc}n", "a\tb"] {
            check(bad, None);
        }
    }

    proptest! {
        #[test]
        fn what_was_encoded_comes_back(octets: Vec<u8>) {
            let encoded: String = octets.iter().map(|octet| match octet {
                b'+' | b'=' => format!("+{octet:02X}"),
                b'!'..=b'~' => char::from(*octet).to_string(),
                _ => format!("+{octet:02X}"),
            }).collect();
            prop_assert_eq!(decode(&encoded), Some(octets));
        }

        #[test]
        fn no_text_panics(text: String) {
            let _ = decode(&text);
        }
    }
}
