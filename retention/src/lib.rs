//! Aging: deciding that a day goes.
//!
//! [`due`] decides and does nothing; [`run`] and [`run_once`] do what it says. A day goes when it
//! is older than the policy, nothing of it is owed or waits to be filed, and the mode is Normal.

pub mod limits;
mod policy;
mod run;

pub use policy::{Policy, due};
pub use run::{AgingError, run, run_once};
