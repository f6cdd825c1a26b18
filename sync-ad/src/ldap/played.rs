//! Servers that play: what they answer, tests decide.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::ber;

/// Starts one that gives each whole message to `answers` and sends what that makes of it. Gives its
/// address.
pub(crate) async fn start(
    answers: impl FnMut(&[u8]) -> Vec<u8> + Clone + Send + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ldap://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, answers.clone()));
        }
    });
    url
}

async fn serve(mut stream: TcpStream, mut answers: impl FnMut(&[u8]) -> Vec<u8>) {
    let mut came = Vec::new();
    loop {
        let whole = ber::length(&came).unwrap();
        let Some(length) = whole.filter(|length| *length <= came.len()) else {
            match stream.read_buf(&mut came).await {
                Ok(count) if count > 0 => continue,
                _ => return,
            }
        };
        let message: Vec<u8> = came.drain(..length).collect();
        if stream.write_all(&answers(&message)).await.is_err() {
            return;
        }
    }
}

pub(crate) fn answer(id: u32, tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let operation = ber::constructed(tag, parts);
    ber::constructed(ber::SEQUENCE, &[ber::number(ber::INTEGER, id), operation])
}

pub(crate) fn text(text: &str) -> Vec<u8> {
    ber::element(ber::OCTET_STRING, text.as_bytes())
}

/// How an operation ended, in code and words.
pub(crate) fn outcome(code: u32, words: &str) -> Vec<Vec<u8>> {
    vec![ber::number(ber::ENUMERATED, code), text(""), text(words)]
}
