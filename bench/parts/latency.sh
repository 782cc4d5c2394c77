# shellcheck shell=bash
# How long an answer takes at half the greatest rate, and whether changing segments shows (bench/README.md).
part_latency() {
  . "$bench/peers.sh"
  local seconds=${MILLRACE_BENCH_SECONDS:-30} connections=64 most rate round
  node "$bench/peers/bodies.js" "$work"
  trap 'stop_peers; finish' EXIT
  peer_millrace alone disk
  touch_memory
  post alone max 10 >"$work/warm.json"
  post alone max 10 >"$work/max.json"
  most=$(json "$work/max.json" requests_per_second)
  rate=$((most / 2))
  report "single events, collector alone: at most $most requests/s (closed loop, $connections connections)"
  for round in 1 2 3 4 5; do
    post alone "$rate" "$seconds" >"$work/run$round.json"
    report "open loop at $rate/s, run $round: $(latencies "$work/run$round.json")"
  done
  # Small segments, the lake beside the collector so that they are released and used again.
  cat >"$work/whole.json" <<EOT
{"log": {"segment_bytes": 1048576}, "lake": {"commit_seconds": 2},
 "keys": [{"role": "write", "tenant": "shop", "source": "bench", "value": "$write_key"}]}
EOT
  peer whole /v1/events "$program" up --data "$work/whole" --config "$work/whole.json" --http 127.0.0.1:@PORT@
  post whole 1000 10 >"$work/warm.json"
  local opened released
  opened=$(metric millrace_log_segments_opened_total) released=$(metric millrace_log_segments_released_total)
  post whole $((rate / 4)) "$seconds" >"$work/rotation.json"
  report "whole pipeline, segments of 1 MiB, open loop at $((rate / 4))/s:" \
    "$(($(metric millrace_log_segments_opened_total) - opened)) segments opened," \
    "$(($(metric millrace_log_segments_released_total) - released)) released; $(latencies "$work/rotation.json")"
  # No tail from a segment that is opened or made ready: the p99.9 of every run.
  for round in "$work"/run?.json "$work/rotation.json"; do [ "$(json "$round" p999 | cut -d. -f1)" -lt 200 ]; done
}

# PEER RATE SECONDS: the events of the batch, one by one.
post() {
  "$root/artifacts/bin/Millrace.Bench/release/Millrace.Bench" post "${url_of[$1]}${path_of[$1]}" "$write_key" \
    "$work/batch.json" "$2" "$3" "$connections" "$work"
}

metric() { curl -sf "${url_of[whole]}/metrics" | awk -v name="$1" '$1 == name { print $2 }'; }

latencies() {
  node -p "const r = JSON.parse(require('fs').readFileSync('$1', 'utf8')), f = (x) => x.toFixed(2);
    'answer p50 ' + f(r.p50) + ', p99 ' + f(r.p99) + ', p99.9 ' + f(r.p999) + ', most ' + f(r.most) + ' ms; '
    + 'fdatasync of 4 KB p50 ' + f(r.disk_p50) + ', p99 ' + f(r.disk_p99) + ', most ' + f(r.disk_most) + ' ms; '
    + r.requests_per_second + ' requests/s, ' + r.errors + ' errors'"
}
