//! JSON from other programs, made fit to be read: text that is nearly JSON, and text that holds more than anybody asked for.
//!
//! Both ends of this program read JSON that somebody else wrote: requests of MCP hosts and answers of the API. What they have in common is
//! here. This layer knows nothing of either, and works on bytes alone.
//!
//! - [`sieve`] keeps of a large text what was asked for, so that no text costs more memory than its length.
//! - [`surrogates`] mends half a character, which JSON can write and Unicode text cannot hold.
//! - [`whole`] mends whole numbers that are written with a fraction.

pub mod sieve;
pub mod surrogates;
pub mod whole;
