"""The tables of the share store in a database, and the settings its server needs.

Pure: no Django.
"""

# Nothing gathers statistics of shares (pg_statistic would keep copies), none is kept apart from its
# row, and the list of ended keys only grows.
SCHEMA_SQL = """
    CREATE TABLE IF NOT EXISTS key_share_store (
        id smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
        store_id uuid NOT NULL,
        made_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE IF NOT EXISTS key_share (
        key_id uuid PRIMARY KEY,
        share bytea NOT NULL
    );
    ALTER TABLE key_share ALTER COLUMN share SET STORAGE PLAIN;
    ALTER TABLE key_share ALTER COLUMN share SET STATISTICS 0;
    CREATE TABLE IF NOT EXISTS ended_key (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        key_id uuid NOT NULL,
        student_id uuid NOT NULL,
        purpose text NOT NULL,
        ended_at timestamptz NOT NULL
    );
    CREATE OR REPLACE FUNCTION ended_key_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'the list of ended keys only grows'; END $$;
    CREATE OR REPLACE TRIGGER ended_key_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ended_key
        FOR EACH STATEMENT EXECUTE FUNCTION ended_key_only_grows();
"""
# What the server must say, so that its own files forget a destroyed share: {setting: (value, why)}.
NEEDED_SETTINGS = {
    "wal_recycle": ("off", "old WAL is kept under new names, with the shares in it"),
    "wal_init_zero": ("on", "new WAL may show what the disk held before"),
    "wal_keep_size": ("0", "old WAL is kept for standbys"),
    "log_parameter_max_length": ("0", "shares may be written to the server's log"),
    "log_parameter_max_length_on_error": ("0", "shares may be written to the server's log"),
}
# Whether the role of the URL may do what the nightly purge does.
_MAY_PURGE_SQL = """
    SELECT pg_has_role(c.relowner, 'USAGE'),
        has_function_privilege('pg_switch_wal()', 'EXECUTE'),
        pg_has_role('pg_checkpoint', 'USAGE'),
        EXISTS (SELECT FROM pg_replication_slots)
    FROM pg_class c WHERE c.oid = 'key_share'::regclass
"""
MISSING_RIGHTS = (
    "The role of KEY_SHARES_URL does not own key_share: the nightly purge cannot rewrite it.",
    "The role of KEY_SHARES_URL may not call pg_switch_wal(): GRANT EXECUTE ON FUNCTION "
    "pg_switch_wal() TO that role.",
    "The role of KEY_SHARES_URL may not CHECKPOINT: GRANT pg_checkpoint TO that role.",
)
SLOTS_KEEP_WAL = "The server has replication slots, which keep WAL with the shares in it."


def setting_problems(fetch):
    """Sentences (English) about what keeps destroyed shares readable; ``fetch`` gives rows."""
    rows = fetch(
        "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(NEEDED_SETTINGS)]
    )
    problems = [
        f"{name} is {found!r}, not {NEEDED_SETTINGS[name][0]!r}: {NEEDED_SETTINGS[name][1]}."
        for name, found in sorted(rows)
        if found != NEEDED_SETTINGS[name][0]
    ]
    ((*rights, has_slots),) = fetch(_MAY_PURGE_SQL)
    problems += [
        words for words, is_allowed in zip(MISSING_RIGHTS, rights, strict=True) if not is_allowed
    ]
    return problems + [SLOTS_KEEP_WAL] * has_slots
