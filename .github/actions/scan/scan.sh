#!/usr/bin/env bash
# The step of the action: scans, adds a table to the job's summary, and ends with the scan's exit code.
set -euo pipefail

program=${INPUT_BINARY:-$RUNNER_TEMP/weighbridge/bin/weighbridge}
summary=$RUNNER_TEMP/weighbridge-summary.md
arguments=(scan --output "markdown=$summary")
[ -z "${INPUT_SARIF:-}" ] || arguments+=(--output "sarif=$INPUT_SARIF")
[ -z "${INPUT_CONFIG:-}" ] || arguments+=(--config "$INPUT_CONFIG")
[ -z "${INPUT_GIT_DIFF:-}" ] || arguments+=("--git-diff=$INPUT_GIT_DIFF")
while IFS= read -r option; do
    [ -z "$option" ] || arguments+=("$option")
done <<<"${INPUT_OPTIONS:-}"
arguments+=(--)
while IFS= read -r path; do
    [ -z "$path" ] || arguments+=("$path")
done <<<"${INPUT_PATHS:-}"

rm -f -- "$summary"
code=0
"$program" "${arguments[@]}" || code=$?
[ ! -f "$summary" ] || cat "$summary" >>"$GITHUB_STEP_SUMMARY"
echo "exit-code=$code" >>"$GITHUB_OUTPUT"
[ -z "${INPUT_SARIF:-}" ] || [ ! -f "$INPUT_SARIF" ] || echo "sarif=$INPUT_SARIF" >>"$GITHUB_OUTPUT"
exit "$code"
