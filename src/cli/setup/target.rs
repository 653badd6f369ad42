//! What is set up, and whether the user agrees.

use std::path::PathBuf;

use anyhow::anyhow;

use crate::{
    cli::{Failure, terminal},
    hosts::Host,
};

/// One host, one entry.
pub(super) struct Target {
    pub host: &'static Host,
    pub file: PathBuf,
    pub name: String,
}

/// Asks whether to go on, unless the user has said yes beforehand.
pub(super) fn agree(question: &str, yes: bool) -> Result<(), Failure> {
    if yes {
        return Ok(());
    }
    if !terminal::attended() {
        return Err(Failure::usage(anyhow!("there is no terminal to ask at. Add --yes to answer yes to: {question}")));
    }
    if terminal::confirmed(question)? { Ok(()) } else { Err(anyhow!("nothing was written").into()) }
}
