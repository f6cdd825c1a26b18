-- shadow.db: what crosses days. Times are milliseconds since 1970 (UTC).

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT;

-- The mirror of the directory. A removed account keeps its row, so that its mail keeps its owner.
CREATE TABLE account (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    mirrored   TEXT NOT NULL,             -- all that the directory said, to see what changes
    login      TEXT NOT NULL,
    name       TEXT NOT NULL,
    kind       TEXT NOT NULL,
    roles      TEXT NOT NULL,
    language   TEXT,
    verifier   TEXT,
    removed    INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE address (
    key      TEXT PRIMARY KEY,            -- in lower case
    address  TEXT NOT NULL,
    account  INTEGER NOT NULL REFERENCES account (id),
    position INTEGER NOT NULL             -- 0 is the primary address
) STRICT, WITHOUT ROWID;
CREATE INDEX address_account ON address (account, position);

CREATE TABLE sign_in_name (
    name    TEXT PRIMARY KEY,             -- in lower case
    account INTEGER NOT NULL REFERENCES account (id)
) STRICT, WITHOUT ROWID;

CREATE TABLE opener (
    account INTEGER NOT NULL REFERENCES account (id),
    mailbox INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (account, mailbox)
) STRICT, WITHOUT ROWID;

CREATE TABLE mail_group (
    key     TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    name    TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE group_account (
    mail_group TEXT NOT NULL REFERENCES mail_group (key),
    account    INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (mail_group, account)
) STRICT, WITHOUT ROWID;

CREATE TABLE group_group (
    mail_group TEXT NOT NULL REFERENCES mail_group (key),
    member     TEXT NOT NULL,
    PRIMARY KEY (mail_group, member)
) STRICT, WITHOUT ROWID;

-- The newest line is the present mode.
CREATE TABLE mode_change (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    mode         TEXT NOT NULL,
    since        INTEGER NOT NULL,
    by_whom      TEXT NOT NULL,
    reason       TEXT NOT NULL,
    expected_end INTEGER
) STRICT;

CREATE TABLE session (
    token_hash BLOB PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    started_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    form_token TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT NOT NULL,
    action  TEXT NOT NULL,
    object  TEXT NOT NULL,
    detail  TEXT NOT NULL,
    address TEXT
) STRICT;

-- One row for each message on its way to one recipient; later the ledger of what became of it.
CREATE TABLE queue (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    day             TEXT NOT NULL,
    message         INTEGER NOT NULL,
    envelope_of     TEXT NOT NULL,        -- the record whose envelope it goes out with
    recipient       TEXT NOT NULL,
    recipient_key   TEXT NOT NULL,
    account         INTEGER REFERENCES account (id),
    purpose         TEXT NOT NULL,
    state           TEXT NOT NULL,
    attempts        INTEGER NOT NULL DEFAULT 0,
    next_attempt_at INTEGER NOT NULL,
    changed_at      INTEGER NOT NULL,
    last_words      TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX queue_once ON queue (day, message, purpose, recipient_key) WHERE purpose <> 'resend';
CREATE INDEX queue_due ON queue (purpose, next_attempt_at, id) WHERE state = 'waiting';
CREATE INDEX queue_message ON queue (day, message);
CREATE INDEX queue_state ON queue (purpose, state);
CREATE INDEX queue_open ON queue (id) WHERE state NOT IN ('delivered', 'confirmed', 'written-off');

-- Days whose deletion has begun.
CREATE TABLE dropped_day (
    day TEXT PRIMARY KEY
) STRICT, WITHOUT ROWID;
