//! The server itself, over a real connection.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::site::Site;
use crate::run;

const DEADLINE: Duration = Duration::from_secs(5);

#[tokio::test]
async fn a_request_under_way_is_finished_before_the_end() {
    let site = Site::in_emergency().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let shutdown = CancellationToken::new();
    let server = tokio::spawn(run(listener, site.parts(), shutdown.clone()));

    let mut idle = TcpStream::connect(address).await.unwrap();
    let mut browser = TcpStream::connect(address).await.unwrap();
    let head = "POST /signin HTTP/1.1\r\nHost: mail.corp.example\r\nContent-Length: 24\r\n\
        Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n";
    browser.write_all(head.as_bytes()).await.unwrap();
    // The server asks for the body: the request is under way.
    let mut asked = [0; 25];
    timeout(DEADLINE, browser.read_exact(&mut asked))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
    shutdown.cancel();
    browser
        .write_all(b"login=juergen&password=x")
        .await
        .unwrap();
    let mut answer = String::new();
    timeout(DEADLINE, browser.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");

    let mut rest = Vec::new();
    timeout(DEADLINE, idle.read_to_end(&mut rest))
        .await
        .unwrap()
        .unwrap();
    timeout(DEADLINE, server).await.unwrap().unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    // Where the browser sits is known.
    let log = site.store.audit_log(5).await.unwrap();
    let line = log
        .iter()
        .find(|row| row.action == "sign-in-failed")
        .unwrap();
    assert_eq!(line.address.as_deref(), Some("127.0.0.1"));
}
