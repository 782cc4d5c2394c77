#!/usr/bin/env bash
# Sends one native event, then two as NDJSON. Needs WRITE (a write key); MILLRACE_URL is the server.
set -euo pipefail
url=${MILLRACE_URL:-http://127.0.0.1:8080}

curl --silent --show-error --fail-with-body "$url/v1/events" \
  -H "Authorization: Bearer $WRITE" \
  -d '{"event":"checkout","event_id":"example-1","event_time":"2026-11-22T05:30:00Z","user_id":"u1","properties":{"price":9.5}}'
echo

curl --silent --show-error --fail-with-body "$url/ndjson" -H "X-Write-Key: $WRITE" --data-binary @- <<'EVENTS'
{"event":"view","event_id":"example-2","user_id":"u1","url":"https://shop.example/p/1?utm=1","properties":{"product":1}}
{"event":"view","event_id":"example-3","user_id":"u2","url":"https://shop.example/p/2","properties":{"product":2}}
EVENTS
echo
