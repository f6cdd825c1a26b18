-- Mail that must not age: by account, group, search or message.
CREATE TABLE hold (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,            -- account, group, query, message
    what        TEXT NOT NULL,            -- an address, a search, a message id
    reason      TEXT NOT NULL,
    by_whom     TEXT NOT NULL,
    since       INTEGER NOT NULL,
    released_at INTEGER,
    released_by TEXT
) STRICT;

-- Whose mail a hold by account or group covers. A group's members are added when they join, and stay
-- when they leave.
CREATE TABLE hold_account (
    hold    INTEGER NOT NULL REFERENCES hold (id),
    account INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (hold, account)
) STRICT, WITHOUT ROWID;

-- A day whose deletion has begun may leave survivors: they stand in the directory that takes its place.
ALTER TABLE dropped_day ADD COLUMN survivors INTEGER NOT NULL DEFAULT 0;

-- Days that hold survivors only.
CREATE TABLE thinned_day (
    day       TEXT PRIMARY KEY,
    at        INTEGER NOT NULL,
    survivors INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- When aging first saw a day, by a clock that it trusted. The name of a day is what the clock said
-- when its mail came.
CREATE TABLE seen_day (
    day TEXT PRIMARY KEY,
    at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What an administrator must know about: one line per kind while it lasts.
CREATE TABLE alert (
    kind       TEXT PRIMARY KEY,
    since      INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    words      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What somebody is writing. It belongs to no day: it has not been sent.
CREATE TABLE draft (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL REFERENCES account (id), -- who writes it
    mailbox    INTEGER NOT NULL REFERENCES account (id), -- and in which mailbox
    version    INTEGER NOT NULL,          -- counts the saves, so that two windows see each other
    changed_at INTEGER NOT NULL,
    fields     TEXT NOT NULL,             -- all but the text
    text       TEXT NOT NULL
) STRICT;
CREATE INDEX draft_account ON draft (account, mailbox, changed_at);
CREATE INDEX draft_changed ON draft (changed_at);

CREATE TABLE draft_attachment (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    draft      INTEGER NOT NULL REFERENCES draft (id) ON DELETE CASCADE,
    name       TEXT NOT NULL,
    media_type TEXT NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;
CREATE INDEX draft_attachment_draft ON draft_attachment (draft);

-- A session that ended with its emergency: it opens nothing any more, but what somebody was typing
-- then is kept as a draft.
ALTER TABLE session ADD COLUMN ended_at INTEGER;

-- Records whose debts were written down, all at once, and the message they stand under. Nothing is
-- owed a second time for a record, whatever becomes of its index, its home or the rows of the queue.
CREATE TABLE decided (
    record TEXT PRIMARY KEY,
    home   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT OR REPLACE INTO decided
    SELECT envelope_of, replace(day, '-', '') || '-' || printf('%013x', message)
    FROM queue WHERE purpose <> 'resend' ORDER BY id;
