#!/usr/bin/env bash
# Make the passwords and certificates that are missing in deploy/kubernetes/secrets/, from where Kustomize takes them.
# Git does not: keep the folder, since PostgreSQL keeps the password that it was made with.
set -euo pipefail
umask 077
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/secrets"
for name in database-password dashboard-password; do
  [[ -s $name ]] || openssl rand -hex 24 | tr -d '\n' >"$name"
done
# One certificate for the two services that workers reach inside the cluster.
[[ -s postgres-tls/server.crt ]] || FOLDER=$PWD/postgres-tls "$here/../certificates.sh" postgres pgbouncer >/dev/null
[[ -s ca.crt ]] || cp postgres-tls/ca.crt ca.crt # with a managed PostgreSQL: its own
echo "$PWD holds the passwords and certificates"
