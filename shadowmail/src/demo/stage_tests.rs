use super::*;

#[test]
fn the_directory_of_a_running_demo_is_not_emptied() {
    let directory = tempfile::tempdir().unwrap();
    let running = empty(directory.path()).unwrap();
    let mail = directory.path().join("data/mail");
    fs::create_dir(directory.path().join("data")).unwrap();
    fs::write(&mail, "mail").unwrap();

    let error = empty(directory.path()).unwrap_err();
    assert!(error.is::<UsageError>(), "{error}");
    assert!(error.to_string().contains("runs in"), "{error}");
    assert!(mail.exists());

    drop(running);
    empty(directory.path()).unwrap();
    assert!(!mail.exists());
}

#[test]
fn a_directory_of_no_demo_is_not_emptied() {
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("own");
    fs::write(&own, "").unwrap();
    assert!(empty(directory.path()).is_err());
    assert!(own.exists());
}
