//! The repository as text: its packages and its source files.

use std::fs;
use std::path::{Path, PathBuf};

/// One source file.
pub struct Source {
    /// Its path from the root of the repository, with `/`.
    pub path: String,
    /// What is written in it.
    pub text: String,
}

impl Source {
    /// The package's folder.
    pub fn package(&self) -> &str {
        self.path.split('/').next().unwrap()
    }

    /// Whether it is test code: its own file beside the code, or all of `tests/`.
    pub fn is_test(&self) -> bool {
        self.package() == "tests"
            || self.path.contains("/tests/")
            || self.path.ends_with("_tests.rs")
            || self.path.ends_with("/tests.rs")
    }
}

/// One package of the workspace.
pub struct Package {
    /// Its folder, which is its name, except for `tests`.
    pub folder: String,
    /// Its Cargo.toml.
    pub manifest: toml::Table,
}

/// The root of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// All members of the workspace.
pub fn packages() -> Vec<Package> {
    let workspace = manifest(&root());
    let members = workspace["workspace"]["members"].as_array().unwrap();
    members
        .iter()
        .map(|member| {
            let folder = member.as_str().unwrap().to_owned();
            let manifest = manifest(&root().join(&folder));
            Package { folder, manifest }
        })
        .collect()
}

/// All files of the members whose name ends like this.
pub fn sources(extension: &str) -> Vec<Source> {
    let root = root();
    let mut sources = Vec::new();
    for package in packages() {
        collect(&root, &root.join(package.folder), extension, &mut sources);
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(
        !sources.is_empty(),
        "no .{extension} file was found under {}",
        root.display()
    );
    sources
}

fn collect(root: &Path, directory: &Path, extension: &str, into: &mut Vec<Source>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("target") {
                collect(root, &path, extension, into);
            }
        } else if path.extension().is_some_and(|it| it == extension) {
            let text = fs::read_to_string(&path).unwrap();
            let path = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            into.push(Source { path, text });
        }
    }
}

fn manifest(directory: &Path) -> toml::Table {
    let path = directory.join("Cargo.toml");
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
