# shellcheck shell=bash
# What a server does that nobody asks for anything (bench/README.md).
part_idle() {
  local seconds=60 before share
  start
  "$program" generate --events 20000 --to "$url" --key "$write_key" >&2
  settled 20000
  sleep 10 # What follows a commit, such as merges, belongs to the traffic.
  before=$(cpu_ticks)
  sleep "$seconds"
  share=$(awk -v ticks="$(($(cpu_ticks) - before))" -v hz="$(getconf CLK_TCK)" -v seconds="$seconds" \
    'BEGIN { printf "%.2f", 100 * ticks / hz / seconds }')
  stop
  report "idle: $share % of one core over $seconds s"
  awk -v share="$share" 'BEGIN { exit !(share < 1) }'
}
