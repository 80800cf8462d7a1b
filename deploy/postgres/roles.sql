-- The three roles of auth-service. Run once by the database administrator, as a superuser, connected to the service's
-- own database; running it again changes nothing:
--
--     createdb auth_service
--     psql --dbname auth_service --set ON_ERROR_STOP=1 --file deploy/postgres/roles.sql
--
-- The roles may log in but have no password, so that no secret stands in this file: with the usual scram-sha-256 nobody
-- can use them until you give each one a password of its own (`\password auth_service_front`) or a client certificate
-- in pg_hba.conf. What each may do with which table is not here: `auth-service migrate`, run as the owner, grants it from
-- auth_service/storage/grants.py, and `auth-service doctor` says when a role can do more.
--
--   auth_service_front   serves HTTP and does the worker's jobs: identities and faces, never bank references
--   auth_service_ledger  imports the ledger: identities and bank references, never faces
--   auth_service_owner   owns the tables: migrates and restores; no process that serves knows its password

DO $$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['auth_service_front', 'auth_service_ledger', 'auth_service_owner'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I', wanted);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- somebody else made it just now
            END;
        END IF;
    END LOOP;
    -- the owner of the database may make schemas in it
    EXECUTE format('ALTER DATABASE %I OWNER TO auth_service_owner', current_database());
    EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO auth_service_front, auth_service_ledger', current_database());
END $$;

ALTER ROLE auth_service_front
    LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE auth_service_ledger
    LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;
ALTER ROLE auth_service_owner
    LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;

-- since PostgreSQL 15 this is so from the start; older databases that were upgraded still have it
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO auth_service_front, auth_service_ledger;
GRANT USAGE, CREATE ON SCHEMA public TO auth_service_owner;
