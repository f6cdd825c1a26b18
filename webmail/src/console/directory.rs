//! `/admin/directory`: how the mirror stands to the directory, and buttons that read it.

use axum::extract::{Query, State};
use axum::http::header::REFRESH;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::Timestamp;
use serde::Deserialize;
use store::{
    Alert, AlertKind, Difference, DirectoryOrder, DirectoryReport, DirectoryRun, DirectoryRunState,
};
use templates::pages::{
    ConsoleAlert, ConsoleDirectoryPage, ConsoleFigure, ConsoleList, ConsoleRun, ToAccept,
};
use templates::words::fill;
use templates::{Template, Words};

use super::gate::{BY_ITSELF, ConsolePass, Denied, Pressed};
use super::{DIRECTORY, alerts, frame};
use crate::app::App;
use crate::clock::Clock;
use crate::limits;
use crate::refusal::{Refusal, Why};

/// Who asks when nobody does.
const SCHEDULE: &str = "shadowmail";

/// What became of a button.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    denied: Option<Denied>,
    taken: Option<Taken>,
}

/// Another one was faster.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Taken {
    No,
}

/// How the mirror stands to the directory.
pub(crate) async fn page(
    State(app): State<App>,
    pass: ConsolePass,
    Query(asked): Query<Asked>,
) -> Result<Response, Refusal> {
    let words = pass.words();
    let clock = app.clock(words);
    let runs = app.store.directory_runs(limits::DIRECTORY_RUNS).await?;
    let is_open = |run: &DirectoryRun| {
        matches!(
            run.state,
            DirectoryRunState::Asked | DirectoryRunState::Running
        )
    };
    let open = runs.iter().find(|run| is_open(run));
    let under_way = open.is_some();
    let now = Timestamp::now();
    // What waits for so long waits for a worker that does not run.
    let no_worker = open.is_some_and(|run| {
        run.state == DirectoryRunState::Asked
            && now.duration_since(run.changed_at) > limits::WORKER_WAIT_MAX
    });
    let raised = app.store.alerts().await?;
    let is_shrunk = raised
        .iter()
        .any(|it| it.kind == AlertKind::DirectoryShrunk);
    let raised = raised.into_iter().filter(|it| it.kind.is_of_directory());
    let raised: Vec<Alert> = raised.collect();
    let told: Vec<String> = raised.iter().map(|it| it.words.clone()).collect();
    let quiet = app.store.alerts_quiet().await?;
    let page = ConsoleDirectoryPage {
        shell: frame::shell(&app, &pass, words.console.directory),
        navigation: frame::navigation(&pass, DIRECTORY),
        source: app.preparation.directory().to_owned(),
        figures: figures(&app, &clock, words).await?,
        alerts: raised
            .into_iter()
            .map(|alert| ConsoleAlert {
                link: None,
                ..alerts::shown(alert, &quiet, (&pass, &clock))
            })
            .collect(),
        to_accept: to_accept(&runs).filter(|_| is_shrunk && !under_way),
        under_way,
        notice: (under_way && !no_worker).then_some(words.console.run_under_way),
        complaint: match (asked.denied, asked.taken) {
            (Some(denied), _) => Some(denied.sentence(words)),
            (None, _) if no_worker => Some(words.console.run_no_worker),
            (None, Some(Taken::No)) => Some(words.console.run_not_taken),
            (None, None) => None,
        },
        asks_password: !pass.is_fresh(now),
        runs: runs
            .into_iter()
            .enumerate()
            .map(|(at, run)| ConsoleRun {
                is_open: at == 0 && run.order.dry_run,
                ..shown(run, &told, &clock, words)
            })
            .collect(),
        form_token: pass.is_administrator().then(|| pass.form_token()),
    };
    let page = Html(page.render()?);
    if under_way && !no_worker {
        let again = format!("2; url={DIRECTORY}?{BY_ITSELF}");
        return Ok(([(REFRESH, again)], page).into_response());
    }
    Ok(page.into_response())
}

/// Asks the worker to read the directory.
pub(crate) async fn sync(State(app): State<App>, pressed: Pressed) -> Result<Redirect, Refusal> {
    // What is accepted is lost.
    if !pressed.field("accepted").is_empty()
        && let Err(denied) = pressed.prove(&app).await?
    {
        let to = format!("{DIRECTORY}?denied={}", denied.word());
        return Ok(Redirect::to(&to));
    }
    let accepted = match pressed.field("accepted") {
        "" => None,
        question => Some(question.parse().map_err(|_| Why::NotFound)?),
    };
    let order = DirectoryOrder {
        dry_run: !pressed.field("dry").is_empty(),
        everything: !pressed.field("everything").is_empty(),
        accepted,
    };
    let what = match order {
        DirectoryOrder {
            accepted: Some(question),
            ..
        } => format!("accepts the losses {question}"),
        DirectoryOrder { dry_run: true, .. } => "a dry run".to_owned(),
        DirectoryOrder {
            everything: true, ..
        } => "everything".to_owned(),
        _ => "what has changed".to_owned(),
    };
    let object = "directory".to_owned();
    let event = pressed.administrator.event("sync", object, what);
    let asked = app.store.ask_directory(order, event, Timestamp::now());
    Ok(match asked.await? {
        Some(_) => Redirect::to(DIRECTORY),
        None => Redirect::to(&format!("{DIRECTORY}?taken=no")),
    })
}

/// What the guard asks about: the newest sync says so, unless another one was mirrored since.
fn to_accept(runs: &[DirectoryRun]) -> Option<ToAccept> {
    let real = |run: &&DirectoryRun| !run.order.dry_run && run.state != DirectoryRunState::Failed;
    let newest = runs.iter().find(real)?;
    let report = Some(&newest.report).filter(|_| newest.state == DirectoryRunState::Stopped)?;
    Some(ToAccept {
        most: report.to_accept?,
        question: report.question?.to_string(),
    })
}

/// When the mirror was last in step.
pub(super) fn answered(
    at: Option<Timestamp>,
    clock: &Clock,
    words: &'static Words,
) -> ConsoleFigure {
    let console = words.console;
    let is_recent =
        |at: Timestamp| Timestamp::now().duration_since(at) < limits::DIRECTORY_ANSWERED_WITHIN;
    ConsoleFigure {
        name: console.directory_answered,
        value: at.map_or_else(
            || console.directory_never.to_owned(),
            |at| clock.short(at).words,
        ),
        note: String::new(),
        link: None,
        is_urgent: !at.is_some_and(is_recent),
    }
}

async fn figures(
    app: &App,
    clock: &Clock,
    words: &'static Words,
) -> Result<Vec<ConsoleFigure>, Refusal> {
    let console = words.console;
    let answered = app.store.directory_answered_at().await?;
    let size = app.store.directory_size().await?;
    Ok(vec![
        self::answered(answered, clock, words),
        ConsoleFigure {
            name: console.directory_accounts,
            value: size.accounts.to_string(),
            note: fill(console.directory_accounts_note, size.people),
            link: None,
            is_urgent: size.accounts == 0,
        },
        ConsoleFigure {
            name: console.directory_groups,
            value: size.groups.to_string(),
            note: String::new(),
            link: None,
            is_urgent: false,
        },
    ])
}

/// One reading. Where nobody asked for it, it is one by the schedule.
/// `told` is what the page says already.
fn shown(run: DirectoryRun, told: &[String], clock: &Clock, words: &'static Words) -> ConsoleRun {
    let console = words.console;
    let (state, tone) = match run.state {
        DirectoryRunState::Asked => (console.run_asked, "open"),
        DirectoryRunState::Running => (console.run_running, "open"),
        DirectoryRunState::Done => (console.run_done, "fine"),
        DirectoryRunState::Stopped => (console.run_stopped, "bad"),
        DirectoryRunState::Failed => (console.run_failed, "bad"),
    };
    let is_same = run.state == DirectoryRunState::Done
        && run.report.summary.is_empty()
        && run.report.problem.is_empty();
    let DirectoryReport {
        summary,
        changes,
        disputes,
        left_out,
        more,
        problem,
        difference,
        ..
    } = run.report;
    let is_told = told.contains(&problem);
    let counts = difference.map_or_else(Vec::new, |it| counts(&it, words));
    let lists = [
        (console.run_disputes, disputes),
        (console.run_changes, changes),
        (console.run_left_out, left_out),
    ];
    let lists = lists.into_iter().filter(|(_, lines)| !lines.is_empty());
    ConsoleRun {
        what: if run.order.dry_run {
            console.dry_run
        } else {
            console.sync
        },
        state,
        tone,
        at: clock.short(run.changed_at),
        by: if run.by == SCHEDULE {
            console.run_by_schedule.to_owned()
        } else {
            run.by
        },
        summary: if counts.is_empty() {
            summary
        } else {
            Vec::new()
        },
        counts,
        is_same,
        problem: if is_told { String::new() } else { problem },
        problem_above: is_told.then_some(console.run_problem_above),
        lists: lists
            .map(|(title, lines)| ConsoleList { title, lines })
            .collect(),
        more: (more > 0).then(|| fill(console.run_more, more)),
        is_open: false,
    }
}

/// How much changed, or would; nothing when nothing did.
fn counts(difference: &Difference, words: &'static Words) -> Vec<String> {
    let console = words.console;
    let Difference {
        added,
        changed,
        taken_over,
        removed,
        groups_added,
        groups_changed,
        groups_removed,
        ..
    } = *difference;
    let filled = |text: &str, counts: [usize; 3]| {
        let filled = counts
            .iter()
            .fold(text.to_owned(), |text, count| fill(&text, count));
        (counts != [0; 3]).then_some(filled)
    };
    let lines = [
        filled(console.run_accounts, [added, changed, removed]),
        filled(
            console.run_groups,
            [groups_added, groups_changed, groups_removed],
        ),
        (taken_over > 0).then(|| fill(console.run_taken_over, taken_over)),
    ];
    lines.into_iter().flatten().collect()
}
