//! Numbers that are the same in every run: from a seed, never from a clock.

use std::f64::consts::TAU;

/// `SplitMix64` (Steele, Lea, Flood 2014): small, fast, and good enough to draw mail with.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The numbers of `seed` for the `stream`-th thing that is made.
    pub fn new(seed: u64, stream: u64) -> Self {
        let mut random = Self { state: seed };
        random.state = random.bits() ^ stream.wrapping_mul(0xd134_2543_de82_ef95);
        random.bits();
        random
    }

    /// The next 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to just below 1.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// From 0 to just below `end`; 0 when that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.unit() * end as f64) as usize
    }

    /// True in `percent` of 100 cases.
    pub fn chance(&mut self, percent: f64) -> bool {
        self.unit() * 100.0 < percent
    }

    /// One of them.
    ///
    /// # Panics
    /// When there is none.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    /// A rank below `end`, small ones far more often (Zipf's law with exponent 1): words of a
    /// language, mail of busy mailboxes.
    pub fn rank(&mut self, end: usize) -> usize {
        let rank = ((end as f64 + 1.0).ln() * self.unit()).exp();
        (rank as usize).clamp(1, end.max(1)) - 1
    }

    /// Half of the values lie below `median`; `spread` is the standard deviation of their
    /// logarithm. Sizes of mails and of files are distributed so, with a long tail.
    pub fn lognormal(&mut self, median: f64, spread: f64) -> f64 {
        // Box and Muller; the first draw must not be 0.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        let normal = radius * (TAU * self.unit()).cos();
        median * (spread * normal).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_everywhere() {
        let mut random = Random::new(1, 2);
        let first: Vec<u64> = (0..3).map(|_| random.bits()).collect();
        let mut again = Random::new(1, 2);
        assert_eq!(first, (0..3).map(|_| again.bits()).collect::<Vec<u64>>());
        assert_ne!(first[0], Random::new(1, 3).bits());
        assert_ne!(first[0], Random::new(2, 2).bits());
    }

    #[test]
    fn draws_lie_where_they_should() {
        let mut random = Random::new(7, 0);
        let draws = 20_000;
        let mut below_median = 0;
        let mut first_rank = 0;
        for _ in 0..draws {
            assert!((0.0..1.0).contains(&random.unit()));
            assert!(random.below(3) < 3);
            assert!(random.rank(1000) < 1000);
            first_rank += usize::from(random.rank(1000) == 0);
            below_median += usize::from(random.lognormal(100.0, 1.5) < 100.0);
        }
        assert_eq!(random.below(0), 0);
        assert_eq!(random.rank(0), 0);
        assert!((9_500..10_500).contains(&below_median), "{below_median}");
        // ln 2 / ln 1001 = 10 %
        assert!((1_700..2_300).contains(&first_rank), "{first_rank}");
    }
}
