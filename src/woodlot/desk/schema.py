"""This file is the journal's tables, and how an older journal becomes one of today."""

import sqlite3

from woodlot.errors import ConfigurationError

VERSION = 2

# Bodies are JSON, so that an operator reads them with the sqlite3 shell. A fill stands once, however often it is told;
# without AUTOINCREMENT one that is told again uses up no number, so that the numbers have no holes.
_ALGOS = """
CREATE TABLE algos (
    number INTEGER PRIMARY KEY, client_order_id INTEGER, order_id INTEGER, is_open INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX open_algos ON algos (number) WHERE is_open;
CREATE INDEX algos_by_id ON algos (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX algos_without_id ON algos (client_order_id) WHERE order_id IS NULL;
"""
_TABLES = f"""{_ALGOS}
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE orders (
    number INTEGER PRIMARY KEY, client_order_id INTEGER, order_id INTEGER, is_open INTEGER NOT NULL, body TEXT NOT NULL
);
CREATE INDEX open_orders ON orders (number) WHERE is_open;
CREATE INDEX orders_by_id ON orders (order_id) WHERE order_id IS NOT NULL;
CREATE INDEX orders_without_id ON orders (client_order_id) WHERE order_id IS NULL;
CREATE TABLE steps (number INTEGER PRIMARY KEY, order_number INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX steps_of_order ON steps (order_number);
CREATE TABLE fills (
    number INTEGER PRIMARY KEY, symbol TEXT NOT NULL, trade_id INTEGER NOT NULL,
    order_id INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (symbol, trade_id)
);
CREATE INDEX fills_of_order ON fills (order_id);
CREATE TABLE consumers (name TEXT PRIMARY KEY, done INTEGER NOT NULL, in_hand INTEGER NOT NULL) WITHOUT ROWID;
"""

# The step from version n to n + 1, by n; a migration runs in one transaction with the new number.
_MIGRATIONS: dict[int, str] = {1: _ALGOS}


def prepare(connection: sqlite3.Connection, *, path: str) -> None:
    """Make the tables, or bring older ones up to date. Raises ConfigurationError for a newer or a foreign file."""
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    if version == 0:
        if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
            raise ConfigurationError(f"{path} is a database, but not a journal; name another file")
        _run(connection, _TABLES, VERSION)
    while 0 < version < VERSION:
        _run(connection, _MIGRATIONS[version], version + 1)
        version += 1
    if version > VERSION:
        raise ConfigurationError(
            f"{path} was written by a newer woodlot (journal version {version}, this one knows {VERSION})"
        )


def _run(connection: sqlite3.Connection, statements: str, version: int) -> None:
    connection.executescript(f"BEGIN IMMEDIATE; {statements} PRAGMA user_version = {version}; COMMIT;")
