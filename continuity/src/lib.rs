//! The emergency: what may become what, who may say so, and when it is over.
//!
//! [`start`], [`limit`], [`drill`], [`extend`] and [`end`] are what people do; [`run`] is what Shadowmail does by
//! itself: it goes from Recovery to Normal when nothing is owed any more, and reminds in the log
//! when an emergency lasts longer than was expected. It never ends an emergency.
//!
//! [`Reminders`] are for normal times: mails to those who could not sign in while the directory is
//! down.

pub mod limits;
mod person;
mod reminder;
mod run;
mod transition;

pub use person::{ModeRefusal, Opening, Order, drill, end, extend, limit, start};
pub use reminder::{Pace, Reminders, Sender};
pub use run::run;
pub use transition::may_become;
