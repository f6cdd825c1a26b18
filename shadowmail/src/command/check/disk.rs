//! Whether the data directory takes mail: it can be written to, and there is room.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::process;

use store::{DiskLevel, DiskRoom, Watermarks};

use super::Seen;

/// Writes, syncs and removes a small file there, and measures the room.
pub fn look(data_dir: &Path, marks: Watermarks) -> Seen {
    // Before the first start: where the directory will be made.
    let Some(place) = data_dir.ancestors().find(|place| place.is_dir()) else {
        return Err(format!("{} has no directory above it", data_dir.display()));
    };
    let shown = place.display();
    write_test(place).map_err(|error| {
        format!("cannot write in {shown}: {error}; check who owns it, and run as that user")
    })?;
    let room = DiskRoom::measure(place, marks).map_err(|error| format!("{shown}: {error}"))?;
    let [free, warn, refuse] = [room.free_bytes, room.warn_bytes, room.refuse_bytes].map(gibibytes);
    let free = format!("{free:.2} GiB free in {shown}");
    match room.level() {
        DiskLevel::Room => Ok(format!("{free}; mail is refused below {refuse:.2} GiB")),
        DiskLevel::Filling => Err(format!(
            "{free}, less than {warn:.2} GiB; make room or move data_dir, mail is refused below \
             {refuse:.2} GiB"
        )),
        DiskLevel::Full => Err(format!(
            "{free}, less than {refuse:.2} GiB: mail is refused; make room or move data_dir"
        )),
    }
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
