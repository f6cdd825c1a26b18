//! `cargo xtask fuzz`: the random runs of the tests, for longer.

use std::path::Path;

use clap::Args;

use crate::step;

/// How long, and what.
#[derive(Args)]
pub struct Fuzz {
    /// Which targets: all whose name has this in it
    #[arg(default_value = "")]
    target: String,
    /// Seconds for each target
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// Run the one input again that a failure has named
    #[arg(long, value_name = "SEED", requires = "target")]
    seed: Option<u64>,
}

impl Fuzz {
    /// Builds and runs. The variables are read by `shadow-smtpd/src/fuzz.rs`.
    pub fn run(&self, repository: &Path) -> anyhow::Result<()> {
        let mut command = step::cargo_command();
        command
            .current_dir(repository)
            // With debug assertions, so that an overflow is found, but optimised.
            .args(["test", "-p", "shadow-smtpd", "--lib"])
            .args(["--config", "profile.test.opt-level=2", "--"])
            .arg(format!("fuzz_{}", self.target))
            .args(["--nocapture", "--test-threads", "1"]);
        match self.seed {
            Some(seed) => command.env("SHADOWMAIL_FUZZ_SEED", seed.to_string()),
            None => command.env("SHADOWMAIL_FUZZ_SECONDS", self.seconds.to_string()),
        };
        step::run(&mut command)
    }
}
