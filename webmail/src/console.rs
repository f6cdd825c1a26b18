//! The console, where administrators look after the server, in every mode. It has a gate, sessions and
//! a cookie of its own, and shows no mail.
//!
//! A page takes a [`gate::ConsolePass`] when auditors may see it too, else a [`gate::Administrator`]; a
//! button takes a [`gate::Pressed`]. Its line in the navigation stands in [`frame::PAGES`].

pub(crate) mod alerts;
pub(crate) mod break_glass;
pub(crate) mod code;
pub(crate) mod directory;
pub(crate) mod emergency;
pub(crate) mod frame;
pub(crate) mod gate;
pub(crate) mod overview;
pub(crate) mod probes;
pub(crate) mod readiness;
pub(crate) mod second_factor;
pub(crate) mod sign_in;
pub(crate) mod start_link;

use axum::http::Uri;
use jiff::Timestamp;
use store::UsedBy;

use crate::app::App;
use crate::visitor::Visitor;

/// The overview.
pub(crate) const HOME: &str = "/admin";

/// Starting and ending an emergency.
pub(crate) const EMERGENCY: &str = "/admin/emergency";

/// Whether the mail system works.
pub(crate) const PROBES: &str = "/admin/probes";

/// The directory.
pub(crate) const DIRECTORY: &str = "/admin/directory";

/// Who could sign in.
pub(crate) const READINESS: &str = "/admin/readiness";

/// The door.
pub(crate) const SIGN_IN: &str = "/admin/signin";

/// Where the code of a second factor is asked for.
pub(crate) const CODE: &str = "/admin/code";

/// The door for administrators who need no directory.
pub(crate) const BREAK_GLASS: &str = "/admin/break-glass";

/// Setting up one's own second factor.
pub(crate) const SECOND_FACTOR: &str = "/admin/second-factor";

/// The way out.
pub(crate) const SIGN_OUT: &str = "/admin/signout";

/// Whether an address is one of the console's.
pub(crate) fn has(here: &Uri) -> bool {
    here.path() == HOME || here.path().starts_with("/admin/")
}

/// Makes a page about something that went wrong in the console speak the language of who is signed
/// in there.
pub(crate) async fn speak(app: &App, visitor: &mut Visitor) {
    if !has(&visitor.here) {
        return;
    }
    let token = visitor.console.clone();
    let shown = (token.as_ref(), UsedBy::Page);
    let admission = app.store.console_admission(shown, Timestamp::now());
    // The page must come even when the store is what is broken.
    let session = admission.await.ok().and_then(|it| it.session);
    if let Some(account) = session.as_ref().and_then(|it| it.user.account()) {
        visitor.speak_with(account);
    }
}
