//! A real listener on a loopback port, and somebody who talks to it.

mod certificate;
mod desk;
mod dialogs;
mod limits;
mod shutdown;
mod telnet;
mod tls;
