use super::*;

#[track_caller]
fn check(found: Option<&str>, lacking_seconds: i64, want: Option<&Answer>) {
    let lacking = SignedDuration::from_secs(lacking_seconds);
    let got = answer(
        found.map(ToOwned::to_owned),
        lacking,
        Duration::from_mins(15),
    );
    assert_eq!(got.as_ref(), want, "{found:?} {lacking_seconds}");
}

#[test]
fn what_is_not_there_may_still_come_for_a_while() {
    let has = Answer::Has("INBOX".to_owned());
    check(Some("INBOX"), 0, Some(&has));
    check(Some("INBOX"), 10_000, Some(&has));
    check(None, 0, None);
    check(None, 899, None);
    check(None, 900, Some(&Answer::Lacks));
}
