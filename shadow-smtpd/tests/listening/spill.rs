//! Mail that is too big for memory.

use crate::house::{House, keep};
use crate::telnet::Telnet;

const TO: &str = "amy=corp.example@shadow.corp.example";

fn big() -> Vec<u8> {
    let lines =
        (0..10_000).map(|number| format!("{number:x} is a line of a long mail, as they are\r\n"));
    let text: String = lines.collect();
    format!("Subject: big\r\n\r\n{text}").into_bytes()
}

#[tokio::test]
async fn it_comes_out_as_it_came_in() {
    let house = House::open().await;
    let id = keep(&house.journal, ("ann@x.test", &[TO]), &big()).await;
    assert!(house.store.record(id).await.unwrap() == big());
    house.close().await;
}

#[tokio::test]
async fn it_is_read_to_its_end_when_the_disk_does_not_take_it() {
    let house = House::open().await;
    house.lose_incoming();
    let mut client = Telnet::connect(&house.journal).await;
    client.expect("220 ").await;
    client.ask("EHLO c.test").await;
    for (mail, reply) in [
        (big(), "451 4.3.0 "),
        (b"Subject: small\r\n\r\n".to_vec(), "250 2.0.0 "),
    ] {
        client.ask("MAIL FROM:<ann@x.test>").await;
        client.ask(&format!("RCPT TO:<{TO}>")).await;
        assert!(client.ask("DATA").await.starts_with("354 "));
        client.send(mail).await;
        let heard = client.ask(".").await;
        assert!(heard.starts_with(reply), "{heard}");
    }
    drop(client);
    house.close().await;
}
