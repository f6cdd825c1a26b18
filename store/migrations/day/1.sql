-- index.db of one day. Times are milliseconds since 1970 (UTC).

CREATE TABLE message (
    id                INTEGER PRIMARY KEY, -- millisecond of the day and random bits: sorts by arrival
    segment           TEXT NOT NULL,
    offset            INTEGER NOT NULL,
    length            INTEGER NOT NULL,    -- bytes of the whole record on disk
    size              INTEGER NOT NULL,    -- bytes of the message
    envelope          TEXT NOT NULL,
    state             TEXT NOT NULL,       -- unfiled, filed, unsorted, merged
    merged_into       TEXT,
    content_start     INTEGER,             -- where the mail lies in the record, if not all of it
    content_end       INTEGER,
    merge_key         BLOB,
    subject           TEXT NOT NULL DEFAULT '',
    from_name         TEXT NOT NULL DEFAULT '',
    from_address      TEXT NOT NULL DEFAULT '',
    to_names          TEXT NOT NULL DEFAULT '',
    preview           TEXT NOT NULL DEFAULT '',
    header_message_id TEXT,
    date              INTEGER,
    attachments       INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX message_unfiled ON message (id) WHERE state = 'unfiled';
CREATE INDEX message_unsorted ON message (id) WHERE state = 'unsorted';
CREATE INDEX message_merge_key ON message (merge_key) WHERE merge_key IS NOT NULL;

-- One message in one account's folder. Deleting only marks it: the message stays.
CREATE TABLE entry (
    account    INTEGER NOT NULL,
    folder     TEXT NOT NULL,
    message    INTEGER NOT NULL REFERENCES message (id),
    trashed    INTEGER NOT NULL DEFAULT 0,
    seen       INTEGER NOT NULL DEFAULT 0,
    answered   INTEGER NOT NULL DEFAULT 0,
    forwarded  INTEGER NOT NULL DEFAULT 0,
    flagged    INTEGER NOT NULL DEFAULT 0,
    at_primary INTEGER NOT NULL DEFAULT 0, -- the primary has shown that it has it
    PRIMARY KEY (account, folder, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_trashed ON entry (account, message) WHERE trashed = 1;
CREATE INDEX entry_unseen ON entry (account, folder) WHERE seen = 0 AND trashed = 0;
CREATE INDEX entry_message ON entry (message);
