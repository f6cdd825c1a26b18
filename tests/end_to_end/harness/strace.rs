//! strace on a running peer: it writes down what the peer asks of the kernel, or makes that fail.
//!
//! So no fault needs code in the product: the real executable meets a real error, or dies at a
//! chosen system call.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::process::{Peer, Stop, installed};
use crate::harness::trace::{Call, calls};
use crate::harness::wait;

/// What strace prints when it holds what it was told to hold, once for each `-p`.
const ATTACHED: &str = " attached";

/// How much of what is written is shown in the trace: enough to tell one reply from another.
const BYTES_SHOWN: &str = "64";

/// Whose system calls are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Threads {
    /// Those of all threads, also of those that begin later.
    All,
    /// Those of the threads of this name. Only so can one call of one thread be counted out.
    Named(&'static str),
}

/// A running strace. Dropping it lets the peer go on undisturbed.
pub struct Strace {
    peer: Peer,
    trace: PathBuf,
}

impl Strace {
    /// Watches these system calls (as strace's `-e trace=` takes them).
    pub fn watch(peer: &Peer, directory: &Path, system_calls: &str) -> Self {
        let trace = format!("trace={system_calls}");
        Self::attach(peer, directory, Threads::All, &["-e", &trace])
    }

    /// Does to these system calls what `fault` says in the words of strace's `-e inject=`, for
    /// example `fdatasync:signal=KILL:when=2`: the call is not made, the peer dies instead. Calls
    /// are counted for each thread.
    pub fn inject(peer: &Peer, directory: &Path, threads: Threads, fault: &str) -> Self {
        let inject = format!("inject={fault}");
        Self::attach(peer, directory, threads, &["-e", &inject])
    }

    /// As [`Strace::inject`], but only calls for this file, in all threads.
    pub fn inject_at(peer: &Peer, directory: &Path, file: &Path, fault: &str) -> Self {
        let inject = format!("inject={fault}");
        let file = file.to_str().unwrap();
        Self::attach(peer, directory, Threads::All, &["-P", file, "-e", &inject])
    }

    fn attach(peer: &Peer, directory: &Path, threads: Threads, words: &[&str]) -> Self {
        installed("strace", "strace");
        let trace = directory.join("strace.trace");
        // One that was here before is of another time.
        let _ = fs::remove_file(&trace);
        let _ = fs::remove_file(directory.join("strace.log"));
        let mut arguments: Vec<String> = ["-y", "-tt", "-s", BYTES_SHOWN, "-o"]
            .map(str::to_owned)
            .to_vec();
        arguments.push(trace.display().to_string());
        arguments.extend(words.iter().map(|word| (*word).to_owned()));
        let held = match threads {
            Threads::All => {
                arguments.push("-f".to_owned());
                vec![peer.id()]
            }
            Threads::Named(name) => peer.threads(name),
        };
        for id in &held {
            arguments.extend(["-p".to_owned(), id.to_string()]);
        }
        let mut strace = Peer::start("strace", directory, "strace", &arguments);
        wait::until("strace has attached", || {
            let said = strace.said();
            assert!(
                strace.is_running(),
                "strace can not look at another process here: run the tests as root, in a \
                 container with the capability SYS_PTRACE. It said:\n{said}"
            );
            said.matches(ATTACHED).count() == held.len()
        });
        Self {
            peer: strace,
            trace,
        }
    }

    /// Lets the peer go and gives what was seen.
    pub fn end(mut self) -> Vec<Call> {
        if self.peer.is_running() {
            self.peer.stop(Stop::Gently);
        }
        calls(&String::from_utf8_lossy(&fs::read(&self.trace).unwrap()))
    }
}
