-- For each name that the directory did not know: the folder that the message goes to when it does, and
-- whether the primary has the message for them. Of those from before nobody wrote that down.
CREATE TABLE unknown_name_with_folder (
    name       TEXT NOT NULL,
    message    INTEGER NOT NULL REFERENCES message (id),
    folder     TEXT NOT NULL,
    at_primary INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (name, message, folder)
) STRICT, WITHOUT ROWID;
-- What somebody has already goes to nobody for its From, which anybody can write; whoever got it of
-- himself is among its recipients. Of the rest the folder does not count: it is filed again.
INSERT INTO unknown_name_with_folder (name, message, folder)
    SELECT name, message, 'inbox'
    FROM unknown_name JOIN message ON id = message
    WHERE state NOT IN ('filed', 'merged')
       OR name <> lower(from_address)
       OR EXISTS (
           SELECT 1 FROM json_each(iif(json_valid(envelope), envelope, '{}'), '$.recipients') AS recipient
           WHERE lower(recipient.value) = name);
DROP TABLE unknown_name;
ALTER TABLE unknown_name_with_folder RENAME TO unknown_name;
CREATE INDEX unknown_name_message ON unknown_name (message);

-- How far into each segment its records have rows; one that is not in here has none yet. A power cut can
-- take the last rows and leave their records; whatever lies behind `rows_to` then gets its rows back.
-- Segments whose names end otherwise than in `-4.seg` are never in here: those of before, where a whole
-- record behind the last row is nobody's, and copies that aging made.
CREATE TABLE segment (
    name    TEXT PRIMARY KEY,
    rows_to INTEGER NOT NULL -- bytes
) STRICT, WITHOUT ROWID;
