//! The protocol: MCP over stdio and over HTTP, with a handshake (`initialize`) and without one. Only this layer names rmcp.
//!
//! It turns messages into calls of the tools layer, and answers into messages. It must not know connections of HTTP, endpoints, SQL or the command line.
//! It decides nothing about scopes: it asks the session and passes on what the tools say.
//!
//! Start with [`Server`], which lists and calls tools. `reply` turns answers into results, `describe` turns rows of the catalog into MCP
//! tools, `ask` puts questions to a person, `cut` cuts work off, and `instructions` is the text about the server as a whole. `viewer` is the page that draws a
//! moment in hosts that show pages of servers. `stdio` and `line` carry the messages, and [`lifecycle`] ends the session. `streamable`
//! answers messages that come as requests of HTTP, and `heads` checks what comes before them.

mod ask;
mod changes;
mod cut;
mod describe;
#[cfg(feature = "http")]
mod heads;
mod instructions;
pub mod lifecycle;
mod line;
mod prompts;
mod reply;
mod request;
mod resources;
mod server;
pub mod stdio;
#[cfg(feature = "http")]
pub mod streamable;
mod viewer;
mod watch;

pub use describe::listing;
pub use instructions::INSTRUCTIONS;
pub use server::{Server, TITLE};
pub use watch::{Ended, Watcher};
