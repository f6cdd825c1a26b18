//! Who takes the mail.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::ensure;
use store::Store;
use tokio::runtime::Runtime;

use crate::harness::dovecot::Dovecot;
use crate::harness::free_port::free_address;
use crate::harness::postfix::{Copying, Postfix};
use crate::harness::process::{Peer, installed};
use crate::harness::scratch::Scratch;
use crate::harness::server::Shadowmail;
use crate::harness::server_config::ServerConfig;
use crate::harness::wait;

/// How long a round may take after its last 250.
const PATIENCE: Duration = Duration::from_mins(15);

/// A server that takes mail.
pub trait Contestant {
    /// What it is called.
    fn name(&self) -> &'static str;
    /// Where it takes mail.
    fn address(&self) -> SocketAddr;
    /// Waits until all of the `mails` that it ever took lie where they belong.
    fn wait_until_done(&mut self, mails: usize) -> anyhow::Result<()>;
}

/// Shadowmail's journal listener.
pub struct Ours<'a> {
    server: Shadowmail,
    /// The same data directory, to see what is filed without starting a command.
    store: Store,
    runtime: &'a Runtime,
}

impl<'a> Ours<'a> {
    /// Starts the release build with an empty store.
    pub fn start(runtime: &'a Runtime) -> anyhow::Result<Self> {
        let server = Shadowmail::start(ServerConfig::for_primary(free_address()));
        let data_dir = server.directory().join("data");
        let store = runtime.block_on(Store::open(&data_dir))?;
        Ok(Self {
            server,
            store,
            runtime,
        })
    }

    /// Its process.
    pub fn process(&mut self) -> u32 {
        self.server.process().id()
    }
}

impl Contestant for Ours<'_> {
    fn name(&self) -> &'static str {
        "Shadowmail"
    }

    fn address(&self) -> SocketAddr {
        self.server.config().journal
    }

    fn wait_until_done(&mut self, _mails: usize) -> anyhow::Result<()> {
        let mut failure = None;
        wait::within(PATIENCE, "everything is filed", || {
            match self.runtime.block_on(self.store.days()) {
                Ok(days) => days.iter().all(|day| day.unsettled == 0),
                Err(error) => {
                    failure = Some(error);
                    true
                }
            }
        });
        failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

/// Postfix, which delivers to Dovecot by LMTP.
pub struct PostfixToDovecot {
    // Before Dovecot, so that it ends first.
    postfix: Postfix,
    _dovecot: Dovecot,
}

impl PostfixToDovecot {
    /// Starts both with nothing in them.
    pub fn start() -> Self {
        let dovecot = Dovecot::start();
        Self {
            postfix: Postfix::start(dovecot.lmtp(), Copying::Nothing),
            _dovecot: dovecot,
        }
    }
}

impl Contestant for PostfixToDovecot {
    fn name(&self) -> &'static str {
        "Postfix → Dovecot"
    }

    fn address(&self) -> SocketAddr {
        self.postfix.address()
    }

    fn wait_until_done(&mut self, mails: usize) -> anyhow::Result<()> {
        wait::within(PATIENCE, "Postfix has delivered everything", || {
            self.postfix.is_idle()
        });
        let delivered = self.postfix.log().matches("status=sent").count();
        ensure!(
            delivered == mails,
            "Postfix delivered {delivered} of {mails} mails"
        );
        Ok(())
    }
}

/// `smtp-sink`, which throws everything away.
pub struct Sink {
    address: SocketAddr,
    _process: Peer,
    _scratch: Scratch,
}

impl Sink {
    /// Starts it.
    pub fn start() -> Self {
        installed("smtp-sink, a part of Postfix,", "/usr/sbin/smtp-sink");
        let scratch = Scratch::new("smtp-sink");
        let address = free_address();
        let at = address.to_string();
        // It does not run as root, as which Postfix has to be started.
        let words = ["-u", "nobody", "-m", "1100", at.as_str(), "1100"];
        let mut process = Peer::start("smtp-sink", scratch.path(), "/usr/sbin/smtp-sink", &words);
        process.wait_until("smtp-sink answers", || wait::answers(address));
        Self {
            address,
            _process: process,
            _scratch: scratch,
        }
    }
}

impl Contestant for Sink {
    fn name(&self) -> &'static str {
        "smtp-sink"
    }

    fn address(&self) -> SocketAddr {
        self.address
    }

    fn wait_until_done(&mut self, _mails: usize) -> anyhow::Result<()> {
        Ok(())
    }
}
