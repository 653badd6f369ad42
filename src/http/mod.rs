//! MCP over HTTP for many callers: who may ask, from where, how much, and when the server ends.
//!
//! It accepts connections, checks where a request comes from and who sends it, finds the caller's session, and hands the message to the
//! protocol layer, which answers it. Each caller has a session of their own with the API, so that one caller's key and scopes are nothing
//! to another. A key goes to the API that issued it and nowhere else. It never becomes the id of anything: callers are told apart by a
//! fingerprint that reveals no key.
//!
//! This layer must not know tools, their arguments or their answers, and it names no crate of the protocol. The command over stdio uses
//! nothing of it.
//!
//! Start with [`serve`]. `listen` holds the connections, `front` answers one request, `origin` checks hosts and origins, `callers` finds out
//! who calls, and `body` reads what they send.

mod body;
mod callers;
mod front;
mod listen;
mod origin;
mod patient;

use std::sync::atomic::{AtomicBool, Ordering};

pub use callers::{Auth, Caller, Callers, Maker};
pub use listen::{bind, serve};
pub use origin::{Allowed, AllowedFault};

use crate::mcp::stdio::Control;

/// The path of the protocol.
pub const PATH: &str = "/mcp";

/// What all connections share.
pub struct Service {
    /// Who calls.
    pub callers: Callers,
    /// The hosts and origins that may be named.
    pub allowed: Allowed,
    /// Ends the handlers.
    pub control: Control,
    stopping: AtomicBool,
    bodies: body::Budget,
}

impl Service {
    /// The state of a server that has answered nothing yet.
    pub fn new(callers: Callers, allowed: Allowed, control: Control) -> Self {
        Self { callers, allowed, control, stopping: AtomicBool::new(false), bodies: body::Budget::default() }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }
}
