//! What the benchmarks compute with: figures, tables, and mail made from a seed.
//!
//! Apart from the benchmarks themselves, so that it is tested with everything else. Nothing here
//! reads a clock or touches a file.

#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "figures are rounded for people, and generated mail may have any size near the one wanted"
)]

pub mod claim;
pub mod corpus;
pub mod difference;
pub mod document;
pub mod figure;
pub mod random;
pub mod table;
