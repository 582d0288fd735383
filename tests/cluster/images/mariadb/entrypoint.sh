#!/bin/sh
# Copyright: (c) 2026, pharmbio.cpsign contributors
# SPDX-License-Identifier: GPL-3.0-or-later
# As the official images: a new data folder gets root's password and the database; then the server runs with the arguments.
set -eu
data=/var/lib/mysql
if [ ! -d "$data/mysql" ]; then
    mariadb-install-db --no-defaults --datadir="$data/.new" --auth-root-authentication-method=normal --skip-test-db > /dev/null
    password=$(cat "$MYSQL_ROOT_PASSWORD_FILE")
    mariadbd --no-defaults --datadir="$data/.new" --bootstrap <<SQL
USE mysql;
DELETE FROM global_priv WHERE User = 'root' AND Host <> 'localhost';
FLUSH PRIVILEGES;
ALTER USER root@localhost IDENTIFIED BY '$password';
CREATE USER root@'%' IDENTIFIED BY '$password';
GRANT ALL ON *.* TO root@'%' WITH GRANT OPTION;
CREATE DATABASE \`$MYSQL_DATABASE\` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
SQL
    mv "$data/.new"/* "$data/" && rm -r "$data/.new"
fi
exec mariadbd --no-defaults --datadir="$data" --socket=/run/mysqld/mysqld.sock --pid-file=/run/mysqld/mysqld.pid "$@"
