#!/usr/bin/env bash
# Sends segment-batch.json as a Segment SDK does: gzip, and the key as Basic user. Needs WRITE; MILLRACE_URL is the server.
set -euo pipefail
url=${MILLRACE_URL:-http://127.0.0.1:8080}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

gzip --stdout "$here/segment-batch.json" |
  curl --silent --show-error --fail-with-body "$url/v1/batch" -u "$WRITE:" -H 'Content-Encoding: gzip' --data-binary @-
echo
