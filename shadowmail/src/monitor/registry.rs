//! Keeps what the parts of the server count, and writes it as Prometheus reads it (text format
//! 0.0.4).

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};

/// Upper ends of the buckets for seconds.
const SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// Upper ends of the buckets for bytes.
const BYTES: &[f64] = &[
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
    268_435_456.0,
];

/// What each name counts, for whoever reads the page.
const HELP: &[(&str, &str)] = &[
    (
        "shadowmail_connections_total",
        "Connections by listener, let in or turned away",
    ),
    (
        "shadowmail_connections_open",
        "Connections open now, by listener",
    ),
    (
        "shadowmail_mails_total",
        "Mails brought, by listener and outcome",
    ),
    (
        "shadowmail_refusals_total",
        "Commands and mails refused, by listener and reply code",
    ),
    (
        "shadowmail_keep_seconds",
        "From the last byte of a mail until it is durable",
    ),
    ("shadowmail_mail_bytes", "Sizes of the mails kept"),
    ("shadowmail_filed_total", "Mails filed, by outcome"),
    (
        "shadowmail_filing_lag_seconds",
        "From the arrival of a mail until it is filed",
    ),
    (
        "shadowmail_handed_over_total",
        "Tries to hand mail over, by purpose and outcome",
    ),
    (
        "shadowmail_tls_failures_total",
        "TLS handshakes that failed, by listener",
    ),
    (
        "shadowmail_smtp_sign_ins_total",
        "Sign-ins of copy sources, by listener and outcome",
    ),
    (
        "shadowmail_limits_total",
        "How often a limit held an address up, by listener and limit",
    ),
    (
        "shadowmail_reports_unopened_total",
        "Messages like journal reports that came where none are opened, by listener",
    ),
    (
        "shadowmail_checks_total",
        "Checks of mail from strangers, by check and result",
    ),
    (
        "shadowmail_check_seconds",
        "How long the checks of a mail took",
    ),
];

static REGISTRY: OnceLock<&'static Registry> = OnceLock::new();

/// Begins to count, once for a process.
pub fn install() -> &'static Registry {
    REGISTRY.get_or_init(|| {
        let registry: &'static Registry = Box::leak(Box::default());
        if metrics::set_global_recorder(registry).is_err() {
            tracing::warn!("something else counts already; /metrics lacks what it counts");
        }
        registry
    })
}

/// All series of this process.
#[derive(Default)]
pub struct Registry {
    series: Mutex<BTreeMap<(String, String), Series>>,
}

/// One line of the page, or the lines of one histogram.
enum Series {
    Counter(Arc<AtomicU64>),
    Gauge(Arc<AtomicU64>),
    Histogram(Arc<Buckets>),
}

impl Registry {
    /// The page.
    pub fn page(&self) -> String {
        let mut page = String::new();
        let mut told = String::new();
        for ((name, labels), series) in &*self.series() {
            let kind = match series {
                Series::Counter(_) => "counter",
                Series::Gauge(_) => "gauge",
                Series::Histogram(_) => "histogram",
            };
            if *name != told {
                let help = HELP.iter().find(|(it, _)| it == name);
                head(&mut page, name, kind, help.map_or("", |(_, help)| help));
                name.clone_into(&mut told);
            }
            match series {
                Series::Counter(count) => {
                    let count = count.load(Ordering::Relaxed);
                    line(&mut page, name, labels, &count.to_string());
                }
                Series::Gauge(bits) => {
                    let value = f64::from_bits(bits.load(Ordering::Relaxed));
                    line(&mut page, name, labels, &value.to_string());
                }
                Series::Histogram(buckets) => buckets.write(&mut page, name, labels),
            }
        }
        page
    }

    fn series(&self) -> MutexGuard<'_, BTreeMap<(String, String), Series>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder for &'static Registry {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        let mut series = self.series();
        let new = || Series::Counter(Arc::default());
        match series.entry(place(key)).or_insert_with(new) {
            Series::Counter(count) => Counter::from_arc(Arc::clone(count)),
            Series::Gauge(_) | Series::Histogram(_) => Counter::noop(),
        }
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        let mut series = self.series();
        let new = || Series::Gauge(Arc::new(AtomicU64::new(0.0_f64.to_bits())));
        match series.entry(place(key)).or_insert_with(new) {
            Series::Gauge(value) => Gauge::from_arc(Arc::clone(value)),
            Series::Counter(_) | Series::Histogram(_) => Gauge::noop(),
        }
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        let mut series = self.series();
        let new = || Series::Histogram(Arc::new(Buckets::of(key.name())));
        match series.entry(place(key)).or_insert_with(new) {
            Series::Histogram(buckets) => Histogram::from_arc(Arc::clone(buckets)),
            Series::Counter(_) | Series::Gauge(_) => Histogram::noop(),
        }
    }
}

/// How often a value came, by size.
struct Buckets {
    ends: &'static [f64],
    counts: Vec<AtomicU64>,
    /// Of all values, as the bits of an `f64`.
    sum: Mutex<f64>,
}

impl Buckets {
    fn of(name: &str) -> Self {
        let ends = if name.ends_with("_bytes") {
            BYTES
        } else {
            SECONDS
        };
        Self {
            ends,
            // The last one is for what is beyond all ends.
            counts: (0..=ends.len()).map(|_| AtomicU64::new(0)).collect(),
            sum: Mutex::default(),
        }
    }

    fn write(&self, page: &mut String, name: &str, labels: &str) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut all = 0;
        let ends = self.ends.iter().map(f64::to_string);
        for (end, count) in ends.chain(["+Inf".to_owned()]).zip(&self.counts) {
            all += count.load(Ordering::Relaxed);
            let labels = format!("{labels}{comma}le=\"{end}\"");
            line(page, &format!("{name}_bucket"), &labels, &all.to_string());
        }
        let sum = *self.sum.lock().unwrap_or_else(PoisonError::into_inner);
        line(page, &format!("{name}_sum"), labels, &sum.to_string());
        line(page, &format!("{name}_count"), labels, &all.to_string());
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        let at = self.ends.iter().position(|end| value <= *end);
        if let Some(count) = self.counts.get(at.unwrap_or(self.ends.len())) {
            count.fetch_add(1, Ordering::Relaxed);
        }
        *self.sum.lock().unwrap_or_else(PoisonError::into_inner) += value;
    }
}

/// Writes what stands before the lines of a name.
pub fn head(page: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(page, "# HELP {name} {help}.\n# TYPE {name} {kind}");
}

/// Writes one line; `labels` is `a="b",c="d"`.
pub fn line(page: &mut String, name: &str, labels: &str, value: &str) {
    let _ = if labels.is_empty() {
        writeln!(page, "{name} {value}")
    } else {
        writeln!(page, "{name}{{{labels}}} {value}")
    };
}

fn place(key: &Key) -> (String, String) {
    let label = |label: &metrics::Label| format!("{}=\"{}\"", label.key(), escaped(label.value()));
    let labels: Vec<String> = key.labels().map(label).collect();
    (key.name().to_owned(), labels.join(","))
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
#[path = "registry_tests.rs"]
mod tests;
