# shellcheck shell=bash
# 1,000,000 generated events through HTTP, twice (bench/README.md).
part_million() {
  (cd "$root/tests/clients" && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error >&2)
  local begin=$SECONDS
  MILLRACE_TEST_EVENTS=1000000 "$root/artifacts/bin/Millrace.Integration/release/Millrace.Integration" \
    --filter-method '*.A_hundred_thousand_events_*' --output Detailed --no-ansi --no-progress >"$work/test.log" ||
    { tail -40 "$work/test.log" >&2; return 1; }
  report "1,000,000 events, sent twice: every total equal, ledger closed, in $((SECONDS - begin)) s"
}
