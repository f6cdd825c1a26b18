//! The smallest client that hands a mail over: what other mail servers do to ours.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::letters::Mail;

/// How long one mail may take.
const MAIL_MAX: Duration = Duration::from_secs(20);

/// Hands `mail` to the server at `address`; gives its answer to the final dot.
pub async fn send(address: SocketAddr, mail: &Mail) -> anyhow::Result<String> {
    timeout(MAIL_MAX, Client::hand_over(address, mail))
        .await
        .with_context(|| format!("{address} did not answer in time"))?
}

struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    async fn hand_over(address: SocketAddr, mail: &Mail) -> anyhow::Result<String> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("{address}"))?;
        let mut client = Self {
            stream: BufReader::new(stream),
        };
        client.expect('2').await?;
        let greeting = format!(
            "EHLO mail.{}",
            mail.from.rsplit('@').next().unwrap_or_default()
        );
        client.command(&greeting, '2').await?;
        client
            .command(&format!("MAIL FROM:<{}>", mail.from), '2')
            .await?;
        for recipient in &mail.recipients {
            client
                .command(&format!("RCPT TO:<{recipient}>"), '2')
                .await?;
        }
        client.command("DATA", '3').await?;
        client.stream.write_all(&stuffed(&mail.bytes)).await?;
        let answer = client.command(".", '2').await?;
        client.command("QUIT", '2').await?;
        Ok(answer)
    }

    async fn command(&mut self, line: &str, want: char) -> anyhow::Result<String> {
        self.stream
            .write_all(format!("{line}\r\n").as_bytes())
            .await?;
        self.expect(want).await.with_context(|| line.to_owned())
    }

    /// Reads one reply, of as many lines as it has (RFC 5321 §4.2.1).
    async fn expect(&mut self, want: char) -> anyhow::Result<String> {
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 {
                bail!("the server hung up");
            }
            if line.chars().nth(3) == Some('-') {
                continue;
            }
            let line = line.trim_end().to_owned();
            if line.starts_with(want) {
                return Ok(line);
            }
            bail!("the server said {line}");
        }
    }
}

/// With a second dot before each line that begins with one (RFC 5321 §4.5.2).
fn stuffed(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_at_line_starts_are_doubled() {
        assert_eq!(stuffed(b".a\r\nb.\r\n..\r\n"), b"..a\r\nb.\r\n...\r\n");
    }
}
