-- Accounts that were shut out at once, by a sync whose rest waits until a person agrees to it. What
-- the mirror says of them otherwise still stands in `account.mirrored`.
CREATE TABLE suspended (
    account          INTEGER PRIMARY KEY REFERENCES account (id),
    has_new_password INTEGER NOT NULL DEFAULT 0,
    verifier         TEXT                 -- the hash of the password before
) STRICT;

-- Administrators who need no directory. They are made, renewed and removed from a shell.
CREATE TABLE break_glass (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,      -- in lower case
    hash       TEXT NOT NULL,             -- Argon2id
    secret     BLOB NOT NULL,             -- of their second factor (RFC 6238)
    last_step  INTEGER NOT NULL,          -- no code of it, or of one before it, is taken again
    tried_step INTEGER NOT NULL DEFAULT 0,
    tries      INTEGER NOT NULL DEFAULT 0, -- passwords typed with a code of that step
    made_at    INTEGER NOT NULL,
    made_by    TEXT NOT NULL,
    used_at    INTEGER
) STRICT;

-- Sessions of the console are of a person of the directory or of one of those. The ones there were end.
DROP TABLE console_session;
CREATE TABLE console_session (
    token_hash  BLOB PRIMARY KEY,
    account     INTEGER REFERENCES account (id),
    break_glass INTEGER REFERENCES break_glass (id),
    started_at  INTEGER NOT NULL,
    used_at     INTEGER NOT NULL,
    proved_at   INTEGER NOT NULL,         -- when they last showed who they are
    form_token  TEXT NOT NULL,
    stage       TEXT NOT NULL,            -- open, or code: the second factor is still asked for
    CHECK ((account IS NULL) <> (break_glass IS NULL))
) STRICT, WITHOUT ROWID;

-- Codes of second factors by where they were typed: who guesses elsewhere keeps nobody out.
CREATE TABLE totp_place (
    account    INTEGER NOT NULL REFERENCES account (id),
    place      TEXT NOT NULL,             -- an address, of IPv6 its network; may be empty
    wrong      INTEGER NOT NULL DEFAULT 0, -- since the last right one from there
    wrong_at   INTEGER NOT NULL DEFAULT 0,
    came_in_at INTEGER,                   -- with a right one
    PRIMARY KEY (account, place)
) STRICT, WITHOUT ROWID;

-- Emergency codes that were made for somebody who has not been told of it yet.
CREATE TABLE code_notice (
    account INTEGER PRIMARY KEY REFERENCES account (id),
    made_at INTEGER NOT NULL,
    made_by TEXT NOT NULL,
    used_at INTEGER
) STRICT;

-- A verifier may lie aside: it does not count, and yet it says what the password was.
ALTER TABLE made_verifier ADD COLUMN state TEXT NOT NULL DEFAULT 'good';

-- Wrong passwords that the directory was shown lately. Only how many: not what they were.
CREATE TABLE shown_password (
    account INTEGER PRIMARY KEY REFERENCES account (id),
    shown   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT;

-- From where people came in lately. Strangers keep nobody out there.
CREATE TABLE at_home (
    account INTEGER NOT NULL REFERENCES account (id),
    address TEXT NOT NULL,                -- of IPv6 the network
    at      INTEGER NOT NULL,
    PRIMARY KEY (account, address)
) STRICT, WITHOUT ROWID;
CREATE INDEX at_home_address ON at_home (address);

-- Whether a group does not stand in the address book.
ALTER TABLE mail_group ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;

-- For whom a mode holds, in JSON.
ALTER TABLE mode_change ADD COLUMN scope TEXT NOT NULL DEFAULT '"everyone"';
