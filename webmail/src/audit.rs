//! Lines of the audit log that the webmail writes.

use jiff::Timestamp;
use store::{AuditEvent, StoreError};

use crate::app::App;
use crate::gate::Pass;
use crate::limits;
use crate::visitor::Visitor;

/// Somebody came in or went out.
pub(crate) async fn session(
    app: &App,
    visitor: &Visitor,
    action: &'static str,
    login: &str,
) -> Result<(), StoreError> {
    // What was typed, but not more of it than a name can be, and in one line.
    let typed = login
        .chars()
        .take(limits::LOGIN_CHARS_MAX)
        .filter(|c| !c.is_control());
    let event = AuditEvent {
        actor: typed.collect(),
        action,
        object: String::new(),
        detail: String::new(),
        address: visitor.address,
    };
    app.store.audit(event, Timestamp::now()).await
}

/// A line about what this person did in this mailbox.
pub(crate) fn event(pass: &Pass, action: &'static str, object: String) -> AuditEvent {
    AuditEvent {
        actor: pass.person().login.clone(),
        action,
        object,
        detail: format!("mailbox {}", pass.mailbox().login),
        address: pass.visitor().address,
    }
}
