-- Who is in the groups of the present mode's scope, as it was when they were chosen.
CREATE TABLE scope_member (account INTEGER PRIMARY KEY REFERENCES account (id)) STRICT;

-- Rows that were queued because the primary lacks again what it had: it was restored from a backup.
ALTER TABLE queue ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
DROP INDEX queue_once;
CREATE UNIQUE INDEX queue_once ON queue (day, message, purpose, recipient_key)
    WHERE purpose <> 'resend' AND again = 0;

-- For how long the directory counts a wrong password of an account: its policy may be one of its own.
ALTER TABLE shown_password ADD COLUMN window_ms INTEGER NOT NULL DEFAULT 1800000;

-- Who wrote a mail, when it was queued, and what its writer was told of it ('delayed', 'failed').
-- Of mail that was refused before anybody could be told the ledger alone tells.
ALTER TABLE queue ADD COLUMN writer INTEGER REFERENCES account (id);
ALTER TABLE queue ADD COLUMN queued_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue ADD COLUMN told TEXT NOT NULL DEFAULT '';
UPDATE queue SET queued_at = changed_at WHERE purpose = 'send';
UPDATE queue SET writer = (SELECT sent.account FROM queue AS sent
        WHERE sent.day = queue.day AND sent.message = queue.message AND sent.purpose = 'sent-copy' LIMIT 1)
    WHERE purpose = 'send' AND state NOT IN ('delivered', 'confirmed', 'written-off');
UPDATE queue SET told = 'failed' WHERE purpose = 'send' AND state = 'refused';
CREATE INDEX queue_untold ON queue (state, queued_at) WHERE purpose = 'send' AND told <> 'failed';

-- Mail to the outside waits: that of one writer, or with 0 that of everybody.
CREATE TABLE outbound_stop (
    writer  INTEGER PRIMARY KEY,
    since   INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    reason  TEXT NOT NULL
) STRICT;

-- How many recipients somebody wrote to in the last day, and who wanted more than may be.
CREATE TABLE written_to (
    writer     INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    recipients INTEGER NOT NULL,
    refused    INTEGER NOT NULL
) STRICT;
CREATE INDEX written_to_writer ON written_to (writer, at);

-- Mail made here that is kept when its time comes, and what it was before: a draft comes back when
-- it is taken back in time.
CREATE TABLE outbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    due_at   INTEGER NOT NULL,
    leaving  INTEGER NOT NULL DEFAULT 0,
    writer   INTEGER,
    draft    INTEGER,
    version  INTEGER,
    about    TEXT,                        -- JSON: the mail that is marked as answered then
    envelope TEXT NOT NULL,               -- JSON
    bytes    BLOB NOT NULL
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at);
CREATE INDEX outbox_draft ON outbox (draft);

-- How the probes of the primary stand.
CREATE TABLE probe (
    name          TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    state         TEXT NOT NULL,       -- unknown, up, down
    since         INTEGER NOT NULL,
    tried_at      INTEGER NOT NULL,
    took          INTEGER NOT NULL,    -- milliseconds of the last try
    is_well       INTEGER NOT NULL,    -- whether the last try went well
    words         TEXT NOT NULL,       -- what it saw
    failing_since INTEGER              -- the first failure after the last try that went well
) STRICT, WITHOUT ROWID;

-- Every change of the state of a probe. The oldest go.
CREATE TABLE probe_change (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    probe  TEXT NOT NULL,
    state  TEXT NOT NULL,
    at     INTEGER NOT NULL,
    words  TEXT NOT NULL
) STRICT;

-- What each way out has told administrators of alerts.
CREATE TABLE alert_notice (
    way     TEXT NOT NULL,             -- a webhook's name, or an address
    kind    TEXT NOT NULL,
    since   INTEGER NOT NULL,          -- of the alert
    told_at INTEGER NOT NULL,
    times   INTEGER NOT NULL,          -- how often
    is_over INTEGER NOT NULL,          -- whether it was told that it is over
    PRIMARY KEY (way, kind)
) STRICT, WITHOUT ROWID;

-- Alerts of which somebody has said that they are looked after.
CREATE TABLE alert_quiet (
    kind         TEXT PRIMARY KEY,
    since        INTEGER NOT NULL,     -- of the alert
    until        INTEGER,              -- nothing: while it lasts
    by_whom      TEXT NOT NULL,
    at           INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Links that were used to start an emergency. None works twice.
CREATE TABLE used_link (
    nonce      BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
