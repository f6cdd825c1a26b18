//! Where a run took place: figures say nothing without it.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use bench_parts::document::Document;
use bench_parts::figure::{self, Durations};
use bench_parts::table::Table;
use jiff::Zoned;

/// Processes that want to run, per core, above which the machine is not ours alone.
const BUSY_LOAD_PER_CORE: f64 = 0.25;

/// The machine before the run.
pub struct Machine {
    load: Option<f64>,
    cores: usize,
}

impl Machine {
    /// Looks how busy it is, before we make it busy.
    pub fn look() -> Self {
        let load = fs::read_to_string("/proc/loadavg").ok();
        let load = load.and_then(|text| text.split(' ').next()?.parse().ok());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { load, cores }
    }

    /// The section about it. `scratch` is on the disk that was used.
    pub fn describe(&self, document: &mut Document, command: &str, scratch: &Path) {
        let mut table = Table::new(&["what", "value"]);
        let mut row = |what: &str, value: String| table.row([what.to_owned(), value]);
        row(
            "date",
            Zoned::now().strftime("%Y-%m-%d %H:%M %Z").to_string(),
        );
        row("command", format!("`{command}`"));
        row(
            "commit",
            said("git", &["describe", "--always", "--dirty", "--exclude=*"]),
        );
        row(
            "processor",
            format!("{} cores, {}", self.cores, processor()),
        );
        row("memory", memory());
        row("kernel", first_line("/proc/sys/kernel/osrelease"));
        let scratch_path = scratch.display().to_string();
        row(
            "file system",
            said("findmnt", &["-no", "FSTYPE,OPTIONS", "-T", &scratch_path]),
        );
        row("one fdatasync of 4 KB, p50 and p99", sync_cost(scratch));
        row("Postfix", said("postconf", &["-h", "mail_version"]));
        row("Dovecot", said("dovecot", &["--version"]));
        row("Rust", said("rustc", &["--version"]));
        document.section("Where");
        document.table(&table);
        if let Some(load) = self
            .load
            .filter(|load| *load > BUSY_LOAD_PER_CORE * self.cores as f64)
        {
            document.paragraph(&format!(
                "**The machine was shared.** The load average before the run was {load}: other programs were \
                 running beside it, so these figures are lower than on a quiet machine, and ratios \
                 say more than figures."
            ));
        }
    }
}

/// What a program prints about itself.
fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program)
        .args(words)
        .stdin(Stdio::null())
        .output();
    let text = output.ok().filter(|output| output.status.success());
    let text = text.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.filter(|text| !text.is_empty())
        .unwrap_or_else(|| "not known".to_owned())
}

fn first_line(path: &str) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().next().unwrap_or("not known").to_owned()
}

fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with("model name"));
    let name = line.and_then(|line| line.split_once(": "));
    name.map_or_else(
        || std::env::consts::ARCH.to_owned(),
        |(_, name)| name.to_owned(),
    )
}

fn memory() -> String {
    let text = first_line("/proc/meminfo");
    let kilobytes = text
        .split_whitespace()
        .nth(1)
        .and_then(|it| it.parse::<u64>().ok());
    kilobytes.map_or_else(|| "not known".to_owned(), |it| figure::bytes(it * 1024))
}

/// What every promise costs on this disk.
fn sync_cost(scratch: &Path) -> String {
    let measure = || -> std::io::Result<Durations> {
        let mut durations = Durations::default();
        let path = scratch.join("sync-cost");
        let mut file = fs::File::create(&path)?;
        for _ in 0..200 {
            file.write_all(&[7; 4096])?;
            let began = Instant::now();
            file.sync_data()?;
            durations.add(began.elapsed());
        }
        fs::remove_file(&path)?;
        Ok(durations)
    };
    match measure() {
        Ok(it) => format!(
            "{} ms, {} ms",
            figure::number(it.p50()),
            figure::number(it.p99())
        ),
        Err(error) => error.to_string(),
    }
}
