use proptest::prelude::*;

use super::*;

#[test]
fn what_is_built_is_what_is_written() {
    let check = |built: Filter, text: &str| {
        assert_eq!(built.text(), text);
        assert_eq!(Filter::parse(text).unwrap().wire(), built.wire(), "{text}");
    };
    check(Filter::equal("uid", "amy"), "(uid=amy)");
    check(Filter::present("mail"), "(mail=*)");
    check(
        Filter::present("mail").and(&Filter::at_least("uSNChanged", "7")),
        "(&(mail=*)(uSNChanged>=7))",
    );
    // A value that would end the filter and begin another one stays a value.
    check(
        Filter::equal("uid", "amy)(|(uid=*"),
        r"(uid=amy\29\28|\28uid=\2a)",
    );
    check(Filter::equal("cn", "a*\\\0"), r"(cn=a\2a\5c\00)");
}

#[test]
fn what_is_no_filter_is_refused_with_its_text() {
    for text in ["", "uid", "(uid=amy", "(&(uid=amy)", "(uid=amy)x"] {
        let refused = Filter::parse(text).unwrap_err().to_string();
        assert!(refused.contains(text), "{refused}");
    }
    let deep = format!("{}(a=b){}", "(!".repeat(9999), ")".repeat(9999));
    assert!(Filter::parse(&deep).is_err());
}

proptest! {
    #[test]
    fn no_value_leaves_its_place(value in ".{0,40}") {
        let built = Filter::equal("uid", &value);
        // Read back from its text it is one comparison with this very value.
        let read = Filter::parse(&format!("(uid={})", escaped(&value))).unwrap();
        prop_assert_eq!(read.wire(), built.wire());
        let mut reader = ber::Reader(built.wire());
        let mut inside = reader.enter(0xa3).unwrap();
        prop_assert_eq!(inside.expect(ber::OCTET_STRING), Ok(&b"uid"[..]));
        prop_assert_eq!(inside.expect(ber::OCTET_STRING), Ok(value.as_bytes()));
        prop_assert_eq!(reader.next(), Ok(None));
    }
}
