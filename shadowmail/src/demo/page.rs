//! A page as the demo's browser sees it: its forms and links, found in HTML that we wrote
//! ourselves. Nobody else's HTML comes here.

use anyhow::Context;

/// A page.
pub struct Page {
    /// HTTP status.
    pub status: u16,
    /// Where it is, after redirects.
    pub path: String,
    /// What it says.
    pub html: String,
}

/// A form with what it would send if nobody typed anything.
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// Where it goes.
    pub action: String,
    /// Its fields go in parts of their own (RFC 7578), because files may be among them.
    pub multipart: bool,
    /// Names and values.
    pub fields: Vec<(String, String)>,
}

impl Page {
    /// The form that has a field called `name`.
    pub fn form_with(&self, name: &str) -> anyhow::Result<Form> {
        self.html
            .split("<form")
            .skip(1)
            .filter_map(|rest| rest.split("</form>").next())
            .map(|form| self.form(form))
            .find(|form| form.fields.iter().any(|(field, _)| field == name))
            .with_context(|| format!("{} has no form with a field called {name}", self.path))
    }

    /// The target of the first link whose own words, or those inside it, contain `words`.
    pub fn link(&self, words: &str) -> Option<String> {
        let mut links = self
            .html
            .split("<a ")
            .skip(1)
            .filter_map(|rest| rest.split_once("</a>"));
        links
            .find(|(link, _)| unescape(link).contains(words))
            .and_then(|(link, _)| attribute(link, "href"))
    }

    fn form(&self, form: &str) -> Form {
        let head = form.split('>').next().unwrap_or_default();
        let action = attribute(head, "action").filter(|action| !action.is_empty());
        let mut fields = Vec::new();
        for element in form.split('<') {
            let (tag, text) = element.split_once('>').unwrap_or((element, ""));
            let name = attribute(tag, "name");
            let value = attribute(tag, "value").unwrap_or_default();
            match tag.split_whitespace().next() {
                Some("input") => {
                    let kind = attribute(tag, "type").unwrap_or_default();
                    let sent = !matches!(kind.as_str(), "file" | "checkbox" | "radio");
                    fields.extend(name.filter(|_| sent).map(|name| (name, value)));
                }
                // The first line end of a text area is not part of it.
                Some("textarea") => {
                    let text = unescape(text.strip_prefix('\n').unwrap_or(text));
                    fields.extend(name.map(|name| (name, text)));
                }
                Some("select") => fields.extend(name.map(|name| (name, String::new()))),
                Some("option") => choose(&mut fields, tag, value),
                _ => {}
            }
        }
        Form {
            action: action.unwrap_or_else(|| self.path.clone()),
            multipart: attribute(head, "enctype").is_some_and(|kind| kind.starts_with("multipart")),
            fields,
        }
    }
}

/// A list sends the option that is selected, and its first one when none is.
fn choose(fields: &mut [(String, String)], option: &str, value: String) {
    if let Some((_, chosen)) = fields.last_mut()
        && (chosen.is_empty() || option.contains(" selected"))
    {
        *chosen = value;
    }
}

impl Form {
    /// Types `value` into the field `name`.
    pub fn fill(&mut self, name: &str, value: &str) -> anyhow::Result<()> {
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        value.clone_into(&mut field.with_context(|| format!("no field called {name}"))?.1);
        Ok(())
    }

    /// What stands in the field `name`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.fields
            .iter()
            .find(|(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag
        .find(&format!(" {name}=\""))
        .map(|at| at + name.len() + 3);
    let start = start.or_else(|| {
        tag.starts_with(&format!("{name}=\""))
            .then_some(name.len() + 2)
    })?;
    tag.get(start..)?.split('"').next().map(unescape)
}

fn unescape(text: &str) -> String {
    let mut text = text.to_owned();
    let marks = [
        ("lt", "<"),
        ("gt", ">"),
        ("quot", "\""),
        ("#34", "\""),
        ("#39", "'"),
        ("#x27", "'"),
        ("#60", "<"),
        ("#62", ">"),
        ("amp", "&"),
        ("#38", "&"),
    ];
    for (name, mark) in marks {
        text = text.replace(&format!("&{name};"), mark);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(html: &str) -> Page {
        Page {
            status: 200,
            path: "/here".into(),
            html: html.into(),
        }
    }

    #[test]
    fn a_form_is_found_by_its_field() {
        let page = page(
            "<form action=\"/a\"><input name=\"q\"></form>\
             <form method=\"post\"><input type=\"hidden\" name=\"t\" value=\"a&amp;b\">\
             <textarea name=\"text\">\n&#60;x&#62;</textarea></form>",
        );
        let form = page.form_with("text").unwrap();
        assert_eq!(form.action, "/here");
        assert_eq!(form.value("t"), Some("a&b"));
        assert_eq!(form.value("text"), Some("<x>"));
        assert!(page.form_with("nothing").is_err());
    }

    #[test]
    fn a_list_sends_what_is_selected() {
        let page = page(
            "<form enctype=\"multipart/form-data\"><select name=\"a\"><option value=\"1\">One\
             <option value=\"2\" selected>Two<option value=\"3\">Three</select>\
             <select name=\"b\"><option value=\"x\"><option value=\"y\"></select>\
             <input name=\"f\" type=\"file\"></form>",
        );
        let form = page.form_with("a").unwrap();
        assert_eq!((form.value("a"), form.value("b")), (Some("2"), Some("x")));
        assert_eq!((form.value("f"), form.multipart), (None, true));
    }

    #[test]
    fn a_link_is_found_by_its_words() {
        let page = page(
            "<a href=\"/1\">One</a> <a class=\"x\" href=\"/2?a&amp;b\"><b>Two &amp; more</b></a>",
        );
        assert_eq!(page.link("Two & more").as_deref(), Some("/2?a&b"));
        assert_eq!(page.link("Three"), None);
    }
}
