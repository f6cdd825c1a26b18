//! A number that is to be reached, beside the one that was measured.

use crate::table::Table;

/// Whether a number was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Holds,
    /// No, in this run on this machine.
    Missed,
    /// This run did not measure it.
    NotMeasured,
}

/// A number to reach.
#[derive(Clone, Debug)]
pub struct Claim {
    what: String,
    limit: Limit,
    measured: Option<f64>,
    unit: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Limit {
    AtLeast(f64),
    Under(f64),
}

impl Claim {
    /// `measured` must reach `wanted`.
    pub fn at_least(what: &str, wanted: f64, unit: &'static str, measured: Option<f64>) -> Self {
        Self {
            what: what.to_owned(),
            limit: Limit::AtLeast(wanted),
            measured,
            unit,
        }
    }

    /// `measured` must stay below `wanted`.
    pub fn under(what: &str, wanted: f64, unit: &'static str, measured: Option<f64>) -> Self {
        Self {
            what: what.to_owned(),
            limit: Limit::Under(wanted),
            measured,
            unit,
        }
    }

    /// Whether it holds.
    pub fn verdict(&self) -> Verdict {
        match (self.limit, self.measured) {
            (_, None) => Verdict::NotMeasured,
            (Limit::AtLeast(wanted), Some(measured)) if measured >= wanted => Verdict::Holds,
            (Limit::Under(wanted), Some(measured)) if measured < wanted => Verdict::Holds,
            _ => Verdict::Missed,
        }
    }
}

/// All of them, a line each.
pub fn table(claims: &[Claim]) -> Table {
    let mut table = Table::new(&["number", "to reach", "measured", "holds"]);
    for claim in claims {
        let wanted = match claim.limit {
            Limit::AtLeast(wanted) => format!("≥ {wanted} {}", claim.unit),
            Limit::Under(wanted) => format!("< {wanted} {}", claim.unit),
        };
        let measured = match claim.measured {
            Some(_) => format!("{} {}", crate::figure::number(claim.measured), claim.unit),
            None => "–".to_owned(),
        };
        let verdict = match claim.verdict() {
            Verdict::Holds => "yes",
            Verdict::Missed => "**no**",
            Verdict::NotMeasured => "not measured",
        };
        table.row([claim.what.clone(), wanted, measured, verdict.to_owned()]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_of_a_limit() {
        let check = |claim: Claim, want| assert_eq!(claim.verdict(), want, "{claim:?}");
        check(Claim::at_least("a", 10.0, "×", Some(10.0)), Verdict::Holds);
        check(Claim::at_least("a", 10.0, "×", Some(9.99)), Verdict::Missed);
        check(Claim::under("b", 10.0, "ms", Some(9.99)), Verdict::Holds);
        check(Claim::under("b", 10.0, "ms", Some(10.0)), Verdict::Missed);
        check(Claim::under("b", 10.0, "ms", None), Verdict::NotMeasured);
    }

    #[test]
    fn a_missed_number_stands_in_the_table() {
        let claims = [Claim::under("page, p99", 10.0, "ms", Some(12.34))];
        let text = table(&claims).to_string();
        assert!(
            text.contains("| page, p99 |  < 10 ms |  12.3 ms | **no** |"),
            "{text}"
        );
    }
}
