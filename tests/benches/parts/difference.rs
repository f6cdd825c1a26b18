//! Whether two kinds of durations differ: the test of Mann and Whitney, which asks for no distribution.

/// What it found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// How often one of the first kind is longer than one of the second: 0.5 where nothing tells
    /// them apart. Ties count half. This is the size of the effect.
    pub longer: f64,
    /// How many standard deviations that is from one half, if both are the same kind.
    pub z: f64,
    /// How likely so much is, or more, if both are the same kind. Two-sided.
    pub p: f64,
}

/// Compares; `None` without values on both sides. The normal approximation, corrected for ties,
/// is good from 20 values on.
pub fn mann_whitney(first: &[f64], second: &[f64]) -> Option<Difference> {
    if first.is_empty() || second.is_empty() {
        return None;
    }
    let (n1, n2) = (first.len() as f64, second.len() as f64);
    let mut all: Vec<(f64, bool)> = first.iter().map(|value| (*value, true)).collect();
    all.extend(second.iter().map(|value| (*value, false)));
    all.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (mut ranks_of_first, mut ties) = (0.0, 0.0);
    let mut before = 0.0;
    for equal in all.chunk_by(|one, other| one.0.total_cmp(&other.0).is_eq()) {
        let count = equal.len() as f64;
        let rank = before + f64::midpoint(count, 1.0);
        ranks_of_first += rank * equal.iter().filter(|(_, is_first)| *is_first).count() as f64;
        ties += count.powi(3) - count;
        before += count;
    }
    let u = ranks_of_first - n1 * (n1 + 1.0) / 2.0;
    let n = n1 + n2;
    let variance = n1 * n2 / 12.0 * (n + 1.0 - ties / (n * (n - 1.0)));
    let z = if variance > 0.0 {
        (u - n1 * n2 / 2.0) / variance.sqrt()
    } else {
        0.0
    };
    Some(Difference {
        longer: u / (n1 * n2),
        z,
        p: beyond(z.abs()),
    })
}

/// How much of a normal distribution is further away than so many standard deviations, on both
/// sides (Abramowitz and Stegun 7.1.26: right to seven digits).
fn beyond(z: f64) -> f64 {
    let x = z / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let factors = [
        1.061_405_429,
        -1.453_152_027,
        1.421_413_741,
        -0.284_496_736,
        0.254_829_592,
    ];
    let polynomial = factors.iter().fold(0.0, |sum, factor| sum * t + factor) * t;
    polynomial * (-x * x).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(from: i32, count: i32) -> Vec<f64> {
        (from..from + count).map(f64::from).collect()
    }

    fn check(first: &[f64], second: &[f64], want: [f64; 3]) {
        let it = mann_whitney(first, second).unwrap();
        for (got, want) in [it.longer, it.z, it.p].iter().zip(want) {
            assert!((got - want).abs() < 0.001, "{it:?}");
        }
    }

    #[test]
    fn what_is_the_same_is_not_told_apart() {
        check(&values(0, 30), &values(0, 30), [0.5, 0.0, 1.0]);
        check(&[5.0; 30], &[5.0; 30], [0.5, 0.0, 1.0]);
        assert_eq!(mann_whitney(&[], &[1.0]), None);
    }

    /// Worked out by hand.
    #[test]
    fn what_differs_is_told_apart() {
        check(&values(0, 20), &values(100, 20), [0.0, -5.4101, 0.0]);
        check(&values(100, 20), &values(0, 20), [1.0, 5.4101, 0.0]);
        check(
            &[1.0, 2.0, 3.0, 4.0],
            &[3.0, 4.0, 5.0, 6.0],
            [0.125, -1.7530, 0.0796],
        );
    }
}
