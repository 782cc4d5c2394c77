#!/usr/bin/env bash
# Shows what became of every event of the last 24 hours. Needs ADMIN (an admin key); MILLRACE_URL is the server.
set -euo pipefail
url=${MILLRACE_URL:-http://127.0.0.1:8080}

curl --silent --show-error --fail-with-body "$url/api/ledger" -H "Authorization: Bearer $ADMIN"
echo
