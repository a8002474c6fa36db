#!/bin/sh
# Runs before everything else, as root: makes what is missing and checks what is there.
#
#   /secrets/database/password   PostgreSQL's; it counts when the database is made
#   /secrets/door/password       the dashboard's
#   /secrets/door/users          user and hash for Caddy, made from it
#
# Nothing secret is printed or an argument of a process. What it makes may be read by every user of the containers that
# mount it, since these run under different ones; on the host the volumes are the engine's.
set -eu
umask 022

fail() {
	echo "error: $*" >&2
	exit 2
}

uid=${STUDYHALL_USER%%:*} gid=${STUDYHALL_USER##*:}
case $STUDYHALL_USER in
*[!0-9:]* | :* | *: | *:*:*) fail "STUDYHALL_USER=$STUDYHALL_USER must be UID:GID, such as 1000:1000 (id -u, id -g)" ;;
*:*) ;;
*) fail "STUDYHALL_USER=$STUDYHALL_USER must be UID:GID, such as $STUDYHALL_USER:$STUDYHALL_USER" ;;
esac

# may_use PATH BITS: whether the services' user may read a file (4) or enter a folder (1)
may_use() {
	[ "$uid" = 0 ] || [ -n "$(find "$1" -prune \( \
		-user "$uid" -perm "-${2}00" -o -group "$gid" -perm "-0${2}0" -o -perm "-00$2" \))" ]
}

# password FILE NAME: make one where there is none, refuse one that nobody could use
password() {
	if [ ! -s "$1" ]; then
		head -c 24 /dev/urandom | base64 | tr -d '\n' | tr '+/' '-_' >"$1.new"
		mv "$1.new" "$1"
	fi
	text=$(tr -d '\r' <"$1")
	case $text in
	*"
"*) fail "the $2 password must be one line" ;;
	*[![:space:]]*) ;;
	*) fail "the $2 password is blank; write one into the file, or delete the file to have one made" ;;
	esac
	may_use "$1" 4 && may_use "${1%/*}" 1 ||
		fail "the file of the $2 password, or its folder, cannot be read by user $uid: chown $STUDYHALL_USER, or chmod a+rX"
}

password /secrets/database/password database
password /secrets/door/password "dashboard's"
[ "$(printf %s "$text" | wc -c)" -le 72 ] ||
	fail "the dashboard's password is longer than 72 bytes, and its hash would not tell what follows"
hash=$(printf '%s\n' "$text" | caddy hash-password)
printf 'studyhall %s\n' "$hash" >/secrets/door/users.new
mv /secrets/door/users.new /secrets/door/users

# A volume is root's until somebody says otherwise.
for folder in /state /certificates; do
	if [ "$(stat -c %u:%g "$folder")" != "$STUDYHALL_USER" ]; then
		chown -R "$STUDYHALL_USER" "$folder"
	fi
done

# So is a folder that the engine had to make. One of somebody else's stays theirs, and the services may write into it.
owner=$(stat -c %u /models)
if [ "$owner" = 0 ]; then
	chown "$STUDYHALL_USER" /models
elif [ "$owner" != "$uid" ]; then
	chgrp "$gid" /models
	chmod g+rwx /models
	echo "note: models/ belongs to user $owner, and what is written there will belong to $uid; STUDYHALL_USER in .env changes that"
fi
