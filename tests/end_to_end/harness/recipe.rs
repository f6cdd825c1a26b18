//! The pages of `docs/recipes`: what they tell an administrator to write is what the peers get here.

use std::path::Path;

/// The block of a page that has this name, in the page's own words.
#[track_caller]
pub fn block(page: &str, name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = root.join("docs/recipes").join(page);
    let text = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
    let (_, rest) = text
        .split_once(&format!("```{name}\n"))
        .unwrap_or_else(|| panic!("{page} has no block `{name}`"));
    let (block, _) = rest.split_once("```").expect("a block has an end");
    block.to_owned()
}

/// The block with the names of the page replaced by those of the scenario; each must be there.
#[track_caller]
pub fn block_with(page: &str, name: &str, names: &[(&str, &str)]) -> String {
    let mut text = block(page, name);
    for (of_page, ours) in names {
        assert!(
            text.contains(of_page),
            "`{name}` of {page} has no {of_page}"
        );
        text = text.replace(of_page, ours);
    }
    text
}
