//! Aging: deciding that mail goes, and when it must not.
//!
//! [`due`] says which days are over and for whom, [`guard`] whether the clock can be trusted; both
//! decide and do nothing. [`run`] and [`run_once`] do what they say, [`preview`] only tells.
//!
//! - A day is over when it ended more than [`Policy::days`] ago. All of it goes with its directory,
//!   whatever it holds; where something protects a part of it, the day is thinned to that part.
//! - **Protected** is what is owed, what nobody has filed yet, what a hold covers, and the mail of
//!   those whose group is kept longer.
//! - **Kept longer** (a board, 60 days): their mail survives the limit of all others, in their
//!   mailboxes only, until their own.
//! - **Kept shorter** (trainees, 14 days): after that nobody finds it in their mailboxes, by list or
//!   by search. The message itself goes with its day: whoever else got it still has it until then,
//!   and so does an administrator who traces it.
//! - Who is in several groups has the longest limit of them, also when each is shorter than the
//!   default.
//! - **Drafts** that nobody has touched for the default number of days go, too.
//! - Nothing ages outside Normal mode, nor by schedule when the clock went back, when nobody has
//!   looked for days, or when more days are due than [`Policy::days_at_once`], by whichever limit.
//!
//! The schedule also looks how full the disk is; keeping mail looks by itself.

mod guard;
pub mod limits;
mod policy;
mod run;

pub use guard::{Suspicion, guard};
pub use policy::{GroupPolicy, Limits, Policy, due};
pub use run::{AgingError, Done, preview, run, run_once, unknown_groups};
