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
CREATE INDEX message_unindexed ON message (id) WHERE indexed = 0 AND state IN ('filed', 'unsorted');

-- Where its owner put an entry: archive, junk, trash; gone, when it was deleted for good; NULL is
-- where it was filed.
DROP INDEX entry_trashed;
DROP INDEX entry_unseen;
ALTER TABLE entry ADD COLUMN moved TEXT;
UPDATE entry SET moved = 'trash' WHERE trashed = 1;
ALTER TABLE entry DROP COLUMN trashed;
CREATE INDEX entry_moved ON entry (account, moved, message) WHERE moved IS NOT NULL;

-- How many entries lie where. Kept by the triggers below, because counting them on every page
-- would read all of a large mailbox.
CREATE TABLE folder_count (
    account INTEGER NOT NULL,
    folder  TEXT NOT NULL,
    total   INTEGER NOT NULL,
    unread  INTEGER NOT NULL,
    PRIMARY KEY (account, folder)
) STRICT, WITHOUT ROWID;
INSERT INTO folder_count
    SELECT account, coalesce(moved, folder), count(*), count(*) FILTER (WHERE seen = 0)
    FROM entry GROUP BY 1, 2;

CREATE TRIGGER entry_came AFTER INSERT ON entry BEGIN
    INSERT INTO folder_count
    VALUES (new.account, coalesce(new.moved, new.folder), 1, new.seen = 0)
    ON CONFLICT DO UPDATE SET total = total + 1, unread = unread + excluded.unread;
END;
CREATE TRIGGER entry_changed AFTER UPDATE OF seen, moved ON entry
WHEN old.seen <> new.seen OR old.moved IS NOT new.moved BEGIN
    UPDATE folder_count SET total = total - 1, unread = unread - (old.seen = 0)
    WHERE account = old.account AND folder = coalesce(old.moved, old.folder);
    INSERT INTO folder_count
    VALUES (new.account, coalesce(new.moved, new.folder), 1, new.seen = 0)
    ON CONFLICT DO UPDATE SET total = total + 1, unread = unread + excluded.unread;
END;
CREATE TRIGGER entry_went AFTER DELETE ON entry BEGIN
    UPDATE folder_count SET total = total - 1, unread = unread - (old.seen = 0)
    WHERE account = old.account AND folder = coalesce(old.moved, old.folder);
END;

-- Which messages have copies on this day that aging must not forget.
CREATE INDEX message_merged ON message (merged_into) WHERE merged_into IS NOT NULL;
