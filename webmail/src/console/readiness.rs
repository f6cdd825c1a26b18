//! `/admin/readiness`: who could sign in while the directory is down, and what helps those who could
//! not: a reminder, or a code.

use std::collections::HashSet;

use axum::extract::{Query, State};
use axum::http::HeaderValue;
use axum::response::{Html, IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use store::{
    AccountId, AlertKind, Count, Figures, PeopleFilter, PeopleWanted, Readiness, RemindersSent,
};
use templates::pages::{
    ConsoleFigure, ConsoleMissing, ConsolePerson, ConsoleReadinessPage, ConsoleShare,
};
use templates::shell::Link;
use templates::words::fill;
use templates::{Template, Words};

use super::gate::{ConsolePass, Denied, Pressed};
use super::{READINESS, frame};
use crate::app::App;
use crate::clock::Clock;
use crate::refusal::{Refusal, Why};
use crate::{CodeForm, CodeOrder, headers, limits, routes};

/// Whom the page is about, and what was just done.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Asked {
    q: String,
    group: String,
    department: String,
    page: u32,
    reminded: Option<usize>,
    recently: Option<usize>,
    refused: Option<Refused>,
    again: bool,
}

/// Why codes were not made.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Refused {
    /// Whoever has a code opens somebody's mail, and a console that was left open is not enough for
    /// that.
    Password,
    /// Nobody can say now whether that was the password.
    Later,
    /// Administrators and auditors get theirs from a shell: who has the console for a moment shall not
    /// have it for ever.
    Roles,
}

impl From<Denied> for Refused {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Password => Self::Password,
            Denied::Later => Self::Later,
        }
    }
}

/// Figures, and those who are missing.
pub(crate) async fn page(
    State(app): State<App>,
    pass: ConsolePass,
    Query(asked): Query<Asked>,
) -> Result<Html<String>, Refusal> {
    let words = pass.words();
    let console = words.console;
    let clock = app.clock(words);
    let now = Timestamp::now();
    let asked = asked.bounded();
    let figures = app.store.readiness_figures(now).await?;
    let all = figures.all;
    let notice = asked.reminded.map(|reminded| {
        let recently = asked.recently.unwrap_or_default();
        fill(&fill(console.reminded, reminded), recently)
    });
    let page = ConsoleReadinessPage {
        shell: frame::shell(&app, &pass, console.readiness),
        navigation: frame::navigation(&pass, READINESS),
        notice,
        complaint: asked.refused.map(|refused| match refused {
            Refused::Password => console.codes_refused,
            Refused::Later => words.sign_in_later,
            Refused::Roles => console.codes_roles,
        }),
        asks_password: !pass.is_fresh(now),
        all: share(String::new(), all, words),
        figures: vec![
            figure(console.ready_by_password, all.password),
            ConsoleFigure {
                link: (all.code > 0).then(|| Link {
                    href: format!("{READINESS}?again=true#missing"),
                    text: console.unused_codes_show.to_owned(),
                }),
                ..figure(console.ready_by_code, all.code)
            },
            figure(console.ready_tried, all.tried),
        ],
        groups: groups(&figures, &asked, words),
        departments: departments(&figures, &asked, words),
        missing: missing(&app, (&asked, &figures), (&clock, words), now).await?,
        form_token: pass.is_administrator().then(|| pass.form_token()),
        reminds: app.preparation.reminds(),
        reminders: reminders(app.store.reminders().await?, &clock, words),
    };
    Ok(Html(page.render()?))
}

/// Asks for those on view to be reminded.
pub(crate) async fn remind(State(app): State<App>, pressed: Pressed) -> Result<Redirect, Refusal> {
    let asked = Asked::of(&pressed);
    let by = pressed.administrator.actor();
    let done = app.preparation.remind(asked.filter()?, by).await?;
    let address = format!(
        "{}&reminded={}&recently={}",
        asked.address(0),
        done.asked,
        done.recently
    );
    Ok(Redirect::to(&address))
}

/// Makes codes for those on view, and gives the file that they stand in.
pub(crate) async fn codes(State(app): State<App>, pressed: Pressed) -> Result<Response, Refusal> {
    let asked = Asked::of(&pressed);
    let back = |refused: &str| {
        let address = format!("{}&refused={refused}#codes", asked.address(0));
        Ok(Redirect::to(&address).into_response())
    };
    let days: u16 = pressed.field("days").parse().map_err(|_| Why::NotFound)?;
    if !(1..=limits::CODE_DAYS_MAX).contains(&days) {
        return Err(Why::NotFound.into());
    }
    let (form, media_type, name) = match pressed.field("form") {
        "sheets" => (CodeForm::Sheets, "text/html; charset=utf-8", "codes.html"),
        "csv" => (CodeForm::Csv, "text/csv; charset=utf-8", "codes.csv"),
        _ => return Err(Why::NotFound.into()),
    };
    let Some(people) = people(&app, &asked).await? else {
        return Ok(Redirect::to(&asked.address(0)).into_response());
    };
    if people.is_empty() {
        return back("roles");
    }
    if let Err(denied) = pressed.prove(&app).await? {
        return back(denied.word());
    }
    let order = CodeOrder {
        form,
        by: pressed.administrator.actor(),
        valid_for: SignedDuration::from_hours(i64::from(days) * 24),
        language: pressed.administrator.words().language,
    };
    let (by, count) = (order.by.clone(), people.len());
    let file = app.preparation.codes(people, order).await;
    let file = file.map_err(|error| Refusal::broken(&error))?;
    tell(&app, (&by, count)).await;
    let disposition = format!("attachment; filename=\"{name}\"");
    let disposition = HeaderValue::from_str(&disposition).map_err(|e| Refusal::broken(&e))?;
    let headers = headers::of_file(HeaderValue::from_static(media_type), disposition);
    Ok((headers, file).into_response())
}

/// Those on view who get codes here: who has a role gets none. `None` when there is nobody, or too
/// many at once.
async fn people(app: &App, asked: &Asked) -> Result<Option<Vec<Readiness>>, Refusal> {
    let some = (0, limits::CODES_AT_ONCE_MAX);
    let missing = app.store.missing(asked.filter()?, some, Timestamp::now());
    let missing = missing.await?;
    if missing.total == 0 || missing.total > limits::CODES_AT_ONCE_MAX {
        return Ok(None);
    }
    let accounts = app.store.accounts().await?;
    let with_role = accounts.iter().filter(|it| !it.roles.is_empty());
    let with_role: HashSet<AccountId> = with_role.map(|it| it.id).collect();
    let mut people = missing.people;
    people.retain(|person| !with_role.contains(&person.account));
    Ok(Some(people))
}

/// Codes for many are something that others should know of.
async fn tell(app: &App, (by, count): (&str, usize)) {
    if count < store::limits::CODES_TOLD_OF {
        return;
    }
    let words = format!(
        "{by} has made emergency codes for {count} people at once in the console, and whoever has them can \
         read their mail in an emergency; `shadowmail audit` tells for whom, and \
         `shadowmail user forget NAME` takes one back"
    );
    let kind = AlertKind::CodesMade;
    app.store.raise_alert(kind, &words, Timestamp::now()).await;
}

impl Asked {
    fn of(pressed: &Pressed) -> Self {
        let field = |name: &str| pressed.field(name).to_owned();
        let asked = Self {
            q: field("q"),
            group: field("group"),
            department: field("department"),
            again: !field("again").is_empty(),
            ..Self::default()
        };
        asked.bounded()
    }

    fn bounded(mut self) -> Self {
        for text in [&mut self.q, &mut self.group, &mut self.department] {
            *text = text.chars().take(limits::PEOPLE_FILTER_CHARS_MAX).collect();
        }
        self.page = self.page.min(limits::BOOK_PAGES_MAX);
        self
    }

    /// A group that is no address has nobody in it; so has a department that is none.
    fn filter(&self) -> Result<PeopleFilter, Refusal> {
        let group = match self.group.as_str() {
            "" => None,
            group => Some(group.parse().map_err(|_| Why::NotFound)?),
        };
        Ok(PeopleFilter {
            group,
            department: match self.department.as_str() {
                "" => None,
                "-" => Some(None),
                name => Some(Some(name.to_owned())),
            },
            words: self.q.clone(),
            who: if self.again {
                PeopleWanted::WithUnusedCode
            } else {
                PeopleWanted::Missing
            },
        })
    }

    fn address(&self, page: u32) -> String {
        let again = if self.again { "&again=true" } else { "" };
        format!(
            "{READINESS}?q={}&group={}&department={}&page={page}{again}",
            routes::encoded(&self.q),
            routes::encoded(&self.group),
            routes::encoded(&self.department)
        )
    }

    fn is_everybody(&self) -> bool {
        !self.again && self.q.is_empty() && self.group.is_empty() && self.department.is_empty()
    }
}

fn figure(name: &'static str, count: usize) -> ConsoleFigure {
    ConsoleFigure {
        name,
        value: count.to_string(),
        note: String::new(),
        link: None,
        is_urgent: false,
    }
}

fn share(name: String, count: Count, words: &Words) -> ConsoleShare {
    // In tenths, rounded down: only who is complete looks so.
    let tenths = (count.ready * 1000)
        .checked_div(count.people)
        .unwrap_or(1000);
    ConsoleShare {
        name,
        address: String::new(),
        words: fill(&fill(words.console.share, count.ready), count.people),
        percent: format!("{}.{}", tenths / 10, tenths % 10),
        missing: None,
        current: false,
    }
}

/// The page that lists those of them who are missing.
fn link(count: Count, of: &Asked, words: &Words) -> Option<(String, String)> {
    let missing = count.missing();
    let address = || format!("{}#missing", of.address(0));
    (missing > 0).then(|| (fill(words.console.share_missing, missing), address()))
}

fn groups(figures: &Figures, asked: &Asked, words: &Words) -> Vec<ConsoleShare> {
    let one = |it: &store::GroupCount| {
        let of = Asked {
            group: it.group.address.to_string(),
            ..Asked::default()
        };
        ConsoleShare {
            address: of.group.clone(),
            missing: link(it.count, &of, words),
            current: asked.group == of.group,
            ..share(it.group.name.clone(), it.count, words)
        }
    };
    figures.groups.iter().map(one).collect()
}

/// None where the directory names no department at all.
fn departments(figures: &Figures, asked: &Asked, words: &Words) -> Vec<ConsoleShare> {
    if figures.departments.iter().all(|it| it.name.is_none()) {
        return Vec::new();
    }
    let one = |it: &store::DepartmentCount| {
        let of = Asked {
            department: it.name.clone().unwrap_or_else(|| "-".to_owned()),
            ..Asked::default()
        };
        let name = it.name.clone();
        let name = name.unwrap_or_else(|| words.console.no_department.to_owned());
        ConsoleShare {
            missing: link(it.count, &of, words),
            current: asked.department == of.department,
            ..share(name, it.count, words)
        }
    };
    figures.departments.iter().map(one).collect()
}

async fn missing(
    app: &App,
    (asked, figures): (&Asked, &Figures),
    (clock, words): (&Clock, &'static Words),
    now: Timestamp,
) -> Result<ConsoleMissing, Refusal> {
    let console = words.console;
    let skip = usize::try_from(asked.page)
        .unwrap_or_default()
        .saturating_mul(limits::BOOK_LINES);
    let window = (skip, limits::BOOK_LINES);
    let found = app.store.missing(asked.filter()?, window, now).await?;
    let group = figures
        .groups
        .iter()
        .find(|it| it.group.address.as_str() == asked.group);
    let of = match (group, asked.department.as_str()) {
        (Some(group), _) => group.group.name.clone(),
        (None, "-") => console.no_department.to_owned(),
        (None, department) => department.to_owned(),
    };
    let heading = if asked.again {
        fill(console.unused_codes, found.total)
    } else if of.is_empty() {
        fill(console.missing_all, found.total)
    } else {
        fill(&fill(console.missing_of, of), found.total)
    };
    let person = |person: Readiness| ConsolePerson {
        name: person.name,
        login: person.login,
        address: person.address.to_string(),
        department: person.department.unwrap_or_default(),
        note: person.reminded_at.map_or_else(String::new, |at| {
            fill(console.missing_reminded, clock.since(at).words)
        }),
    };
    let has_next = found.total > skip.saturating_add(limits::BOOK_LINES);
    let most = limits::CODES_AT_ONCE_MAX;
    let at = |page: u32| format!("{}#missing", asked.address(page));
    Ok(ConsoleMissing {
        heading,
        some: found.total > 0,
        too_many: (found.total > most).then(|| fill(console.codes_too_many, most)),
        query: asked.q.clone(),
        group: asked.group.clone(),
        department: asked.department.clone(),
        again: asked.again,
        everybody: (!asked.is_everybody()).then(|| format!("{READINESS}#missing")),
        people: found.people.into_iter().map(person).collect(),
        before: asked.page.checked_sub(1).map(at),
        next: (has_next && asked.page < limits::BOOK_PAGES_MAX).then(|| at(asked.page + 1)),
    })
}

/// What became of those that were asked for last.
fn reminders(sent: RemindersSent, clock: &Clock, words: &Words) -> Option<String> {
    let at = clock.since(sent.asked_at?).words;
    let text = fill(words.console.reminders_sent, at);
    let text = fill(&fill(&text, sent.delivered), sent.waiting);
    Some(fill(&text, sent.given_up))
}
