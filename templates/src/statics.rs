//! Files that pages load: the style sheet, the icon, and the scripts of the page for writing.

/// One file.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Name under `/static/`.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// What it holds.
    pub content: &'static str,
}

/// The style sheet.
pub const STYLE: Asset = Asset {
    name: "style.css",
    media_type: "text/css; charset=utf-8",
    content: include_str!("../static/style.css"),
};

/// The icon of the tab.
pub const ICON: Asset = Asset {
    name: "icon.svg",
    media_type: "image/svg+xml",
    content: include_str!("../static/icon.svg"),
};

/// Saves drafts by itself.
pub const SCRIPT: Asset = Asset {
    name: "write.js",
    media_type: "text/javascript; charset=utf-8",
    content: include_str!("../static/write.js"),
};

/// Suggests whom to write to.
pub const COMPLETE: Asset = Asset {
    name: "complete.js",
    media_type: "text/javascript; charset=utf-8",
    content: include_str!("../static/complete.js"),
};

/// The style of printed sheets, which stands in their file: it is opened from a disk, not from us.
pub const SHEETS_STYLE: &str = include_str!("../static/sheets.css");

/// The style of the report after an emergency, which is a file of its own, too.
pub const REPORT_STYLE: &str = include_str!("../static/report.css");

/// All that pages load.
pub const ALL: [Asset; 4] = [STYLE, ICON, SCRIPT, COMPLETE];

/// Changes with the content of any file, so that a browser may keep files for ever.
pub const VERSION: u32 = version();

/// FNV-1a over all contents, at compile time.
const fn version() -> u32 {
    let mut hash = 0x811c_9dc5_u32;
    let mut file = 0;
    while file < ALL.len() {
        let bytes = ALL[file].content.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
            at += 1;
        }
        file += 1;
    }
    hash
}
