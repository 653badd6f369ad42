#!/usr/bin/env bash
# Builds the program and its tests for Windows and runs them under Wine.
#
#     packaging/windows/run.sh [ARGUMENTS OF THE TESTS...]
#
# Needs the packages gcc-mingw-w64-x86-64 and wine64 (Debian's names) and rustup. Ends with 0 only if exactly the tests fail that
# `known.txt` names, so that it says both what broke and what was mended. With arguments, it runs these tests and ends as they do.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
target=x86_64-pc-windows-gnu
rustup target add "$target" >&2

work=$(mktemp -d)
trap 'WINEPREFIX=$work/wine wineserver --kill || true; rm -rf "$work"' EXIT
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEARCH=win64 DISPLAY=
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
# Line numbers of panics are not worth the time that linking them takes.
export CARGO_PROFILE_DEV_DEBUG=0

cargo test --locked --target "$target" --no-run >&2
# What Wine 8 lacks, where every program finds it.
x86_64-w64-mingw32-gcc -shared -O2 -o "$work/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32
WINEPATH=$(winepath --windows "$work" 2>"$work/wine.log")
export WINEPATH
if [ "$#" -gt 0 ]; then
    cargo test --locked --target "$target" -- "$@"
    exit
fi

cargo test --locked --target "$target" --no-fail-fast -- --test-threads "$(nproc)" >"$work/tests.txt" 2>"$work/errors.txt" || true
# Names of tests have no blanks; each is said to be ok once.
tr -d '\r' <"$work/tests.txt" | sed -n 's/^test \([^ ]*\) .*\.\.\. FAILED$/\1/p' | sort -u >"$work/failed.txt"
tr -d '\r' <"$work/tests.txt" | grep '^test result' || { tail -n 20 "$work/errors.txt"; exit 1; }
if ! diff <(grep -v '^#' "$here/known.txt" | sort -u) "$work/failed.txt" >"$work/difference.txt"; then
    echo "These tests fail and are not in packaging/windows/known.txt (>), or are in it and pass (<):"
    grep '^[<>]' "$work/difference.txt"
    exit 1
fi
echo "Under Wine all tests pass but the $(wc -l <"$work/failed.txt") of packaging/windows/known.txt"
