//! A real listener on a loopback port, and somebody who talks to it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test stops at the first surprise"
)]

mod certificate;
mod coverage;
mod desk;
mod dialogs;
mod filing;
mod house;
mod indexing;
mod journal;
mod limits;
mod open_relay;
mod outsiders;
mod peer_limits;
mod rfc5321_limits;
mod shutdown;
mod smuggling;
mod sources;
mod spill;
mod telnet;
mod tls;
mod trust;
