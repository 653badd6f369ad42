//! The gate: it knows which scopes a key holds, and it decides which requests may be sent.
//!
//! Everything here depends on its arguments only: there is no I/O, no clock and no randomness. The session asks the gate, sends the probes
//! that the gate names, and reports the answers back. The gate knows the types of the API and the key. It must not know HTTP clients, tools
//! or the protocol.
//!
//! Start with [`Gate`], which keeps what we know about one key. The client sends a request with a key only if it is [`Authorised`]. No code
//! outside the gate can make such a request:
//!
//! ```compile_fail
//! use videosearch_mcp::{api::Request, gate::Authorised, key::ApiKey};
//!
//! fn forge(request: Request, key: ApiKey) -> Authorised {
//!     Authorised { request, key, generation: 1 }
//! }
//! ```
//!
//! And no code can exchange the request that the gate let pass:
//!
//! ```compile_fail
//! use videosearch_mcp::{api::Request, gate::Authorised};
//!
//! fn smuggle(authorised: &mut Authorised, other: Request) {
//!     authorised.request = other;
//! }
//! ```

mod bearer;
mod belief;
mod decisions;
mod owner;
mod pass;
mod probe;
mod remembered;
mod timestamp;
mod verdict;

pub use bearer::Bearer;
pub use belief::{Belief, Beliefs, Cause, KeyState, Origin, Standing};
pub use decisions::{Decision, Denial, Gate, Refusal, RefusalCause};
pub use owner::OwnerCall;
pub use pass::Authorised;
pub use probe::Probe;
pub use remembered::Remembered;
pub use timestamp::Timestamp;
pub use verdict::{Verdict, verdict_of, verdict_of_failure, verdict_of_success};

#[cfg(test)]
mod tests;
