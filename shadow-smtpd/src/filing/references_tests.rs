use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(mail: &str, want: &[&str]) {
    assert_eq!(read(mail.as_bytes()), want, "{mail:?}");
}

#[test]
fn names_are_read_from_their_three_headers() {
    check("Subject: <x>\r\n\r\nMessage-ID: <body@x>\r\n", &[]);
    check(
        "References: <r1@x>\r\n <r2@x>\r\nin-reply-to: <r2@x>\r\nMESSAGE-ID: <own@x>\r\n\r\n",
        &["own@x", "r2@x", "r1@x"],
    );
    check("Message-ID: <a@x>\r\nMessage-ID: <b@x>\r\n\r\n", &["a@x"]);
    check("Message-ID: bare@x \r\n\r\n", &["bare@x"]);
    check("Message-ID: <fold\r\n ed@x>\r\n\r\n", &["folded@x"]);
    check("Message-ID:\r\n\r\n", &[]);
    check("Message-ID: <>\r\n\r\n", &[]);
    check("Message-ID: <never closed\r\n\r\n", &[]);
    check(
        "In-Reply-To: Your message of Monday <m@x> (\"a <b@x>\")\r\n\r\n",
        &["m@x", "b@x"],
    );
}

/// The store writes all of them down.
const _: () = assert!(
    1 + limits::PARENTS_MAX + limits::THREAD_BEGIN_MAX + limits::THREAD_END_MAX
        <= store::limits::REFERENCES_MAX
);

#[test]
fn of_a_long_thread_the_beginning_and_the_end_are_read() {
    let ids: Vec<String> = (0..5_000).map(|n| format!("<{n}@x>")).collect();
    let mail = format!(
        "Message-ID: <own@x>\r\nReferences: {}\r\n\r\n",
        ids.join(" ")
    );
    let read = read(mail.as_bytes());
    assert_eq!(
        read.len(),
        1 + limits::THREAD_BEGIN_MAX + limits::THREAD_END_MAX
    );
    assert_eq!(read[1], "0@x");
    assert_eq!(read.last().unwrap(), "4999@x");
}

#[test]
fn huge_names_are_passed_over() {
    let huge = "y".repeat(limits::MESSAGE_NAME_BYTES_MAX + 1);
    check(&format!("References: <{huge}> <r@x>\r\n\r\n"), &["r@x"]);
    let fits = "y".repeat(limits::MESSAGE_NAME_BYTES_MAX);
    check(&format!("References: <{fits}>\r\n\r\n"), &[&fits]);
}

proptest! {
    #[test]
    fn any_bytes_give_bounded_names(mail in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let mail = [b"References: ", mail.as_slice()].concat();
        prop_assert!(read(&mail).len() <= store::limits::REFERENCES_MAX);
    }

    #[test]
    fn names_come_back_as_they_were_written(ids in prop::collection::vec("[!-;=?-~]{1,40}", 1..10)) {
        let list: Vec<String> = ids.iter().map(|id| format!("<{id}>")).collect();
        let mail = format!("References: {}\r\n\r\n", list.join("\r\n "));
        let mut want: Vec<String> = Vec::new();
        for id in ids {
            if !want.contains(&id) {
                want.push(id);
            }
        }
        prop_assert_eq!(read(mail.as_bytes()), want);
    }
}

#[test]
fn a_thread_of_a_million_mails_is_known_by_its_ends() {
    let middle = "<middle@x>\r\n ".repeat(1_000_000);
    let names = format!("<first@x>\r\n {middle}<last@x>");
    let read = read(format!("References: {names}\r\n\r\n").as_bytes());
    assert_eq!(read, ["first@x", "middle@x", "last@x"]);
}
