//! videosearch-mcp: an MCP server for the VideoVector API v2, and a local playground of that API.
//!
//! # The life of a tool call
//!
//! A line on stdin becomes a request (`mcp::stdio`), the handler finds the tool (`mcp::Server`), the session makes sure that the key
//! holds the tool's scope (`session::Session::ensure`), the arguments are checked against the tool's schema (`tools`), the tool asks
//! the session for endpoints (`api`), the gate turns each request into an authorised one (`gate`), the client sends it (`client`), and the
//! answer goes back as a compact text with the same facts structured.
//!
//! # Layers
//!
//! Left may import right, never the other way; `tests/it/layers.rs` reads every file and fails on any other arrow.
//!
//! ```text
//! cli        -> everything below              people: commands, printing, exit codes
//! http       -> mcp, tools, session, consent, ledger, gate, files, key, disk, api   callers over HTTP: who may ask, from where, how much
//! mcp        -> tools, session, consent, files, fence, json, streams, (gate)   protocol: the only layer that names rmcp
//! tools      -> session, consent, files, client, gate, key, fence, imaging, api   policy: what a model may do, and how it reads
//! session    -> client, gate, config, key, fence, disk, api   effects: probing, waiting, key rotation, cache file
//! client     -> gate, key, api, json, reach   HTTP and TLS to the API
//! consent    -> config, ledger, disk          who must agree to a call first, and the proof of it
//! files      -> config, fence, disk, api     files of the user that tools read and write: uploads, downloads, secrets
//! gate       -> key, api                      decisions about scopes; pure
//! playground -> imaging, disk, reach, api     the local API: the only layer that names axum and rusqlite
//! telemetry  -> config, fence, streams        the log
//! config     -> key, api                      settings; pure
//! fence      -> key                           takes secrets and hidden characters out of all that leaves the process
//! hosts      -> key                           configurations of MCP hosts: where they are, what stands in them; pure
//! key        -> disk, api                     secrets, where they come from and where they are kept
//! reach      -> nothing                       addresses that others name: which of them we may connect to
//! ledger     -> disk, api                     what the processes that use one key count together
//! disk       -> nothing                       every file that is opened, and files that survive a crash
//! imaging    -> nothing                       pictures from strangers, decoded in bounded memory
//! streams    -> nothing                       standard input, output and error, whatever kind of descriptor they are
//! api        -> nothing                       the wire: endpoints and their types
//! json       -> nothing                       JSON that others wrote, made fit to be read
//! ```
//!
//! # Why it is cut like this
//!
//! - **One declaration per fact.** An endpoint type says method, path, access and answer once, for the client and for the playground.
//!   A tool type says name, title, arguments, description, effect and output once; schema, listing, manifest and README are derived.
//! - **A call without a check does not compile.** The client takes only [`gate::Authorised`], which only the gate makes, from a request that
//!   carries its endpoint's scope and cannot be forged either. Calls of the account's owner are [`gate::OwnerCall`]s: a session token goes out
//!   only with a request whose endpoint takes one, and a key never does.
//! - **The gate is pure and the session has the effects.** The alternative, a gate that probes, would need the client, and the client
//!   needs the gate's type: a cycle. Decisions as functions of their arguments are also the part worth testing in tables.
//! - **Tools are types of their own rather than endpoint types.** Every core tool does more than one plain call: it takes names for ids,
//!   shapes its answer, or composes several calls. A trait with the endpoint as an associated type keeps scope, method and path joined to
//!   the endpoint, and leaves the arguments free to read well to a model.
//! - **The playground knows the wire, how to open files, and nothing else.** A stand-in that shared the caller's code would prove nothing.

pub mod api;
pub mod cli;
pub mod client;
pub mod config;
pub mod consent;
pub mod disk;
pub mod fence;
pub mod files;
pub mod gate;
pub mod hosts;
#[cfg(feature = "http")]
pub mod http;
pub mod imaging;
pub mod json;
pub mod key;
pub mod ledger;
pub mod mcp;
#[cfg(feature = "playground")]
pub mod playground;
pub mod reach;
pub mod session;
pub mod streams;
pub mod telemetry;
pub mod tools;
