#!/usr/bin/env bash
# Makes a write key over HTTP, lists the keys, ends it again. Needs ADMIN (an admin key); MILLRACE_URL is the server.
set -euo pipefail
url=${MILLRACE_URL:-http://127.0.0.1:8080}

made=$(curl --silent --show-error --fail-with-body "$url/api/keys" -H "Authorization: Bearer $ADMIN" \
  -d '{"role":"write","tenant":"shop","source":"web"}')
echo "$made"
id=$(sed -E 's/.*"id":"([^"]+)".*/\1/' <<<"$made")
curl --silent --show-error --fail-with-body "$url/api/keys" -H "Authorization: Bearer $ADMIN"
echo
curl --silent --show-error --fail-with-body -X DELETE "$url/api/keys/$id" -H "Authorization: Bearer $ADMIN"
