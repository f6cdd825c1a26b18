"""Prints all that stands in the mirror of the directory, as JSON: read from its file with SQLite alone,
so that what the store says of itself is not asked."""

import json
import sqlite3
import sys

shadow = sqlite3.connect(sys.argv[1])
columns = (
    "login name kind roles language standing department phone hidden password_mark verifier"
).split()
keys = dict(shadow.execute("SELECT id, key FROM account"))
entries = {}


def texts(sql, of):
    return [text for (text,) in shadow.execute(sql, (of,))]


for account, key, *values in shadow.execute(
    f"SELECT id, key, {', '.join(columns)} FROM account WHERE removed = 0"
):
    entry = {name: str(value) for name, value in zip(columns, values) if value is not None}
    entry["addresses"] = texts(
        "SELECT address FROM address WHERE account = ? ORDER BY position", account
    )
    for table in ["sign_in_name", "directory_name"]:
        found = texts(f"SELECT name FROM {table} WHERE account = ? ORDER BY name", account)
        entry[f"{table}s"] = found
    openers = texts("SELECT account FROM opener WHERE mailbox = ?", account)
    entry["opened_by"] = sorted(keys[opener] for opener in openers)
    entries[key] = entry
for key, address, name in shadow.execute("SELECT key, address, name FROM mail_group"):
    members = texts("SELECT account FROM group_account WHERE mail_group = ?", key)
    groups = texts("SELECT member FROM group_group WHERE mail_group = ? ORDER BY member", key)
    entries[key] = {
        "address": address,
        "name": name,
        "members": sorted(keys[member] for member in members),
        "groups": groups,
    }
json.dump(entries, sys.stdout)
