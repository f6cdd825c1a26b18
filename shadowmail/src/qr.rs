//! QR codes as pictures.

use std::fmt::Write;

use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, QrCode};
use templates::pages::QrPicture;

/// Light modules around it, without which cameras do not find it (ISO/IEC 18004).
const MARGIN: usize = 4;

/// The picture of a text; `None` when it is too long for one.
pub fn picture(text: &str) -> Option<QrPicture> {
    let code = QrCode::new(text).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width.max(1)).enumerate() {
        let mut x = 0;
        for run in row.chunk_by(|one, next| one == next) {
            if run.first() == Some(&Color::Dark) {
                let (left, top, len) = (x + MARGIN, y + MARGIN, run.len());
                // Writing into a text can not fail.
                let _ = write!(path, "M{left} {top}h{len}v1h-{len}z");
            }
            x += run.len();
        }
    }
    Some(QrPicture {
        modules: width + 2 * MARGIN,
        path,
    })
}

/// The same for a terminal, with two rows of modules in each line; `None` when it is too long for
/// one.
pub fn text(text: &str) -> Option<String> {
    let code = QrCode::new(text).ok()?;
    // What is light is drawn: terminals are mostly dark.
    let mut picture = code.render();
    picture.dark_color(Dense1x2::Light);
    picture.light_color(Dense1x2::Dark);
    Some(picture.build())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_three_corners() {
        let image = picture("https://mail.corp.example").unwrap();
        // 25 modules (version 2) and the margins.
        assert_eq!(image.modules, 33);
        for corner in ["M4 4h7v1h-7z", "M22 4h7v1h-7z", "M4 22h7v1h-7z"] {
            assert!(image.path.contains(corner), "{corner}");
        }
        assert!(picture(&"x".repeat(4000)).is_none());
    }

    #[test]
    fn a_terminal_shows_its_margin_light() {
        let drawn = text("otpauth://totp/a:b?secret=AAAA").unwrap();
        let first = drawn.lines().next().unwrap();
        assert!(first.chars().all(|it| it == '\u{2588}'), "{first}");
        assert!(text(&"x".repeat(4000)).is_none());
    }
}
