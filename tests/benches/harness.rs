//! The peers of the benchmarks: those of the scenarios, and only what needs no browser.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "the scenarios' harness, of which the benchmarks use a part"
)]

#[path = "../end_to_end/harness/authority.rs"]
pub mod authority;
#[path = "../end_to_end/harness/certificate.rs"]
pub mod certificate;
#[path = "../end_to_end/harness/dovecot.rs"]
pub mod dovecot;
#[path = "../end_to_end/harness/free_port.rs"]
pub mod free_port;
#[path = "../end_to_end/harness/organisation.rs"]
pub mod organisation;
#[path = "../end_to_end/harness/postfix.rs"]
pub mod postfix;
#[path = "../end_to_end/harness/process.rs"]
pub mod process;
#[path = "../end_to_end/harness/recipe.rs"]
pub mod recipe;
#[path = "../end_to_end/harness/scratch.rs"]
pub mod scratch;
#[path = "../end_to_end/harness/server.rs"]
pub mod server;
#[path = "../end_to_end/harness/server_config.rs"]
pub mod server_config;
#[path = "../end_to_end/harness/slapd.rs"]
pub mod slapd;
#[path = "../end_to_end/harness/wait.rs"]
pub mod wait;

/// The target of this package that is built together with the server.
pub const TARGET: [&str; 2] = ["--bench", "benchmarks"];
