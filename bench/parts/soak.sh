# shellcheck shell=bash
# 12,000 events a second for ten minutes (bench/README.md).
part_soak() {
  local seconds=${MILLRACE_BENCH_SECONDS:-600} most
  start
  "$program" generate --for "${seconds}s" --rate 12000 --tenants 20 --to "$url" --key "$admin_key" --json \
    >"$work/sent.json"
  most=$(peak_anonymous_kib)
  settled "$(json "$work/sent.json" accepted)"
  local counts="residue=$(ledger residue) pending=$(ledger pending)"
  stop
  report "sent: $(cat "$work/sent.json")"
  report "RssAnon at most $((most / 1024)) MiB over $seconds s; $counts"
  [ "$counts" = "residue=0 pending=0" ] && [ "$most" -le $((1024 * 1024)) ] &&
    [ "$(json "$work/sent.json" events_per_second)" -ge 11900 ]
}
