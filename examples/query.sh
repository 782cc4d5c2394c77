#!/usr/bin/env bash
# Asks the same question as JSON and as CSV. Needs ADMIN (an admin key); MILLRACE_URL is the server.
set -euo pipefail
url=${MILLRACE_URL:-http://127.0.0.1:8080}
question='{"sql":"SELECT event, count(*) AS events FROM events WHERE tenant = ? GROUP BY event ORDER BY event","params":["shop"],"timeout_ms":10000}'

curl --silent --show-error --fail-with-body "$url/api/sql" -H "Authorization: Bearer $ADMIN" -d "$question"
echo
curl --silent --show-error --fail-with-body "$url/api/sql" -H "Authorization: Bearer $ADMIN" -H 'Accept: text/csv' -d "$question"
