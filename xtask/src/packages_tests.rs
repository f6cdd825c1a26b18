use super::{NEEDED, missing};

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
    let lines = NEEDED
        .iter()
        .map(|it| format!("{} install ok installed\n", it.name));
    let all: String = lines.collect();
    check(&all, &[]);
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
    assert_eq!(missing("").len(), NEEDED.len());
}
