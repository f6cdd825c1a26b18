use std::sync::{Arc, Mutex};

use store::AuditEvent;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;
use crate::wire::Security;

/// A listener that takes posts, answers each with the next of these statuses (the last one for ever), and
/// remembers the bodies.
async fn listener(statuses: &'static [u16]) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&bodies);
    tokio::spawn(async move {
        let mut turn = 0;
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = Vec::new();
            let body = loop {
                stream.read_buf(&mut request).await.unwrap();
                let text = String::from_utf8_lossy(&request).into_owned();
                if let Some((head, body)) = text.split_once("\r\n\r\n") {
                    let mut lines = head.lines().map(str::to_ascii_lowercase);
                    let length =
                        lines.find_map(|it| it.strip_prefix("content-length: ")?.parse().ok());
                    if body.len() >= length.unwrap_or(0_usize) {
                        break body.to_owned();
                    }
                }
            };
            heard.lock().unwrap().push(body);
            let status = statuses.get(turn).or(statuses.last()).unwrap();
            turn += 1;
            let answer = format!("HTTP/1.1 {status} x\r\nContent-Length: 3\r\n\r\nno\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (url, bodies)
}

fn alerts(url: &str, mail_to: &[&str]) -> Alerts {
    let from = Sender {
        address: "shadow@corp.example".parse().unwrap(),
        name: String::new(),
    };
    let to = mail_to.iter().map(|it| it.parse().unwrap()).collect();
    Alerts {
        hostname: "shadow.corp.example".to_owned(),
        url: "https://shadow.corp.example".to_owned(),
        language: "en".to_owned(),
        title: |_, _| "Something is the matter.",
        mail: Some((from, to)),
        hooks: vec![Hook {
            name: "ops".to_owned(),
            url: url.parse().unwrap(),
            security: Security::Clear,
            body: Body::Json,
            authorization: None,
            timeout: Duration::from_secs(5),
        }],
        repeat: Repeat {
            every: Duration::ZERO,
            least: Duration::ZERO,
        },
        link_valid: Duration::from_hours(12),
    }
}

async fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).await.unwrap();
    (dir, store)
}

fn states(bodies: &Mutex<Vec<String>>) -> Vec<String> {
    let state = |body: &String| {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        format!(
            "{} {}",
            body["kind"].as_str().unwrap(),
            body["state"].as_str().unwrap()
        )
    };
    bodies.lock().unwrap().iter().map(state).collect()
}

#[tokio::test]
async fn an_alert_is_told_once_by_each_way_with_a_link_that_starts_an_emergency() {
    let (_dir, store) = store().await;
    let (url, bodies) = listener(&[200]).await;
    let alerts = alerts(&url, &["eva@out.example", "otto@out.example"]);
    let mut rests = HashMap::new();
    let now = Timestamp::now();
    store
        .raise_alert(AlertKind::PrimaryFailing, "mail fails", now)
        .await;
    store
        .raise_alert(AlertKind::DiskFilling, "9 % free", now)
        .await;
    for _ in 0..2 {
        alerts.tell_all(&store, &mut rests).await.unwrap();
    }
    let mut told = states(&bodies);
    told.sort();
    assert_eq!(told, ["disk-filling raised", "primary-failing raised"]);
    let of_primary = bodies.lock().unwrap().clone();
    let of_primary = of_primary
        .iter()
        .find(|it| it.contains("primary-failing"))
        .unwrap();
    let of_primary: serde_json::Value = serde_json::from_str(of_primary).unwrap();
    let link = of_primary["start_link"].as_str().unwrap();
    let token = link
        .strip_prefix("https://shadow.corp.example/admin/start/")
        .unwrap();
    let opened = store.open_start_link(token, now).await.unwrap().unwrap();
    assert_eq!((opened.to.as_str(), opened.mode_number), ("ops", 0));
    // A full disk is no reason to start one.
    let of_disk = bodies.lock().unwrap().clone();
    let of_disk = of_disk
        .iter()
        .find(|it| it.contains("disk-filling"))
        .unwrap();
    assert!(of_disk.contains("\"start_link\":null"), "{of_disk}");

    let kept = store.unfiled(10).await.unwrap();
    let to: Vec<String> = kept
        .iter()
        .map(|it| it.envelope.recipients[0].to_string())
        .collect();
    assert_eq!(to.iter().filter(|it| *it == "eva@out.example").count(), 2);
    assert_eq!(kept.len(), 4);
    assert!(kept.iter().all(|it| it.envelope.source == Source::Notice));
    let mut mails = String::new();
    for mail in &kept {
        mails += &String::from_utf8(store.content(mail.id).await.unwrap()).unwrap();
    }
    assert_eq!(mails.matches("Auto-Submitted: auto-generated").count(), 4);
    assert_eq!(
        mails.matches("/admin/start/v1.0.").count(),
        2,
        "one link each:\n{mails}"
    );

    store.clear_alert(AlertKind::PrimaryFailing).await;
    alerts.tell_all(&store, &mut rests).await.unwrap();
    assert!(states(&bodies).contains(&"primary-failing over".to_owned()));
}

#[tokio::test]
async fn whoever_looks_after_an_alert_is_left_alone() {
    let (_dir, store) = store().await;
    let (url, bodies) = listener(&[200]).await;
    let alerts = alerts(&url, &[]);
    let mut rests = HashMap::new();
    let now = Timestamp::now();
    store.raise_alert(AlertKind::DiskFull, "full", now).await;
    let event = AuditEvent {
        actor: "eva".to_owned(),
        action: "alert-acknowledged",
        object: "disk-full".to_owned(),
        detail: String::new(),
        address: None,
    };
    assert!(
        store
            .quiet_alert(AlertKind::DiskFull, None, event, now)
            .await
            .unwrap()
    );
    alerts.tell_all(&store, &mut rests).await.unwrap();
    assert_eq!(states(&bodies), Vec::<String>::new());
}

#[tokio::test]
async fn a_way_that_fails_is_tried_again_after_a_rest_and_holds_up_no_other() {
    let (_dir, store) = store().await;
    let (url, bodies) = listener(&[500, 200]).await;
    let alerts = alerts(&url, &["eva@out.example"]);
    let mut rests = HashMap::new();
    store
        .raise_alert(AlertKind::DiskFull, "full", Timestamp::now())
        .await;
    for _ in 0..3 {
        alerts.tell_all(&store, &mut rests).await.unwrap();
    }
    assert_eq!(states(&bodies).len(), 1, "it rests");
    assert_eq!(store.unfiled(10).await.unwrap().len(), 1);
    rests.clear();
    alerts.tell_all(&store, &mut rests).await.unwrap();
    alerts.tell_all(&store, &mut rests).await.unwrap();
    assert_eq!(states(&bodies), ["disk-full raised"; 2]);
}

#[tokio::test]
async fn a_test_goes_all_ways_and_says_what_became_of_it() {
    let (_dir, store) = store().await;
    let (url, _) = listener(&[403]).await;
    let alerts = alerts(&url, &["eva@out.example"]);
    let all = alerts.try_all(&store, Timestamp::now()).await;
    let [(mail, sent), (hook, refused)] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!((mail.as_str(), sent), ("eva@out.example", &Ok(())));
    assert_eq!(hook, "ops");
    assert!(
        refused.as_ref().unwrap_err().contains("status 403: no"),
        "{refused:?}"
    );
}
