//! Formatted mail: the first of two layers against hostile HTML. The second is the policy that
//! the frame is sent with; it alone stops everything from being loaded, and neither is enough
//! without the other.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};

use ammonia::{Builder, UrlRelative};
use templates::Words;

use crate::limits;

/// Properties that colour, space and align text, and none that loads something or moves a box
/// over another one.
const PROPERTIES: [&str; 56] = [
    "background",
    "background-color",
    "border",
    "border-bottom",
    "border-bottom-color",
    "border-bottom-style",
    "border-bottom-width",
    "border-collapse",
    "border-color",
    "border-left",
    "border-left-color",
    "border-left-style",
    "border-left-width",
    "border-radius",
    "border-right",
    "border-right-color",
    "border-right-style",
    "border-right-width",
    "border-spacing",
    "border-style",
    "border-top",
    "border-top-color",
    "border-top-style",
    "border-top-width",
    "border-width",
    "color",
    "direction",
    "display",
    "font",
    "font-family",
    "font-size",
    "font-style",
    "font-variant",
    "font-weight",
    "height",
    "letter-spacing",
    "line-height",
    "list-style-type",
    "margin",
    "margin-bottom",
    "margin-left",
    "margin-right",
    "margin-top",
    "max-width",
    "min-width",
    "padding",
    "padding-bottom",
    "padding-left",
    "padding-right",
    "padding-top",
    "text-align",
    "text-decoration",
    "text-indent",
    "vertical-align",
    "white-space",
    "width",
];

/// Attributes of the time before style sheets, which mail still uses.
const PRESENTATION: [&str; 18] = [
    "align",
    "bgcolor",
    "border",
    "cellpadding",
    "cellspacing",
    "color",
    "colspan",
    "dir",
    "face",
    "height",
    "lang",
    "nowrap",
    "rowspan",
    "size",
    "style",
    "title",
    "valign",
    "width",
];

/// Functions that a declaration may use; all others could load something.
const FUNCTIONS: [&str; 5] = ["rgb", "rgba", "hsl", "hsla", "calc"];

/// What links may lead to.
const LINK_SCHEMES: [&str; 4] = ["http:", "https:", "mailto:", "tel:"];

/// Pictures that came along. One picture can be shown in many places, and each of them costs its
/// bytes in the page.
pub(super) struct Pictures {
    /// Addresses by Content-ID.
    urls: HashMap<String, String>,
    room_bytes: AtomicUsize,
}

impl Pictures {
    pub fn new(urls: HashMap<String, String>) -> Self {
        Self {
            urls,
            room_bytes: AtomicUsize::new(limits::PICTURE_BYTES_MAX),
        }
    }

    /// The address of a picture for one place, while there is room for it.
    fn place(&self, cid: &str) -> Option<&str> {
        let url = self.urls.get(cid)?;
        let take = |room: usize| room.checked_sub(url.len());
        let taken = self
            .room_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        taken.is_ok().then_some(url)
    }
}

/// HTML without anything that runs, loads or reaches out of its frame.
pub(super) fn clean(html: &str, pictures: Pictures) -> String {
    let mut builder = Builder::default();
    builder
        .add_tags(["font", "big", "tt"])
        .add_generic_attributes(PRESENTATION)
        .rm_generic_attributes(["id", "name", "class"])
        .url_schemes(HashSet::from(["http", "https", "mailto", "tel", "cid"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(Some("noopener noreferrer"))
        .set_tag_attribute_value("a", "target", "_blank")
        .filter_style_properties(HashSet::from(PROPERTIES))
        .attribute_filter(move |tag, attribute, value| filter(&pictures, tag, attribute, value));
    builder.clean(html).to_string()
}

/// The page around cleaned HTML. Nothing in `cleaned` is changed any more.
pub(crate) fn document(words: &Words, cleaned: &str) -> String {
    let language = words.language.code();
    let title = words.message_text;
    format!(
        "<!doctype html>\n<html lang=\"{language}\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"only light\"><title>{title}</title>\
         <style>html{{background:#fff;color:#1c2430;font:16px/1.5 system-ui,sans-serif;\
         overflow-wrap:anywhere}}body{{margin:16px}}table{{max-width:100%}}img{{max-width:100%;height:auto}}\
         pre{{white-space:pre-wrap}}blockquote{{margin:0 0 0 8px;padding-left:12px;\
         border-left:3px solid #ccd3dc}}a{{color:#0b566e}}</style></head><body>\
         {cleaned}</body></html>"
    )
}

/// Decides about one attribute that the lists above let through.
fn filter<'v>(
    pictures: &Pictures,
    tag: &str,
    attribute: &str,
    value: &'v str,
) -> Option<Cow<'v, str>> {
    match (tag, attribute) {
        ("img", "src") => {
            let cid = value.trim().strip_prefix("cid:")?;
            pictures.place(cid).map(|url| Cow::Owned(url.to_owned()))
        }
        ("a", "href") => {
            let value = value.trim();
            let scheme = LINK_SCHEMES.iter().any(|scheme| {
                value
                    .get(..scheme.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            });
            scheme.then_some(Cow::Borrowed(value))
        }
        // Other addresses: nothing may be loaded, and nothing but a link leads anywhere.
        (_, "href" | "src" | "cite") => None,
        (_, "style") => Some(Cow::Owned(harmless_declarations(value))),
        _ => Some(Cow::Borrowed(value)),
    }
}

/// Drops declarations with escapes, at-rules or functions that are not in [`FUNCTIONS`]. It only
/// ever takes away: what is left is parsed and filtered by property afterwards.
fn harmless_declarations(style: &str) -> String {
    let harmless = |declaration: &&str| {
        let forbidden =
            declaration.contains(['\\', '@', '<', '{', '}']) || declaration.contains("/*");
        let mut calls = declaration.split('(');
        let last = calls.next_back();
        let functions_ok = last.is_none()
            || calls.all(|before| {
                let name = before
                    .rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                    .next();
                name.is_some_and(|name| {
                    FUNCTIONS
                        .iter()
                        .any(|function| name.eq_ignore_ascii_case(function))
                })
            });
        !forbidden && functions_ok
    };
    style
        .split(';')
        .filter(harmless)
        .collect::<Vec<_>>()
        .join(";")
}

/// All Content-IDs that `html` mentions, each once. Finding too many does no harm.
pub(super) fn content_ids(html: &str) -> HashSet<String> {
    let mentions = html.split("cid:").skip(1);
    let ids = mentions.filter_map(|rest| {
        rest.split(['"', '\'', '>', '<', ' ', ')', '\r', '\n'])
            .next()
    });
    ids.filter(|id| !id.is_empty()).map(str::to_owned).collect()
}
