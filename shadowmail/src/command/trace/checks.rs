//! What the checks found when a mail came, in lines.

use store::{Confirmation, Findings, Spam, SpamAction, Virus};

/// One line for each check: what it is, what it gave, and about whom.
pub(super) fn rows(findings: &Findings) -> Vec<[String; 3]> {
    let row = |check: &str, result: &str, about: &str| [check, result, about].map(str::to_owned);
    let of_domain = |check: &str, it: &Confirmation| row(check, it.outcome.as_str(), &it.domain);
    let mut rows = Vec::new();
    rows.extend(findings.spf.iter().map(|it| of_domain("spf", it)));
    rows.extend(findings.dkim.iter().map(|it| of_domain("dkim", it)));
    rows.extend(findings.dmarc.iter().map(|it| of_domain("dmarc", it)));
    if findings.unclear_author {
        rows.push(row("from", "unclear", ""));
    }
    // Which servers sealed it is not kept: each may be anybody's.
    rows.extend(findings.arc.map(|it| row("arc", it.as_str(), "")));
    let lists = findings.block_lists.iter();
    rows.extend(lists.map(|list| row("block list", "listed", list)));
    rows.extend(findings.spam.iter().map(|spam| {
        let result = match spam {
            Spam::Rated { action, .. } => match action {
                SpamAction::Pass => "pass",
                SpamAction::Later => "later",
                SpamAction::Mark => "mark",
                SpamAction::Refuse => "refuse",
            },
            Spam::Unrated(_) => "not scanned",
        };
        row("spam", result, "")
    }));
    rows.extend(findings.virus.iter().map(|virus| match virus {
        Virus::Clean => row("virus", "clean", ""),
        Virus::Found(name) => row("virus", "found", name),
        Virus::Unscanned(_) => row("virus", "not scanned", ""),
    }));
    rows
}

#[cfg(test)]
mod tests {
    use store::Outcome;

    use super::*;

    #[track_caller]
    fn check(findings: &Findings, want: &[[&str; 3]]) {
        let rows = rows(findings);
        let rows: Vec<_> = rows
            .iter()
            .map(|row| row.each_ref().map(|it| &**it))
            .collect();
        assert_eq!(rows, want);
    }

    #[test]
    fn each_check_has_a_line() {
        check(&Findings::default(), &[]);
        let of = |domain: &str, outcome| Confirmation {
            domain: domain.into(),
            outcome,
        };
        let findings = Findings {
            block_lists: vec!["bl.example".into()],
            spf: Some(of("mailer.example", Outcome::SoftFail)),
            dkim: vec![
                of("bank.example", Outcome::Fail),
                of("list.example", Outcome::Pass),
            ],
            dmarc: Some(of("bank.example", Outcome::Fail)),
            unclear_author: true,
            arc: Some(Outcome::Pass),
            spam: Some(Spam::Rated {
                score_hundredths: 1,
                refuse_hundredths: 2,
                action: SpamAction::Mark,
            }),
            virus: Some(Virus::Found("Eicar".into())),
            ..Findings::default()
        };
        check(
            &findings,
            &[
                ["spf", "softfail", "mailer.example"],
                ["dkim", "fail", "bank.example"],
                ["dkim", "pass", "list.example"],
                ["dmarc", "fail", "bank.example"],
                ["from", "unclear", ""],
                ["arc", "pass", ""],
                ["block list", "listed", "bl.example"],
                ["spam", "mark", ""],
                ["virus", "found", "Eicar"],
            ],
        );
    }
}
