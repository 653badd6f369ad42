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
//! Start with [`serve`]. `listen` holds the connections, `open` says which gives up its place, `front` answers one request, `origin` checks
//! hosts and origins, `callers` finds out who calls, `body` reads what they send, `rate` and `turns` limit how much they get, and `metrics`
//! counts it.

mod body;
mod callers;
mod front;
mod held;
mod listen;
mod metrics;
mod open;
mod origin;
mod patient;
mod rate;
mod shared;
pub mod tokens;
mod turns;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

pub use callers::{Auth, Caller, Callers, Maker};
pub use front::{BUSY, NO_KEY};
pub use listen::{Face, bind, raise_limits, serve};
pub use metrics::Metrics;
pub use origin::{Allowed, AllowedFault};
pub use rate::Rate;
pub use shared::Shared;
use turns::{Room, Turns};

use crate::{ledger::Ledger, mcp::stdio::Control};

/// The path of the protocol.
pub const PATH: &str = "/mcp";
/// The path of the metrics, on a port of their own.
pub const METRICS_PATH: &str = "/metrics";

/// What all connections share.
pub struct Service {
    callers: Callers,
    allowed: Allowed,
    rate: Rate,
    ledger: Ledger,
    control: Control,
    metrics: Arc<Metrics>,
    stopping: AtomicBool,
    bodies: body::Budget,
    turns: Turns,
    /// Those of callers whose key the API has not accepted. However many there are, the others do not wait for them.
    turns_of_strangers: Turns,
    /// Those of calls that wait for something to end. They sleep for most of their time, and others must not wait for that.
    turns_of_waits: Turns,
}

impl Service {
    /// The state of a server that has answered nothing yet.
    pub fn new(callers: Callers, allowed: Allowed, rate: Rate, ledger: Ledger, control: Control, metrics: Arc<Metrics>) -> Self {
        Self {
            callers,
            allowed,
            rate,
            ledger,
            control,
            metrics,
            stopping: AtomicBool::new(false),
            bodies: body::Budget::default(),
            turns: Turns::new(Room::default()),
            turns_of_strangers: Turns::new(Room::OF_STRANGERS),
            turns_of_waits: Turns::new(Room::default()),
        }
    }

    fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// The metrics as they are now.
    async fn measured(&self) -> String {
        let counts = self.ledger.check().await.is_ok();
        let turns = [&self.turns, &self.turns_of_strangers, &self.turns_of_waits].map(Turns::counts);
        let (running, waiting) = turns.iter().fold((0, 0), |(running, waiting), of| (running + of.0, waiting + of.1));
        self.metrics.text(metrics::Now { running, waiting, callers: self.callers.count(), counts })
    }
}
