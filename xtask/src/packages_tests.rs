use super::missing;

#[track_caller]
fn check(dpkg_output: &str, want: &[&str]) {
    let names: Vec<&str> = missing(dpkg_output)
        .iter()
        .map(|package| package.name)
        .collect();
    assert_eq!(names, want);
}

#[test]
fn only_what_is_not_installed_is_missing() {
    let all = "postfix install ok installed\npostfix-pcre install ok installed\n\
               dovecot-core install ok installed\ndovecot-lmtpd install ok installed\n\
               dovecot-imapd install ok installed\nopenssl install ok installed\nswaks install ok installed\n\
               strace install ok installed\nchromium install ok installed\nchromium-driver install ok installed\n";
    check(all, &[]);
    check(&all.replace("swaks install ok installed\n", ""), &["swaks"]);
    // Removed, but its settings are still there.
    check(&all.replace("swaks install", "swaks deinstall"), &["swaks"]);
    // Cut short in the middle of an installation.
    check(
        &all.replace(
            "chromium install ok installed",
            "chromium install ok half-installed",
        ),
        &["chromium"],
    );
    assert_eq!(missing("").len(), 10);
}
