//! A line to an SMTP server that is cut at a chosen moment, as by a server that dies.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// When a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Before the server says anything.
    BeforeGreeting,
    /// Instead of `MAIL FROM`.
    AtMail,
    /// Instead of `RCPT TO`.
    AtRcpt,
    /// In the middle of the message.
    InContent,
    /// Instead of the final dot: the server has all of the message, and throws it away.
    AtFinalDot,
    /// Instead of the answer to the final dot: the server has taken the message.
    AtLastReply,
}

impl Cut {
    /// Each of them.
    pub const ALL: [Self; 6] = [
        Self::BeforeGreeting,
        Self::AtMail,
        Self::AtRcpt,
        Self::InContent,
        Self::AtFinalDot,
        Self::AtLastReply,
    ];
}

/// Stands between a client and a server.
pub struct LineCutter {
    address: SocketAddr,
    cuts: Arc<Mutex<VecDeque<Cut>>>,
}

impl LineCutter {
    /// One in front of `server`, which cuts nothing yet. It ends with the test.
    pub fn start(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(Mutex::new(VecDeque::new()));
        let next = Arc::clone(&cuts);
        thread::spawn(move || {
            for client in listener.incoming() {
                let cut = next.lock().unwrap().pop_front();
                thread::spawn(move || serve(client?, server, cut));
            }
        });
        Self { address, cuts }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connections are cut like this, one after the other.
    pub fn cut(&self, cuts: impl IntoIterator<Item = Cut>) {
        self.cuts.lock().unwrap().extend(cuts);
    }

    /// How many are still to be cut.
    pub fn left(&self) -> usize {
        self.cuts.lock().unwrap().len()
    }
}

fn serve(mut client: TcpStream, server: SocketAddr, cut: Option<Cut>) -> io::Result<()> {
    if cut == Some(Cut::BeforeGreeting) {
        return client.shutdown(Shutdown::Both);
    }
    let mut server = TcpStream::connect(server)?;
    let is_last_reply = Arc::new(AtomicBool::new(false));
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    let withhold = Arc::clone(&is_last_reply);
    thread::spawn(move || -> io::Result<()> {
        let mut piece = [0; 4096];
        loop {
            let length = from.read(&mut piece)?;
            if length == 0 || withhold.load(Ordering::SeqCst) {
                from.shutdown(Shutdown::Both)?;
                return to.shutdown(Shutdown::Both);
            }
            to.write_all(&piece[..length])?;
        }
    });
    let passed = pass(&mut client, &mut server, (cut, &is_last_reply));
    if !is_last_reply.load(Ordering::SeqCst) {
        server.shutdown(Shutdown::Both)?;
        client.shutdown(Shutdown::Both)?;
    }
    passed
}

/// Passes on what the client says, until the moment has come.
fn pass(
    client: &mut TcpStream,
    server: &mut TcpStream,
    (cut, is_last_reply): (Option<Cut>, &AtomicBool),
) -> io::Result<()> {
    let mut piece = [0; 16 * 1024];
    let mut content: Option<Vec<u8>> = None;
    loop {
        let length = client.read(&mut piece)?;
        let said = &piece[..length];
        if said.is_empty() {
            return Ok(());
        }
        let Some(whole) = &mut content else {
            match (cut, said.get(..4)) {
                (Some(Cut::AtMail), Some(b"MAIL")) | (Some(Cut::AtRcpt), Some(b"RCPT")) => {
                    return Ok(());
                }
                (_, Some(b"DATA")) => content = Some(Vec::new()),
                _ => {}
            }
            server.write_all(said)?;
            continue;
        };
        whole.extend_from_slice(said);
        let is_whole = whole.ends_with(b"\r\n.\r\n");
        match cut {
            Some(Cut::InContent) => return server.write_all(&said[..length / 2]),
            Some(Cut::AtFinalDot) if is_whole => {
                return server.write_all(&said[..length.saturating_sub(3)]);
            }
            Some(Cut::AtLastReply) if is_whole => is_last_reply.store(true, Ordering::SeqCst),
            _ => {}
        }
        server.write_all(said)?;
        if is_whole {
            content = None;
        }
    }
}
