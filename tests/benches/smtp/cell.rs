//! One size of mail with one number of sessions: rounds of all contestants in turn.

use std::time::{Duration, Instant};

use bench_parts::corpus::sized_mail;
use bench_parts::figure::{self, median, ratio};
use tokio::runtime::Runtime;

use super::contestant::{Contestant, Ours, PostfixToDovecot, Sink};
use super::source::{self, Load};
use crate::harness::scratch::Scratch;
use crate::memory;
use crate::plan::Pace;
use crate::progress::say;

const SEED: u64 = 2026;

/// Bytes of one round at most, so that the disk does not fill.
const ROUND_BYTES_MAX: usize = 2_000_000_000;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Bytes of each mail, nearly.
    pub bytes: usize,
    /// Connections at the same time.
    pub sessions: usize,
}

/// What came out.
pub struct Outcome {
    /// Of what.
    pub cell: Cell,
    /// Shadowmail.
    pub ours: Rates,
    /// Postfix with Dovecot.
    pub postfix: Rates,
    /// smtp-sink.
    pub sink: Rates,
    /// The most memory that our server had, in bytes.
    pub peak_bytes: u64,
}

/// Mails a second, of each round.
#[derive(Default)]
pub struct Rates {
    accepted: Vec<f64>,
    done: Vec<f64>,
}

impl Rates {
    /// Until the last 250.
    pub fn accepted(&self) -> Option<f64> {
        median(&self.accepted)
    }

    /// Until the last mail was where it belongs.
    pub fn done(&self) -> Option<f64> {
        median(&self.done)
    }
}

impl Outcome {
    /// How many times as fast as Postfix with Dovecot we were.
    pub fn to_postfix(&self) -> Option<f64> {
        ratio(self.ours.accepted(), self.postfix.done())
    }

    /// The same for smtp-sink.
    pub fn to_sink(&self) -> Option<f64> {
        ratio(self.ours.accepted(), self.sink.accepted())
    }
}

impl Cell {
    /// Starts all contestants anew, so that no cell is slower for what another left behind.
    pub fn run(self, pace: Pace, runtime: &Runtime) -> anyhow::Result<Outcome> {
        let scratch = Scratch::new("bench");
        let mail = scratch.write("mail.eml", sized_mail(SEED, self.bytes));
        let (rounds, round) = match pace {
            Pace::Quick => (3, Duration::from_secs(2)),
            Pace::Full => (5, Duration::from_secs(4)),
        };
        let mut ours = Runner::new(Ours::start(runtime)?);
        let mut postfix = Runner::new(PostfixToDovecot::start());
        let mut sink = Runner::new(Sink::start());
        let load = Load {
            mail: &mail,
            sessions: self.sessions,
            mails: 0,
        };
        let server = ours.contestant.process();
        ours.warm_up(load, self, round)?;
        postfix.warm_up(load, self, round)?;
        sink.warm_up(load, self, round)?;
        memory::forget_peak(server)?;
        for _ in 0..rounds {
            ours.round(load)?;
            postfix.round(load)?;
            sink.round(load)?;
        }
        let outcome = Outcome {
            cell: self,
            peak_bytes: memory::peak(server)?,
            ours: ours.rates,
            postfix: postfix.rates,
            sink: sink.rates,
        };
        say(format!(
            "smtp: {}, {} sessions: {} kept/s, {} × Postfix → Dovecot, {} × smtp-sink",
            figure::bytes(self.bytes as u64),
            self.sessions,
            figure::number(outcome.ours.accepted()),
            figure::number(outcome.to_postfix()),
            figure::number(outcome.to_sink()),
        ));
        Ok(outcome)
    }
}

/// A contestant and what it has done so far.
struct Runner<C> {
    contestant: C,
    mails_per_round: usize,
    /// Mails of a round, at least and at most.
    bounds: (usize, usize),
    /// How long a round shall take.
    length: Duration,
    mails: usize,
    rates: Rates,
}

impl<C: Contestant> Runner<C> {
    fn new(contestant: C) -> Self {
        Self {
            contestant,
            mails_per_round: 0,
            bounds: (0, 0),
            length: Duration::ZERO,
            mails: 0,
            rates: Rates::default(),
        }
    }

    /// Sends more and more until it takes long enough to say how many mails fill a round.
    fn warm_up(&mut self, load: Load<'_>, cell: Cell, round: Duration) -> anyhow::Result<()> {
        let least = cell.sessions * 2;
        self.bounds = (least, (ROUND_BYTES_MAX / cell.bytes).max(least));
        self.length = round;
        self.mails_per_round = least;
        loop {
            let mails = self.mails_per_round;
            let (_, done) = self.send(Load { mails, ..load })?;
            self.adapt(done);
            // Half a round is long enough to trust.
            if done * 2 > round || self.mails_per_round <= mails {
                return Ok(());
            }
            self.mails_per_round = self.mails_per_round.min(mails * 8);
        }
    }

    /// The next round shall have its length: the first mails that a server takes are slow.
    fn adapt(&mut self, done: Duration) {
        let (least, most) = self.bounds;
        let share = self.length.as_secs_f64() / done.as_secs_f64();
        let wanted = self.mails_per_round as f64 * share;
        self.mails_per_round = (wanted as usize).clamp(least, most);
    }

    fn round(&mut self, load: Load<'_>) -> anyhow::Result<()> {
        let mails = self.mails_per_round;
        let (accepted, done) = self.send(Load { mails, ..load })?;
        self.adapt(done);
        self.rates
            .accepted
            .push(mails as f64 / accepted.as_secs_f64());
        self.rates.done.push(mails as f64 / done.as_secs_f64());
        say(format!(
            "smtp: {:>18}: {mails} mails in {:.2} s, done in {:.2} s",
            self.contestant.name(),
            accepted.as_secs_f64(),
            done.as_secs_f64()
        ));
        Ok(())
    }

    /// Until the last 250, and until the last mail is where it belongs.
    fn send(&mut self, load: Load<'_>) -> anyhow::Result<(Duration, Duration)> {
        // Nobody pays for what another one has left to be written.
        rustix::fs::sync();
        let began = Instant::now();
        let accepted = source::send(self.contestant.address(), load)?;
        self.mails += load.mails;
        self.contestant.wait_until_done(self.mails)?;
        Ok((accepted, began.elapsed()))
    }
}
