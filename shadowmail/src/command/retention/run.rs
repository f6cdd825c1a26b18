//! `shadowmail retention run`.

use std::io;
use std::sync::Arc;

use clap::Args;
use jiff::Timestamp;
use retention::Done;
use serde::Serialize;
use store::{Aged, AgingStep, Day, Fate, Outlook, Protection, Tally};

use crate::actor;
use crate::bar::Bar;
use crate::command::Opened;
use crate::print::{self, Output};

/// Age what is due now
///
/// What is owed, not filed yet, held, or kept longer for somebody stays. `serve` does the same by
/// itself; by hand it also ages more days at once than `serve` does, which stops when the clock may
/// have jumped.
#[derive(Args)]
#[command(after_help = "\
Examples:
  shadowmail retention run --dry-run
  shadowmail retention run
  shadowmail retention run --dry-run --json | jq '[.[].going.bytes] | add'")]
pub struct Run {
    /// Only say what would go and what would stay
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Serialize)]
struct Preview {
    day: String,
    #[serde(flatten)]
    outlook: Outlook,
}

#[derive(Serialize)]
struct Outcome {
    day: String,
    done: &'static str,
    survivors: u64,
    entries_removed: u64,
    whole_because: Option<String>,
}

impl Run {
    pub async fn run(&self, opened: &Opened) -> anyhow::Result<()> {
        if self.dry_run {
            self.preview(opened).await
        } else {
            self.age(opened).await
        }
    }

    async fn preview(&self, opened: &Opened) -> anyhow::Result<()> {
        let (store, policy) = (&opened.store, &opened.config.retention);
        let bar = Bar::new();
        let now = Timestamp::now();
        let previews = retention::preview(store, policy, now, |day| {
            bar.show(0, 1, &format!("looking at {day}"));
        });
        let previews = previews.await?;
        drop(bar);
        let mode = store.mode().await?.mode;
        let previews: Vec<Preview> = previews.into_iter().map(preview).collect();
        self.output.show(&previews, |previews| {
            if !mode.ages() {
                print::line(format_args!(
                    "aging stands still: the mode is {mode}; in normal mode this would happen"
                ))?;
            }
            table(previews)
        })?;
        Ok(())
    }

    async fn age(&self, opened: &Opened) -> anyhow::Result<()> {
        let by = actor::shell();
        let bar = Arc::new(Bar::new());
        let tell = {
            let bar = Arc::clone(&bar);
            move |day: Day, step: AgingStep| tell(&bar, day, step)
        };
        let done = retention::run_once(
            &opened.store,
            &opened.config.retention,
            (&by, Timestamp::now()),
            tell,
        );
        let done = done.await?;
        drop(bar);
        let done: Vec<Outcome> = done.into_iter().map(outcome).collect();
        self.output.show(&done, |done| told(done))?;
        Ok(())
    }
}

fn tell(bar: &Bar, day: Day, step: AgingStep) {
    match step {
        AgingStep::Copied(done, of) => {
            let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
            bar.show(
                count(done),
                count(of),
                &format!("{day}: copying what stays"),
            );
        }
        AgingStep::Unmarked => bar.show(1, 1, &format!("{day}: deleting the files")),
        AgingStep::Indexed | AgingStep::Marked | AgingStep::Swapped | AgingStep::RowsGone => {}
    }
}

fn preview(done: Done<Outlook>) -> Preview {
    Preview {
        day: done.day.to_string(),
        outlook: done.what,
    }
}

fn outcome(done: Done<Aged>) -> Outcome {
    let Aged {
        fate,
        survivors,
        entries,
    } = done.what;
    let (word, whole_because) = match fate {
        Fate::Stays => ("stays", None),
        Fate::StaysWhole(why) => ("stays-whole", Some(why)),
        Fate::EntriesRemoved => ("entries-removed", None),
        Fate::Thinned => ("thinned", None),
        Fate::Dropped => ("dropped", None),
    };
    Outcome {
        day: done.day.to_string(),
        done: word,
        survivors,
        entries_removed: entries,
        whole_because,
    }
}

fn told(done: &[Outcome]) -> io::Result<()> {
    let mut is_any = false;
    for Outcome {
        day,
        done,
        survivors,
        entries_removed,
        whole_because,
    } in done
    {
        let words = match (*done, whole_because) {
            ("dropped", _) => "gone".to_owned(),
            ("thinned", _) => format!("gone, but for {survivors} messages that something protects"),
            ("entries-removed", _) => {
                format!("{entries_removed} entries of mailboxes removed, their time is over")
            }
            (_, Some(why)) => format!("stays whole: {why}"),
            _ => continue,
        };
        is_any = true;
        print::line(format_args!("{day}  {words}"))?;
    }
    if !is_any {
        print::line("nothing is due")?;
    }
    Ok(())
}

fn table(previews: &[Preview]) -> io::Result<()> {
    let cells: Vec<[String; 3]> = previews.iter().filter_map(cells).collect();
    if cells.is_empty() {
        return print::line("nothing is due");
    }
    print::table(["DAY", "GOES", "STAYS"], &cells)
}

fn cells(preview: &Preview) -> Option<[String; 3]> {
    let outlook = &preview.outlook;
    let goes = match (outlook.going, outlook.entries_going) {
        (Tally { messages: 0, .. }, 0) => "nothing".to_owned(),
        (Tally { messages: 0, .. }, entries) => format!("{entries} entries of mailboxes"),
        (going, _) => tally(going),
    };
    let stays: Vec<String> = outlook
        .staying
        .iter()
        .map(|(why, count)| format!("{} ({})", tally(*count), reason(*why)))
        .collect();
    let stays = match &outlook.whole_because {
        Some(why) => format!("all of it: {why}"),
        None => stays.join(", "),
    };
    let is_nothing = goes == "nothing" && stays.is_empty();
    (!is_nothing).then(|| [preview.day.clone(), goes, stays])
}

fn tally(tally: Tally) -> String {
    let Tally { messages, bytes } = tally;
    let unit = if messages == 1 { "message" } else { "messages" };
    match bytes {
        0..1_048_576 => format!("{messages} {unit}, {} KiB", bytes.div_ceil(1024)),
        _ => format!("{messages} {unit}, {} MiB", bytes >> 20),
    }
}

fn reason(why: Protection) -> &'static str {
    match why {
        Protection::Owed => "owed",
        Protection::Unfiled => "not filed yet",
        Protection::Held => "held",
        Protection::LongerLimit => "kept longer",
        Protection::LaterCopy => "copied later",
    }
}
