use super::*;

#[test]
fn it_says_why_nobody_has_it() {
    let check = |because: Option<&str>, unknown: &[&str], want: &str| {
        let unknown: Vec<String> = unknown.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(why(because, &unknown), want);
    };
    check(None, &[], "it names nobody of ours");
    check(
        None,
        &["a@c.example"],
        "the directory does not know a@c.example",
    );
    check(
        None,
        &["a@c.example", "b@c.example", "c@c.example"],
        "the directory does not know a@c.example and 2 more",
    );
    check(Some("it is cut short"), &["a@c.example"], "it is cut short");
}
