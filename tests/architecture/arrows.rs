//! Who may depend on whom. Everything points at `store`; only `shadowmail` knows them all.

use crate::check;
use crate::repository::{Package, packages};

const MAY_DEPEND: &[(&str, &[&str])] = &[
    ("store", &[]),
    ("templates", &[]),
    ("shadow-smtpd", &["store"]),
    ("sync-ad", &["store"]),
    ("continuity", &["store"]),
    ("delivery", &["store"]),
    ("retention", &["store"]),
    ("webmail", &["store", "templates"]),
    (
        "shadowmail",
        &[
            "store",
            "templates",
            "shadow-smtpd",
            "sync-ad",
            "continuity",
            "delivery",
            "retention",
            "webmail",
        ],
    ),
    // They see the product from outside: its ports, its commands, its pages. Only the benchmarks
    // fill a store themselves, with what sorts mail.
    ("tests", &["store", "shadow-smtpd"]),
    ("xtask", &[]),
];

/// Which package may use which crate of others: that crate's word stays in one place.
const ONLY: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("rusqlite_migration", &["store"]),
    ("lettre", &["delivery"]),
    ("ldap3", &["sync-ad"]),
    ("axum", &["webmail"]),
    ("axum-extra", &["webmail"]),
    ("askama", &["templates"]),
    ("ammonia", &["webmail"]),
    ("anyhow", &["shadowmail", "xtask", "tests"]),
];

/// Names that would hold everything and mean nothing.
const NO_NAME: &[&str] = &[
    "common", "core", "util", "utils", "helper", "helpers", "shared", "misc",
];

#[test]
fn packages_depend_only_on_whom_they_may() {
    let packages = packages();
    let ours: Vec<&str> = packages
        .iter()
        .map(|package| package.folder.as_str())
        .collect();
    let mut findings = Vec::new();
    for package in &packages {
        let Some((_, allowed)) = MAY_DEPEND
            .iter()
            .find(|(folder, _)| *folder == package.folder)
        else {
            findings.push(format!(
                "{}: not in the table MAY_DEPEND of this test",
                package.folder
            ));
            continue;
        };
        for dependency in dependencies(package) {
            if ours.contains(&dependency.as_str()) && !allowed.contains(&dependency.as_str()) {
                findings.push(format!(
                    "{}/Cargo.toml: may not depend on {dependency}",
                    package.folder
                ));
            }
        }
    }
    check(&findings);
}

#[test]
fn crates_of_others_stay_where_they_belong() {
    let mut findings = Vec::new();
    for package in packages() {
        for dependency in dependencies(&package) {
            let only = ONLY.iter().find(|(name, _)| *name == dependency);
            if let Some((name, places)) = only
                && !places.contains(&package.folder.as_str())
            {
                let places = places.join(", ");
                findings.push(format!(
                    "{}/Cargo.toml: {name} belongs in {places}",
                    package.folder
                ));
            }
        }
    }
    check(&findings);
}

#[test]
fn packages_inherit_the_lints_and_have_names_that_mean_something() {
    let mut findings = Vec::new();
    for Package { folder, manifest } in packages() {
        let inherits = manifest
            .get("lints")
            .and_then(|lints| lints.get("workspace"))
            .and_then(toml::Value::as_bool);
        if inherits != Some(true) {
            findings.push(format!(
                "{folder}/Cargo.toml: lacks `[lints] workspace = true`"
            ));
        }
        let name = manifest["package"]["name"].as_str().unwrap();
        if name.split(['-', '_']).any(|part| NO_NAME.contains(&part)) {
            findings.push(format!(
                "{folder}/Cargo.toml: {name} is a name for anything"
            ));
        }
    }
    check(&findings);
}

/// The names of all dependencies: plain, for tests, and for the build.
fn dependencies(package: &Package) -> Vec<String> {
    ["dependencies", "dev-dependencies", "build-dependencies"]
        .iter()
        .filter_map(|table| package.manifest.get(*table)?.as_table())
        .flat_map(|table| table.keys().cloned())
        .collect()
}
