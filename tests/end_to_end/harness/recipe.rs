//! The pages of `docs/recipes`: what they tell an administrator to write is what the peers get here.

use std::path::Path;

/// A page.
#[track_caller]
pub fn page(page: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let path = root.join("docs/recipes").join(page);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("reading {}: {error}", path.display()))
}

/// The block of a page that has this name, in the page's own words; one in a list is indented.
#[track_caller]
pub fn block(of: &str, name: &str) -> String {
    let text = page(of);
    let (before, rest) = text
        .split_once(&format!("```{name}\n"))
        .unwrap_or_else(|| panic!("{of} has no block `{name}`"));
    let (block, _) = rest.split_once("```").expect("a block has an end");
    let indent = before.rsplit('\n').next().unwrap_or_default();
    let lines = block.trim_end_matches(' ').split_inclusive('\n');
    lines
        .map(|line| line.strip_prefix(indent).unwrap_or(line))
        .collect()
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

/// The block of `docs/directory.md` with these lines of a scenario's own in the place of the page's; each must
/// be there.
#[track_caller]
pub fn directory(name: &str, own: &str) -> String {
    let key = |line: &str| line.split(" = ").next().unwrap_or_default().to_owned();
    let mut text = block("../directory.md", name);
    for line in own.lines() {
        let of_page = text.lines().find(|it| key(it) == key(line));
        let of_page = of_page
            .unwrap_or_else(|| panic!("`{name}` has no {line}"))
            .to_owned();
        text = text.replace(&of_page, line);
    }
    text
}
