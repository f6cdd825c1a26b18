//! `/`: what is going on, for everybody.

use axum::extract::State;
use axum::response::{Html, IntoResponse, Response};
use jiff::Timestamp;
use store::{Mode, ModeChange, Scope};
use templates::pages::{StatusPage, Tone};
use templates::shell::{Link, Shell};
use templates::{Template, Words};

use crate::app::App;
use crate::refusal::Refusal;
use crate::shell;
use crate::visitor::Visitor;

/// The mode in words, since when, and what to do.
pub(crate) async fn page(
    State(app): State<App>,
    mut visitor: Visitor,
) -> Result<Response, Refusal> {
    let admission = app
        .store
        .admission(visitor.token.as_ref(), Timestamp::now())
        .await?;
    if let Some(session) = &admission.session {
        visitor.speak_with(&session.account);
    }
    let words = visitor.words();
    let mode = &admission.mode;
    // The page itself says what the strip would say.
    let shell = Shell {
        banner: None,
        ..shell::of_visitor(&app, &visitor, words.status_title, Some(&admission))
    };
    let way_in = |mode| {
        let (href, text) = match (&admission.session, mode) {
            (_, Mode::Normal) => ("/ready", words.ready_link),
            (Some(_), _) => ("/mail/", words.to_inbox),
            (None, _) => ("/signin", words.sign_in),
        };
        Link {
            href: href.to_owned(),
            text: text.to_owned(),
        }
    };
    let Said {
        tone,
        name,
        heading,
        text,
        steps,
    } = said(mode, words);
    // Of a store that knows no other mode there is nothing to say.
    let since = (mode.since != Timestamp::UNIX_EPOCH).then(|| app.clock(words).since(mode.since));
    let action = Some(way_in(mode.mode));
    let page = StatusPage {
        shell,
        tone,
        mode: name,
        since,
        heading,
        text,
        outage: shell::outage(&app, mode, words),
        steps,
        action,
    };
    Ok(Html(page.render()?).into_response())
}

/// What the page says of a mode.
struct Said {
    tone: Tone,
    name: &'static str,
    heading: &'static str,
    text: &'static str,
    steps: Vec<&'static str>,
}

fn said(mode: &ModeChange, words: &'static Words) -> Said {
    let of_all = |all, some| match mode.scope {
        Scope::Everyone => all,
        Scope::Only(_) => some,
    };
    let (tone, name, heading, text, steps) = match mode.mode {
        Mode::Drill => (
            Tone::Calm,
            words.mode_drill,
            words.drill_title,
            words.status_drill_text,
            vec![words.drill_stays_here],
        ),
        Mode::Normal => (
            Tone::Calm,
            words.mode_normal,
            words.status_normal_heading,
            words.status_normal_text,
            vec![words.status_normal_more],
        ),
        Mode::Emergency => (
            Tone::Alert,
            words.mode_emergency,
            of_all(words.status_emergency_heading, words.status_partial_heading),
            of_all(words.status_emergency_text, words.status_partial_text),
            vec![
                words.status_step_1,
                words.status_step_2,
                words.status_step_3,
            ],
        ),
        Mode::Recovery => (
            Tone::Mending,
            words.mode_recovery,
            words.status_recovery_heading,
            words.status_recovery_text,
            Vec::new(),
        ),
    };
    Said {
        tone,
        name,
        heading,
        text,
        steps,
    }
}
