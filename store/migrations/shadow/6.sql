-- Accounts that were shut out at once, by a sync whose rest waits until a person agrees to it. What
-- the mirror says of them otherwise still stands in `account.mirrored`.
CREATE TABLE suspended (
    account          INTEGER PRIMARY KEY REFERENCES account (id),
    has_new_password INTEGER NOT NULL DEFAULT 0,
    verifier         TEXT                 -- the hash of the password before
) STRICT;
