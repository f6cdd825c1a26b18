//! Whether a mail is refused for what was found. Decides, and asks nobody.

use std::collections::BTreeSet;

use store::{DmarcPolicy, Findings, NotScanned, Outcome, Spam, SpamAction, Virus};

use super::{ChecksConfig, Doubt, WhenDown};
use crate::proto::{Reply, reply};

/// Whether a peer that these lists name may bring mail.
pub(super) fn of_peer(block_lists: &[String], refuse: &BTreeSet<Doubt>) -> Result<(), Reply> {
    if refuse.contains(&Doubt::BlockList) && !block_lists.is_empty() {
        return Err(reply::ON_BLOCK_LIST);
    }
    Ok(())
}

/// Whether a mail may be kept. What can not be mended is said before what passes.
pub(super) fn of_mail(findings: &Findings, config: &ChecksConfig) -> Result<(), Reply> {
    let refused = |doubt: Doubt| config.refuse.contains(&doubt);
    let is_fail =
        |it: &Option<store::Confirmation>| matches!(it, Some(it) if it.outcome == Outcome::Fail);
    if refused(Doubt::Virus) && matches!(findings.virus, Some(Virus::Found(_))) {
        return Err(reply::VIRUS);
    }
    let action = match &findings.spam {
        Some(Spam::Rated { action, .. }) => Some(*action),
        Some(Spam::Unrated(_)) | None => None,
    };
    if refused(Doubt::Spam) && action == Some(SpamAction::Refuse) {
        return Err(reply::SPAM);
    }
    if refused(Doubt::Spf) && is_fail(&findings.spf) {
        return Err(reply::SPF_FAIL);
    }
    if refused(Doubt::Dmarc) && findings.unclear_author {
        return Err(reply::UNCLEAR_AUTHOR);
    }
    let wants_refusal = findings.dmarc_policy == Some(DmarcPolicy::Reject);
    if refused(Doubt::Dmarc) && is_fail(&findings.dmarc) && wants_refusal {
        return Err(reply::DMARC_FAIL);
    }
    let is_down = findings.spam == Some(Spam::Unrated(NotScanned::Down))
        || findings.virus == Some(Virus::Unscanned(NotScanned::Down));
    if config.when_down == WhenDown::Defer && is_down {
        return Err(reply::SCANNER_DOWN);
    }
    if refused(Doubt::Spam) && action == Some(SpamAction::Later) {
        return Err(reply::SPAM_LATER);
    }
    let is_open = matches!(&findings.dmarc, Some(it) if it.outcome == Outcome::TempError);
    if refused(Doubt::Dmarc) && is_open && wants_refusal {
        return Err(reply::DMARC_LATER);
    }
    Ok(())
}

/// Whether a mail may be kept that could not be looked at: whoever makes a crowd shall not get past.
pub(super) fn of_unread(config: &ChecksConfig) -> Result<(), Reply> {
    let judges = [Doubt::Spf, Doubt::Dmarc]
        .iter()
        .any(|it| config.refuse.contains(it));
    if judges {
        return Err(reply::SCANNER_DOWN);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use store::Confirmation;

    use super::*;

    const ALL: [Doubt; 5] = [
        Doubt::BlockList,
        Doubt::Spf,
        Doubt::Dmarc,
        Doubt::Spam,
        Doubt::Virus,
    ];

    fn config(refuse: &[Doubt], when_down: WhenDown) -> ChecksConfig {
        ChecksConfig {
            refuse: refuse.iter().copied().collect(),
            when_down,
            ..ChecksConfig::default()
        }
    }

    /// What is refused when it is in the config, and what then with all others in it.
    #[track_caller]
    fn check(findings: &Findings, doubt: Doubt, want: Option<&Reply>) {
        let verdict = |refuse: &[Doubt]| of_mail(findings, &config(refuse, WhenDown::Accept)).err();
        assert_eq!(verdict(&[doubt]).as_ref(), want);
        let others: Vec<Doubt> = ALL.into_iter().filter(|it| *it != doubt).collect();
        assert_eq!(verdict(&others), None, "only where configured");
        assert_eq!(verdict(&[]), None);
    }

    fn outcome(outcome: Outcome) -> Confirmation {
        Confirmation {
            domain: "x.example".to_owned(),
            outcome,
        }
    }

    fn spam(action: SpamAction) -> Findings {
        Findings {
            spam: Some(Spam::Rated {
                score_hundredths: 1,
                refuse_hundredths: 2,
                action,
            }),
            ..Findings::default()
        }
    }

    #[test]
    fn refused_only_where_configured() {
        check(&spam(SpamAction::Refuse), Doubt::Spam, Some(&reply::SPAM));
        check(
            &spam(SpamAction::Later),
            Doubt::Spam,
            Some(&reply::SPAM_LATER),
        );
        check(&spam(SpamAction::Mark), Doubt::Spam, None);
        check(&spam(SpamAction::Pass), Doubt::Spam, None);
        for (found, want) in [
            (Virus::Found("Eicar".to_owned()), Some(&reply::VIRUS)),
            (Virus::Clean, None),
            (Virus::Unscanned(NotScanned::Down), None),
        ] {
            let findings = Findings {
                virus: Some(found),
                ..Findings::default()
            };
            check(&findings, Doubt::Virus, want);
        }
        for (spf, want) in [
            (Outcome::Fail, Some(&reply::SPF_FAIL)),
            (Outcome::SoftFail, None),
            (Outcome::TempError, None),
            (Outcome::None, None),
        ] {
            let findings = Findings {
                spf: Some(outcome(spf)),
                ..Findings::default()
            };
            check(&findings, Doubt::Spf, want);
        }
        for (dmarc, policy, want) in [
            (
                Outcome::Fail,
                Some(DmarcPolicy::Reject),
                Some(&reply::DMARC_FAIL),
            ),
            (Outcome::Fail, Some(DmarcPolicy::Quarantine), None),
            (Outcome::Fail, None, None),
            (Outcome::Pass, Some(DmarcPolicy::Reject), None),
            // Whoever forges can make the DNS of another domain slow, but not this policy vanish.
            (
                Outcome::TempError,
                Some(DmarcPolicy::Reject),
                Some(&reply::DMARC_LATER),
            ),
            (Outcome::TempError, Some(DmarcPolicy::Quarantine), None),
            (Outcome::TempError, None, None),
        ] {
            let findings = Findings {
                dmarc: Some(outcome(dmarc)),
                dmarc_policy: policy,
                ..Findings::default()
            };
            check(&findings, Doubt::Dmarc, want);
        }
        let unclear = Findings {
            unclear_author: true,
            ..Findings::default()
        };
        check(&unclear, Doubt::Dmarc, Some(&reply::UNCLEAR_AUTHOR));
    }

    #[test]
    fn listed_peers() {
        let lists = ["bl.example".to_owned()];
        let refuse = BTreeSet::from([Doubt::BlockList]);
        assert_eq!(of_peer(&lists, &refuse), Err(reply::ON_BLOCK_LIST));
        assert_eq!(of_peer(&[], &refuse), Ok(()));
        assert_eq!(of_peer(&lists, &BTreeSet::new()), Ok(()));
    }

    #[test]
    fn a_scanner_that_is_down() {
        let down = Findings {
            spam: Some(Spam::Unrated(NotScanned::Down)),
            ..Findings::default()
        };
        let large = Findings {
            virus: Some(Virus::Unscanned(NotScanned::TooLarge)),
            ..Findings::default()
        };
        let verdict = |findings, when_down| of_mail(findings, &config(&ALL, when_down));
        assert_eq!(verdict(&down, WhenDown::Accept), Ok(()));
        assert_eq!(verdict(&down, WhenDown::Defer), Err(reply::SCANNER_DOWN));
        assert_eq!(
            verdict(&large, WhenDown::Defer),
            Ok(()),
            "it would never pass"
        );
    }
}
