//! Scenarios against real peers, one at a time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a scenario stops at what it did not expect, and says where"
)]

mod active_directory;
mod aging_kills;
mod alerts;
mod bad_input;
mod checks;
mod clients;
mod console_pages;
mod corruption;
mod crash;
mod demo;
mod disk;
mod drill;
mod emergency_codes;
mod fault_points;
mod forgers;
mod handing_back;
mod harness;
mod hostile;
mod hundred_kills;
mod large_outage;
mod monitoring;
mod openldap;
mod openldap_attributes;
mod openldap_bases;
mod openldap_limits;
mod openldap_marks;
mod openldap_policy;
mod openldap_standing;
mod outage;
mod outbound;
mod peers;
mod probes;
mod recipes;
mod reminding;
mod restored;
mod sealed;
mod signing_in;
mod signing_in_hanging;
mod signing_in_policies;
mod signing_in_refused;
mod signing_in_windows;
mod store_commands;
mod sync_order;
mod trace_command;
mod unsorted;
