use super::*;

#[test]
fn a_code_is_good_for_a_while_and_not_for_ever() {
    let check = |text: &str, is_good: bool| assert_eq!(length(text).is_ok(), is_good, "{text}");
    check("7d", true);
    check("12h", true);
    check("400d", true);
    check("401d", false);
    check("0s", false);
    check("soon", false);
}
