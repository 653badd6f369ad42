#!/usr/bin/env bash
# Builds the tests, and the program, for Windows and runs them under Wine.
#
#     packaging/windows/run.sh            all tests
#     packaging/windows/run.sh unit       the unit tests alone
#     packaging/windows/run.sh NAMES...   the tests whose names contain one of these
#
# Needs the packages gcc-mingw-w64-x86-64, wine and wine64 (Debian's names) and rustup. The first two forms succeed only if exactly those tests
# fail that known.txt names: a test that fails and is not there is an error, and so is one that is there and passes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
target=x86_64-pc-windows-gnu
rustup target add "$target" >&2

work=$(mktemp -d)
export WINEPREFIX=$work/wine WINEDEBUG=-all WINEARCH=win64 DISPLAY=
end() {
    # The server of this prefix alone; it may not have started.
    wineserver --kill 2>"$work/end.log" || true
    rm -rf "$work"
}
trap end EXIT
export CC_x86_64_pc_windows_gnu=x86_64-w64-mingw32-gcc AR_x86_64_pc_windows_gnu=x86_64-w64-mingw32-ar
export CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER=x86_64-w64-mingw32-gcc CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER=wine
# Line numbers of panics are not worth the time that linking them takes.
export CARGO_PROFILE_DEV_DEBUG=0 RUST_BACKTRACE=0

which=()
if [ "${1:-}" = unit ]; then
    which=(--lib)
    shift
fi
cargo test --locked --target "$target" "${which[@]}" --no-run >&2

# Wine 8 lacks one library. It goes where programs find it whatever their PATH is; this also makes the prefix.
wine cmd /c ver >"$work/wine.log" 2>&1 || { cat "$work/wine.log" >&2; exit 1; }
x86_64-w64-mingw32-gcc -shared -O2 -o "$WINEPREFIX/drive_c/windows/system32/bcryptprimitives.dll" "$here/bcryptprimitives.c" -ladvapi32

if [ "$#" -gt 0 ]; then
    cargo test --locked --target "$target" -- "$@"
    exit
fi

began=$SECONDS
cargo test --locked --target "$target" "${which[@]}" --no-fail-fast -- --test-threads "$(nproc)" >"$work/tests.txt" 2>"$work/errors.txt" || true
tr -d '\r' <"$work/tests.txt" >"$work/plain.txt"
# Each program that was started must have come to its end.
started=$(grep -c '^ *Running ' "$work/errors.txt" || true)
ended=$(grep -c '^test result: ' "$work/plain.txt" || true)
if [ "$started" -eq 0 ] || [ "$started" -gt "$ended" ]; then
    tail -n 40 "$work/plain.txt" "$work/errors.txt"
    echo "$started test programs were started, and only $ended of them came to their end"
    exit 1
fi
grep '^test result: ' "$work/plain.txt"
# Names of tests have no blanks.
sed -n 's/^test \([^ ]*\) .*FAILED$/\1/p' "$work/plain.txt" | sort -u >"$work/failed.txt"
sed -n 's/^test \([^ ]*\) .*ok$/\1/p' "$work/plain.txt" | sort -u >"$work/passed.txt"
grep -v -e '^#' -e '^$' "$here/known.txt" | sort -u >"$work/known.txt"
comm -13 "$work/known.txt" "$work/failed.txt" >"$work/new.txt"
comm -12 "$work/known.txt" "$work/passed.txt" >"$work/mended.txt"
if [ "${#which[@]}" -eq 0 ]; then
    # Of all tests, each known one must have been seen to fail; one that is gone or renamed is to be taken out as well.
    comm -23 "$work/known.txt" "$work/failed.txt" >"$work/mended.txt"
fi
if [ -s "$work/new.txt" ]; then
    sed -n '/^failures:$/,/^test result/p' "$work/plain.txt"
    echo "These tests fail and are not in packaging/windows/known.txt:"
    cat "$work/new.txt"
fi
if [ -s "$work/mended.txt" ]; then
    echo "These tests are in packaging/windows/known.txt and do not fail any more; take them out:"
    cat "$work/mended.txt"
fi
if [ -s "$work/new.txt" ] || [ -s "$work/mended.txt" ]; then
    exit 1
fi
echo "Under Wine $(wc -l <"$work/passed.txt") tests pass and $(wc -l <"$work/failed.txt") fail, all of them known, after $((SECONDS - began)) s"
