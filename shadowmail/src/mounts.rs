//! Whether the disk that the store is to lie on is mounted.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;

/// Refuses a directory below a mount point of `/etc/fstab` that nothing is mounted on. A store that
/// was made there would be hidden with its mail as soon as the disk is back. For a data directory
/// without a store: one with a store lies where it did.
pub fn refuse_unmounted(dir: &Path) -> anyhow::Result<()> {
    // Looking at it mounts what is mounted when it is first used.
    let dir = fs::canonicalize(dir).or_else(|_| std::path::absolute(dir))?;
    let read = |file| fs::read_to_string(file).unwrap_or_default();
    let (wanted, mounted) = (read("/etc/fstab"), read("/proc/self/mountinfo"));
    if let Some(point) = unmounted(&wanted, &mounted, &dir) {
        let (dir, point) = (dir.display(), point.display());
        bail!(
            "{dir} holds no store, and nothing is mounted on {point}, as /etc/fstab wants it: mount \
             it first. If the store is to lie on the disk underneath, take {point} out of /etc/fstab"
        );
    }
    Ok(())
}

/// The mount point in the text of `/etc/fstab` above `dir` that the text of `/proc/self/mountinfo`
/// does not have.
fn unmounted(fstab: &str, mountinfo: &str, dir: &Path) -> Option<PathBuf> {
    let field = |line: &str, at: usize| {
        let field = line.split_whitespace().nth(at);
        field.map(|field| PathBuf::from(unescaped(field)))
    };
    let mounted: Vec<PathBuf> = mountinfo
        .lines()
        .filter_map(|line| field(line, 4))
        .collect();
    fstab
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
        .filter_map(|line| field(line, 1))
        .find(|point| {
            point.is_absolute()
                && point.as_path() != Path::new("/")
                && dir.starts_with(point)
                && !mounted.contains(point)
        })
}

/// Blanks and backslashes stand as octal numbers there (fstab(5), proc(5)).
fn unescaped(field: &str) -> String {
    [
        ("\\040", " "),
        ("\\011", "\t"),
        ("\\012", "\n"),
        ("\\134", "\\"),
    ]
    .iter()
    .fold(field.to_owned(), |field, (escaped, plain)| {
        field.replace(escaped, plain)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const FSTAB: &str = "\
# <file system> <mount point> <type> <options> <dump> <pass>
UUID=1 / ext4 errors=remount-ro 0 1
UUID=2\t/var/lib/shadowmail\text4\tdefaults,nofail 0 2
UUID=3 /mnt/two\\040words xfs defaults 0 2
UUID=4 none swap sw 0 0
#UUID=5 /srv ext4 defaults 0 2
";
    const ROOT: &str = "22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw";

    #[track_caller]
    fn check(mounted: &[&str], dir: &str, want: Option<&str>) {
        let lines = mounted
            .iter()
            .map(|point| format!("\n30 22 8:2 / {point} rw,relatime shared:2 - ext4 /dev/sdb1 rw"));
        let mountinfo = ROOT.to_owned() + &lines.collect::<String>();
        let found = unmounted(FSTAB, &mountinfo, Path::new(dir));
        assert_eq!(found.as_deref(), want.map(Path::new), "{dir}");
    }

    #[test]
    fn a_disk_that_is_not_mounted_is_named() {
        let ours = "/var/lib/shadowmail";
        check(&[], ours, Some(ours));
        check(&[], "/var/lib/shadowmail/data", Some(ours));
        check(&[ours], ours, None);
        check(&[ours], "/var/lib/shadowmail/data", None);
        check(&["/var/lib"], ours, Some(ours));
        check(&[], "/var/lib/shadowmail2", None);
        check(&[], "/srv/mail", None);
        check(&[], "/mnt/two words/data", Some("/mnt/two words"));
        check(&["/mnt/two\\040words"], "/mnt/two words/data", None);
    }
}
