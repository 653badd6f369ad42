//! The binary: everything is in the library.

use std::process::ExitCode;

/// Many callers at once make many small allocations. With the allocator of the system, their calls take a quarter longer (benches/README.md).
#[cfg(all(feature = "http", target_os = "linux"))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    videosearch_mcp::cli::run()
}
