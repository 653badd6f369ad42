//! The protocol: the only layer that knows rmcp.
//!
//! It must not know HTTP, SQL or the command line. Start reading at `lifecycle`.

pub mod lifecycle;
mod line;
pub mod stdio;
