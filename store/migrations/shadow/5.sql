-- What a directory says beyond names and addresses.
ALTER TABLE account ADD COLUMN standing TEXT NOT NULL DEFAULT 'active';
ALTER TABLE account ADD COLUMN department TEXT;
ALTER TABLE account ADD COLUMN phone TEXT;
ALTER TABLE account ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

-- All that the directory said of a group, as a checksum, to see what changes.
ALTER TABLE mail_group ADD COLUMN mirrored TEXT NOT NULL DEFAULT '';

-- A sync writes only what changed, and finds it by these.
CREATE INDEX sign_in_name_account ON sign_in_name (account);
CREATE INDEX directory_name_account ON directory_name (account);
CREATE INDEX opener_mailbox ON opener (mailbox);
CREATE INDEX group_account_account ON group_account (account);
CREATE INDEX group_group_member ON group_group (member);

-- The entries of a directory server as they were read last: from then on it is asked only for what
-- has changed. What stands in them is known to the reader of the directory alone.
CREATE TABLE directory_entry (
    key   TEXT PRIMARY KEY,
    entry TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What the directory says that is another when the password is another; NULL where it says nothing.
ALTER TABLE account ADD COLUMN password_mark TEXT;

-- Verifiers that were made here, each after the directory had accepted the password. One that the
-- directory itself hands out stands in the account.
CREATE TABLE made_verifier (
    account       INTEGER PRIMARY KEY REFERENCES account (id),
    hash          TEXT NOT NULL,    -- Argon2id
    made_at       INTEGER NOT NULL,
    expires_at    INTEGER NOT NULL,
    password_mark TEXT              -- of the password that it is of
) STRICT;

-- Who was reminded to try to sign in, and when. While there is no message the mail is still to be
-- written, by the worker.
CREATE TABLE reminder (
    account  INTEGER PRIMARY KEY REFERENCES account (id),
    asked_at INTEGER NOT NULL,
    message  TEXT
) STRICT;
CREATE INDEX reminder_due ON reminder (asked_at) WHERE message IS NULL;

-- The directory's own key of a group, which says whose a disputed address is.
ALTER TABLE mail_group ADD COLUMN entry TEXT NOT NULL DEFAULT '';

-- What syncs took away and nobody has looked at: the guard counts a day of it together, so that it
-- is not passed in small steps.
CREATE TABLE mirror_loss (
    what TEXT NOT NULL,                   -- account, sign-in, address, group, members, admin
    key  TEXT NOT NULL,
    name TEXT NOT NULL,                   -- as people know it
    at   INTEGER NOT NULL,
    PRIMARY KEY (what, key)
) STRICT, WITHOUT ROWID;

-- When all that let somebody in was forgotten: a sign-in that the directory was asked about before is
-- too late.
ALTER TABLE account ADD COLUMN forgotten_at INTEGER;

-- Sessions of the console. They are no sessions of the webmail: neither can be used as the other, and
-- the mode does not end them.
CREATE TABLE console_session (
    token_hash BLOB PRIMARY KEY,
    account    INTEGER NOT NULL REFERENCES account (id),
    started_at INTEGER NOT NULL,
    used_at    INTEGER NOT NULL,
    form_token TEXT NOT NULL,
    stage      TEXT NOT NULL              -- open, or code: the second factor is still asked for
) STRICT, WITHOUT ROWID;

-- Second factors of administrators (RFC 6238).
CREATE TABLE totp (
    account   INTEGER PRIMARY KEY REFERENCES account (id),
    secret    BLOB NOT NULL,
    last_step INTEGER NOT NULL,           -- no code of it, or of one before it, is taken again
    wrong     INTEGER NOT NULL DEFAULT 0, -- codes since the last right one
    wrong_at  INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Readings of the directory: what somebody asks the worker for, and what came of the last ones.
CREATE TABLE directory_run (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    asked_by   TEXT NOT NULL,
    asked_at   INTEGER NOT NULL,
    what       TEXT NOT NULL,             -- JSON
    state      TEXT NOT NULL,
    changed_at INTEGER NOT NULL,
    report     TEXT NOT NULL              -- JSON
) STRICT;
CREATE INDEX directory_run_asked ON directory_run (number) WHERE state = 'asked';
