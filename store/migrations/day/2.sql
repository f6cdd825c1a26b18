-- Which message names which other one in Message-ID, In-Reply-To or References, by the first
-- eight bytes of the name's SHA-256.
CREATE TABLE reference (
    name    INTEGER NOT NULL,
    message INTEGER NOT NULL REFERENCES message (id),
    PRIMARY KEY (name, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_message ON reference (message);

-- Whether the full text of the message, for all whose entry it is, lies in text.db.
ALTER TABLE message ADD COLUMN indexed INTEGER NOT NULL DEFAULT 0;
CREATE INDEX message_unindexed ON message (id) WHERE indexed = 0 AND state = 'filed';
