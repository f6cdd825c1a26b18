//! Keeps sign-ins from waiting for a server that has just hung. No clock here: time is an argument.

use std::time::Instant;

use crate::limits;

/// What is remembered of one server.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    /// It is left alone until then.
    until: Option<Instant>,
}

impl Breaker {
    /// Whether the server may be asked. When its time is over one question goes through, and the
    /// others still pass by until that one was answered.
    pub(super) fn lets_through(&mut self, now: Instant) -> bool {
        match self.until {
            Some(until) if now < until => false,
            Some(_) => {
                self.hung(now);
                true
            }
            None => true,
        }
    }

    /// It did not answer in time.
    pub(super) fn hung(&mut self, now: Instant) {
        self.until = Some(now + limits::HUNG_SERVER_WAIT);
    }

    /// It answered, be it with a refusal.
    pub(super) fn answered(&mut self) {
        self.until = None;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn after_a_while_one_question_goes_through() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        assert!(breaker.lets_through(now) && breaker.lets_through(now));
        breaker.hung(now);
        let last = now + limits::HUNG_SERVER_WAIT.saturating_sub(Duration::from_millis(1));
        assert!(!breaker.lets_through(now) && !breaker.lets_through(last));
        let later = now + limits::HUNG_SERVER_WAIT;
        assert!(breaker.lets_through(later), "somebody must try");
        assert!(!breaker.lets_through(later), "and one is enough");
        breaker.answered();
        assert!(breaker.lets_through(later) && breaker.lets_through(later));
    }
}
