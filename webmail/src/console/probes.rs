//! `/admin/probes`: what is asked of the mail system, what it answered, and since when.

use axum::extract::State;
use axum::response::Html;
use jiff::{SignedDuration, Timestamp};
use store::{ProbeChange, ProbeStanding, ProbeState};
use templates::pages::{ConsoleProbe, ConsoleProbeChange, ConsoleProbesPage, Light, Stretch};
use templates::words::fill;
use templates::{Template, Words};

use super::gate::ConsolePass;
use super::{PROBES, frame};
use crate::app::App;
use crate::clock::Clock;
use crate::limits;
use crate::refusal::Refusal;

/// Minutes of the line of a probe: a day.
const LINE_MINUTES: i64 = 24 * 60;

/// How all probes stand, and what changed.
pub(crate) async fn page(
    State(app): State<App>,
    pass: ConsolePass,
) -> Result<Html<String>, Refusal> {
    let words = pass.words();
    let clock = app.clock(words);
    let now = Timestamp::now();
    let probes = app.store.probes().await?;
    let history = app.store.probe_history(limits::PROBE_CHANGES_READ).await?;
    let shown = |it: &ProbeStanding| probe(it, (&history, now), (&clock, words));
    let asks = |it: &ProbeStanding| !["journal", "canary"].contains(&it.kind.as_str());
    let changes = history.iter().take(limits::PROBE_CHANGES);
    let page = ConsoleProbesPage {
        shell: frame::shell(&app, &pass, words.console.probes),
        navigation: frame::navigation(&pass, PROBES),
        asks_nobody: !probes.iter().any(asks),
        changes: changes.map(|it| change(it, &clock, words)).collect(),
        probes: probes.iter().map(shown).collect(),
    };
    Ok(Html(page.render()?))
}

fn probe(
    standing: &ProbeStanding,
    (history, now): (&[ProbeChange], Timestamp),
    (clock, words): (&Clock, &Words),
) -> ConsoleProbe {
    let own = history.iter().filter(|it| it.probe == standing.name);
    let line = line(own, now);
    let bad: u32 = line
        .iter()
        .filter(|it| it.light == Light::Bad)
        .map(|it| it.length)
        .sum();
    ConsoleProbe {
        name: standing.name.clone(),
        kind: kind(&standing.kind, words),
        light: light(standing.state),
        state: state(standing.state, words),
        since: clock.since(standing.since),
        tried: clock.since(standing.tried_at),
        saw: standing.words.clone(),
        line,
        line_words: fill(words.console.probe_line_words, bad),
    }
}

fn change(change: &ProbeChange, clock: &Clock, words: &Words) -> ConsoleProbeChange {
    ConsoleProbeChange {
        at: clock.short(change.at),
        name: change.probe.clone(),
        light: light(change.state),
        state: state(change.state, words),
        saw: change.words.clone(),
    }
}

/// The last day of a probe. What was before its first change is not known.
fn line<'a>(newest_first: impl Iterator<Item = &'a ProbeChange>, now: Timestamp) -> Vec<Stretch> {
    let begin = now.saturating_sub(SignedDuration::from_mins(LINE_MINUTES));
    let begin = begin.unwrap_or(Timestamp::MIN);
    let minute = |at: Timestamp| {
        let minutes = at.duration_since(begin).as_mins().clamp(0, LINE_MINUTES);
        u32::try_from(minutes).unwrap_or_default()
    };
    let mut stretches = Vec::new();
    let mut end = minute(now);
    for change in newest_first {
        let from = minute(change.at);
        // What was shorter than a minute is seen all the same, if it was bad.
        let light = light(change.state);
        let length = end.saturating_sub(from).max(u32::from(light == Light::Bad));
        if length > 0 {
            stretches.push(Stretch {
                from,
                length,
                light,
            });
        }
        end = end.min(from);
        if from == 0 {
            break;
        }
    }
    stretches.reverse();
    stretches
}

fn light(state: ProbeState) -> Light {
    match state {
        ProbeState::Up => Light::Good,
        ProbeState::Down => Light::Bad,
        ProbeState::Unknown => Light::Unknown,
    }
}

fn state(state: ProbeState, words: &Words) -> &'static str {
    match state {
        ProbeState::Up => words.console.probe_up,
        ProbeState::Down => words.console.probe_down,
        ProbeState::Unknown => words.console.probe_unknown,
    }
}

fn kind(kind: &str, words: &Words) -> &'static str {
    let console = words.console;
    match kind {
        "smtp" => console.probe_smtp,
        "imap" => console.probe_imap,
        "https" => console.probe_https,
        "ldap" => console.probe_ldap,
        "journal" => console.probe_journal,
        _ => console.probe_canary,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_shows_the_last_day() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let change = |state, at: &str| ProbeChange {
            probe: "mail".to_owned(),
            state,
            at: at.parse().unwrap(),
            words: String::new(),
        };
        let stretch = |from, length, light| Stretch {
            from,
            length,
            light,
        };
        let history = [
            change(ProbeState::Up, "2026-11-22T11:00:30Z"),
            change(ProbeState::Down, "2026-11-22T11:00:10Z"),
            change(ProbeState::Up, "2026-11-22T06:00:00Z"),
            change(ProbeState::Down, "2026-11-21T10:00:00Z"),
            change(ProbeState::Up, "2026-11-20T10:00:00Z"),
        ];
        let want = [
            stretch(0, 18 * 60, Light::Bad),
            stretch(18 * 60, 5 * 60, Light::Good),
            stretch(23 * 60, 1, Light::Bad),
            stretch(23 * 60, 60, Light::Good),
        ];
        let got = line(history.iter(), now);
        assert_eq!(got, want);
        let first = [change(ProbeState::Up, "2026-11-22T11:00:00Z")];
        assert_eq!(line(first.iter(), now), [stretch(23 * 60, 60, Light::Good)]);
        assert_eq!(line([].iter(), now), []);
    }
}
