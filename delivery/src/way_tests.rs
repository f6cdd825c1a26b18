use super::*;
use crate::config::RawPrimary;

#[test]
fn only_noes_to_one_row_count_against_it() {
    let config = Config::new("shadow.example", &RawPrimary::default(), None).unwrap();
    let mut carrier = Carrier::new(Arc::new(config), CancellationToken::new());
    let mut judge = |failure: fn(String) -> MailboxFailure, row| {
        carrier.judge(&failure("words".into()), QueueId(row))
    };
    for _ in 0..100 {
        let away = judge(MailboxFailure::Unreachable, 1);
        assert!(matches!(away, Ending::Unreachable(_)), "{away:?}");
        let dropped = judge(MailboxFailure::TurnedAway, 1);
        assert!(matches!(dropped, Ending::TurnedAway(_)), "{dropped:?}");
    }
    for _ in 1..limits::MAILBOX_NOES_MAX {
        let no = judge(MailboxFailure::No, 1);
        assert!(matches!(no, Ending::NotNow(_)), "{no:?}");
        judge(MailboxFailure::Broken, 1);
    }
    let other = judge(MailboxFailure::SignIn, 2);
    assert!(matches!(other, Ending::NotNow(_)), "{other:?}");
    let last = judge(MailboxFailure::SignIn, 1);
    assert!(matches!(last, Ending::Refused(_)), "{last:?}");
}
