# shellcheck shell=bash
# What the parts share: a server on $work/data, its memory, its CPU, its ledger, and the report.

# Starts a server on $work/data behind the words given, and waits until it is ready; sets server and url.
# With $roles it runs these alone, with $data on that directory, with $settings as well.
start() {
  cat >"$work/millrace.json" <<EOF
{"keys": [{"role": "write", "tenant": "shop", "source": "bench", "value": "$write_key"},
          {"role": "admin", "value": "$admin_key"}]${settings:-}}
EOF
  "$@" "$program" up --roles "${roles:-collect,lake,query}" --data "${data:-$work/data}" --config "$work/millrace.json" --http 127.0.0.1:0 \
    >"$work/up.out" 2>"$work/up.err" &
  server=$!
  watch_memory &
  until url=$(sed -n 's/^millrace ready on //p' "$work/up.out") && [ -n "$url" ] &&
    curl -sf "$url/readyz" >/dev/null; do
    kill -0 "$server" 2>/dev/null || { cat "$work/up.err" >&2; return 1; }
    sleep 0.05
  done
}

# Runs a program in a memory cgroup of so many bytes; where there is none, with the heap .NET takes in such a container.
limited() {
  local bytes=$1 group=/sys/fs/cgroup/memory/millrace-bench; shift
  if mkdir -p "$group" 2>/dev/null && echo "$bytes" 2>/dev/null >"$group/memory.limit_in_bytes"; then
    exec bash -c 'echo $$ >"$0/cgroup.procs" && exec "$@"' "$group" "$@"
  fi
  exec env DOTNET_GCHeapHardLimit="$(printf %x $((bytes * 3 / 4)))" "$@"
}

stop() {
  kill -TERM "$server"
  wait "$server"
  server=
}

# Keeps the greatest RssAnon in a file until the server is gone.
watch_memory() {
  local most=0 now
  while now=$(awk '/^RssAnon/ { print $2 }' "/proc/$server/status" 2>/dev/null) && [ -n "$now" ]; do
    [ "$now" -le "$most" ] || { most=$now; echo "$most" >"$work/most"; }
    sleep 0.2
  done
}

peak_anonymous_kib() { cat "$work/most"; }

cpu_ticks() { awk '{ print $14 + $15 }' "/proc/$server/stat"; }

milliseconds() { date +%s%3N; }

json() { node -p "JSON.parse(require('fs').readFileSync('$1', 'utf8').trim().split('\n').pop()).$2"; }

ledger() {
  curl -sf -H "Authorization: Bearer $admin_key" "$url/api/ledger" >"$work/ledger.json"
  node -p "JSON.parse(require('fs').readFileSync('$work/ledger.json', 'utf8')).total.$1"
}

# Waits until so many events are received and all of them are committed.
settled() {
  local tries=0
  until [ "$(ledger received)" -ge "$1" ] && [ "$(ledger pending)" -eq 0 ]; do
    [ $((++tries)) -le 180 ] || { echo "long: not settled: $(cat "$work/ledger.json")" >&2; return 1; }
    sleep 1
  done
}

heading() {
  echo
  echo "## $(date -u +%FT%TZ)"
  echo
  echo "$(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)," \
    "$(awk '/MemTotal/ { printf "%d", $2 / 1048576 }' /proc/meminfo) GiB;" \
    "commit $(git -C "$root" rev-parse --short HEAD); durability \`disk\`."
  echo
}

report() { echo "- $*" | tee -a "$result"; }

finish() {
  [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
  rm -rf "$work"
}
