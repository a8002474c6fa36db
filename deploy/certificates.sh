#!/usr/bin/env bash
# Make a certificate for the PostgreSQL that the machines of a search share, and the authority that signs it.
#
#   deploy/certificates.sh db.example.org 10.0.0.5     every name and address by which workers reach the server
#
# Writes below deploy/postgres-tls/ (FOLDER=... for another place):
#   ca.crt                    give it to every machine: sslmode=verify-full&sslrootcert=.../ca.crt
#   server.crt, server.key    for the server only
#   ca.key                    signs the next server.crt; keep it off the server
# Called again it keeps the authority, so the machines keep their ca.crt, and renews the server's certificate. DAYS says
# how long that one is good (825); the authority is good for ten years.
set -euo pipefail
umask 077 # keys are for their owner only: PostgreSQL refuses others

if [[ $# -eq 0 || $1 == -* ]]; then
  sed -n '2,11s/^# \{0,1\}//p' "$0"
  [[ $# -eq 1 && ($1 == -h || $1 == --help) ]] && exit 0
  exit 2
fi
command -v openssl >/dev/null || { echo "error: openssl is not installed" >&2; exit 2; }

names=
for host in "$@"; do
  octet='(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])'
  if [[ $host =~ ^[0-9.]+$ && ! $host =~ ^$octet(\.$octet){3}$ ]]; then
    echo "error: '$host' is no address; give what stands in the workers' URL after @" >&2
    exit 2
  elif [[ $host =~ ^[0-9.]+$ || $host =~ ^[0-9a-fA-F:]*:[0-9a-fA-F:.]*$ ]]; then
    names+=",IP:$host"
  elif [[ $host =~ ^(\*\.)?[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$ ]]; then
    names+=",DNS:$host"
  else
    echo "error: '$host' is neither a host name nor an address; give what stands in the workers' URL after @" >&2
    exit 2
  fi
done

if [[ ! ${DAYS:=825} =~ ^-?[0-9]{1,5}$ ]]; then
  echo "error: DAYS='$DAYS' is no number of days" >&2
  exit 2
fi

folder=${FOLDER:-$(cd "$(dirname "$0")" && pwd)/postgres-tls}
mkdir -p "$folder"
cd "$folder"
# Compose makes a folder of a file that it was to mount and that was missing.
rmdir server.crt server.key 2>/dev/null || true
new=$(mktemp -d .new.XXXXXX)
trap 'rm -rf "$new"' EXIT

if [[ -e ca.crt && ! -e ca.key ]]; then
  echo "error: $folder has a ca.crt without its ca.key, so nothing can be signed; give another place with FOLDER=..." >&2
  exit 2
elif [[ ! -e ca.key || ! -e ca.crt ]]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 3650 \
    -subj "/CN=studyhall authority" -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
    -addext "keyUsage=critical,keyCertSign,cRLSign" -keyout "$new/ca.key" -out "$new/ca.crt" 2>/dev/null
  mv "$new/ca.key" "$new/ca.crt" .
fi

openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=studyhall postgres" \
  -keyout "$new/server.key" -out "$new/server.csr" 2>/dev/null
printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
  "extendedKeyUsage=serverAuth" "subjectAltName=${names#,}" >"$new/extensions"
openssl x509 -req -in "$new/server.csr" -CA ca.crt -CAkey ca.key -sha256 -days "$DAYS" \
  -set_serial "0x$(openssl rand -hex 16)" -extfile "$new/extensions" -out "$new/server.crt" 2>"$new/said" ||
  { cat "$new/said" >&2; exit 1; }
mv "$new/server.key" "$new/server.crt" .
chmod 644 ca.crt server.crt

echo "$folder: server.crt for ${names#,}, good until $(openssl x509 -in server.crt -noout -enddate | cut -d= -f2)"
echo "in the workers' STUDY_STORAGE: ?sslmode=verify-full&sslrootcert=$folder/ca.crt"
