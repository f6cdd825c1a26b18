//! Scenarios against real peers, one at a time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a scenario stops at what it did not expect, and says where"
)]

mod bad_input;
mod crash;
mod demo;
mod fault_points;
mod harness;
mod outage;
mod peers;
mod sync_order;
