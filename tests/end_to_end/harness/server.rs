//! The server under test: the real executable, built from this workspace.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use crate::harness::TARGET;
use crate::harness::process::{Peer, Stop};
use crate::harness::scratch::Scratch;
use crate::harness::server_config::{self, ServerConfig};
use crate::harness::wait;

/// A command that ran to its end.
#[derive(Clone, Debug)]
pub struct Finished {
    /// Its exit code; a signal has none.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Finished {
    /// It must have failed with one sentence that has all these words.
    #[track_caller]
    pub fn complains(&self, words: &[&str]) {
        let said = &self.stderr;
        assert_eq!(self.code, Some(1), "{said}");
        let complaint = said.lines().last().unwrap_or_default();
        for word in words {
            assert!(
                complaint.contains(word),
                "the sentence lacks `{word}`: {said}"
            );
        }
    }
}

/// One installation of Shadowmail: configuration, data, and the server when it runs.
pub struct Shadowmail {
    process: Option<Peer>,
    config: ServerConfig,
    scratch: Scratch,
}

impl Shadowmail {
    /// Writes the configuration and starts the server.
    pub fn start(config: ServerConfig) -> Self {
        let mut server = Self::install(config);
        server.start_again();
        server
    }

    /// Writes the configuration, and no more.
    pub fn install(config: ServerConfig) -> Self {
        let scratch = Scratch::new("server");
        scratch.write("shadowmail.toml", config.text(&scratch));
        scratch.write("users.toml", server_config::users(hash));
        Self {
            process: None,
            config,
            scratch,
        }
    }

    /// Starts the server on the data it has and waits until all its ports answer.
    pub fn start_again(&mut self) {
        self.begin();
        self.wait_until_ready();
    }

    /// Starts the server and does not wait for it.
    pub fn begin(&mut self) {
        self.serve_with(&[]);
    }

    /// The same with more options.
    pub fn serve_with(&mut self, options: &[&str]) {
        self.process = Some(self.spawn(options));
    }

    /// Waits until all its ports answer.
    pub fn wait_until_ready(&mut self) {
        let ports = [self.config.journal, self.config.fallback, self.config.web];
        self.process().wait_until("Shadowmail answers", || {
            ports.into_iter().all(wait::answers)
        });
    }

    /// Ends the server; the data stays. Gives its exit code.
    pub fn stop(&mut self, how: Stop) -> Option<i32> {
        let mut process = self.process.take().expect("the server runs");
        process.stop(how).code()
    }

    /// The running server.
    pub fn process(&mut self) -> &mut Peer {
        self.process.as_mut().expect("the server runs")
    }

    /// Runs a command of the executable with this configuration.
    pub fn command(&self, words: &str) -> Finished {
        let config = self.scratch.path().join("shadowmail.toml");
        let mut command = Command::new(executable());
        command
            .arg("--config")
            .arg(config)
            .args(words.split(' '))
            .current_dir(self.scratch.path());
        finish(&mut command, "")
    }

    /// Runs a command and kills it after a time, unless it has ended by then. Gives its exit code.
    pub fn killed_after(&self, words: &str, time: Duration) -> Option<i32> {
        let mut child = Command::new(executable())
            .arg("--config")
            .arg(self.scratch.path().join("shadowmail.toml"))
            .args(words.split(' '))
            .current_dir(self.scratch.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(time);
        child.kill().unwrap();
        child.wait().unwrap().code()
    }

    /// Where its store is.
    pub fn data_dir(&self) -> PathBuf {
        let beside = || self.scratch.path().join("data");
        self.config.data_dir.clone().unwrap_or_else(beside)
    }

    /// Tries to start the server, which must fail by itself.
    pub fn serve_in_vain(&self) -> Finished {
        self.command("serve")
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn succeed(&self, words: &str) -> String {
        let finished = self.command(words);
        assert_eq!(
            finished.code,
            Some(0),
            "shadowmail {words}:\n{}{}",
            finished.stdout,
            finished.stderr
        );
        finished.stdout
    }

    /// Runs a command with `--json` and reads what it printed.
    #[track_caller]
    pub fn json(&self, words: &str) -> serde_json::Value {
        let printed = self.succeed(&format!("{words} --json"));
        serde_json::from_str(&printed)
            .unwrap_or_else(|error| panic!("shadowmail {words} --json: {error}:\n{printed}"))
    }

    /// All mails of a mailbox, each as often as it is there. They are in this new directory, too.
    #[track_caller]
    pub fn exported(&self, login: &str, out: &Path) -> Vec<Vec<u8>> {
        self.succeed(&format!(
            "store export --format eml --out {} --account {login} --reason test",
            out.display()
        ));
        fs::read_dir(out)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|it| it == "eml"))
            .map(|path| fs::read(path).unwrap())
            .collect()
    }

    /// Its ports.
    pub fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// The address of a page.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.config.web)
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        self.scratch.path()
    }

    fn spawn(&self, options: &[&str]) -> Peer {
        let config = self.scratch.path().join("shadowmail.toml");
        let executable = executable().to_str().unwrap();
        let words = [&["--config", config.to_str().unwrap(), "serve"], options].concat();
        Peer::start("shadowmail", self.scratch.path(), executable, &words)
    }
}

impl Finished {
    fn from_output(output: &Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// Runs a command of the executable in this directory, without a configuration of ours.
pub fn run(directory: &Path, words: &[&str], input: &str) -> Finished {
    finish(
        Command::new(executable())
            .args(words)
            .current_dir(directory),
        input,
    )
}

/// The executable, built on first use in the profile of this test. Cargo itself says where it
/// is; nothing is built when nothing has changed.
pub fn executable() -> &'static Path {
    static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
    EXECUTABLE.get_or_init(build)
}

/// What a password hashes to, by the executable's own command.
fn hash(password: &str) -> String {
    let mut command = Command::new(executable());
    let finished = finish(command.args(["user", "hash"]), &format!("{password}\n"));
    assert_eq!(
        finished.code,
        Some(0),
        "shadowmail user hash: {}",
        finished.stderr
    );
    finished.stdout.trim().to_owned()
}

fn build() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Cargo chooses the features of dependencies by what it builds: with the whole workspace and
    // a test named, they are those of `cargo test --workspace`, and nothing is built twice.
    command
        .current_dir(root)
        .args(["build", "--quiet", "--workspace", "--bin", "shadowmail"]);
    command
        .args(TARGET)
        .args(["--message-format", "json-render-diagnostics"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    // What cargo told this program about its package would make build scripts run again.
    for (name, _) in std::env::vars() {
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    let finished = finish(&mut command, "");
    assert_eq!(
        finished.code,
        Some(0),
        "the server could not be built:\n{}",
        finished.stderr
    );
    let executable = finished.stdout.lines().find_map(|line| {
        let line: serde_json::Value = serde_json::from_str(line).ok()?;
        let executable = line["executable"].as_str()?;
        (line["target"]["name"] == "shadowmail").then(|| PathBuf::from(executable))
    });
    executable.expect("cargo names the executable it built")
}

fn finish(command: &mut Command, input: &str) -> Finished {
    let shown = format!("{command:?}");
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    // A command that does not read its input may close it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    let output = child
        .wait_with_output()
        .unwrap_or_else(|error| panic!("{shown}: {error}"));
    Finished::from_output(&output)
}
