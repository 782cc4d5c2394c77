# shellcheck shell=bash
# Calls of the server fail with EIO and ENOSPC, 220 times; disks that are full, thin and slow (bench/README.md).
part_failing-disk() {
  local tests=$root/artifacts/bin/Millrace.Integration/release/Millrace.Integration
  MILLRACE_INJECTIONS=${MILLRACE_INJECTIONS:-220} MILLRACE_REPORT=$work/faults.txt \
    "$tests" --filter-class '*FailingCallTests' --no-progress
  report "$(cat "$work/faults.txt")"
  "$tests" --filter-class '*FullDiskTests' --no-progress
  report "full tmpfs, log that filled its disk, thin disk, slow disk: passed"
}
