//! A whole organisation in one process: its primary, the outside, and Shadowmail beside them.

mod attachment;
mod browser;
mod latin1;
mod letters;
mod page;
mod people;
mod smtp;
