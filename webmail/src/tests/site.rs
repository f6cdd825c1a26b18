//! A webmail with a store of its own, and the smallest browser.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use jiff::Timestamp;
use store::{
    AccountId, AccountKind, Address, ConsoleEntry, Entry, Envelope, Filing, Folder, Held,
    MessageId, MirroredAccount, Mode, ModeChange, NewCode, Peer, PeopleFilter, Proof, Proven,
    Readiness, RemindersAsked, ReversePath, Role, Scope, SecondFactor, Secret, SessionToken,
    Snapshot, Source, Store, StoreError, Summary, UsedBy, WriterLimits,
};
use templates::pages::QrPicture;
use tower::ServiceExt;

use crate::{
    CodeOrder, CodesFailed, ModeOrder, ModeRefused, ModeStep, Modes, Parts, Preparation, Proxies,
    SignIn, Verdict, app,
};

/// Accounts: jürgen (German) and ada (English), who both open info; bo opens nothing; eva (German)
/// administrates, otto audits.
pub(super) struct Site {
    pub store: Store,
    pub router: Router,
    pub juergen: AccountId,
    pub ada: AccountId,
    pub bo: AccountId,
    pub info: AccountId,
    pub eva: AccountId,
    pub otto: AccountId,
    _dir: tempfile::TempDir,
}

/// Everybody's password is their login, and their emergency code is `code`.
struct LoginIsPassword(Store);

#[async_trait::async_trait]
impl SignIn for LoginIsPassword {
    async fn check(&self, login: &str, password: &Secret, _from: Option<IpAddr>) -> Verdict {
        if login == "slow" {
            return Verdict::Later;
        }
        let found = self.0.sign_in_name(login).await.unwrap();
        let account = found.map(|(account, _)| account);
        match (account, password.expose()) {
            (Some(account), password) if account.login == password => {
                Verdict::Welcome(account.id, Proof::Bind(Timestamp::now()))
            }
            (_, "typo") => Verdict::MistypedCode,
            (Some(account), "code") => {
                let code = self.0.emergency_code(account.id, Timestamp::now()).await;
                code.unwrap().map_or(Verdict::RefusedCode, |code| {
                    Verdict::Welcome(account.id, Proof::Code(code.id))
                })
            }
            (None, "code") => Verdict::RefusedCode,
            _ => Verdict::Refused,
        }
    }

    async fn check_password(
        &self,
        login: &str,
        password: &Secret,
        from: Option<IpAddr>,
    ) -> Verdict {
        self.try_out(login, password, from).await
    }

    async fn is_break_glass(&self, password: &Secret, hash: Secret) -> Option<bool> {
        Some(hash.expose() == format!("$argon2id${}", password.expose()))
    }

    async fn try_out(&self, login: &str, password: &Secret, from: Option<IpAddr>) -> Verdict {
        match self.check(login, password, from).await {
            Verdict::Welcome(_, Proof::Code(_)) => Verdict::RefusedCode,
            other => other,
        }
    }
}

/// Writes into the store what is wanted, as `continuity` does.
struct Changing(Store);

#[async_trait::async_trait]
impl Modes for Changing {
    async fn change(&self, order: ModeOrder) -> Result<ModeChange, ModeRefused> {
        let from = self.0.mode().await.unwrap();
        let (mode, expected_end) = match (order.step, from.mode) {
            (ModeStep::Start(end), Mode::Normal | Mode::Recovery | Mode::Drill) => {
                (Mode::Emergency, end)
            }
            (ModeStep::Extend(end), Mode::Emergency) => (Mode::Emergency, Some(end)),
            (ModeStep::End, Mode::Emergency) => (Mode::Recovery, None),
            (ModeStep::End, Mode::Recovery | Mode::Drill) => (Mode::Normal, None),
            _ => return Err(ModeRefused::Overtaken),
        };
        let next = ModeChange {
            number: 0,
            mode,
            since: order.now,
            by: order.by,
            reason: order.reason,
            expected_end,
            scope: Scope::Everyone,
        };
        Ok(self.0.append_mode(&from, next).await.unwrap())
    }
}

/// Reminds whoever is missing, and makes codes of which the file names the people.
struct Prepared(Store);

#[async_trait::async_trait]
impl Preparation for Prepared {
    fn directory(&self) -> &'static str {
        "ldaps://dc1.corp.example"
    }

    fn reminds(&self) -> bool {
        true
    }

    fn qr(&self, _text: &str) -> Option<QrPicture> {
        None
    }

    async fn remind(&self, of: PeopleFilter, by: String) -> Result<RemindersAsked, StoreError> {
        let now = Timestamp::now();
        let missing = self.0.missing(of, (0, usize::MAX), now).await?;
        let accounts = missing.people.iter().map(|it| it.account).collect();
        let day = Duration::from_hours(24);
        let asked = (by, "some".to_owned());
        self.0.ask_reminders(accounts, day, asked, now).await
    }

    async fn codes(&self, people: Vec<Readiness>, order: CodeOrder) -> Result<String, CodesFailed> {
        let logins: Vec<&str> = people.iter().map(|it| it.login.as_str()).collect();
        let (form, by) = (order.form, order.by);
        Ok(format!("{form:?} by {by}: {}", logins.join(" ")))
    }
}

impl Site {
    pub async fn new() -> Self {
        Self::with_cookie_for("http").await
    }

    pub async fn with_cookie_for(scheme: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let mut info = account("info", "Info-Postfach", None);
        info.kind = AccountKind::Shared;
        info.opened_by = vec!["juergen".to_owned(), "ada".to_owned()];
        let mut eva = account("eva", "Eva Verwalter", Some("de"));
        eva.roles = vec![Role::Admin];
        let mut otto = account("otto", "Otto", None);
        otto.roles = vec![Role::Auditor];
        let accounts = vec![
            account("juergen", "Jürgen Groß", Some("de")),
            account("ada", "Ada <Lovelace>", Some("en")),
            account("bo", "Bo", None),
            info,
            eva,
            otto,
        ];
        store
            .mirror(Snapshot {
                accounts,
                groups: Vec::new(),
            })
            .await
            .unwrap();
        let all = store.accounts().await.unwrap();
        let id = |login| {
            all.iter()
                .find(|account| account.login == login)
                .unwrap()
                .id
        };
        let router = app(parts(&store, scheme));
        Self {
            juergen: id("juergen"),
            ada: id("ada"),
            bo: id("bo"),
            info: id("info"),
            eva: id("eva"),
            otto: id("otto"),
            store,
            router,
            _dir: dir,
        }
    }

    /// Where mail can be taken back for so long.
    pub async fn that_waits(undo: Duration) -> Self {
        let site = Self::new().await;
        let parts = site.parts();
        let sending = crate::SendingRules {
            undo: Some(undo),
            ..parts.sending
        };
        let router = app(Parts { sending, ..parts });
        Self { router, ..site }
    }

    /// With this rule for the console.
    pub async fn with_second_factor(second_factor: SecondFactor) -> Self {
        let site = Self::new().await;
        let router = app(Parts {
            second_factor,
            ..site.parts()
        });
        Self { router, ..site }
    }

    /// What the webmail of this site is made of.
    pub fn parts(&self) -> Parts {
        parts(&self.store, "http")
    }

    /// In emergency mode.
    pub async fn in_emergency() -> Self {
        let site = Self::new().await;
        site.become_mode(Mode::Emergency).await;
        site
    }

    /// Makes an emergency code for `account`.
    pub async fn issue_code(&self, account: AccountId) {
        let code = NewCode {
            account,
            hash: Secret::new("$argon2id$of the code"),
        };
        let now = Timestamp::now();
        let until = now + jiff::SignedDuration::from_hours(1);
        let made = ("shell:eva".to_owned(), until);
        self.store.issue_codes(vec![code], made, now).await.unwrap();
    }

    pub async fn become_mode(&self, mode: Mode) {
        self.become_mode_for(mode, Scope::Everyone).await;
    }

    /// The mode for these accounts only.
    pub async fn become_mode_of(&self, mode: Mode, logins: &[&str]) {
        let logins = logins.iter().map(|login| (*login).to_owned()).collect();
        let scope = self.store.scope(Vec::new(), logins).await.unwrap();
        self.become_mode_for(mode, scope).await;
    }

    async fn become_mode_for(&self, mode: Mode, scope: Scope) {
        let from = self.store.mode().await.unwrap();
        let next = ModeChange {
            number: 0,
            mode,
            since: Timestamp::now(),
            by: "test".to_owned(),
            reason: "test".to_owned(),
            expected_end: None,
            scope,
        };
        self.store.append_mode(&from, next).await.unwrap();
    }

    /// A session of `account`, as a cookie and with its form token.
    pub async fn session(&self, account: AccountId) -> Visit {
        let now = Timestamp::now();
        let opened = self.store.open_session(proven(account), now).await;
        let token: SessionToken = opened.unwrap().token().unwrap();
        let admission = self.store.admission(Some(&token), now).await.unwrap();
        Visit {
            cookie: format!("session={}", token.0.expose()),
            form_token: admission.session.unwrap().form_token.expose().to_owned(),
        }
    }

    /// The same of the console.
    pub async fn console(&self, account: AccountId) -> Visit {
        let now = Timestamp::now();
        let entry = self
            .store
            .open_console(proven(account), SecondFactor::Offered, now)
            .await;
        let ConsoleEntry::Open(token) = entry.unwrap() else {
            panic!("{account} gets no session of the console");
        };
        let shown = (Some(&token), UsedBy::Person);
        let admission = self.store.console_admission(shown, now).await;
        let session = admission.unwrap().session.unwrap();
        Visit {
            cookie: format!("console={}", token.0.expose()),
            form_token: session.form_token.expose().to_owned(),
        }
    }

    /// Keeps a message and puts it into one folder.
    pub async fn receive(&self, account: AccountId, folder: Folder, mail: &[u8]) -> MessageId {
        self.receive_named(account, folder, (mail, Vec::new()))
            .await
    }

    /// The same, with the names that make a conversation.
    pub async fn receive_named(
        &self,
        account: AccountId,
        folder: Folder,
        (mail, references): (&[u8], Vec<String>),
    ) -> MessageId {
        let mut held = Held::new(64 << 20);
        held.append(mail).unwrap();
        let envelope = Envelope {
            source: Source::FallbackMail,
            reverse_path: ReversePath::Null,
            recipients: vec!["juergen@corp.example".parse().unwrap()],
            received_at: Timestamp::now(),
            peer: Peer::default(),
            bare_line_ends: false,
            smtputf8: false,
            dsn: None,
        };
        let id = self.store.keep(held, envelope).await.unwrap();
        let entry = Entry {
            account,
            folder,
            seen: false,
        };
        let filing = Filing {
            entries: vec![entry],
            summary: summary(mail),
            references,
            ..Filing::default()
        };
        self.store.file(id, filing).await.unwrap();
        id
    }

    /// Files written mail into *Sent* for as long as the site lives, as the filer does.
    pub fn start_filing(&self) {
        let store = self.store.clone();
        tokio::spawn(async move {
            loop {
                for unfiled in store.unfiled(10).await.unwrap() {
                    let (Source::Written { account } | Source::Rehearsed { account }) =
                        unfiled.envelope.source
                    else {
                        continue;
                    };
                    let entry = Entry {
                        account,
                        folder: Folder::Sent,
                        seen: true,
                    };
                    let filing = Filing {
                        entries: vec![entry],
                        ..Filing::default()
                    };
                    store.file(unfiled.id, filing).await.unwrap();
                }
                store.filing_wanted().await;
            }
        });
    }

    /// The messages of a folder, the newest first.
    pub async fn folder(&self, account: AccountId, folder: Folder) -> Vec<MessageId> {
        let page = self.store.mailbox_page(account, folder, None, 100).await;
        let entries = page.unwrap().entries.into_iter();
        entries.map(|entry| entry.message).collect()
    }

    pub async fn get(&self, path: &str, visit: Option<&Visit>) -> Answer {
        let mut request = Request::get(path);
        if let Some(visit) = visit {
            request = request.header(header::COOKIE, &visit.cookie);
        }
        self.ask(request.body(Body::empty()).unwrap()).await
    }

    /// Posts fields as a plain form.
    pub async fn post(&self, path: &str, visit: Option<&Visit>, fields: &[(&str, &str)]) -> Answer {
        let body: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header("sec-fetch-site", "same-origin");
        if let Some(visit) = visit {
            request = request.header(header::COOKIE, &visit.cookie);
        }
        self.ask(request.body(body.join("&").into()).unwrap()).await
    }

    /// Posts the form for writing; a name that begins with `files/` is a file of that name.
    pub async fn post_parts(
        &self,
        path: &str,
        visit: Option<&Visit>,
        fields: &[(&str, &[u8])],
    ) -> Answer {
        let mut body: Vec<u8> = Vec::new();
        for (name, value) in fields {
            let disposition = match name.strip_prefix("files/") {
                Some(file) => {
                    format!("name=\"files\"; filename=\"{file}\"\r\nContent-Type: text/plain")
                }
                None => format!("name=\"{name}\""),
            };
            let head = format!("--x7\r\nContent-Disposition: form-data; {disposition}\r\n\r\n");
            body.extend_from_slice(head.as_bytes());
            body.extend_from_slice(value);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(b"--x7--\r\n");
        let mut request = Request::post(path)
            .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x7")
            .header("sec-fetch-site", "same-origin");
        if let Some(visit) = visit {
            request = request.header(header::COOKIE, &visit.cookie);
        }
        // Piece by piece, as it comes over a line.
        let pieces: Vec<_> = body
            .chunks(1 << 16)
            .map(|piece| Ok::<_, Infallible>(piece.to_vec()))
            .collect();
        let body = Body::from_stream(futures_util::stream::iter(pieces));
        self.ask(request.body(body).unwrap()).await
    }

    pub async fn ask(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Answer {
            status: parts.status,
            headers: parts.headers,
            bytes: bytes.to_vec(),
        }
    }
}

fn parts(store: &Store, scheme: &str) -> Parts {
    Parts {
        sign_in: Arc::new(LoginIsPassword(store.clone())),
        preparation: Arc::new(Prepared(store.clone())),
        modes: Arc::new(Changing(store.clone())),
        proxies: Proxies::default(),
        store: store.clone(),
        hostname: "shadow.corp.example".to_owned(),
        url: "https://mail.corp.example".to_owned(),
        second_factor: SecondFactor::Offered,
        secure_cookie: scheme == "https",
        sending: crate::SendingRules {
            limits: WriterLimits {
                per_hour: 200,
                per_day: 300,
            },
            undo: None,
        },
    }
}

/// Somebody signed in.
pub(super) struct Visit {
    pub cookie: String,
    pub form_token: String,
}

pub(super) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub fn check(&self, status: u16, words: &[&str]) {
        assert_eq!(self.status.as_u16(), status, "{}", self.text());
        for word in words {
            assert!(
                self.text().contains(word),
                "{word:?} is not in {}",
                self.text()
            );
        }
    }

    #[track_caller]
    pub fn check_lacks(&self, words: &[&str]) {
        for word in words {
            assert!(
                !self.text().contains(word),
                "{word:?} is in {}",
                self.text()
            );
        }
    }
}

pub(super) fn account(login: &str, name: &str, language: Option<&str>) -> MirroredAccount {
    MirroredAccount {
        key: login.to_owned(),
        login: login.to_owned(),
        name: name.to_owned(),
        addresses: vec![address(login)],
        kind: AccountKind::Person,
        roles: Vec::new(),
        language: language.map(str::to_owned),
        verifier: None,
        opened_by: Vec::new(),
        ..MirroredAccount::default()
    }
}

pub(super) fn address(login: &str) -> Address {
    format!("{login}@corp.example").parse().unwrap()
}

/// Somebody whose password was right just now.
fn proven(account: AccountId) -> Proven {
    Proven {
        account,
        proof: Proof::Bind(Timestamp::now()),
        from: None,
    }
}

/// What the filer would find, from the raw headers.
fn summary(mail: &[u8]) -> Summary {
    let text = String::from_utf8_lossy(mail);
    let header = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap_or_default().trim().to_owned()
    };
    Summary {
        subject: header("Subject:"),
        from_name: header("From:"),
        from_address: header("From:"),
        to: header("To:"),
        preview: text
            .split("\r\n\r\n")
            .nth(1)
            .unwrap_or_default()
            .trim()
            .chars()
            .take(store::limits::SUMMARY_CHARS_MAX)
            .collect(),
        ..Summary::default()
    }
}

fn escape(text: &str) -> String {
    let escaped: Vec<String> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    escaped.concat()
}
