//! Chance that can be had again: a scenario prints its seed, and takes one from the environment.

use std::time::{SystemTime, UNIX_EPOCH};

/// The variable that repeats a run.
const SEED: &str = "SHADOWMAIL_TEST_SEED";

/// `SplitMix64`, by Sebastiano Vigna.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// A new one each time, unless the environment names a seed; printed, so that a failure tells
    /// how to repeat it. (The order of threads can not be repeated.)
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let seed = std::env::var(SEED).map_or_else(
            |_| u64::from(now.subsec_nanos()) ^ now.as_secs(),
            |text| {
                text.parse()
                    .unwrap_or_else(|error| panic!("{SEED}={text}: {error}"))
            },
        );
        println!("{SEED}={seed}");
        Self { state: seed }
    }

    /// Always the same sequence for this number.
    pub fn with_seed(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Any number.
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }
}
