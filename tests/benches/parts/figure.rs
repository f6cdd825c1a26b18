//! Medians, percentiles and ratios, and how they are written.

use std::time::Duration;

/// The middle of the values; between the two middle ones when their number is even. `None`
/// without values.
pub fn median(values: &[f64]) -> Option<f64> {
    let sorted = sorted(values);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

/// The smallest value that at least `percent` of all values do not exceed (nearest rank). `None`
/// without values.
pub fn percentile(values: &[f64], percent: f64) -> Option<f64> {
    let sorted = sorted(values);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.max(1) - 1).copied()
}

/// How often `theirs` goes into `ours`; `None` when there is nothing to compare with.
pub fn ratio(ours: Option<f64>, theirs: Option<f64>) -> Option<f64> {
    let (ours, theirs) = (ours?, theirs?);
    (theirs > 0.0).then_some(ours / theirs)
}

/// Many durations of one thing.
#[derive(Clone, Debug, Default)]
pub struct Durations {
    milliseconds: Vec<f64>,
}

impl Durations {
    /// Adds one.
    pub fn add(&mut self, duration: Duration) {
        self.milliseconds.push(duration.as_secs_f64() * 1000.0);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.milliseconds.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.milliseconds.is_empty()
    }

    /// In milliseconds: half of them take no longer.
    pub fn p50(&self) -> Option<f64> {
        percentile(&self.milliseconds, 50.0)
    }

    /// In milliseconds: 99 of 100 take no longer.
    pub fn p99(&self) -> Option<f64> {
        percentile(&self.milliseconds, 99.0)
    }

    /// In milliseconds: the longest.
    pub fn longest(&self) -> Option<f64> {
        percentile(&self.milliseconds, 100.0)
    }
}

/// A number for people: three digits, and a space between thousands. `–` where there is none.
pub fn number(value: Option<f64>) -> String {
    let Some(value) = value else {
        return "–".to_owned();
    };
    let decimals = match value.abs() {
        0.0 => 0,
        it if it < 1.0 => 3,
        it if it < 10.0 => 2,
        it if it < 100.0 => 1,
        _ => 0,
    };
    grouped(&format!("{value:.decimals$}"))
}

/// A count with a space between thousands.
pub fn count(value: u64) -> String {
    grouped(&value.to_string())
}

/// Bytes in the unit that fits (1 MB is 1 000 000 bytes).
pub fn bytes(value: u64) -> String {
    let value = value as f64;
    let units = [(1e9, "GB"), (1e6, "MB"), (1e3, "KB")];
    match units.iter().find(|(size, _)| value >= *size) {
        Some((size, unit)) => format!("{} {unit}", number(Some(value / size))),
        None => format!("{value} B"),
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

fn grouped(digits: &str) -> String {
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let length = whole.trim_start_matches('-').len();
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        let left = whole.len() - at;
        if digit != '-' && left != length && left % 3 == 0 {
            out.push(' ');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
#[path = "figure_tests.rs"]
mod tests;
