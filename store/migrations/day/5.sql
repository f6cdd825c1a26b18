-- For each name that the directory did not know: the folder that the message goes to when it does, and
-- whether the primary has the message for them. Of those from before nobody wrote that down.
CREATE TABLE unknown_name_with_folder (
    name       TEXT NOT NULL,
    message    INTEGER NOT NULL REFERENCES message (id),
    folder     TEXT NOT NULL,
    at_primary INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (name, message, folder)
) STRICT, WITHOUT ROWID;
INSERT INTO unknown_name_with_folder (name, message, folder)
    SELECT name, message, iif(name = lower(from_address), 'sent', 'inbox')
    FROM unknown_name JOIN message ON id = message;
DROP TABLE unknown_name;
ALTER TABLE unknown_name_with_folder RENAME TO unknown_name;
CREATE INDEX unknown_name_message ON unknown_name (message);
