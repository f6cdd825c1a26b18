//! A store and its model, side by side.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use store::{
    AccountId, Aging, Day, DayLimit, Entry, EntryRow, Filed, Filing, Flag, Folder, Held, HoldId,
    HoldScope, MessageId, Owed, Purpose, Snapshot, Store, StoreError, Summary,
};
use tempfile::TempDir;

use crate::mail::{self, ACCOUNTS, DAYS};
use crate::{Batches, End, Mark, Step, disk, flag};

pub const FLAGS: [Flag; 4] = [Flag::Seen, Flag::Answered, Flag::Forwarded, Flag::Flagged];

/// Small, so that there are several pages.
const PAGE_ENTRIES: usize = 2;

/// Where an owner has put an entry, and its marks in the order of [`FLAGS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct ModelEntry {
    /// `None` when it is deleted for good.
    folder: Option<Folder>,
    flags: [bool; 4],
}

/// A record: a mail as it came in.
#[derive(Clone, Debug)]
struct Record {
    mail: u8,
    to: u8,
    owed: bool,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unfiled,
    /// It has the entries of this mail.
    Home,
    /// They are at that one.
    Merged(MessageId),
}

#[derive(Default)]
struct Model {
    records: BTreeMap<MessageId, Record>,
    entries: BTreeMap<(usize, MessageId), ModelEntry>,
    /// By whose mail and for whom: the record with the envelope, while it is not settled.
    owed: BTreeMap<(MessageId, usize), Option<MessageId>>,
    held_accounts: BTreeSet<usize>,
    held_messages: BTreeSet<MessageId>,
    /// Days that went whole.
    over: BTreeSet<Day>,
    /// Days that only survivors are left of.
    thinned: BTreeSet<Day>,
    /// What has aged.
    gone: BTreeSet<MessageId>,
}

pub struct Scene {
    dir: TempDir,
    store: Option<Store>,
    accounts: Vec<AccountId>,
    holds: Vec<HoldId>,
    count: u32,
    model: Model,
}

impl Scene {
    pub async fn new() -> Self {
        let dir = disk::new();
        let store = Store::open(dir.path()).await.unwrap();
        let accounts = (0..ACCOUNTS.len()).map(mail::person).collect();
        let groups = Vec::new();
        store.mirror(Snapshot { accounts, groups }).await.unwrap();
        let mirrored = store.accounts().await.unwrap();
        let id = |login: &&str| mirrored.iter().find(|it| it.login == **login).unwrap().id;
        Self {
            accounts: ACCOUNTS.iter().map(id).collect(),
            dir,
            store: Some(store),
            holds: Vec::new(),
            count: 0,
            model: Model::default(),
        }
    }

    /// Does it to both. Whether it changed files behind the store's back, or deleted some.
    pub async fn take(&mut self, step: &Step) -> bool {
        match *step {
            Step::Keep {
                mail,
                day,
                to,
                owed,
            } => {
                // On a day that has aged nothing more arrives.
                let mut days = (0..DAYS.len()).map(|it| mail::day((day + it) % DAYS.len()));
                let Some(day) = days.find(|it| !self.model.over.contains(it)) else {
                    return false;
                };
                let id = self.keep(mail, day).await;
                let state = State::Unfiled;
                let record = Record {
                    mail,
                    to,
                    owed,
                    state,
                };
                self.model.records.insert(id, record);
            }
            Step::File { how } => self.file(how).await,
            Step::Mark {
                account,
                which,
                flag: number,
                to,
            } => {
                self.mark(account, which, flag(number), to).await;
            }
            Step::Move { account, which, to } => {
                self.move_to(account, which, Folder::ALL[to]).await;
            }
            Step::Delete { account, which } => self.delete(account, which).await,
            Step::EmptyTrash { account } => self.empty_trash(account).await,
            Step::Age { day, longer } => self.age(mail::day(day), longer).await,
            Step::HoldAccount { account } => {
                self.hold(HoldScope::Account(ACCOUNTS[account].to_owned()))
                    .await;
                self.model.held_accounts.insert(account);
            }
            Step::HoldMessage { which } => self.hold_message(which).await,
            Step::Release => self.release().await,
            Step::Settle => self.settle().await,
            Step::Restart { end } => self.restart(end).await,
            Step::PowerCut {
                percent,
                answered,
                log_percent,
            } => self.cut_power(percent, (answered, log_percent)).await,
            Step::Rebuild => self.rebuild().await,
        }
        matches!(
            step,
            Step::Age { .. } | Step::Restart { .. } | Step::PowerCut { .. } | Step::Rebuild
        )
    }

    fn store(&self) -> &Store {
        self.store.as_ref().unwrap()
    }

    async fn keep(&mut self, mail: u8, day: Day) -> MessageId {
        self.count += 1;
        let mut held = Held::new(1 << 20);
        held.append(&mail::bytes(mail)).unwrap();
        let envelope = mail::envelope(day, self.count);
        self.store().keep(held, envelope).await.unwrap()
    }

    async fn file(&mut self, how: Batches) {
        let unfiled = self.store().unfiled(1000).await.unwrap();
        let filings: Vec<(MessageId, Filing)> = unfiled
            .into_iter()
            .map(|it| (it.id, self.filing(&self.model.records[&it.id])))
            .collect();
        let ids: Vec<MessageId> = filings.iter().map(|(id, _)| *id).collect();
        let mut filed = Vec::new();
        if how == Batches::One {
            filed = self.store().file_many(filings).await.unwrap();
        } else {
            for (id, filing) in filings {
                filed.push(self.store().file(id, filing).await.unwrap());
            }
        }
        for (id, filed) in ids.into_iter().zip(filed) {
            assert_eq!(filed, self.model.file(id), "what became of {id}");
        }
    }

    fn filing(&self, record: &Record) -> Filing {
        let entry = |account: usize| Entry {
            account: self.accounts[account],
            folder: Folder::Inbox,
            seen: false,
        };
        let owed = |account: usize| Owed {
            purpose: Purpose::Return,
            recipient: mail::address(account),
            account: Some(self.accounts[account]),
        };
        Filing {
            summary: Summary {
                subject: record.mail.to_string(),
                ..Summary::default()
            },
            merge_key: Some([record.mail; 32]),
            entries: mail::accounts(record.to).map(entry).collect(),
            owed: record.owed_to().map(owed).collect(),
            ..Filing::default()
        }
    }

    async fn mark(&mut self, account: usize, which: usize, flag: Flag, to: Mark) {
        let Some(id) = self.model.choose(account, which, Option::is_some) else {
            return;
        };
        let (owner, ids) = (self.accounts[account], vec![id]);
        if to == Mark::Set {
            self.store().set_flag(owner, ids, flag).await.unwrap();
        } else {
            self.store().clear_flag(owner, ids, flag).await.unwrap();
        }
        let at = FLAGS.iter().position(|it| *it == flag).unwrap();
        self.model.entries.get_mut(&(account, id)).unwrap().flags[at] = to == Mark::Set;
    }

    async fn move_to(&mut self, account: usize, which: usize, to: Folder) {
        let Some(id) = self.model.choose(account, which, Option::is_some) else {
            return;
        };
        let owner = self.accounts[account];
        self.store()
            .move_to(owner, vec![id.into()], to)
            .await
            .unwrap();
        // What came in never lies in Sent.
        let to = if to == Folder::Sent {
            Folder::Inbox
        } else {
            to
        };
        self.model.entries.get_mut(&(account, id)).unwrap().folder = Some(to);
    }

    async fn delete(&mut self, account: usize, which: usize) {
        let in_trash = |folder: &Option<Folder>| *folder == Some(Folder::Trash);
        let Some(id) = self.model.choose(account, which, in_trash) else {
            return;
        };
        let owner = self.accounts[account];
        self.store()
            .delete_for_good(owner, vec![id.into()])
            .await
            .unwrap();
        self.model.entries.get_mut(&(account, id)).unwrap().folder = None;
    }

    async fn empty_trash(&mut self, account: usize) {
        self.store()
            .empty_trash(self.accounts[account])
            .await
            .unwrap();
        for ((owner, _), entry) in &mut self.model.entries {
            if *owner == account && entry.folder == Some(Folder::Trash) {
                entry.folder = None;
            }
        }
    }

    async fn age(&mut self, day: Day, longer: u8) {
        let accounts = mail::accounts(longer).map(|it| self.accounts[it]).collect();
        let aging = Aging {
            day,
            limit: DayLimit::OverBut(accounts),
            by: "test".to_owned(),
            now: now(),
        };
        match self.store().age_day(aging, |_| {}).await {
            Ok(_) | Err(StoreError::Missing(_)) => {}
            Err(error) => panic!("{error}"),
        }
        self.model.age(day, &mail::accounts(longer).collect());
    }

    async fn hold(&mut self, scope: HoldScope) {
        let held = self.store().add_hold(scope, "a case", "test", now()).await;
        self.holds.push(held.unwrap());
    }

    async fn hold_message(&mut self, which: usize) {
        let homes: Vec<MessageId> = self.model.homes().map(|(id, _)| id).collect();
        if let Some(id) = homes.get(which % homes.len().max(1)) {
            self.hold(HoldScope::Message(*id)).await;
            self.model.held_messages.insert(*id);
        }
    }

    async fn release(&mut self) {
        for hold in std::mem::take(&mut self.holds) {
            self.store()
                .release_hold(hold, "test", now())
                .await
                .unwrap();
        }
        self.model.held_accounts.clear();
        self.model.held_messages.clear();
    }

    async fn settle(&mut self) {
        for row in self.store().open_ledger(1000).await.unwrap() {
            self.store()
                .write_off(row.id, "test", "enough", now())
                .await
                .unwrap();
        }
        for envelope_of in self.model.owed.values_mut() {
            *envelope_of = None;
        }
    }

    async fn restart(&mut self, end: End) {
        let store = self.store.take().unwrap();
        if end == End::Well {
            store.close().await;
        }
        drop(store);
        self.store = Some(Store::open(self.dir.path()).await.unwrap());
    }

    /// The next mail is written, but its row is not, and nobody hears 250. Some before it were
    /// answered, and only a share of their rows is on the disk.
    async fn cut_power(&mut self, percent: u64, (answered, log_percent): (u8, u64)) {
        // A new day has its index before it has a segment, so the cut comes on a day that is there.
        let Some(day) = self.model.records.keys().last().map(|id| id.day()) else {
            return;
        };
        let mut kept = vec![self.keep(0, day).await];
        let before = disk::log(self.dir.path(), day);
        for _ in 0..answered {
            kept.push(self.keep(0, day).await);
        }
        let after = disk::new();
        disk::copy(self.dir.path(), after.path());
        disk::cut_log(after.path(), (day, &before), log_percent);
        let last = self.keep(0, day).await;
        disk::copy_growth(self.dir.path(), after.path(), percent);
        if percent == 100 {
            kept.push(last);
        }
        for id in kept {
            let record = Record {
                mail: 0,
                to: 1,
                owed: false,
                state: State::Unfiled,
            };
            self.model.records.insert(id, record);
        }
        drop(self.store.take());
        self.dir = after;
        self.store = Some(Store::open(self.dir.path()).await.unwrap());
    }

    async fn rebuild(&mut self) {
        let store = self.store.take().unwrap();
        store.close().await;
        drop(store);
        store::rebuild(self.dir.path(), None, |_| {}).await.unwrap();
        self.store = Some(Store::open(self.dir.path()).await.unwrap());
    }

    /// Says what is not as in the model.
    pub async fn compare(&self) -> Result<(), String> {
        for (account, login) in ACCOUNTS.iter().enumerate() {
            for folder in Folder::ALL {
                let (want, seen) = (
                    self.model.page(account, folder),
                    self.pages(account, folder).await,
                );
                same(&format!("{login}'s {folder}"), &want, &seen)?;
            }
            let counts = self
                .store()
                .folder_counts(self.accounts[account])
                .await
                .unwrap();
            for count in counts {
                let want = self.model.page(account, count.folder);
                let unread = want.iter().filter(|(_, flags)| !flags[0]).count();
                let what = format!("the count of {login}'s {}", count.folder);
                same(
                    &what,
                    &(want.len() as u64, unread as u64),
                    &(count.total, count.unread),
                )?;
            }
        }
        for (id, record) in &self.model.records {
            let seen = self
                .store()
                .record(*id)
                .await
                .map_err(|error| error.to_string())?;
            same(
                &format!("the bytes of {id}"),
                &mail::bytes(record.mail),
                &seen,
            )?;
        }
        for id in &self.model.gone {
            if !matches!(self.store().record(*id).await, Err(StoreError::Missing(_))) {
                return Err(format!("{id} has aged, and is still there"));
            }
        }
        let unfiled = self.store().unfiled(1000).await.unwrap();
        let seen: Vec<MessageId> = unfiled.into_iter().map(|it| it.id).collect();
        same("what is unfiled", &self.model.unfiled(), &seen)
    }

    /// All pages of a folder, one after the other.
    async fn pages(&self, account: usize, folder: Folder) -> Vec<(MessageId, [bool; 4])> {
        let mut entries = Vec::new();
        let mut before = None;
        loop {
            let owner = self.accounts[account];
            let page = self
                .store()
                .mailbox_page(owner, folder, before, PAGE_ENTRIES);
            let page = page.await.unwrap();
            let flags = |it: &EntryRow| [it.seen, it.answered, it.forwarded, it.flagged];
            entries.extend(page.entries.iter().map(|it| (it.message, flags(it))));
            before = page.older;
            if before.is_none() {
                return entries;
            }
        }
    }

    pub async fn verify(&self) -> Result<(), String> {
        let seen = store::verify(self.dir.path(), None, |_| {}).await;
        let seen = seen.map_err(|error| error.to_string())?;
        let findings: Vec<String> = seen.findings.iter().map(ToString::to_string).collect();
        same("what is damaged", &Vec::new(), &findings)
    }
}

impl Record {
    fn owed_to(&self) -> impl Iterator<Item = usize> {
        mail::accounts(self.to).take(usize::from(self.owed))
    }
}

impl Model {
    fn homes(&self) -> impl Iterator<Item = (MessageId, u8)> {
        let homes = self
            .records
            .iter()
            .filter(|(_, record)| record.state == State::Home);
        homes.map(|(id, record)| (*id, record.mail))
    }

    fn unfiled(&self) -> Vec<MessageId> {
        let unfiled = self
            .records
            .iter()
            .filter(|(_, record)| record.state == State::Unfiled);
        unfiled.map(|(id, _)| *id).collect()
    }

    /// A copy on the same day or up to a week before is the same mail; of several, the newest day.
    fn file(&mut self, id: MessageId) -> Filed {
        let record = self.records[&id].clone();
        let before = |home: &MessageId| (0..=7).contains(&home.day().days_until(id.day()));
        let twins = self
            .homes()
            .filter(|(home, mail)| *mail == record.mail && before(home));
        let twin = twins
            .map(|(home, _)| home)
            .max_by_key(|home| (home.day(), Reverse(*home)));
        let home = twin.unwrap_or(id);
        for account in mail::accounts(record.to) {
            let folder = Some(Folder::Inbox);
            let new = ModelEntry {
                folder,
                flags: [false; 4],
            };
            self.entries.entry((account, home)).or_insert(new);
        }
        for account in record.owed_to() {
            self.owed.entry((home, account)).or_insert(Some(id));
        }
        let state = twin.map_or(State::Home, State::Merged);
        self.records.get_mut(&id).unwrap().state = state;
        twin.map_or(Filed::Own, Filed::Merged)
    }

    /// What is owed, unfiled or held stays, what has a copy on a later day that is not over, and all
    /// of those accounts whose time is not over.
    fn age(&mut self, day: Day, longer: &BTreeSet<usize>) {
        let mut protected: BTreeSet<MessageId> = self.unfiled().into_iter().collect();
        protected.extend(&self.held_messages);
        for ((home, _), envelope_of) in &self.owed {
            if let Some(envelope_of) = envelope_of {
                protected.extend([home, envelope_of]);
            }
        }
        for (id, record) in &self.records {
            if let State::Merged(home) = record.state
                && id.day() > home.day()
                && !self.thinned.contains(&id.day())
            {
                protected.insert(home);
            }
        }
        let spared: BTreeSet<usize> = longer.union(&self.held_accounts).copied().collect();
        self.entries.retain(|(account, id), _| {
            id.day() != day || protected.contains(id) || spared.contains(account)
        });
        let stays = |id: &MessageId| {
            let has_entry = |account: &usize| self.entries.contains_key(&(*account, *id));
            id.day() != day || protected.contains(id) || spared.iter().any(has_entry)
        };
        let going: Vec<MessageId> = self
            .records
            .keys()
            .filter(|id| !stays(id))
            .copied()
            .collect();
        if !going.is_empty() {
            if self.records.keys().any(|id| id.day() == day && stays(id)) {
                self.thinned.insert(day);
            } else {
                self.thinned.remove(&day);
                self.over.insert(day);
            }
        }
        for id in going {
            self.records.remove(&id);
            self.gone.insert(id);
        }
        self.owed
            .retain(|(home, _), _| self.records.contains_key(home));
    }

    /// One entry of an account's that is where it is `wanted`, by a number.
    fn choose(
        &self,
        account: usize,
        which: usize,
        wanted: impl Fn(&Option<Folder>) -> bool,
    ) -> Option<MessageId> {
        let own = self
            .entries
            .iter()
            .filter(|((owner, _), entry)| *owner == account && wanted(&entry.folder));
        let ids: Vec<MessageId> = own.map(|((_, id), _)| *id).collect();
        ids.get(which % ids.len().max(1)).copied()
    }

    /// A folder, newest first.
    fn page(&self, account: usize, folder: Folder) -> Vec<(MessageId, [bool; 4])> {
        let own = self.entries.iter().rev();
        own.filter(|((owner, _), entry)| *owner == account && entry.folder == Some(folder))
            .map(|((_, id), entry)| (*id, entry.flags))
            .collect()
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, want: &T, seen: &T) -> Result<(), String> {
    if want == seen {
        return Ok(());
    }
    Err(format!("{what}: want {want:?}, seen {seen:?}"))
}

fn now() -> Timestamp {
    "2026-12-24T09:00:00Z".parse().unwrap()
}
