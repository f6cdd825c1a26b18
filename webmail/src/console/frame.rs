//! What surrounds the pages of the console.

use templates::Words;
use templates::shell::{ConsoleLink, ConsoleNavigation, Shell, SignedIn};

use super::gate::ConsolePass;
use super::{DIRECTORY, EMERGENCY, HOME, PROBES, READINESS, SECOND_FACTOR, SIGN_OUT};
use crate::app::App;
use crate::shell;

/// A page of the console in the navigation.
pub(crate) struct Page {
    /// Where it is.
    href: &'static str,
    name: fn(&Words) -> &'static str,
    /// The name of its symbol in `icons.html`.
    symbol: &'static str,
    who: Who,
}

/// Who finds a page in the navigation. The page itself says so by its extractor.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Auditors, too.
    Everybody,
    /// Auditors, too, but nobody who needs no directory.
    OfDirectory,
}

/// All pages, in their order.
pub(crate) const PAGES: &[Page] = &[
    Page {
        href: HOME,
        name: |words| words.console.overview,
        symbol: "overview",
        who: Who::Everybody,
    },
    Page {
        href: EMERGENCY,
        name: |words| words.console.emergency,
        symbol: "emergency",
        who: Who::Everybody,
    },
    Page {
        href: PROBES,
        name: |words| words.console.probes,
        symbol: "probes",
        who: Who::Everybody,
    },
    Page {
        href: READINESS,
        name: |words| words.console.readiness,
        symbol: "readiness",
        who: Who::Everybody,
    },
    Page {
        href: DIRECTORY,
        name: |words| words.console.directory,
        symbol: "directory",
        who: Who::Everybody,
    },
    Page {
        href: SECOND_FACTOR,
        name: |words| words.console.factor,
        symbol: "key",
        who: Who::OfDirectory,
    },
];

/// Around a page of the console.
pub(crate) fn shell(app: &App, pass: &ConsolePass, title: &str) -> Shell {
    let words = pass.words();
    Shell {
        words,
        title: title.to_owned(),
        banner: shell::banner(app, pass.mode(), words),
        signed_in: Some(SignedIn {
            name: pass.user().name().to_owned(),
            form_token: pass.form_token(),
            sign_out: SIGN_OUT,
        }),
        languages: pass.visitor().languages(),
    }
}

/// The pages beside it.
pub(crate) fn navigation(pass: &ConsolePass, current: &str) -> ConsoleNavigation {
    let words = pass.words();
    let link = |page: &Page| ConsoleLink {
        href: page.href,
        name: (page.name)(words),
        symbol: page.symbol,
        current: page.href == current,
    };
    let finds = |page: &&Page| page.who == Who::Everybody || pass.user().account().is_some();
    ConsoleNavigation {
        pages: PAGES.iter().filter(finds).map(link).collect(),
    }
}
