//! A peer's process and all its children: started, watched, ended by their ids.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::wait;

/// How a process is told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// SIGTERM: it may finish what is under way.
    Gently,
    /// SIGKILL, to it and all its children: the power fails.
    AtOnce,
}

/// A running peer. Dropping it ends it and all its children.
pub struct Peer {
    name: String,
    child: Child,
    log: PathBuf,
}

impl Peer {
    /// Starts a program; what it prints goes to `name.log` in `directory`, after what is there.
    ///
    /// Should the scenario itself be killed, the kernel tells the peer to end.
    pub fn start<S: AsRef<OsStr>>(
        name: &str,
        directory: &Path,
        program: &str,
        words: &[S],
    ) -> Self {
        let log = directory.join(format!("{name}.log"));
        let child = Command::new("setpriv")
            .args(["--pdeathsig", "TERM", "--", program])
            .args(words)
            .current_dir(directory)
            .stdin(Stdio::null())
            .stdout(append(&log))
            .stderr(append(&log))
            .spawn()
            .unwrap_or_else(|error| panic!("{name} could not be started: {error}"));
        Self {
            name: name.to_owned(),
            child,
            log,
        }
    }

    /// Ends it and waits until it and all its children are gone. Gives its exit status.
    pub fn stop(&mut self, how: Stop) -> ExitStatus {
        // Children whose parent has ended belong to nobody: list them first.
        let family = family(self.id());
        match how {
            Stop::Gently => self.signal(Signal::TERM),
            Stop::AtOnce => family
                .iter()
                .for_each(|process| process.signal(Signal::KILL)),
        }
        let status = wait::until_some(&format!("{} has ended", self.name), || {
            self.child.try_wait().expect("a child can be waited for")
        });
        for process in &family {
            // Some children of Dovecot and Chromium need to be told.
            process.signal(Signal::KILL);
            wait::until("its children have ended", || !process.is_alive());
        }
        status
    }

    /// Lets it and all its children hang: connections are taken, and nobody answers.
    pub fn freeze(&self) {
        // The parent first, so that it makes no more of them.
        let family = family(self.id());
        for process in &family {
            process.signal(Signal::STOP);
        }
    }

    /// Lets them go on.
    pub fn thaw(&self) {
        let family = family(self.id());
        for process in &family {
            process.signal(Signal::CONT);
        }
    }

    /// Whether it still runs.
    #[must_use]
    pub fn is_running(&mut self) -> bool {
        self.child
            .try_wait()
            .expect("a child can be waited for")
            .is_none()
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The ids of its threads of this name, at least one.
    pub fn threads(&self, name: &str) -> Vec<u32> {
        let tasks = format!("/proc/{}/task", self.child.id());
        let threads: Vec<u32> = fs::read_dir(&tasks)
            .unwrap_or_else(|error| panic!("{tasks}: {error}"))
            .filter_map(|task| Some(task.ok()?.path()))
            .filter(|task| fs::read_to_string(task.join("comm")).is_ok_and(|it| it.trim() == name))
            .filter_map(|task| task.file_name()?.to_str()?.parse().ok())
            .collect();
        assert!(!threads.is_empty(), "{} has no thread {name}", self.name);
        threads
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.id())
            .ok()
            .and_then(Pid::from_raw)
            .expect("an id is positive");
        // A child that was not waited for keeps its id, so this is nobody else.
        let _ = kill_process(id, signal);
    }

    /// Waits until `ready` holds; fails at once when the process ends before.
    #[track_caller]
    pub fn wait_until(&mut self, what: &str, mut ready: impl FnMut() -> bool) {
        wait::until(what, || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!(
                    "{} ended with {status} before {what}:\n{}",
                    self.name,
                    self.said()
                );
            }
            ready()
        });
    }

    /// What it printed so far.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        if self.is_running() {
            self.thaw();
            self.stop(Stop::Gently);
        }
    }
}

/// Fails with the command to install it when a program is missing.
pub fn installed(peer: &str, program: &str) {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = Path::new(program).is_file()
        || std::env::split_paths(&path).any(|directory| directory.join(program).is_file());
    assert!(found, "{peer} is not installed: run `cargo xtask setup`");
}

/// One process, with the moment it began: an id alone may be somebody else's by now.
#[derive(Clone, PartialEq, Eq)]
struct Process {
    id: i32,
    parent: i32,
    began: u64,
}

impl Process {
    fn signal(&self, signal: Signal) {
        if let (true, Some(id)) = (self.is_alive(), Pid::from_raw(self.id)) {
            let _ = kill_process(id, signal);
        }
    }

    fn is_alive(&self) -> bool {
        Self::read(self.id).is_some_and(|(now, state)| now.began == self.began && state != 'Z')
    }

    fn read(id: i32) -> Option<(Self, char)> {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        // The name, in brackets, may hold anything; after it, by proc(5): state, parent, and the
        // start time as the 22nd field of all.
        let fields: Vec<&str> = stat[stat.rfind(')')? + 1..].split_whitespace().collect();
        let state = fields.first()?.chars().next()?;
        let parent = fields.get(1)?.parse().ok()?;
        let began = fields.get(19)?.parse().ok()?;
        Some((Self { id, parent, began }, state))
    }
}

/// A process and all that descend from it.
fn family(root: u32) -> Vec<Process> {
    let all: Vec<Process> = fs::read_dir("/proc")
        .expect("/proc is there")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|id| Some(Process::read(id)?.0))
        .collect();
    let mut family: Vec<Process> = all
        .iter()
        .filter(|process| u32::try_from(process.id) == Ok(root))
        .cloned()
        .collect();
    let mut next = 0;
    while let Some(parent) = family.get(next).map(|process| process.id) {
        family.extend(
            all.iter()
                .filter(|process| process.parent == parent)
                .cloned(),
        );
        next += 1;
    }
    family
}

fn append(log: &Path) -> File {
    let file = OpenOptions::new().create(true).append(true).open(log);
    file.unwrap_or_else(|error| panic!("opening {}: {error}", log.display()))
}
