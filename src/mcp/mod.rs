//! The protocol: MCP over stdio, in both of its eras. The only layer that names rmcp.
//!
//! It turns messages into calls of the tools layer and answers into messages. It must not know HTTP, endpoints, SQL or the command line,
//! and it decides nothing about scopes: it asks the session and passes on what the tools say.
//!
//! Start with [`Server`] (list and call), then `reply` (answers into results), `describe` (catalog rows into tools); `stdio`,
//! `line` and [`lifecycle`] carry the messages and end the process politely.

mod describe;
mod instructions;
pub mod lifecycle;
mod line;
mod reply;
mod server;
pub mod stdio;

pub use describe::listing;
pub use instructions::INSTRUCTIONS;
pub use server::{Server, TITLE};
