-- How the mail of a gateway's journal report is encoded in its record (base64, quoted-printable;
-- NULL: it is not), and how many bytes it has decoded.
ALTER TABLE message ADD COLUMN content_encoding TEXT;
ALTER TABLE message ADD COLUMN content_size INTEGER;

-- Where in the record the decrypted copy of a protected mail lies, as JSON.
ALTER TABLE message ADD COLUMN aside TEXT;

-- Why nobody of ours has it, in words for an administrator.
ALTER TABLE message ADD COLUMN unsorted_because TEXT;

-- Whom a message is for, or from, that the directory did not know when it was filed: an address in
-- lower case, or an X.500 name.
CREATE TABLE unknown_name (
    name    TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message (id),
    PRIMARY KEY (name, message)
) STRICT, WITHOUT ROWID;
CREATE INDEX unknown_name_message ON unknown_name (message);

-- Nobody wrote down yet whose these are, and some of them could not be opened before.
UPDATE message SET state = 'unfiled' WHERE state = 'unsorted';
