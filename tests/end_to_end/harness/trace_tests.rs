use super::{Call, calls};

#[track_caller]
fn check(trace: &str, want: &[(&str, &str, Option<&str>, usize, usize)]) {
    let found = calls(trace);
    let seen: Vec<_> = found
        .iter()
        .map(|it: &Call| {
            (
                it.name.as_str(),
                it.path(),
                it.result.as_deref(),
                it.began,
                it.ended,
            )
        })
        .collect();
    assert_eq!(seen, want);
}

#[test]
fn a_whole_line_is_a_call() {
    check(
        "8051  05:48:30.848732 fdatasync(22</d/1f.seg>) = 0\n\
         8051  05:48:30.848426 openat(AT_FDCWD</>, \"/d/1f.seg\", O_WRONLY|O_CREAT, 0666) = 22</d/1f.seg>\n\
         8051  05:48:30.848427 fsync(7</d>)         = -1 EIO (Input/output error) (INJECTED)\n",
        &[
            ("fdatasync", "/d/1f.seg", Some("0"), 0, 0),
            ("openat", "/d/1f.seg", Some("22</d/1f.seg>"), 1, 1),
            (
                "fsync",
                "/d",
                Some("-1 EIO (Input/output error) (INJECTED)"),
                2,
                2,
            ),
        ],
    );
}

#[test]
fn a_call_cut_in_two_ends_where_it_is_resumed() {
    check(
        "1  05:48:30.1 write(9</d/1f.seg>, \"a = b) = c\"..., 243 <unfinished ...>\n\
         2  05:48:30.2 fsync(5</d> <unfinished ...>\n\
         1  05:48:30.3 <... write resumed>) = 243\n\
         3  05:48:30.4 sendto(21<socket:[7]>, \"250 2.0.0 kept\\r\\n\", 16, 0, NULL, 0) = 16\n\
         2  05:48:30.5 <... fsync resumed>) = 0\n",
        &[
            ("write", "/d/1f.seg", Some("243"), 0, 2),
            ("fsync", "/d", Some("0"), 1, 4),
            ("sendto", "socket:[7]", Some("16"), 3, 3),
        ],
    );
}

#[test]
fn what_is_no_call_is_passed_over() {
    check(
        "1  05:48:30.1 restart_syscall(<... resuming interrupted read ...> <unfinished ...>\n\
         1  05:48:30.2 --- SIGTERM {si_signo=SIGTERM} ---\n\
         2  05:48:30.3 <... futex resumed>) = 0\n\
         2  05:48:30.4 +++ killed by SIGKILL +++\n\
         2  05:48:30.4 fsync(5</d>) = ?\n\
         strace: half a li",
        &[
            ("restart_syscall", "", None, 0, usize::MAX),
            ("fsync", "/d", Some("?"), 4, 4),
        ],
    );
    let calls = calls("2  05:48:30.4 fsync(5</d>) = ?\n");
    assert!(!calls[0].succeeded_before(9));
}
