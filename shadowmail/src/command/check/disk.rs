//! Whether the data directory takes mail: it can be written to, and there is room.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process;

use super::Seen;

/// With less room than this mail would soon be refused.
const FREE_BYTES_LEAST: u64 = 2 << 30;

/// Writes, syncs and removes a small file there, and measures the room.
pub fn look(data_dir: &Path) -> Seen {
    // Before the first start: where the directory will be made.
    let Some(place) = data_dir.ancestors().find(|place| place.is_dir()) else {
        return Err(format!("{} has no directory above it", data_dir.display()));
    };
    let shown = place.display();
    write_test(place).map_err(|error| {
        format!("cannot write in {shown}: {error}; check who owns it, and run as that user")
    })?;
    let room = rustix::fs::statvfs(place).map_err(|error| format!("{shown}: {error}"))?;
    let free_bytes = room.f_bavail.saturating_mul(room.f_frsize);
    let free = format!("{:.1} GiB free in {shown}", gibibytes(free_bytes));
    if free_bytes < FREE_BYTES_LEAST {
        let least = gibibytes(FREE_BYTES_LEAST);
        return Err(format!(
            "{free}, less than {least:.0} GiB; make room or move data_dir"
        ));
    }
    Ok(free)
}

fn write_test(directory: &Path) -> io::Result<()> {
    let path = directory.join(format!(".shadowmail-check-{}", process::id()));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&path)?;
    let written = file.write_all(&[0; 4096]).and_then(|()| file.sync_all());
    fs::remove_file(&path)?;
    written
}

#[expect(
    clippy::cast_precision_loss,
    reason = "one digit after the point is shown"
)]
fn gibibytes(bytes: u64) -> f64 {
    bytes as f64 / f64::from(1 << 30)
}
