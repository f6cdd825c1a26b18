use std::time::Duration;

use super::*;

#[test]
fn the_median_is_the_middle() {
    let check = |values: &[f64], want| assert_eq!(median(values), want, "{values:?}");
    check(&[], None);
    check(&[7.0], Some(7.0));
    check(&[9.0, 1.0, 5.0], Some(5.0));
    check(&[4.0, 1.0, 2.0, 100.0], Some(3.0));
}

#[test]
fn a_percentile_is_one_of_the_values() {
    let hundred: Vec<f64> = (1..=100).rev().map(f64::from).collect();
    let check = |percent, want| assert_eq!(percentile(&hundred, percent), Some(want));
    check(0.0, 1.0);
    check(50.0, 50.0);
    check(99.0, 99.0);
    check(99.1, 100.0);
    check(100.0, 100.0);
    assert_eq!(percentile(&[3.0], 99.0), Some(3.0));
    assert_eq!(percentile(&[], 99.0), None);
}

#[test]
fn one_slow_one_in_fifty_shows_in_p99_and_not_in_p50() {
    let mut durations = Durations::default();
    for _ in 0..49 {
        durations.add(Duration::from_millis(2));
    }
    durations.add(Duration::from_millis(80));
    assert_eq!(durations.len(), 50);
    assert_eq!(durations.p50(), Some(2.0));
    assert_eq!(durations.p99(), Some(80.0));
    assert_eq!(durations.longest(), Some(80.0));
}

#[test]
fn a_ratio_needs_both() {
    assert_eq!(ratio(Some(30.0), Some(2.0)), Some(15.0));
    assert_eq!(ratio(Some(30.0), None), None);
    assert_eq!(ratio(Some(30.0), Some(0.0)), None);
}

#[test]
fn numbers_are_for_people() {
    let check = |value, want: &str| assert_eq!(number(Some(value)), want);
    check(0.0, "0");
    check(0.1234, "0.123");
    check(1.236, "1.24");
    check(12.345, "12.3");
    check(999.6, "1 000");
    check(12_345.6, "12 346");
    check(-1_234_567.0, "-1 234 567");
    assert_eq!(number(None), "–");
    assert_eq!(count(1_000_000), "1 000 000");
    assert_eq!(bytes(999), "999 B");
    assert_eq!(bytes(10_240), "10.2 KB");
    assert_eq!(bytes(2_500_000_000), "2.50 GB");
}
