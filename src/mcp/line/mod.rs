//! Turns the bytes of standard input into messages for rmcp, and rmcp's messages into the bytes of standard output.
//!
//! It must not know tools or scopes. Of a method it knows the type of its parameters, and which requests are subscriptions. It does not
//! decide when the session ends.
//!
//! Start with `message.rs`: one line becomes one message or one refusal. `framing.rs` cuts the input into lines, `ids.rs` finds the id even
//! in a line that cannot be read, `params.rs` reads the parameters of requests, `objects.rs` accepts other spellings of an object, and
//! `refusal.rs` writes errors. `requests.rs` remembers which requests are open, and `control.rs` joins them with the output queue.

mod control;
mod framing;
mod ids;
mod message;
mod objects;
mod params;
mod refusal;
mod requests;
#[cfg(test)]
mod tests;

pub use control::{Control, Limits};
pub(super) use framing::{Cut, Lines};
#[cfg(feature = "http")]
pub use ids::is_odd;
pub(super) use message::parse;
#[cfg(feature = "http")]
pub use message::{MOST_VALUES, values};
#[cfg(feature = "http")]
pub use params::is_mended;
pub(super) use refusal::Refusal;
#[cfg(feature = "http")]
pub(super) use refusal::write_answer;
pub(super) use requests::Admission;
