//! Random runs of what reads the bytes of strangers.
//!
//! A target is a test named `fuzz_…` that calls [`run`]. In the tests it runs a second at most, always
//! with the same inputs; `cargo xtask fuzz` lets it run for longer, each time with others. Inputs are
//! pieces of the corpus (`tests/fuzz/<target>/` and what the target gives), changed at random.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{env, fs};

/// Inputs of a run in the tests.
const INPUTS: u64 = 3000;

/// How long a run in the tests may take.
const TIME: Duration = Duration::from_secs(1);

/// Bytes of an input.
const INPUT_BYTES_MAX: usize = 64 << 10;

/// Feeds a target. `corpus` are inputs to begin with, `words` what the target's language is made of.
pub(crate) fn run(name: &str, (corpus, words): (&[&[u8]], &[&str]), target: impl Fn(&[u8])) {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fuzz")
        .join(name);
    let mut all: Vec<Vec<u8>> = corpus.iter().map(|input| input.to_vec()).collect();
    for file in files(&directory) {
        let input = fs::read(&file).unwrap();
        try_one(&format!("{}", file.display()), &input, &target);
        all.push(input);
    }
    for input in corpus {
        try_one("an input of the corpus", input, &target);
    }
    let number = |name: &str| env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    if let Some(seed) = number("SHADOWMAIL_FUZZ_SEED") {
        return try_seed(name, &directory, (seed, &all, words), &target);
    }
    let (first, inputs, time) = match number("SHADOWMAIL_FUZZ_SECONDS") {
        None => (0, INPUTS, TIME),
        Some(seconds) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
            let first = u64::try_from(now.as_micros()).unwrap();
            (first, u64::MAX - first, Duration::from_secs(seconds))
        }
    };
    let began = Instant::now();
    let mut done = 0;
    for seed in first..first + inputs {
        if began.elapsed() > time {
            break;
        }
        try_seed(name, &directory, (seed, &all, words), &target);
        done += 1;
    }
    println!("{name}: {done} inputs, from seed {first} on");
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let Ok(files) = fs::read_dir(directory) else {
        return Vec::new();
    };
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
}

fn try_one(what: &str, input: &[u8], target: &impl Fn(&[u8])) {
    let tried = catch_unwind(AssertUnwindSafe(|| target(input)));
    assert!(tried.is_ok(), "failed on {what}: {}", input.escape_ascii());
}

fn try_seed(
    name: &str,
    directory: &Path,
    (seed, corpus, words): (u64, &[Vec<u8>], &[&str]),
    target: &impl Fn(&[u8]),
) {
    let input = input(seed, corpus, words);
    if catch_unwind(AssertUnwindSafe(|| target(&input))).is_ok() {
        return;
    }
    let mut words = format!("{name} failed on seed {seed}: {}", input.escape_ascii());
    if env::var_os("SHADOWMAIL_FUZZ_SECONDS").is_some() {
        let file = directory.join(format!("failed-{seed}"));
        let saved = fs::create_dir_all(directory).and_then(|()| fs::write(&file, &input));
        saved.unwrap();
        write!(words, "\nsaved as {}", file.display()).unwrap();
    }
    panic!("{words}\nonce more: cargo xtask fuzz {name} --seed {seed}");
}

/// The input of a seed: a piece of the corpus, or two, changed in a few places.
fn input(seed: u64, corpus: &[Vec<u8>], words: &[&str]) -> Vec<u8> {
    let mut random = Random(seed);
    let mut input = random.one_of(corpus).cloned().unwrap_or_default();
    if random.below(4) == 0 {
        let other = random.one_of(corpus).cloned().unwrap_or_default();
        let (at, from) = (random.below(input.len() + 1), random.below(other.len() + 1));
        input.truncate(at);
        input.extend_from_slice(&other[from..]);
    }
    for _ in 0..=random.below(8) {
        change(&mut input, words, &mut random);
    }
    input.truncate(INPUT_BYTES_MAX);
    input
}

fn change(input: &mut Vec<u8>, words: &[&str], random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = at
        + random
            .below(input.len() - at + 1)
            .min(1 << random.below(12));
    match random.below(8) {
        0 => drop(input.drain(at..end)),
        1 => {
            let piece = input[at..end].to_vec();
            input.splice(at..at, piece);
        }
        2 => input.truncate(at.max(1)),
        3 if at < input.len() => input[at] ^= 1 << random.below(8),
        4 if at < input.len() => input[at] = *random.one_of(b"\r\n\0 :.<>@=-\"\\\xff").unwrap(),
        5 => {
            let byte = u8::try_from(random.below(256)).unwrap();
            input.splice(at..at, std::iter::repeat_n(byte, 1 << random.below(10)));
        }
        _ => {
            let word = random.one_of(words).copied().unwrap_or_default();
            let end = if random.below(2) == 0 { at } else { end };
            input.splice(at..end, word.bytes());
        }
    }
}

/// `SplitMix64`: small, and good enough to choose bytes with.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from zero to below `end`; zero when there is none.
    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).unwrap().max(1);
        usize::try_from(self.next() % end).unwrap()
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let at = self.below(all.len());
        all.get(at)
    }
}

#[test]
fn a_failure_names_its_seed_and_the_seed_makes_it_again() {
    let corpus: [&[u8]; 2] = [b"harmless", b"words"];
    let fails = || {
        run("self", (&corpus, &["bomb"]), |input| {
            assert!(!input.windows(4).any(|it| it == b"bomb"));
        });
    };
    let failed = catch_unwind(fails).unwrap_err();
    let words = failed.downcast_ref::<String>().unwrap();
    let seed = words
        .split("seed ")
        .nth(1)
        .unwrap()
        .split(':')
        .next()
        .unwrap();
    let corpus = corpus.map(<[u8]>::to_vec);
    let again = input(seed.parse().unwrap(), &corpus, &["bomb"]);
    assert!(again.windows(4).any(|it| it == b"bomb"), "{words}");
}
