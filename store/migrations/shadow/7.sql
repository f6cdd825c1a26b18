-- Who is in the groups of the present mode's scope, as it was when they were chosen.
CREATE TABLE scope_member (account INTEGER PRIMARY KEY REFERENCES account (id)) STRICT;

-- Rows that were queued because the primary lacks again what it had: it was restored from a backup.
ALTER TABLE queue ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
DROP INDEX queue_once;
CREATE UNIQUE INDEX queue_once ON queue (day, message, purpose, recipient_key)
    WHERE purpose <> 'resend' AND again = 0;

-- For how long the directory counts a wrong password of an account: its policy may be one of its own.
ALTER TABLE shown_password ADD COLUMN window_ms INTEGER NOT NULL DEFAULT 1800000;
