-- X.500 names of accounts (legacyExchangeDN, and the X500: ones of proxyAddresses).
CREATE TABLE directory_name (
    name    TEXT PRIMARY KEY,             -- in lower case
    account INTEGER NOT NULL REFERENCES account (id)
) STRICT, WITHOUT ROWID;
