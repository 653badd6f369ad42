#!/usr/bin/env bash
# Builds the static program for 64-bit ARM and does a handshake with it under an emulator.
#
#     packaging/aarch64/run.sh
#
# Needs the packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user (Debian's names) and rustup.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=aarch64-unknown-linux-musl
rustup target add "$target" >&2
# Debian has no C library of musl for this target. The headers of glibc serve where its checked functions are left out, and Rust brings
# the library itself. SQLite must not ask for the large-file functions of glibc, which musl has under their plain names.
export CC_aarch64_unknown_linux_musl=aarch64-linux-gnu-gcc CFLAGS_aarch64_unknown_linux_musl="-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=0 -DSQLITE_DISABLE_LFS"
export CARGO_TARGET_AARCH64_UNKNOWN_LINUX_MUSL_LINKER=rust-lld CARGO_PROFILE_DEV_DEBUG=0
cargo build --locked --target "$target" >&2
target_directory=$(cargo metadata --format-version 1 --no-deps --locked | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
python3 packaging/aarch64/check.py "$target_directory/$target/debug/videosearch-mcp"
