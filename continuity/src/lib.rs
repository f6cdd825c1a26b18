//! The emergency: what may become what, who may say so, and when it is over.
//!
//! [`start`], [`limit`], [`drill`], [`extend`] and [`end`] are what people do; [`run`] is what Shadowmail does by
//! itself: it goes from Recovery to Normal when nothing is owed any more, and reminds in the log
//! when an emergency lasts longer than was expected. It never ends an emergency.
//!
//! [`watch`] asks the primary by [`Probe`]s whether it works; what follows from that is a [`Policy`]: alerts,
//! and where an administrator wants it the start of an emergency.
//!
//! [`Alerts`] tells administrators of what lasts, past the primary.
//!
//! [`Reminders`] are for normal times: mails to those who could not sign in while the directory is
//! down.

mod http;
mod judge;
pub mod limits;
mod person;
mod policy;
mod probe;
mod reminder;
mod run;
mod telling;
mod transition;
mod watch;
mod wire;

pub use judge::Rule;
pub use person::{ModeRefusal, Opening, Order, drill, end, extend, limit, start};
pub use policy::{Automatic, Policy};
pub use probe::{Asks, Kind, Probe, Tried};
pub use reminder::{Pace, Reminders, Sender};
pub use run::run;
pub use telling::{Alerts, Body, Hook, Repeat};
pub use transition::may_become;
pub use watch::{RULE, watch};
pub use wire::{Place, Security, TrustError, Url, UrlError};
