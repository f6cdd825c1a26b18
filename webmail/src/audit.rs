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
        ..of_person(visitor, action, "")
    };
    app.store.audit(event, Timestamp::now()).await
}

/// A sign-in that failed, or one that was only tried out. Who types the password into the wrong field
/// shall not find it in the log.
pub(crate) async fn failed(
    app: &App,
    visitor: &Visitor,
    action: &'static str,
    login: &str,
) -> Result<(), StoreError> {
    let known = app.store.sign_in_name(login).await?.is_some();
    let name = if known { login } else { "unknown name" };
    session(app, visitor, action, name).await
}

/// A line about what this person did at the door.
pub(crate) fn of_person(visitor: &Visitor, action: &'static str, login: &str) -> AuditEvent {
    AuditEvent {
        actor: login.to_owned(),
        action,
        object: String::new(),
        detail: String::new(),
        address: visitor.address,
    }
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
