//! How the mail spreads over the days.

use super::Corpus;
use crate::random::Random;

/// Days of the corpus: four weeks.
const DAYS: usize = 28;

/// Which of the days, counted from the oldest, holds a thousandth of all mail: a holiday.
const SMALL_DAY: usize = 5;

/// Which one holds a quarter: somebody caught up with a stoppage.
const LARGE_DAY: usize = 9;

/// Milliseconds of a day.
const DAY_MILLISECONDS: u64 = 86_400_000;

/// One day of the corpus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayPlan {
    /// The number of its first mail.
    pub first: u64,
    /// How many mails it has.
    pub messages: u64,
}

/// Which mail arrives when.
#[derive(Clone, Debug)]
pub struct Calendar {
    days: Vec<DayPlan>,
}

impl Calendar {
    /// The days of a corpus, oldest first.
    pub fn of(corpus: &Corpus) -> Self {
        let weights: Vec<f64> = (0..DAYS).map(weight).collect();
        let all: f64 = weights.iter().sum();
        let mut days: Vec<DayPlan> = Vec::new();
        let mut so_far = 0.0;
        for weight in weights {
            let first = days.last().map_or(0, |day| day.first + day.messages);
            so_far += weight;
            let end = (corpus.messages() as f64 * so_far / all).round() as u64;
            days.push(DayPlan {
                first,
                messages: end - first,
            });
        }
        Self { days }
    }

    /// The days, oldest first.
    pub fn days(&self) -> &[DayPlan] {
        &self.days
    }

    /// When mail number `number` arrives: the day, counted from the oldest, and the millisecond
    /// in it. Later numbers arrive later.
    pub fn arrival(&self, number: u64) -> (usize, u64) {
        let day = self
            .days
            .partition_point(|day| day.first + day.messages <= number);
        let day = day.min(self.days.len() - 1);
        let DayPlan { first, messages } = self.days[day];
        let share = (number - first) as f64 / messages.max(1) as f64;
        // Within a step the order stays, whatever is drawn.
        let step = DAY_MILLISECONDS as f64 / messages.max(1) as f64;
        let within = Random::new(0, number).unit() * step;
        let at = (share * DAY_MILLISECONDS as f64 + within) as u64;
        (day, at.min(DAY_MILLISECONDS - 1))
    }
}

/// How busy a day is. Weekends are quiet.
fn weight(day: usize) -> f64 {
    match day {
        SMALL_DAY => 0.03,
        LARGE_DAY => 7.5,
        _ if day % 7 >= 5 => 0.2,
        _ => 1.0 + 0.05 * (day % 5) as f64,
    }
}
