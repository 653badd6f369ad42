//! What a client hears of a long call.

use std::pin::Pin;

/// One step of progress.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// How far it is; rises with every step.
    pub done: f64,
    /// How far it can go.
    pub total: Option<f64>,
    /// How far it is, in words.
    pub message: String,
}

/// Sends a step to the client and returns when it is written.
pub type Progress = dyn Fn(Step) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;
