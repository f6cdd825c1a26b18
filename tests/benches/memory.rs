//! How much memory a process has, as the kernel counts it.

use std::fs;

use anyhow::Context;

/// Bytes of main memory that a process has now (`VmRSS`).
pub fn resident(process: u32) -> anyhow::Result<u64> {
    field(process, "VmRSS:")
}

/// The most it had since [`forget_peak`] (`VmHWM`).
pub fn peak(process: u32) -> anyhow::Result<u64> {
    field(process, "VmHWM:")
}

/// Begins to look for the peak anew (proc(5), `clear_refs`).
pub fn forget_peak(process: u32) -> anyhow::Result<()> {
    fs::write(format!("/proc/{process}/clear_refs"), "5").context("clear_refs")
}

fn field(process: u32, name: &str) -> anyhow::Result<u64> {
    let path = format!("/proc/{process}/status");
    let status = fs::read_to_string(&path).with_context(|| path.clone())?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    let kilobytes: u64 = kilobytes
        .with_context(|| format!("{path} has no {name}"))?
        .parse()?;
    Ok(kilobytes * 1024)
}
