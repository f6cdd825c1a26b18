//! Until when a peer is waited for.

use std::time::Duration;

use super::transaction::Standing;
use crate::limits;

/// Until when a command is waited for. All times are those since the line was opened.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    /// When the command must be whole.
    line_until: Option<Duration>,
    /// When a stranger must have shown who it is.
    shown_until: Option<Duration>,
}

impl Waiting {
    /// How much longer the next command may take; `None` when it has taken too long.
    pub(super) fn left(&mut self, standing: &Standing, now: Duration) -> Option<Duration> {
        let line_until = *self.line_until.get_or_insert(now + limits::COMMAND_WAIT);
        let shown_until = self.shown_until(standing, now);
        let until = shown_until.map_or(line_until, |it| it.min(line_until));
        let left = until.saturating_sub(now);
        (!left.is_zero()).then_some(left)
    }

    /// When somebody must have shown who it is, whatever else is under way.
    pub(super) fn shown_until(&mut self, standing: &Standing, now: Duration) -> Option<Duration> {
        match standing {
            Standing::Stranger => {
                Some(*self.shown_until.get_or_insert(now + limits::STRANGER_WAIT))
            }
            Standing::Open | Standing::Trusted(_) => None,
        }
    }

    /// A command was whole.
    pub(super) fn line_came(&mut self) {
        self.line_until = None;
    }

    /// Somebody else talks from here on.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use store::Trust;

    use super::*;

    #[test]
    fn a_stranger_has_a_minute_to_show_who_it_is() {
        let seconds = Duration::from_secs;
        let mut waiting = Waiting::default();
        let mut left = |standing: Standing, now: u64| waiting.left(&standing, seconds(now));
        assert_eq!(left(Standing::Stranger, 0), Some(limits::STRANGER_WAIT));
        assert_eq!(left(Standing::Stranger, 59), Some(seconds(1)));
        assert_eq!(left(Standing::Stranger, 60), None);
        let trusted = Standing::Trusted(Trust::Network);
        assert_eq!(left(trusted, 60), Some(seconds(4 * 60)));
        waiting.line_came();
        // Commands do not buy a stranger more time.
        assert_eq!(waiting.left(&Standing::Stranger, seconds(60)), None);
        let open = waiting.left(&Standing::Open, seconds(60));
        assert_eq!(open, Some(limits::COMMAND_WAIT));
        waiting.begin_anew();
        let another = waiting.left(&Standing::Stranger, seconds(60));
        assert_eq!(another, Some(limits::STRANGER_WAIT));
    }
}
