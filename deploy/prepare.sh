#!/bin/sh
# Runs before everything else, as root: makes what is missing and leaves alone what is there.
#
#   /secrets/database/password   PostgreSQL's; it counts when the database is made
#   /secrets/door/password       the dashboard's; change it in the file, then `docker compose up -d --force-recreate door`
#   /secrets/door/users          user and hash for Caddy, made anew when the password has changed
#
# Nothing here is printed, and no secret is ever an argument of a process. The files may be read by every user of the
# containers that mount them, since these run under different ones; on the host their folder is the engine's.
set -eu
umask 022

make_password() {
	[ -s "$1" ] && return
	head -c 24 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_' >"$1.new"
	mv "$1.new" "$1"
}

make_password /secrets/database/password
make_password /secrets/door/password

users=/secrets/door/users
if [ ! -s "$users" ] || [ /secrets/door/password -nt "$users" ]; then
	hash=$({ tr -d '\r\n' </secrets/door/password; echo; } | caddy hash-password)
	printf 'studyhall %s\n' "$hash" >"$users.new"
	mv "$users.new" "$users"
fi

# A volume is root's until somebody says otherwise; so is a folder that the engine had to make.
if [ "$(stat -c %u:%g /state)" != "$STUDYHALL_USER" ]; then
	chown -R "$STUDYHALL_USER" /state
fi
if [ "$(stat -c %u /models)" = 0 ]; then
	chown "$STUDYHALL_USER" /models
fi
