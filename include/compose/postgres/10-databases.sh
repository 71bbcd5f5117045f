#!/bin/sh
# One database and one user for each service, who can reach no other's. PostgreSQL's image runs this at its first start.
set -eu
create() { # NAME PASSWORD
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username postgres --set name="$1" --set password="$2" <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}
create airflow "$AIRFLOW_DB_PASSWORD"
create mlflow "$MLFLOW_DB_PASSWORD"
create feast "$FEAST_DB_PASSWORD"
create marquez "$MARQUEZ_DB_PASSWORD"
