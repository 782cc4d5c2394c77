-- wrk posts the file $BODY with the key $KEY, and ends with one line: requests, microseconds, p50, p99, errors.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. os.getenv("KEY")
file:close()

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format("wrk %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
