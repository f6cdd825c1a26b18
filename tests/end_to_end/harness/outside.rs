//! The world behind the smarthost: an SMTP server that takes everything and keeps every byte.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::harness::free_port::free_address;

/// One message that arrived outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// The envelope's sender.
    pub from: String,
    /// The envelope's recipients.
    pub to: Vec<String>,
    /// The message, unstuffed.
    pub bytes: Vec<u8>,
}

/// A server that stands for everybody who is not in the organisation.
pub struct Outside {
    address: SocketAddr,
    arrived: Arc<Mutex<Vec<Arrived>>>,
    closing: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Outside {
    /// Starts it.
    pub fn start() -> Self {
        Self::start_at(free_address())
    }

    /// Starts it at this address: it can also stand for a primary that comes back.
    pub fn start_at(address: SocketAddr) -> Self {
        let listener =
            TcpListener::bind(address).unwrap_or_else(|error| panic!("{address}: {error}"));
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let closing = Arc::new(AtomicBool::new(false));
        let thread = {
            let (arrived, closing) = (Arc::clone(&arrived), Arc::clone(&closing));
            thread::spawn(move || accept(&listener, &arrived, &closing))
        };
        Self {
            address,
            arrived,
            closing,
            listener: Some(thread),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Everything that arrived so far.
    pub fn arrived(&self) -> Vec<Arrived> {
        self.arrived.lock().unwrap().clone()
    }
}

impl Drop for Outside {
    fn drop(&mut self) {
        self.closing.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        if let Some(listener) = self.listener.take() {
            let _ = listener.join();
        }
    }
}

fn accept(listener: &TcpListener, arrived: &Arc<Mutex<Vec<Arrived>>>, closing: &AtomicBool) {
    for stream in listener.incoming() {
        if closing.load(Ordering::SeqCst) {
            return;
        }
        let arrived = Arc::clone(arrived);
        if let Ok(stream) = stream {
            // A client that hangs up in the middle has sent nothing.
            thread::spawn(move || serve(stream, &arrived));
        }
    }
}

fn serve(stream: TcpStream, arrived: &Mutex<Vec<Arrived>>) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut envelope = (String::new(), Vec::new());
    say(&mut reader, "220 outside.example")?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 0 {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => say(
                &mut reader,
                "250-outside.example\r\n250-8BITMIME\r\n250 SMTPUTF8",
            )?,
            "MAIL" => {
                envelope = (path(&line), Vec::new());
                say(&mut reader, "250 2.1.0 Ok")?;
            }
            "RCPT" => {
                envelope.1.push(path(&line));
                say(&mut reader, "250 2.1.5 Ok")?;
            }
            "DATA" => {
                say(&mut reader, "354 Go on")?;
                let bytes = body(&mut reader)?;
                let (from, to) = envelope.clone();
                arrived.lock().unwrap().push(Arrived { from, to, bytes });
                say(&mut reader, "250 2.0.0 Taken")?;
            }
            "QUIT" => return say(&mut reader, "221 2.0.0 Bye"),
            _ => say(&mut reader, "250 2.0.0 Ok")?,
        }
        line.clear();
    }
    Ok(())
}

fn body(reader: &mut BufReader<TcpStream>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        match line.as_slice() {
            b".\r\n" => return Ok(bytes),
            [b'.', rest @ ..] => bytes.extend_from_slice(rest),
            line => bytes.extend_from_slice(line),
        }
    }
}

/// What stands between the angle brackets.
fn path(line: &str) -> String {
    let inner = line
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner.map_or_else(|| line.trim().to_owned(), |(path, _)| path.to_owned())
}

fn say(reader: &mut BufReader<TcpStream>, reply: &str) -> io::Result<()> {
    reader
        .get_mut()
        .write_all(format!("{reply}\r\n").as_bytes())
}
