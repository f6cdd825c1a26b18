-- text.db of one day: the full text. All of it is made from the messages and can be made again.
-- The rowid of an index row is the number of its message; `owner` holds one token for each account
-- that has an entry, so that a search in one mailbox never walks through the mail of others.

-- Words as `search/fold.rs` cuts and folds them: the tokenizer has nothing left to do.
CREATE VIRTUAL TABLE word USING fts5 (
    owner, subject, sender, recipient, copy, file, message_id, body,
    content = '', contentless_delete = 1, tokenize = 'ascii'
);

-- Pieces of three characters of the short fields, for the insides of words. Columns with _plain
-- hold the spelling without umlauts where it is another one.
CREATE VIRTUAL TABLE piece USING fts5 (
    owner, subject, subject_plain, sender, sender_plain, recipient, recipient_plain,
    copy, copy_plain, file, file_plain,
    content = '', contentless_delete = 1, tokenize = 'trigram case_sensitive 1'
);

-- Which words with umlauts a word without them may stand for: muller, mueller.
CREATE TABLE spelling (
    plain  TEXT NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (plain, folded)
) STRICT, WITHOUT ROWID;
