-- Emergency codes that may still be used: one for each person. The audit log knows those that were.
CREATE TABLE emergency_code (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL UNIQUE REFERENCES account (id),
    hash       TEXT NOT NULL,             -- Argon2id
    made_at    INTEGER NOT NULL,
    made_by    TEXT NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;

-- When somebody last showed that they can sign in, and how.
CREATE TABLE readiness (
    account INTEGER PRIMARY KEY REFERENCES account (id),
    at      INTEGER NOT NULL,
    how     TEXT NOT NULL
) STRICT;
