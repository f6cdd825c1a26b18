//! What follows from how the probes stand: whom to alert, and whether an emergency starts without anybody
//! pressing a button. It knows no clock and changes nothing.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use store::{Mode, ModeChange, ProbeStanding, ProbeState, Scope};

use crate::probe::Kind;

/// What is done when the primary is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Who starts the emergency.
    pub automatic: Automatic,
    /// How long probes must have failed, without one try that went well.
    pub start_after: Duration,
    /// How many of them.
    pub agree: usize,
    /// How long after the end of an emergency none starts by itself.
    pub hold_off: Duration,
}

/// Who starts the emergency when the primary is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Automatic {
    /// A person, who is alerted.
    #[default]
    Alert,
    /// Shadowmail.
    Start,
}

/// What the policy looks at.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Now.
    pub now: Timestamp,
    /// Since when the probes are watched: what a try saw before that may be long over.
    pub watched_since: Timestamp,
    /// The mode there is.
    pub mode: &'a ModeChange,
    /// How all probes stand.
    pub probes: &'a [ProbeStanding],
}

/// What follows, each in words for an administrator; nothing is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequence {
    /// Probes that ask the primary fail.
    pub failing: Option<String>,
    /// No copies come.
    pub silent: Option<String>,
    /// A canary does not come back.
    pub lost: Option<String>,
    /// The primary is back while there still is an emergency.
    pub back: Option<String>,
    /// An emergency starts now, for this reason.
    pub start: Option<String>,
}

impl Policy {
    /// Draws the consequences.
    ///
    /// In an emergency everybody knows that the primary is down. In a recovery it may die again.
    pub fn judge(&self, seen: Seen<'_>) -> Consequence {
        let down = |kinds: &dyn Fn(Kind) -> bool| -> Vec<&ProbeStanding> {
            let is_meant =
                |it: &&ProbeStanding| it.state == ProbeState::Down && kind(it).is_some_and(kinds);
            seen.probes.iter().filter(is_meant).collect()
        };
        let failing = down(&Kind::votes);
        let is_emergency = seen.mode.mode == Mode::Emergency;
        if is_emergency && seen.mode.scope == Scope::Everyone {
            return Consequence {
                back: back(seen),
                ..Consequence::default()
            };
        }
        let is_usual = seen.mode.mode != Mode::Recovery;
        let silent = if is_usual {
            down(&|it| it == Kind::Journal)
        } else {
            Vec::new()
        };
        Consequence {
            // One that is on for some is a person's: they widen it.
            start: (!is_emergency).then(|| self.start(seen)).flatten(),
            failing: told(&failing).map(|told| format!("{told}; {}", self.advice(seen))),
            silent: told(&silent).map(|told| {
                format!(
                    "{told}; look whether the primary still delivers and whether its journal still copies to us"
                )
            }),
            lost: told(&down(&|it| it == Kind::Canary)).map(|told| {
                format!("{told}; look at the journal of the primary, and at its queue")
            }),
            back: is_emergency.then(|| back(seen)).flatten(),
        }
    }

    /// Why an emergency starts now by itself.
    fn start(&self, seen: Seen<'_>) -> Option<String> {
        if self.automatic == Automatic::Alert || self.is_held_off(seen) {
            return None;
        }
        // By its own tries: what time passed without any says nothing, and the clock may have been set.
        let failed_for = |it: &ProbeStanding| {
            let since = it.failing_since?;
            Some(it.tried_at.duration_since(since))
        };
        let agrees = |it: &&ProbeStanding| {
            it.state == ProbeState::Down
                && kind(it).is_some_and(Kind::votes)
                && it.tried_at >= seen.watched_since
                && failed_for(it).is_some_and(|long| long >= signed(self.start_after))
        };
        let agreeing: Vec<&ProbeStanding> = seen.probes.iter().filter(agrees).collect();
        if agreeing.len() < self.agree.max(1) {
            return None;
        }
        Some(format!(
            "the mail system does not answer: {}",
            told(&agreeing)?
        ))
    }

    /// Somebody has just ended an emergency, or a drill, and knows better.
    fn is_held_off(&self, seen: Seen<'_>) -> bool {
        let ModeChange {
            number,
            mode,
            since,
            ..
        } = seen.mode;
        let is_after_one = *number > 0 && matches!(mode, Mode::Normal | Mode::Recovery);
        is_after_one && seen.now.duration_since(*since) < signed(self.hold_off)
    }

    fn advice(&self, seen: Seen<'_>) -> String {
        let by_hand = "`shadowmail emergency start --reason …` or the console opens the webmail";
        match self.automatic {
            Automatic::Alert => format!("{by_hand}; nothing starts by itself"),
            Automatic::Start if self.is_held_off(seen) => format!(
                "{by_hand}; nothing starts by itself within {} min of the end of the last emergency",
                self.hold_off.as_secs() / 60
            ),
            Automatic::Start => format!(
                "an emergency starts by itself when {} such probes have failed for {} s; {by_hand}",
                self.agree,
                self.start_after.as_secs()
            ),
        }
    }
}

/// That all who ask the primary are well again, and were not at some time of this emergency.
fn back(seen: Seen<'_>) -> Option<String> {
    let asks = |it: &&ProbeStanding| kind(it).is_some_and(Kind::votes);
    let asking: Vec<&ProbeStanding> = seen.probes.iter().filter(asks).collect();
    let is_well =
        |it: &&ProbeStanding| it.state == ProbeState::Up && it.tried_at >= seen.watched_since;
    let last = asking.iter().map(|it| it.since).max()?;
    if !asking.iter().all(is_well) || last <= seen.mode.since {
        return None;
    }
    let names: Vec<&str> = asking.iter().map(|it| it.name.as_str()).collect();
    Some(format!(
        "{} answer as they should, since {last}; nothing ends by itself: `shadowmail emergency end` or the console \
         begins to hand back what the primary missed",
        names.join(", ")
    ))
}

/// The probes and what each saw.
fn told(probes: &[&ProbeStanding]) -> Option<String> {
    let told = probes.iter().map(|it| {
        let since = it.failing_since.unwrap_or(it.since);
        let since = since.strftime("%Y-%m-%d %H:%M:%SZ");
        format!("{} fails since {since} ({})", it.name, it.words)
    });
    let told: Vec<String> = told.collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn kind(standing: &ProbeStanding) -> Option<Kind> {
    Kind::ALL
        .into_iter()
        .find(|kind| kind.to_string() == standing.kind)
}

fn signed(time: Duration) -> SignedDuration {
    SignedDuration::try_from(time).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
