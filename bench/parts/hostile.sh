# shellcheck shell=bash
# A well-behaved client beside attacks, held against a quiet server (bench/README.md).
part_hostile() {
  local failed=0
  (cd "$root/tests/clients" && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  MILLRACE_TEST_ATTACK_SECONDS=${MILLRACE_TEST_ATTACK_SECONDS:-15} \
    "$root/artifacts/bin/Millrace.Integration/release/Millrace.Integration" \
    --filter-method '*.A_good_client_is_answered_beside_every_attack' --output Detailed --show-live-output on \
    --no-ansi --no-progress >"$work/test.log" || { tail -40 "$work/test.log" >&2; failed=1; }
  grep -E '^ +.*p99|^ +[0-9]+ attacks|^ +RssAnon' "$work/test.log" | sed 's/^ */- /' | tee -a "$result"
  return "$failed"
}
