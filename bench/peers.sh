# shellcheck shell=bash
# What the parts share that run peers beside us: servers, one measured run of wrk, medians, tables.

# Global: a part sources this inside its function, and the trap at its end needs them.
declare -gA pid_of=() url_of=() path_of=()
next_port=${MILLRACE_BENCH_PORT:-19300}

# Until the just-in-time compiler has little left to do, on cores that others use too.
warm_seconds=${MILLRACE_BENCH_WARM_SECONDS:-10}

# Starts a peer: NAME PATH PROGRAM…, where @PORT@ stands for its port.
peer() {
  local name=$1 path=$2 port=$((next_port++)); shift 2
  "${@//@PORT@/$port}" >"$work/$name.out" 2>"$work/$name.err" &
  pid_of[$name]=$! url_of[$name]=http://127.0.0.1:$port path_of[$name]=$path
  until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
    kill -0 "${pid_of[$name]}" 2>/dev/null || { cat "$work/$name.err" >&2; return 1; }
    sleep 0.05
  done
}

# A collector alone: NAME DURABILITY.
peer_millrace() {
  cat >"$work/$1.json" <<EOT
{"log": {"durability": "$2"}, "keys": [{"role": "write", "tenant": "shop", "source": "bench", "value": "$write_key"}]}
EOT
  peer "$1" /v1/events "$program" up --data "$work/$1" --config "$work/$1.json" --http 127.0.0.1:@PORT@ --roles collect
}

peer_nginx() {
  mkdir -p "$work/nginx/www" && : >"$work/nginx/www/empty"
  DIR=$work/nginx PORT=$next_port awk '{ gsub(/\$\{DIR\}/, ENVIRON["DIR"]); gsub(/\$\{PORT\}/, ENVIRON["PORT"]); print }' \
    "$bench/peers/nginx.conf" >"$work/nginx/nginx.conf"
  peer nginx / nginx -c "$work/nginx/nginx.conf"
}

peer_kestrel() { peer kestrel / "$root/artifacts/bin/Millrace.Bench/release/Millrace.Bench" discard @PORT@; }

peer_node() { peer node / node "$bench/peers/append.js" "$work/node.ndjson" @PORT@; }

stop_peers() {
  local name
  for name in "${!pid_of[@]}"; do
    kill -TERM "${pid_of[$name]}" 2>/dev/null || true
  done
  wait
  pid_of=()
}

# User and system ticks of a process and all below it.
tree_ticks() {
  local pids=$1 all=$1
  while pids=$(pgrep -d, -P "$pids"); do all=$all,$pids; done
  # shellcheck disable=SC2086
  awk '{ sub(/.*\) /, ""); ticks += $12 + $13 } END { print ticks }' $(printf '/proc/%s/stat ' ${all//,/ }) 2>/dev/null
}

busy_ticks() { awk '/^cpu / { print $2 + $3 + $4 + $7 + $8 + $9 }' /proc/stat; }

# Ticks of the children that a shell has waited for.
waited_ticks() { awk '{ sub(/.*\) /, ""); print $14 + $15 }' "/proc/$1/stat"; }

# One run: PEER BODY EVENTS CONNECTIONS SECONDS; prints
# requests/s, events per server CPU second, microseconds of server CPU per event, p50 and p99 in ms, errors, foreign cores.
run() (
  local pid=${pid_of[$1]} url=${url_of[$1]}${path_of[$1]} self=$BASHPID server all own line
  server=$(tree_ticks "$pid") all=$(busy_ticks) own=$(waited_ticks "$self")
  line=$(BODY=$work/$2.json KEY=$write_key wrk -t1 -c"$4" -d"$5s" --latency -s "$bench/peers/post.lua" "$url" | grep '^wrk ')
  server=$(($(tree_ticks "$pid") - server)) all=$(($(busy_ticks) - all)) own=$(($(waited_ticks "$self") - own))
  # shellcheck disable=SC2086
  set -- "$3" "$server" "$all" "$own" $line
  awk -v events="$1" -v server="$2" -v all="$3" -v own="$4" -v n="$6" -v us="$7" -v p50="$8" -v p99="$9" -v bad="${10}" \
    -v hz="$(getconf CLK_TCK)" 'BEGIN { s = server / hz; printf "%.0f %.0f %.3f %.2f %.2f %d %.2f\n", n * 1e6 / us,
      n * events / s, s * 1e6 / (n * events), p50 / 1000, p99 / 1000, bad, (all - server - own) / hz / (us / 1e6) }'
)

# What one peer wrote must not be written back during the next one's run, and must not push the next one's writes into
# memory that was never used: a virtual machine gets such memory page by page, at a tenth of the speed.
settle_disk() {
  local file
  sync -f "$work"
  for file in "$work"/*.ndjson "$work"/nginx/*.log; do [ ! -f "$file" ] || : >"$file"; done
  for file in "$work"/*/log/*.seg; do [ ! -f "$file" ] || dd if="$file" iflag=nocache count=0 status=none; done
}

# Takes memory from the host, once, as a page cache that is then free.
touch_memory() {
  dd if=/dev/zero of="$work/touch" bs=1M count=4096 status=none
  rm "$work/touch"
}

# Runs every PEER in turn, ROUNDS times: SHAPE EVENTS CONNECTIONS SECONDS ROUNDS PEER…; rows go to $work/runs.
interleave() {
  local shape=$1 events=$2 connections=$3 seconds=$4 rounds=$5 round name; shift 5
  for name in "$@"; do run "$name" "$shape" "$events" "$connections" "$warm_seconds" >/dev/null; done
  for ((round = 1; round <= rounds; round++)); do
    for name in "$@"; do
      echo "$shape $name $(run "$name" "$shape" "$events" "$connections" "$seconds")" | tee -a "$work/runs" >&2
      settle_disk
    done
  done
}

# Median, least and greatest of a column: SHAPE PEER COLUMN (1 = the first figure of a run).
spread() {
  awk -v s="$1" -v p="$2" -v c="$(($3 + 2))" '$1 == s && $2 == p { print $c }' "$work/runs" | sort -g | awk '
    { v[NR] = $1 } END { m = int((NR + 1) / 2); print NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2, v[1], v[NR] }'
}

# Median, least and greatest of a column's ratio in the same round: SHAPE PEER OTHER COLUMN.
ratio() {
  awk -v s="$1" -v p="$2" -v o="$3" -v c="$(($4 + 2))" '$1 == s && $2 == p { a[++i] = $c } $1 == s && $2 == o { b[++j] = $c }
    END { for (k = 1; k <= i; k++) print a[k] / b[k] }' "$work/runs" | sort -g | awk '
    { v[NR] = $1 } END { m = int((NR + 1) / 2); printf "%.2f (%.2f to %.2f)\n", NR % 2 ? v[m] : (v[m] + v[m + 1]) / 2, v[1], v[NR] }'
}

# A table of one shape: SHAPE PEER…
table() {
  local shape=$1 name column cells row; shift
  { echo; echo "$shape: median (least to greatest) of the runs"; echo
    echo "| peer | requests/s | events per server core-second | CPU µs an event | p50 ms | p99 ms | errors | foreign cores |"
    echo "|---|---|---|---|---|---|---|---|"
    for name in "$@"; do
      row="| $name |"
      for column in 1 2 3 4 5 6 7; do
        read -r -a cells <<<"$(spread "$shape" "$name" "$column")"
        row+=" ${cells[0]} (${cells[1]} to ${cells[2]}) |"
      done
      echo "$row"
    done
    echo; } >>"$result"
}
