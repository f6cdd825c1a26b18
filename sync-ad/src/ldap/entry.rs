//! An entry of the directory as it came.

use crate::limits;

/// Its name and the attributes that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its distinguished name.
    pub(crate) dn: String,
    /// Attributes in the order they came; the names are in lower case, with their options.
    pub(crate) attributes: Vec<(String, Vec<Vec<u8>>)>,
    /// Names of attributes of which values were too large or too many, and are not here.
    pub(crate) oversized: Vec<String>,
}

/// Stands in [`Entry::oversized`] for the name itself.
const NAME: &str = "its name";

impl Entry {
    /// One whose name is longer than any can be: nothing but its beginning is kept.
    pub(crate) fn with_long_name(name: &str) -> Self {
        Self {
            dn: name.chars().take(limits::LONG_NAME_CHARS).collect(),
            attributes: Vec::new(),
            oversized: vec![NAME.to_owned()],
        }
    }

    /// Whether it is such a one.
    pub(crate) fn has_long_name(&self) -> bool {
        self.oversized.iter().any(|it| it == NAME)
    }

    /// The values of an attribute, as bytes.
    pub(crate) fn bytes<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let name = name.to_lowercase();
        self.attributes
            .iter()
            .filter(move |(it, _)| *it == name)
            .flat_map(|(_, values)| values.iter().map(Vec::as_slice))
    }

    /// The values of an attribute that are text, without what is empty.
    pub(crate) fn texts<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.bytes(name)
            .filter_map(|bytes| std::str::from_utf8(bytes).ok())
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }

    /// The first value of an attribute that is text.
    pub(crate) fn text<'a>(&'a self, name: &str) -> Option<&'a str> {
        self.texts(name).next()
    }

    /// A number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.parse().ok()
    }
}
