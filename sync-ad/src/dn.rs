//! Distinguished names (RFC 4514), to be compared.

/// The form that two spellings of one name share: without case, without spaces around the signs,
/// with every escape resolved.
pub(crate) fn key(dn: &str) -> String {
    let mut bytes = Vec::with_capacity(dn.len());
    let mut rest = dn.as_bytes();
    let mut spaces = 0;
    let mut part = Part::Type;
    let mut begins = true;
    while let [first, tail @ ..] = rest {
        rest = tail;
        let byte = match (first, part) {
            (b' ', _) => {
                spaces += usize::from(!begins);
                continue;
            }
            (b',' | b';' | b'+', _) | (b'=', Part::Type) => {
                bytes.extend([SIGN, if *first == b';' { b',' } else { *first }]);
                part = if *first == b'=' {
                    Part::Value
                } else {
                    Part::Type
                };
                (spaces, begins) = (0, true);
                continue;
            }
            (b'\\', _) => match (hexadecimal(tail), tail) {
                (Some(byte), [_, _, tail @ ..]) => {
                    rest = tail;
                    byte
                }
                (_, [escaped, tail @ ..]) => {
                    rest = tail;
                    *escaped
                }
                (_, []) => b'\\',
            },
            (other, _) => *other,
        };
        bytes.extend(std::iter::repeat_n(b' ', spaces));
        (spaces, begins) = (0, false);
        if byte == SIGN {
            bytes.push(SIGN);
        }
        bytes.push(byte);
    }
    String::from_utf8_lossy(&bytes).to_lowercase()
}

/// Whether a name is `above`, or stands below it. Below the empty name stands everything.
pub(crate) fn is_within(name: &str, above: &str) -> bool {
    let (name, above) = (key(name), key(above));
    let Some(rest) = name.strip_suffix(&above) else {
        return false;
    };
    rest.is_empty() || above.is_empty() || rest.ends_with("\u{1},")
}

/// Stands before a sign that was not escaped, so that `a\,b` and `a,b` stay two.
const SIGN: u8 = 1;

#[derive(Clone, Copy)]
enum Part {
    Type,
    Value,
}

fn hexadecimal(bytes: &[u8]) -> Option<u8> {
    let digits = bytes.get(..2)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn same(one: &str, other: &str) {
        assert_eq!(key(one), key(other));
    }

    #[track_caller]
    fn two(one: &str, other: &str) {
        assert_ne!(key(one), key(other), "{one} and {other}");
    }

    #[test]
    fn spellings_of_one_name_are_one() {
        same("CN=Amy,DC=x", "cn=amy , dc = X");
        same("cn=Gro\\C3\\9F,dc=x", "cn=Groß,dc=x");
        same("cn=a\\,b,dc=x", "cn=a\\2Cb,dc=x");
        two("cn=a\\,b,dc=x", "cn=a,b,dc=x");
        two("cn=a=b", "cn=a= b");
        same("cn=a+sn=b", "cn=a + sn=b");
        two("cn=amy  b", "cn=amy b");
        two("cn=a\\01,", "cn=a,");
        two("cn=amy", "cn=am");
    }

    #[test]
    fn what_stands_below_a_name_is_told_from_what_only_ends_like_it() {
        assert!(is_within("ou=a,dc=Corp,dc=x", "DC=corp, dc=x"));
        assert!(is_within("dc=corp,dc=x", "dc=corp,dc=x"));
        assert!(is_within("dc=corp,dc=x", ""));
        assert!(!is_within("dc=x", "dc=corp,dc=x"));
        assert!(!is_within("ou=adc=corp,dc=x", "dc=corp,dc=x"));
        assert!(!is_within("ou=a\\,dc=corp,dc=x", "dc=corp,dc=x"));
    }

    proptest! {
        #[test]
        fn no_name_does_harm(name in ".{0,60}", case in "[a-z=, ]{0,20}") {
            let _ = key(&name);
            prop_assert_eq!(key(&case), key(&case.to_uppercase()));
        }
    }
}
