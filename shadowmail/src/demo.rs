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

/// A mail server on a free port, for tests that need somebody to answer.
#[cfg(test)]
pub async fn switched_on(hostname: &'static str) -> receiver::Receiver {
    let free = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let mut receiver = receiver::Receiver::new(hostname, free, |_| true);
    receiver.switch_on().await.unwrap();
    receiver
}
