//! All that stands in the mirror of the directory, as it is on the disk, and what differs between two
//! moments. Python's SQLite reads it: a store that misreads what it writes would agree with itself.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use crate::harness::process::installed;
use crate::harness::server::Shadowmail;

const PYTHON: &str = "/usr/bin/python3";

/// What holds keys of accounts.
const OF_KEYS: [&str; 2] = ["members", "opened_by"];

/// Accounts and groups by their keys, each with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Mirrored(BTreeMap<String, Map<String, Value>>);

impl Mirrored {
    /// What stands there now.
    #[track_caller]
    pub fn of(shadowmail: &Shadowmail) -> Self {
        installed("Python", PYTHON);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("end_to_end/harness/mirrored.py");
        let output = Command::new(PYTHON)
            .arg(script)
            .arg(shadowmail.data_dir().join("shadow.db"))
            .output()
            .expect("Python can be started");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{complaint}");
        Self(serde_json::from_slice(&output.stdout).unwrap())
    }

    /// Syncs what has changed, not everything. All that is different afterwards is what is wanted.
    #[track_caller]
    pub fn sync(&mut self, shadowmail: &Shadowmail, want: &[&str]) -> Value {
        let said = shadowmail.json("sync");
        let now = Self::of(shadowmail);
        assert_eq!(now.since(self), want, "{said}");
        assert_ne!(said["extent"], "everything", "{said}");
        *self = now;
        said
    }

    /// All that is known of one, by login or a group's address, on sorted lines of `what: value`. What it has
    /// not is not there, nor the mark of its password.
    #[track_caller]
    pub fn one(&self, who: &str) -> Vec<String> {
        let found = self.0.values().find(|it| name(it) == who);
        let found = found.unwrap_or_else(|| panic!("nobody is {who}"));
        let fields = found.iter().filter(|(field, _)| *field != "password_mark");
        let lines = fields.map(|(field, value)| (field, self.shown(field, value)));
        let lines = lines.filter(|(_, shown)| !shown.is_empty());
        let lines = lines.map(|(field, shown)| format!("{field}: {shown}"));
        let mut lines: Vec<String> = lines.collect();
        lines.sort();
        lines
    }

    /// Who is there: logins and addresses of groups.
    pub fn names(&self) -> BTreeSet<String> {
        let names = self.0.values().map(|it| name(it).to_owned());
        names.collect()
    }

    /// What is different since an earlier moment, one line each, sorted. Whoever has another name is
    /// called by the old one; of marks and hashes it is said that they are others, and of lists of people
    /// who came and who went.
    pub fn since(&self, before: &Self) -> Vec<String> {
        let keys: BTreeSet<&String> = before.0.keys().chain(self.0.keys()).collect();
        let mut lines = Vec::new();
        for key in keys {
            match (before.0.get(key), self.0.get(key)) {
                (Some(old), None) => lines.push(format!("{} is gone", name(old))),
                (None, Some(new)) => lines.push(format!("{} is new", name(new))),
                (Some(old), Some(new)) => lines.extend(self.changes(before, old, new)),
                (None, None) => {}
            }
        }
        lines.sort();
        lines
    }

    fn changes(
        &self,
        before: &Self,
        old: &Map<String, Value>,
        new: &Map<String, Value>,
    ) -> Vec<String> {
        let fields: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        let differs = |field: &&&String| old.get(**field) != new.get(**field);
        let change = |field: &String| {
            let was = old.get(field).unwrap_or(&Value::Null);
            let is = new.get(field).unwrap_or(&Value::Null);
            let what = match field.as_str() {
                "password_mark" | "verifier" => "is another".to_owned(),
                "members" | "opened_by" | "sign_in_names" => {
                    let (was, is) = (values(was), values(is));
                    let went = was.difference(&is);
                    let came = is.difference(&was);
                    let went = went.map(|it| format!("-{}", before.called(field, it)));
                    let came = came.map(|it| format!("+{}", self.called(field, it)));
                    went.chain(came).collect::<Vec<_>>().join(" ")
                }
                _ => format!("{} -> {}", before.shown(field, was), self.shown(field, is)),
            };
            format!("{} {field}: {what}", name(old))
        };
        fields.iter().filter(differs).map(|it| change(it)).collect()
    }

    fn shown(&self, field: &str, value: &Value) -> String {
        if value.is_null() {
            return "nothing".to_owned();
        }
        let mut values: Vec<String> = match value {
            Value::Array(values) => values.iter().map(text).collect(),
            other => vec![text(other)],
        };
        if OF_KEYS.contains(&field) {
            values = values.iter().map(|it| self.called(field, it)).collect();
            values.sort();
        }
        values.join(" ")
    }

    /// A value, or whom it means.
    fn called(&self, field: &str, value: &str) -> String {
        let found = self.0.get(value).filter(|_| OF_KEYS.contains(&field));
        found.map_or(value, name).to_owned()
    }
}

fn name(entry: &Map<String, Value>) -> &str {
    let name = entry.get("login").or_else(|| entry.get("address"));
    name.and_then(Value::as_str).unwrap_or_default()
}

fn values(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
