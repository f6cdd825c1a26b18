//! A whole organisation in one process: its primary, the outside, and Shadowmail beside them.

mod attachment;
mod browser;
mod latin1;
mod ledger;
mod letters;
mod page;
mod people;
mod play;
mod receiver;
mod smtp;
mod stage;
mod story;

pub use play::Play;
pub use stage::{Ports, Stage};
pub use story::Story;
