//! The running server: everything that listens and works, bound before anybody is told.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use clap::ValueEnum;
use rustls::server::ResolvesServerCert;
use shadow_smtpd::{Checks, Filer, Indexer, Listener, ListenerConfig, Network, Parts, StoreDesk};
use store::Store;
use tokio::net::TcpListener;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};
use webmail::Proxies;

use crate::certificate::{self, Certificate};
use crate::config::Config;
use crate::directory;
use crate::hangup::{self, Hangup};
use crate::health::Health;
use crate::lock;
use crate::modes::StoreModes;
use crate::monitor::{self, Monitor};
use crate::mounts;
use crate::preparation::Prepared;
use crate::sign_in::DirectorySignIn;
use crate::users;

/// How long mail and pages under way may take to finish after the signal to stop.
const STOP_WAIT: Duration = Duration::from_secs(45);

/// How often a process that does not file looks whether the one that does has ended.
const FILER_TAKEOVER_EVERY: Duration = Duration::from_secs(2);

/// A part of the server that can run in a process of its own: listeners and filer, webmail, or
/// delivery with directory, mode and aging.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Part {
    Smtp,
    Web,
    Worker,
}

/// A server that runs.
pub struct Service {
    store: Store,
    tasks: JoinSet<anyhow::Result<()>>,
    shutdown: CancellationToken,
}

impl Service {
    /// Starts some parts. When this returns, all ports are bound and all parts run.
    pub async fn start(config: &Config, parts: &BTreeSet<Part>) -> anyhow::Result<Self> {
        let tls = config.tls.as_ref().map(Certificate::load).transpose()?;
        let tls = tls.map(Arc::new);
        let metrics = monitor::bind(config).await?;
        if !config.has_store() {
            mounts::refuse_unmounted(&config.data_dir)?;
            let dir = config.data_dir.display();
            info!(
                "making a new store in {dir}; if there was one, look whether its disk is mounted"
            );
        }
        let store = Store::open_with(&config.data_dir, config.store_options()).await?;
        // Before there is anything to lose: without this the signal ends the process.
        let hangup = Hangup::caught();
        let mut service = Self {
            store,
            tasks: JoinSet::new(),
            shutdown: CancellationToken::new(),
        };
        // Ports last but one, work last: what fails must fail before mail is taken.
        let directory = if parts.contains(&Part::Worker) {
            Some(directory::read_at_start(&service.store, &config.directory).await?)
        } else {
            None
        };
        let mut listeners = Vec::new();
        if parts.contains(&Part::Smtp) {
            for listener in &config.listeners {
                listeners.push((Listener::bind(listener.clone()).await?, listener));
            }
        }
        let web = if parts.contains(&Part::Web) {
            Some(bind_web(config.web.address).await?)
        } else {
            None
        };
        if let Some(followed) = directory {
            service.work(config, followed);
        }
        if let Some(web) = web {
            service.show(config, web)?;
        }
        if let Some(listener) = metrics {
            let monitor = Monitor {
                store: service.store.clone(),
                parts: parts.clone(),
                shutdown: service.shutdown.clone(),
            };
            service.tasks.spawn(monitor::run(listener, monitor));
        }
        // Mail that staff write is filed too, so the filer needs no listener.
        if parts.contains(&Part::Smtp) {
            service.take_mail(config, listeners, tls.as_ref())?;
        }
        service.answer_hangups(hangup, tls.filter(|_| parts.contains(&Part::Smtp)));
        Ok(service)
    }

    /// The store it runs on.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Runs until `stop`, then lets what is under way finish. An error when a part ended by
    /// itself.
    pub async fn run_until(mut self, stop: impl Future<Output = ()>) -> anyhow::Result<()> {
        let ended = tokio::select! {
            () = stop => None,
            ended = self.tasks.join_next() => ended,
        };
        self.stop().await;
        match ended {
            None => Ok(()),
            Some(ended) => Err(early(ended)),
        }
    }

    async fn stop(mut self) {
        self.shutdown.cancel();
        let finish = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WAIT, finish).await.is_err() {
            warn!(
                "not everything finished within {} s; it is cut off",
                STOP_WAIT.as_secs()
            );
        }
        self.store.close().await;
    }

    /// Worker: the directory, the mode, probes, alerts, the queue, reminders, aging.
    fn work(&mut self, config: &Config, followed: directory::Followed) {
        let store = self.store.clone();
        let shutdown = self.shutdown.clone();
        let followed = (config.directory.clone(), followed);
        self.run("directory", async move {
            directory::watch(&store, followed, shutdown).await;
        });
        self.run(
            "continuity",
            continuity::run(self.store.clone(), self.shutdown.clone()),
        );
        let watching = continuity::watch(
            self.store.clone(),
            config.probes.clone(),
            config.policy,
            self.shutdown.clone(),
        );
        self.run("probes", watching);
        if let Some(alerts) = config.alerts.clone() {
            let telling = alerts.run(self.store.clone(), self.shutdown.clone());
            self.run("alerts", telling);
        }
        let health = Health::of(config);
        self.run(
            "health",
            health.watch(self.store.clone(), self.shutdown.clone()),
        );
        let delivery = delivery::run(
            self.store.clone(),
            config.delivery.clone(),
            self.shutdown.clone(),
        );
        self.tasks.spawn(async move { Ok(delivery.await?) });
        if let Some(reminders) = config.reminders() {
            let reminding = reminders.run(self.store.clone(), self.shutdown.clone());
            self.run("reminders", reminding);
        }
        let policy = config.retention.clone();
        self.run(
            "retention",
            retention::run(self.store.clone(), policy, self.shutdown.clone()),
        );
        info!(days = config.retention.days, "the worker runs");
    }

    /// Web: the webmail.
    fn show(&mut self, config: &Config, listener: TcpListener) -> anyhow::Result<()> {
        let address = listener.local_addr()?;
        let parts = webmail::Parts {
            store: self.store.clone(),
            sign_in: Arc::new(DirectorySignIn::new(self.store.clone(), &config.directory)?),
            preparation: Arc::new(Prepared::new(self.store.clone(), config)),
            hostname: config.hostname.clone(),
            url: config.web.url.clone(),
            modes: Arc::new(StoreModes::new(self.store.clone())),
            proxies: proxies(&config.web.proxies),
            second_factor: config.second_factor,
            secure_cookie: config.web.is_https(),
            sending: webmail::SendingRules {
                limits: config.delivery.outbound.writer_limits,
                undo: config.web.undo,
            },
        };
        let directory = config.data_dir.display();
        let runs = lock::hold_web(&config.data_dir)
            .with_context(|| format!("cannot lock the webmail of {directory}"))?;
        let pages = webmail::run(listener, parts, self.shutdown.clone());
        self.tasks.spawn(async move {
            let _runs = runs;
            pages.await.context("the webmail")
        });
        info!(%address, "the webmail is at {}", config.web.url);
        Ok(())
    }

    /// Smtp: the listeners and the filer.
    fn take_mail(
        &mut self,
        config: &Config,
        listeners: Vec<(Listener, &ListenerConfig)>,
        tls: Option<&Arc<Certificate>>,
    ) -> anyhow::Result<()> {
        let filer = Filer::new(self.store.clone(), &config.hostname, &config.domains)
            .with_alias_domains(&config.alias_domains)
            .with_sources(config.sources.clone());
        let filing = file(self.store.clone(), filer, self.shutdown.clone());
        self.run("filer", filing);
        let checks = Arc::new(Checks::new(config.checks.clone(), &config.hostname));
        for (listener, of) in listeners {
            let rules = config.sources.get(&of.name).cloned().unwrap_or_default();
            let desk = StoreDesk::new(self.store.clone(), of.role).with_rules(rules);
            let parts = Parts {
                hostname: config.hostname.clone(),
                desk: Arc::new(desk),
                checks: Some(Arc::clone(&checks)),
                tls: tls.map(|tls| Arc::clone(tls) as Arc<dyn ResolvesServerCert>),
                users: users::of(config, &of.name)?,
            };
            self.run("listener", listener.run(parts, self.shutdown.clone()));
        }
        Ok(())
    }

    /// The certificate of the listeners is read again; nothing else is.
    fn answer_hangups(&mut self, hangup: Hangup, tls: Option<Arc<Certificate>>) {
        let shutdown = self.shutdown.clone();
        match tls {
            Some(tls) => self.run("certificate", certificate::watch(tls, hangup, shutdown)),
            None => self.run("hangup", hangup::ignore(hangup, shutdown)),
        }
    }

    /// Runs a part that must not end before the shutdown.
    fn run(&mut self, name: &'static str, part: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tasks.spawn(async move {
            part.await;
            if shutdown.is_cancelled() {
                return Ok(());
            }
            bail!("the part {name} ended by itself")
        });
    }
}

/// Files, and fills the full text, while no other process of this data directory does, and takes over when that one ends.
async fn file(store: Store, filer: Filer, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        match store.begin_filing().await {
            Ok(true) => {
                let indexer = Indexer::new(store);
                tokio::join!(filer.run(shutdown.clone()), indexer.run(shutdown));
                return;
            }
            Ok(false) => {}
            Err(error) => warn!("cannot ask whether another process files: {error}"),
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(FILER_TAKEOVER_EVERY) => {}
        }
    }
}

/// Why a part ended before it was told to.
fn early(ended: Result<anyhow::Result<()>, JoinError>) -> anyhow::Error {
    match ended {
        Ok(Ok(())) => anyhow!("a part of the server ended by itself"),
        Ok(Err(error)) => error,
        Err(panic) => anyhow!("a part of the server failed: {panic}"),
    }
}

fn proxies(networks: &[Network]) -> Proxies {
    let networks = networks.to_vec();
    Proxies::new(move |peer| networks.iter().any(|network| network.contains(peer)))
}

async fn bind_web(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => anyhow!(
            "web.address {address} is in use; stop the program that has it, or choose another port"
        ),
        _ => anyhow!("web.address {address} cannot be used: {error}"),
    })
}

#[cfg(test)]
#[path = "service_tests.rs"]
mod tests;
