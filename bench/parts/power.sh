# shellcheck shell=bash
# 100 power cuts on ext4 and 100 on xfs (bench/README.md).
part_power() {
  . "$bench/parts/crash.sh"
  crash_rounds PowerCutTests MILLRACE_POWER_CUTS "${MILLRACE_POWER_CUTS:-100}" 25
}
