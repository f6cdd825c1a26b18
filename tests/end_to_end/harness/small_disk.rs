//! A disk of a few megabytes, in memory, that can be filled, pulled out and put back.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::scratch::Scratch;

/// A mounted disk. Dropping it unmounts it.
pub struct SmallDisk {
    /// Where it is mounted, unless it has been pulled out.
    path: PathBuf,
    /// Where it stays mounted, so that it keeps what is on it.
    slot: PathBuf,
    _scratch: Scratch,
}

impl SmallDisk {
    /// Mounts one.
    pub fn mount() -> Self {
        let scratch = Scratch::new("disk");
        let slot = scratch.directory("slot");
        let path = scratch.directory("small");
        let made = mount(
            &["-t", "tmpfs", "-o", "size=24m,mode=755", "shadowmail-test"],
            &slot,
        );
        assert!(
            made,
            "no small disk can be mounted here: run the tests as root, in a container with the \
             capability SYS_ADMIN"
        );
        let disk = Self {
            path,
            slot,
            _scratch: scratch,
        };
        disk.put_back();
        disk
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes until nothing more fits. Gives the file that takes the place.
    pub fn fill(&self) -> PathBuf {
        let path = self.path.join("filler");
        let mut file = fs::File::create(&path).unwrap();
        let mut block = vec![1_u8; 1 << 16];
        while !block.is_empty() {
            if file.write_all(&block).is_err() {
                block.truncate(block.len() / 2);
            }
        }
        path
    }

    /// Pulls it out, also from under who has files of it open. What was mounted over is seen again.
    pub fn pull_out(&self) {
        assert!(unmount(&self.path), "{}", self.path.display());
    }

    /// Puts it back.
    pub fn put_back(&self) {
        let slot = self.slot.to_str().unwrap();
        assert!(
            mount(&["--bind", slot], &self.path),
            "{}",
            self.path.display()
        );
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // It may have been pulled out.
        unmount(&self.path);
        assert!(unmount(&self.slot), "{}", self.slot.display());
    }
}

fn mount(words: &[&str], path: &Path) -> bool {
    let status = Command::new("mount").args(words).arg(path).status();
    status.is_ok_and(|status| status.success())
}

fn unmount(path: &Path) -> bool {
    let mut command = Command::new("umount");
    let status = command
        .arg("--lazy")
        .arg(path)
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}
