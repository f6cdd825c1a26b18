//! The virus scanner clamd: clamd(8), INSTREAM.

use std::io;

use store::Virus;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpStream, UnixStream};

use super::ClamdAt;
use super::scanning::ScanError;
use crate::limits;

/// Bytes in one piece.
const PIECE_BYTES: usize = 64 << 10;

/// Has a mail scanned.
pub(super) async fn scan(at: &ClamdAt, mail: &[u8]) -> Result<Virus, ScanError> {
    match at {
        ClamdAt::Tcp(address) => ask(TcpStream::connect(address).await?, mail).await,
        ClamdAt::Unix(path) => ask(UnixStream::connect(path).await?, mail).await,
    }
}

async fn ask<S: AsyncRead + AsyncWrite>(stream: S, mail: &[u8]) -> Result<Virus, ScanError> {
    let (answers, mut questions) = tokio::io::split(stream);
    let send = async {
        questions.write_all(b"zINSTREAM\0").await?;
        for piece in mail.chunks(PIECE_BYTES) {
            let length = u32::try_from(piece.len()).map_err(io::Error::other)?;
            questions.write_all(&length.to_be_bytes()).await?;
            questions.write_all(piece).await?;
        }
        questions.write_all(&[0; 4]).await?;
        questions.flush().await
    };
    let mut answer = Vec::new();
    let mut answers = answers.take(limits::CLAMD_REPLY_BYTES_MAX);
    let receive = answers.read_to_end(&mut answer);
    // It may answer, and hang up, before it has heard all.
    let (sent, received) = tokio::join!(send, receive);
    match read(&answer) {
        Ok(virus) => Ok(virus),
        Err(error) if answer.is_empty() => {
            sent?;
            received?;
            Err(error)
        }
        Err(error) => Err(error),
    }
}

/// `stream: OK`, `stream: NAME FOUND` or `… ERROR`, and a NUL.
fn read(answer: &[u8]) -> Result<Virus, ScanError> {
    let text = String::from_utf8_lossy(answer);
    let text = text.trim_end_matches(['\0', '\n']);
    if text == "stream: OK" {
        return Ok(Virus::Clean);
    }
    let name = text
        .strip_prefix("stream: ")
        .and_then(|it| it.strip_suffix(" FOUND"));
    if let Some(name) = name {
        let name = name.chars().filter(|c| !c.is_control());
        return Ok(Virus::Found(
            name.take(limits::VIRUS_NAME_CHARS_MAX).collect(),
        ));
    }
    if text.contains("size limit exceeded") {
        return Err(ScanError::TooLarge);
    }
    Err(ScanError::Answer(text.chars().take(100).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers() {
        let check = |answer: &[u8], want: Option<Virus>| {
            assert_eq!(read(answer).ok(), want, "{answer:?}");
        };
        check(b"stream: OK\0", Some(Virus::Clean));
        let found = |name: &str| Some(Virus::Found(name.to_owned()));
        check(b"stream: Eicar FOUND\0", found("Eicar"));
        check(b"stream: A\r\nB FOUND\0", found("AB"));
        check(b"INSTREAM size limit exceeded. ERROR\0", None);
        check(b"stream: Can't allocate memory ERROR\0", None);
        check(b"", None);
        check(&[0xff; 200], None);
        let long = [b"stream: ", &[b'x'; 1000][..], b" FOUND\0"].concat();
        check(&long, found(&"x".repeat(limits::VIRUS_NAME_CHARS_MAX)));
    }

    proptest::proptest! {
        #[test]
        fn any_answer_can_be_read(answer: Vec<u8>) {
            let _ = read(&answer);
        }
    }
}
