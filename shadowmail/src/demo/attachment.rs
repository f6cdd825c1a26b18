//! Small files to attach: real ones that the programs for them open.

use std::fmt::Write as _;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// Content type and bytes of a file whose kind its name tells.
pub fn make(name: &str, lines: &[String]) -> (&'static str, Vec<u8>) {
    match name.rsplit('.').next() {
        Some("pdf") => ("application/pdf", pdf(lines)),
        Some("png") => ("image/png", png(120, 80)),
        // Excel reads a CSV as UTF-8 only with the mark in front.
        _ => (
            "text/csv",
            format!("\u{feff}{}\r\n", lines.join("\r\n")).into_bytes(),
        ),
    }
}

/// A meeting.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invitation {
    place: String,
    in_days: i64,
    hours: i64,
}

impl Invitation {
    /// The calendar event (RFC 5545 §3.6.1, RFC 5546 §3.2.2).
    pub fn event(&self, summary: &str, organizer: &str, now: Timestamp) -> String {
        let stamp = |at: Timestamp| {
            at.to_zoned(TimeZone::UTC)
                .strftime("%Y%m%dT%H0000Z")
                .to_string()
        };
        let start = now + SignedDuration::from_hours(24 * self.in_days);
        let end = start + SignedDuration::from_hours(self.hours);
        [
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Nordlicht//Demo//DE",
            "METHOD:REQUEST",
            "BEGIN:VEVENT",
            &format!("UID:{}@nordlicht.example", now.as_millisecond()),
            &format!("DTSTAMP:{}", stamp(now)),
            &format!("DTSTART:{}", stamp(start)),
            &format!("DTEND:{}", stamp(end)),
            &format!("SUMMARY:{summary}"),
            &format!("LOCATION:{}", self.place),
            &format!("ORGANIZER:mailto:{organizer}"),
            "END:VEVENT",
            "END:VCALENDAR",
            "",
        ]
        .join("\r\n")
    }
}

/// One page of text.
fn pdf(lines: &[String]) -> Vec<u8> {
    let mut page = String::from("BT /F1 18 Tf 24 TL 60 760 Td\n");
    for line in lines {
        let safe: String = line
            .chars()
            .filter(|c| c.is_ascii() && !"()\\".contains(*c))
            .collect();
        let _ = writeln!(page, "({safe}) Tj T*");
    }
    page.push_str("ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = String::new();
    for (number, object) in (1..).zip(&objects) {
        let _ = writeln!(places, "{:010} 00000 n ", file.len());
        let _ = writeln!(file, "{number} 0 obj\n{object}\nendobj");
    }
    let table = file.len();
    let count = objects.len() + 1;
    let _ = write!(
        file,
        "xref\n0 {count}\n0000000000 65535 f \n{places}trailer\n<< /Size {count} /Root 1 0 R >>\n\
         startxref\n{table}\n%%EOF\n"
    );
    file.into_bytes()
}

/// A picture of shaded metal with a dark spot on its left side, not compressed.
fn png(width: u8, height: u8) -> Vec<u8> {
    let mut rows = Vec::new();
    for y in 0..height {
        rows.push(0); // no filter
        for x in 0..width {
            let (dx, dy) = (i32::from(x) - 25, i32::from(y) - 40);
            let spot = dx * dx + dy * dy < 120;
            rows.push(if spot { 40 } else { 120 + (x / 2).min(y) });
        }
    }
    let mut data = vec![0x78, 0x01]; // a zlib stream of one stored block (RFC 1950, RFC 1951 §3.2.4)
    let length = u16::try_from(rows.len()).unwrap_or(u16::MAX);
    data.push(1);
    data.extend(length.to_le_bytes());
    data.extend((!length).to_le_bytes());
    data.extend(&rows);
    data.extend(adler32(&rows).to_be_bytes());

    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let header = [0, 0, 0, width, 0, 0, 0, height, 8, 0, 0, 0, 0]; // 8 bits of grey
    for (name, content) in [
        (b"IHDR", &header[..]),
        (b"IDAT", &data[..]),
        (b"IEND", &[][..]),
    ] {
        file.extend(u32::try_from(content.len()).unwrap_or(0).to_be_bytes());
        let checked = [&name[..], content].concat();
        file.extend(&checked);
        file.extend(crc32(&checked).to_be_bytes());
    }
    file
}

/// RFC 1950 §9.
fn adler32(bytes: &[u8]) -> u32 {
    let (a, b) = bytes.iter().fold((1u32, 0u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    (b << 16) | a
}

/// The checksum of a PNG chunk.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32| {
        if crc & 1 == 1 {
            0xedb8_8320 ^ (crc >> 1)
        } else {
            crc >> 1
        }
    };
    !bytes.iter().fold(!0, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| step(crc))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_known_ones() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn kinds_follow_the_name() {
        let kind = |name| make(name, &["a".to_owned()]).0;
        assert_eq!(kind("a.pdf"), "application/pdf");
        assert_eq!(kind("a.png"), "image/png");
        assert_eq!(kind("Stückliste.csv"), "text/csv");
    }
}
