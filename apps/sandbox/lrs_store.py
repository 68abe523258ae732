"""The statements of the stand-in LRS: one SQLite file that survives a restart."""

import json
import sqlite3
import uuid
from datetime import UTC, datetime

VOIDED_VERB = "http://adlnet.gov/expapi/verbs/voided"
LRS_FIELDS = {"stored", "authority", "version"}
_TABLES = """
CREATE TABLE IF NOT EXISTS statement (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, stored TEXT NOT NULL,
  account TEXT, verb TEXT NOT NULL, object TEXT, voids TEXT, body TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS statement_voids ON statement (voids) WHERE voids IS NOT NULL;
CREATE INDEX IF NOT EXISTS statement_stored ON statement (stored, seq);
"""
_IS_VOIDED = "EXISTS (SELECT 1 FROM statement v WHERE v.voids = s.id) AND s.voids IS NULL"


class StatementConflict(Exception):
    """The id belongs to another statement (xAPI part three, 2.1.1: 409)."""


class MalformedStatement(Exception):
    """A statement lacks what every statement has (400)."""


class StatementStore:
    """Statements in the order in which they were stored."""

    def __init__(self, file=":memory:"):
        self.db = sqlite3.connect(file, isolation_level=None)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.executescript(_TABLES)

    def add(self, statements, now=None):
        """Store a batch under one ``stored`` moment, all or nothing; their ids in order."""
        rows = [_checked(statement) for statement in statements]
        if len({row["id"] for row in rows}) < len(rows):
            raise MalformedStatement("two statements with one id")
        stored = utc_text(now or datetime.now(UTC))
        with self.db:
            self.db.execute("BEGIN IMMEDIATE")
            for row in rows:
                self._add_one(row, stored)
        return [row["id"] for row in rows]

    def one(self, statement_id, *, voided=False):
        """A statement by id (of the voided ones or of the others), or None."""
        found = self.db.execute(
            f"SELECT body FROM statement s WHERE id = ? AND ({_IS_VOIDED}) = ?",  # noqa: S608
            [statement_id, int(voided)],
        ).fetchone()
        return found and json.loads(found[0])

    def page(self, query, limit):
        """(statements, the last one's place or None at the end); ``query`` as in ``_where``."""
        ascending = query.get("ascending", False)
        where, values = _where(query)
        rows = self.db.execute(
            f"SELECT seq, body FROM statement s WHERE {where} "  # noqa: S608 - our own words
            f"ORDER BY stored {_order(ascending)}, seq {_order(ascending)} LIMIT ?",
            [*values, limit + 1],
        ).fetchall()
        last = rows[limit - 1][0] if len(rows) > limit else None
        return [json.loads(body) for _, body in rows[:limit]], last

    def _add_one(self, row, stored):
        known = self.db.execute("SELECT body FROM statement WHERE id = ?", [row["id"]]).fetchone()
        if known:
            if _comparable(json.loads(known[0]), row) != _comparable(row, row):
                raise StatementConflict(row["id"])
            return
        body = {"timestamp": stored, **row, "stored": stored, "version": "1.0.0"}
        voids = row["object"]["id"].lower() if row["verb"]["id"] == VOIDED_VERB else None
        self.db.execute(
            "INSERT INTO statement (id, stored, account, verb, object, voids, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            [row["id"], stored, account_key(row["actor"]), row["verb"]["id"],
             row["object"].get("id"), voids, json.dumps(body, ensure_ascii=False)],
        )  # fmt: skip


def utc_text(moment):
    """A moment as text of fixed width in UTC, so that text order is time order."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def account_key(agent):
    """The key of an agent: its account's home page and name; None for other agents."""
    account = agent.get("account") or {}
    return f"{account['homePage']} {account['name']}" if "name" in account else None


def _where(query):
    parts, values = [f"NOT ({_IS_VOIDED})"], []
    for name, condition in {
        "since": "stored > ?",
        "until": "stored <= ?",
        "agent": "account = ?",
        "verb": "verb = ?",
        "activity": "object = ?",
        "after": "seq > ?" if query.get("ascending") else "seq < ?",
    }.items():
        if query.get(name) is not None:
            parts.append(condition)
            values.append(query[name])
    return " AND ".join(parts), values


def _order(ascending):
    return "ASC" if ascending else "DESC"


def _checked(statement):
    try:
        stored = {**statement, "id": str(uuid.UUID(statement.get("id") or str(uuid.uuid4())))}
        if not (isinstance(stored["actor"], dict) and isinstance(stored["object"], dict)):
            raise TypeError
        account_key(stored["actor"])
        if stored["verb"]["id"] == VOIDED_VERB:
            stored["object"]["id"].lower()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedStatement("a statement needs actor, verb and object") from error
    return stored


def _comparable(statement, like):
    """The parts that two equal statements share: all but what the LRS itself sets."""
    left_out = LRS_FIELDS if "timestamp" in like else LRS_FIELDS | {"timestamp"}
    return {name: value for name, value in statement.items() if name not in left_out}
