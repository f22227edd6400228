#!/usr/bin/env bash
# The four commands as a stranger's script would use them.
# usage: test_workflow.sh SOURCE WORK_DIR, where SOURCE has MNIST (a folder or a base URL).
set -euo pipefail

source=$1
cd "$2"
export MNISTCLI_DATA_DIR=$PWD/data

if ! command -v mnistcli >/dev/null; then
    mnistcli() { "${PYTHON:-python3}" -m mnistcli "$@"; }
fi

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}

expect_code() { # expect_code CODE COMMAND...: the command exits with CODE
    local expected=$1 code=0
    shift
    "$@" >out.txt 2>err.txt || code=$?
    [ "$code" = "$expected" ] || fail "$* exited with $code, expected $expected: $(cat err.txt)"
}

# Before there is anything, each step says which one comes first.
expect_code 1 mnistcli train
grep -q 'mnistcli fetch' err.txt || fail "train does not say to fetch first: $(cat err.txt)"
expect_code 1 mnistcli evaluate
grep -q 'mnistcli train' err.txt || fail "evaluate does not say what makes a run: $(cat err.txt)"

# fetch: JSON for a script; the second time nothing is downloaded.
mnistcli fetch --source "$source" --json | python3 -m json.tool >fetched.json
grep -q '"train": 60000' fetched.json || fail "fetch counts wrong: $(cat fetched.json)"
mnistcli fetch --source "$source" --json | python3 -m json.tool >again.json
grep -q '"downloaded": false' again.json || fail "the second fetch downloads: $(cat again.json)"

# train: data on stdout, the rest on stderr.
mnistcli train --epochs 1 --name baseline --json 2>train.log | python3 -m json.tool >trained.json
[ "$(grep -c '^epoch ' train.log)" = 1 ] || fail "not one line an epoch: $(cat train.log)"
[ "$(find runs/baseline -maxdepth 1 -type f | wc -l)" = 4 ] || fail "$(ls -a runs/baseline)"

# evaluate: a threshold for CI.
mnistcli evaluate baseline --json 2>/dev/null | python3 -m json.tool >evaluated.json
mnistcli evaluate --fail-under 0.9 --quiet >/dev/null
expect_code 1 mnistcli evaluate --fail-under 1

# predict: a picture drawn by the script itself, a plain 1 in PGM.
{
    printf 'P2\n9 13\n255\n'
    for _ in 1 2; do printf '255 255 255 255 255 255 255 255 255\n'; done
    for _ in 1 2 3 4 5 6 7 8 9; do printf '255 255 255 255 0 255 255 255 255\n'; done
    for _ in 1 2; do printf '255 255 255 255 255 255 255 255 255\n'; done
} >one.pgm
digit=$(mnistcli predict one.pgm | cut -f 2)
[ "$digit" = 1 ] || fail "a straight stroke was read as $digit"
[ "$(mnistcli predict - <one.pgm | cut -f 1,2)" = "-	1" ] || fail 'standard input was not read'
mnistcli predict --json one.pgm | python3 -c '
import json, sys
answer = json.load(sys.stdin)
assert answer["version"] == 1 and len(answer["predictions"][0]["probabilities"]) == 10
'
mnistcli predict one.pgm one.pgm one.pgm | head -1 | grep -q one.pgm
expect_code 1 mnistcli predict one.pgm missing.png
grep -q '^one.pgm	1	' out.txt || fail "the good picture was not read: $(cat out.txt)"
grep -q '^missing.png: ' err.txt || fail "the missing picture is not named: $(cat err.txt)"

# Wrong usage is 2, and a misspelt name is answered.
expect_code 2 mnistcli train --optimizer rmspop
grep -q rmsprop err.txt || fail "the nearest optimizer is not named: $(cat err.txt)"
expect_code 2 mnistcli predict

echo 'all as promised'
