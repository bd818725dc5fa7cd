#!/bin/sh
# Makes the work pools, queues, limit and automation that prefect.yaml counts on. Safe to run again.
set -eu
here=$(dirname "$0")
for pool in cpu gpu; do
    prefect work-pool inspect "$pool" >/dev/null 2>&1 || prefect work-pool create "$pool" --type process
    prefect work-queue create hero --pool "$pool" --priority 1 || true
    prefect work-queue create normal --pool "$pool" --priority 5 || true
done
prefect global-concurrency-limit inspect gpu >/dev/null 2>&1 || prefect global-concurrency-limit create gpu --limit 1
prefect automation inspect fsvfx-heartbeat >/dev/null 2>&1 ||
    prefect automation create --from-file "$here/automations.yaml"
