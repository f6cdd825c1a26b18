use metrics::with_local_recorder;

use super::*;

#[test]
fn the_page_is_what_prometheus_reads() {
    let registry: &'static Registry = Box::leak(Box::default());
    with_local_recorder(&registry, || {
        metrics::counter!("shadowmail_mails_total", "listener" => "a\"b\\c\nd", "outcome" => "kept")
            .increment(2);
        metrics::counter!("shadowmail_mails_total", "listener" => "x", "outcome" => "kept")
            .increment(1);
        metrics::gauge!("shadowmail_connections_open").increment(3);
        metrics::gauge!("shadowmail_connections_open").decrement(1);
        for seconds in [0.001, 0.002, 61.0] {
            metrics::histogram!("shadowmail_keep_seconds").record(seconds);
        }
        metrics::histogram!("shadowmail_mail_bytes").record(1025);
    });
    let page = registry.page();
    let stands = |line: &str| {
        assert!(page.lines().any(|it| it == line), "{line} in:\n{page}");
    };
    stands("# TYPE shadowmail_mails_total counter");
    stands(r#"shadowmail_mails_total{listener="a\"b\\c\nd",outcome="kept"} 2"#);
    stands(r#"shadowmail_mails_total{listener="x",outcome="kept"} 1"#);
    stands("# TYPE shadowmail_connections_open gauge");
    stands("shadowmail_connections_open 2");
    stands("# TYPE shadowmail_keep_seconds histogram");
    stands(r#"shadowmail_keep_seconds_bucket{le="0.001"} 1"#);
    stands(r#"shadowmail_keep_seconds_bucket{le="0.0025"} 2"#);
    stands(r#"shadowmail_keep_seconds_bucket{le="60"} 2"#);
    stands(r#"shadowmail_keep_seconds_bucket{le="+Inf"} 3"#);
    stands("shadowmail_keep_seconds_sum 61.003");
    stands("shadowmail_keep_seconds_count 3");
    stands(r#"shadowmail_mail_bytes_bucket{le="1024"} 0"#);
    stands(r#"shadowmail_mail_bytes_bucket{le="4096"} 1"#);
    let heads = page.matches("# TYPE shadowmail_mails_total").count();
    assert_eq!(heads, 1);
}
