#!/bin/sh
# The role of the services: it may create the databases it owns, and nothing beyond them. Runs once, when the server has no data yet.
set -eu
psql --set ON_ERROR_STOP=1 --username "${POSTGRES_USER:-postgres}" --dbname postgres --quiet <<'SQL'
\set password `cat /run/flashcall/flashcall-password`
create role flashcall login createdb password :'password';
SQL
