//! Lines in, lines out: what lies between the bytes of standard input and output and rmcp's messages.
//!
//! Must not know tools, scopes or any one method's meaning beyond its parameter type, and takes no decision about when
//! the process ends. Start reading at `message.rs` (one line becomes one message or one refusal); `framing.rs` cuts
//! the lines, `ids.rs` finds the id even in a line that cannot be read, `objects.rs` forgives other spellings of an object,
//! `requests.rs` remembers what is still to be answered, `control.rs` joins both with the output queue.

mod control;
mod framing;
mod ids;
mod message;
mod objects;
mod refusal;
mod requests;
#[cfg(test)]
mod tests;

pub use control::{Control, Limits};
pub(super) use framing::{Cut, Lines};
pub(super) use message::parse;
pub(super) use refusal::Refusal;
pub(super) use requests::Admission;
