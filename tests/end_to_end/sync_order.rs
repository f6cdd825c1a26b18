//! What the kernel was asked for, in which order: the bytes of a mail and the names of the files they lie
//! in, one of which says that they count, are on the disk before its 250 is written. Its row is written
//! by then, and can be made again from the bytes.

use std::collections::BTreeSet;
use std::path::Path;

use crate::harness::{
    Call, Message, ServerConfig, Shadowmail, SmtpClient, Strace, Turn, calls, free_address, mailbox,
};

/// All calls that the promise rests on.
const WATCHED: &str = "write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendfile,\
    copy_file_range,splice,fsync,fdatasync,sync_file_range,mkdir,mkdirat,open,openat,rename,\
    renameat,renameat2,link,linkat";

/// The reply after the final dot, up to the name of the message.
const KEPT: &str = "250 2.0.0 Message kept";

#[test]
fn bytes_are_synced_and_the_row_is_written_before_250() {
    let _turn = Turn::take();
    let mut shadowmail = Shadowmail::start(ServerConfig::for_primary(free_address()));
    let directory = shadowmail.directory().to_owned();
    let to = [mailbox("info").address()];
    let mut client = SmtpClient::connect(shadowmail.config().fallback).unwrap();

    // The first mail of a day makes its directory, its index and a segment; the second one uses
    // what is there.
    for (number, first_of_day) in [(1, true), (2, false)] {
        let strace = Strace::watch(shadowmail.process(), &directory, WATCHED);
        let message = Message::numbered(number).bytes;
        let reply = client.send("a@outside.example", &to, &message).unwrap();
        assert_eq!(reply.code, 250, "{}", reply.text);
        let calls = strace.end();
        assert_eq!(
            broken_promises(&calls),
            Vec::<String>::new(),
            "mail {number}"
        );
        let makes =
            |call: &Call| call.name.starts_with("mkdir") && !call.arguments.contains("EEXIST");
        let made = calls.iter().any(makes);
        assert_eq!(made, first_of_day, "mail {number} makes a directory");
    }
}

/// What was not on the disk when the first 250 for a mail was written.
fn broken_promises(calls: &[Call]) -> Vec<String> {
    let says_kept = |call: &&Call| is_write(call) && call.arguments.contains(KEPT);
    let Some(reply) = calls.iter().find(says_kept).map(|call| call.began) else {
        return vec!["no 250 was written".to_owned()];
    };
    let before: Vec<&Call> = calls.iter().filter(|call| call.began < reply).collect();

    // There were bytes.
    let bytes = before
        .iter()
        .rfind(|call| is_write(call) && is_segment(call.path()));
    let Some(bytes) = bytes else {
        return vec!["nothing was written to a segment before the 250".to_owned()];
    };
    let day = bytes.path().rsplit_once('/').map_or("", |(day, _)| day);
    let index = format!("{day}/index.db-wal");
    // Filing the mail before may still write to the index, from another thread.
    let ours = || {
        before
            .iter()
            .filter(|call| call.thread == bytes.thread && is_write(call))
    };
    let mut broken = BTreeSet::new();

    // All that was written is synced, but for the row.
    for call in ours() {
        let (path, before) = match call.path() {
            path if is_segment(path) => (path, "the 250"),
            path if path == index && call.began < bytes.began => (path, "the bytes"),
            _ => continue,
        };
        let by = if is_segment(path) { reply } else { bytes.began };
        if !is_synced(calls, path, call.ended, by) {
            broken.insert(format!(
                "{path} was written, and not synced before {before}"
            ));
        }
    }
    // There was a row, after the bytes.
    let row = ours().find(|call| call.path() == index && call.began > bytes.began);
    let order = match row.map(|row| is_synced(calls, bytes.path(), bytes.ended, row.began)) {
        Some(true) => None,
        Some(false) => Some("the row was written before the bytes were synced".to_owned()),
        None => Some(format!("no row was written to {index} after the bytes")),
    };
    broken.extend(order);
    broken.extend(lost_names(calls, &before, reply));
    broken.into_iter().collect()
}

/// New files and directories whose name was not synced when it was needed.
fn lost_names(calls: &[Call], before: &[&Call], reply: usize) -> Vec<String> {
    let made = before.iter().filter(|call| {
        let creates = call.arguments.contains("O_CREAT") && call.name.starts_with("open");
        let path = call.path();
        let kept =
            is_segment(path) || path.ends_with("/index.db") || path.ends_with("/index.db-wal");
        (creates && kept || call.name.starts_with("mkdir")) && call.succeeded_before(reply)
    });
    made.filter_map(|call| {
        let (parent, _) = call.path().rsplit_once('/')?;
        let lost = !is_synced(calls, parent, call.ended, reply);
        lost.then(|| {
            format!(
                "{} was made, and {parent} not synced before the 250",
                call.path()
            )
        })
    })
    .collect()
}

fn is_synced(calls: &[Call], path: &str, after: usize, before: usize) -> bool {
    let between = |call: &Call| call.began > after && call.succeeded_before(before);
    calls
        .iter()
        .any(|call| is_sync(call, path) && between(call))
}

fn is_segment(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|it| it == "seg")
}

fn is_sync(call: &Call, path: &str) -> bool {
    matches!(call.name.as_str(), "fsync" | "fdatasync") && call.path() == path
}

fn is_write(call: &Call) -> bool {
    let names = ["write", "pwrite", "send", "copy_file_range", "splice"];
    names.iter().any(|name| call.name.starts_with(name))
}

/// One mail as it should be, without what does not matter here.
const GOOD: &[&str] = &[
    "1  0:0 mkdir(\"/days/d\", 0777) = 0",
    "1  0:0 openat(AT_FDCWD</>, \"/days/d/index.db-wal\", O_RDWR|O_CREAT) = 24</days/d/index.db-wal>",
    "1  0:0 fsync(26</days/d>) = 0",
    "1  0:0 fsync(26</days>) = 0",
    "1  0:0 openat(AT_FDCWD</>, \"/days/d/1.seg\", O_WRONLY|O_CREAT) = 22</days/d/1.seg>",
    "1  0:0 fsync(26</days/d>) = 0",
    "1  0:0 pwrite64(24</days/d/index.db-wal>, \"segment\", 24, 0) = 24",
    "1  0:0 fsync(24</days/d/index.db-wal>) = 0",
    "1  0:0 write(22</days/d/1.seg>, \"SMR\"..., 585) = 585",
    "1  0:0 fdatasync(22</days/d/1.seg>) = 0",
    "1  0:0 pwrite64(24</days/d/index.db-wal>, \"row\", 24, 0) = 24",
    "2  0:0 sendto(21<socket:[9]>, \"250 2.0.0 Message kept as 1\\r\\n\", 50) = 50",
];

#[track_caller]
fn check(lines: &[&str], want: &[&str]) {
    let broken = broken_promises(&calls(&lines.join("\n")));
    let as_wanted = broken.len() == want.len()
        && broken
            .iter()
            .zip(want)
            .all(|(broken, want)| broken.contains(want));
    assert!(as_wanted, "want {want:?}, found {broken:?}");
}

#[test]
fn each_missing_step_is_found() {
    check(GOOD, &[]);
    for (line, want) in [
        (2, &["index.db-wal was made"][..]),
        (3, &["/days/d was made, and /days not synced"]),
        (5, &["1.seg was made, and /days/d not synced"]),
        (7, &["index.db-wal was written, and not synced"]),
        (8, &["nothing was written to a segment"]),
        (
            9,
            &[
                "1.seg was written, and not synced",
                "the row was written before",
            ],
        ),
        (10, &["no row was written"]),
        (11, &["no 250"]),
    ] {
        let mut lines = GOOD.to_vec();
        lines.remove(line);
        // Without line 2 the directory is synced once more, after the segment was made.
        if line == 2 {
            lines.remove(4);
            check(&lines, &["1.seg was made", "index.db-wal was made"]);
        } else {
            check(&lines, want);
        }
    }
}

#[test]
fn a_step_that_comes_too_late_is_found() {
    let moved = |from: usize, to: usize| {
        let mut lines = GOOD.to_vec();
        let line = lines.remove(from);
        lines.insert(to, line);
        lines
    };
    check(&moved(7, 8), &["index.db-wal was written, and not synced"]);
    check(
        &moved(9, 10),
        &["the row was written before the bytes were synced"],
    );
    // A sync that fails, or that has not ended yet, is none.
    for cut in ["-1 EIO (Input/output error)", "?"] {
        let mut lines = GOOD.to_vec();
        let failed = format!("1  0:0 fsync(24</days/d/index.db-wal>) = {cut}");
        lines[7] = &failed;
        check(&lines, &["index.db-wal was written, and not synced"]);
    }
    let mut lines = GOOD.to_vec();
    lines[7] = "1  0:0 fsync(24</days/d/index.db-wal> <unfinished ...>";
    lines.push("1  0:0 <... fsync resumed>) = 0");
    check(&lines, &["index.db-wal was written, and not synced"]);
}
