//! An SMTP client that does what it is told and remembers what it heard.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// What a server said: all lines, joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SmtpReply {
    /// The three digits.
    pub code: u16,
    /// The text after them.
    pub text: String,
}

/// A connection to an SMTP server.
pub struct SmtpClient {
    reader: BufReader<TcpStream>,
}

impl SmtpClient {
    /// Connects, reads the greeting and says EHLO.
    pub fn connect(server: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(server)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        stream.set_write_timeout(Some(Duration::from_secs(20)))?;
        stream.set_nodelay(true)?;
        let mut client = Self {
            reader: BufReader::new(stream),
        };
        client.read()?.expect(220)?;
        client.say("EHLO client.outside.example")?.expect(250)?;
        Ok(client)
    }

    /// Sends one command and reads the reply.
    pub fn say(&mut self, command: &str) -> io::Result<SmtpReply> {
        self.write(format!("{command}\r\n").as_bytes())?;
        self.read()
    }

    /// One whole transaction. Gives the reply to the first command that was not answered as
    /// hoped, or the one after the final dot.
    pub fn send(&mut self, from: &str, to: &[&str], message: &[u8]) -> io::Result<SmtpReply> {
        let reply = self.begin(from, to)?;
        if reply.code != 354 {
            return Ok(reply);
        }
        self.write(&stuffed(message))?;
        self.finish()
    }

    /// MAIL, RCPT and DATA: after 354 the server waits for the message.
    pub fn begin(&mut self, from: &str, to: &[&str]) -> io::Result<SmtpReply> {
        let mut commands = vec![format!("MAIL FROM:<{from}>")];
        commands.extend(to.iter().map(|to| format!("RCPT TO:<{to}>")));
        for command in commands {
            let reply = self.say(&command)?;
            if reply.code != 250 {
                self.say("RSET")?;
                return Ok(reply);
            }
        }
        self.say("DATA")
    }

    /// Sends a part of the message, already dot-stuffed.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.reader.get_mut().write_all(bytes)
    }

    /// The final dot, and the reply to it.
    pub fn finish(&mut self) -> io::Result<SmtpReply> {
        self.write(b".\r\n")?;
        self.read()
    }

    /// Reads one reply of one or more lines.
    pub fn read(&mut self) -> io::Result<SmtpReply> {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let code = line.get(..3).and_then(|it| it.parse().ok());
            let code = code.ok_or_else(|| io::Error::other(format!("no SMTP reply: {line:?}")))?;
            text.push_str(line.get(4..).unwrap_or_default());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(SmtpReply {
                    code,
                    text: text.trim_end().to_owned(),
                });
            }
        }
    }
}

impl SmtpReply {
    /// Anything but this code is an error.
    pub fn expect(self, code: u16) -> io::Result<Self> {
        if self.code == code {
            return Ok(self);
        }
        Err(io::Error::other(format!(
            "want {code}, heard {} {}",
            self.code, self.text
        )))
    }
}

/// RFC 5321 section 4.5.2: a dot at the start of a line is doubled.
pub(super) fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 16);
    let mut at_line_start = true;
    for byte in message {
        if at_line_start && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        at_line_start = *byte == b'\n';
    }
    out
}
