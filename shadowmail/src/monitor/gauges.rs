//! What is counted in the store when somebody asks, as lines for Prometheus.

use jiff::Timestamp;
use serde::Serialize;
use store::{Mode, Stock, Store, StoreError};

use super::registry::{head, line};

/// The page about a store.
pub async fn page(store: &Store, now: Timestamp) -> Result<String, StoreError> {
    let mut page = String::new();
    of_stock(&mut page, &store.stock().await?, now);
    let mode = store.mode().await?.mode;
    head(
        &mut page,
        "shadowmail_mode",
        "gauge",
        "1 for the mode there is",
    );
    for one in Mode::ALL {
        let is = u64::from(one == mode).to_string();
        line(&mut page, "shadowmail_mode", &label("mode", &one), &is);
    }
    // A disk that can not be asked has an alert.
    if let Ok(disk) = store.disk().await {
        for (what, bytes, help) in [
            (
                "free",
                disk.free_bytes,
                "Bytes free on the disk of the store",
            ),
            ("total", disk.total_bytes, "Bytes of the disk of the store"),
            (
                "warn",
                disk.warn_bytes,
                "With fewer bytes free somebody is warned",
            ),
            (
                "refuse",
                disk.refuse_bytes,
                "With fewer bytes free mail is refused",
            ),
        ] {
            single(
                &mut page,
                &format!("shadowmail_disk_{what}_bytes"),
                bytes,
                help,
            );
        }
    }
    let alerts = store.alerts().await?.len() as u64;
    single(
        &mut page,
        "shadowmail_alerts",
        alerts,
        "Alerts that wait for a person",
    );
    Ok(page)
}

fn of_stock(page: &mut String, stock: &Stock, now: Timestamp) {
    let help = "Rows of the queue by purpose and state";
    head(page, "shadowmail_queue_rows", "gauge", help);
    for (purpose, state, rows) in &stock.queue {
        let labels = format!("{},{}", label("purpose", purpose), label("state", state));
        line(page, "shadowmail_queue_rows", &labels, &rows.to_string());
    }
    for (what, count, help) in [
        (
            "unfiled_messages",
            stock.unfiled,
            "Messages nobody has filed yet",
        ),
        (
            "unsorted_messages",
            stock.unsorted,
            "Messages no owner is known of",
        ),
        (
            "unindexed_messages",
            stock.unindexed,
            "Messages that a search can not find yet",
        ),
        ("days", stock.days, "Days that are kept"),
        (
            "days_unread",
            stock.days_unread,
            "Days that can not be read",
        ),
    ] {
        single(page, &format!("shadowmail_{what}"), count, help);
    }
    if let Some(newest) = stock.newest_copy {
        let name = "shadowmail_newest_journal_copy_age_seconds";
        let help =
            "How long ago the newest journal copy came; the primary may have stopped to send them";
        head(page, name, "gauge", help);
        let age = now.duration_since(newest).as_secs_f64().max(0.0);
        line(page, name, "", &age.to_string());
    }
}

fn single(page: &mut String, name: &str, value: u64, help: &str) {
    head(page, name, "gauge", help);
    line(page, name, "", &value.to_string());
}

/// A label with the word that serde gives a value.
fn label(name: &str, value: &impl Serialize) -> String {
    let word = serde_json::to_value(value).unwrap_or_default();
    format!("{name}=\"{}\"", word.as_str().unwrap_or_default())
}
