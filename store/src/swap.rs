//! Putting one directory in the place of another.

use std::fs;
use std::io;
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

/// Lets two directories change places at once, so that nobody finds none in between. A file system
/// that can not gets it in two steps; `put_aside` goes on from wherever a crash leaves them.
pub(crate) fn exchange(new: &Path, old: &Path, aside: &Path) -> io::Result<()> {
    let exchanged = renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE);
    match exchanged {
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::NOENT) => {
            replace(new, old, aside)
        }
        other => Ok(other?),
    }
}

fn replace(new: &Path, old: &Path, aside: &Path) -> io::Result<()> {
    absent_is_gone(fs::rename(old, aside))?;
    fs::rename(new, old)
}

/// What is not there is gone already.
pub(crate) fn absent_is_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_change_places_at_once_or_in_two_steps() {
        for exchange in [exchange, replace] {
            let dir = tempfile::tempdir().unwrap();
            let path = |name: &str| dir.path().join(name);
            for name in ["old", "new"] {
                fs::create_dir(path(name)).unwrap();
                fs::write(path(name).join("file"), name).unwrap();
            }
            exchange(&path("new"), &path("old"), &path("aside")).unwrap();
            let text = |name: &str| fs::read_to_string(path(name).join("file"));
            assert_eq!(text("old").unwrap(), "new");
            assert!(
                text("new").is_ok_and(|it| it == "old")
                    != text("aside").is_ok_and(|it| it == "old")
            );
        }
    }
}
