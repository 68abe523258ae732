"""The roles of the embedded PostgreSQL: who serves, who migrates, and who made the server."""

SUPERUSER = "postgres"
APP_ROLE, OWNER_ROLE = "kaga_portal", "kaga_owner"  # web and workers; who migrates and backs up

OWNER_OF_DATABASE = """
    SELECT rolname FROM pg_database JOIN pg_roles r ON r.oid = datdba WHERE datname = 'kaga_portal'
"""
# The owner sees the rows of every municipality while it migrates: it never serves anybody.
MAKE_ROLES = f"""
    DO $$ BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{OWNER_ROLE}') THEN
            CREATE ROLE {OWNER_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        END IF;
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
            CREATE ROLE {APP_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
        END IF;
    END $$;
    ALTER ROLE {OWNER_ROLE} REPLICATION;
    ALTER ROLE {OWNER_ROLE} SET app.municipality = '*';
    ALTER DATABASE kaga_portal OWNER TO {OWNER_ROLE};
"""  # noqa: S608 - our own names
GIVE_TO_OWNER = f"""
    ALTER SCHEMA public OWNER TO {OWNER_ROLE};
    DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT c.oid::regclass AS name, c.relkind FROM pg_class c
            WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
        LOOP EXECUTE format('ALTER TABLE %s OWNER TO {OWNER_ROLE}', one.name); END LOOP;
        FOR one IN SELECT p.oid::regprocedure AS name FROM pg_proc p
            WHERE p.pronamespace = 'public'::regnamespace AND NOT EXISTS (
                SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        LOOP EXECUTE format('ALTER ROUTINE %s OWNER TO {OWNER_ROLE}', one.name); END LOOP;
    END $$;
"""  # noqa: S608 - our own names
