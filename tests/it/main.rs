//! All integration tests, in one binary: they start the built program and talk to it as its users do.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking, and its support is documented by its use"
)]

mod support;

mod agreed;
mod arguments;
mod attachments;
mod automations;
mod buckets;
mod canary;
mod chat;
mod completions;
mod connectors;
mod consent;
mod consent_late;
mod contract;
#[cfg(unix)]
mod counted;
mod destination;
mod doctor;
mod doctor_http;
mod drift;
mod events;
mod exports;
mod exports_download;
mod facade;
mod faults;
mod fence;
mod finder;
mod forms;
mod hostile_bodies;
mod http;
#[cfg(unix)]
mod http_crowd;
#[cfg(unix)]
mod http_end;
mod http_limits;
mod imports;
mod keys;
mod keys_cli;
mod keys_lost;
mod layers;
mod library;
mod lines;
mod local_files;
mod lost_scopes;
mod markers;
mod moments;
mod money;
mod named_indexes;
mod newcomer;
mod noticed;
mod odd_answers;
mod odd_errors;
#[cfg(unix)]
mod odd_files;
#[cfg(unix)]
mod odd_names;
mod openapi;
mod operations;
mod packaging;
mod pairs;
mod pictures;
#[cfg(unix)]
mod pipes;
mod plain_refusals;
mod plans;
mod prompts;
mod protocol;
#[cfg(target_os = "linux")]
mod proxies;
mod quality;
mod resources;
mod runs_answers;
mod runs_inspect;
mod scopes;
mod search_answers;
mod search_like;
mod setup;
mod snapshots;
mod spending;
mod sql;
mod stage;
mod starters;
mod startup;
mod stuck;
mod tabulate;
mod targets;
#[cfg(unix)]
mod temporary;
mod tolerance;
mod tools;
#[cfg(unix)]
mod unmeasured;
mod upload_media;
mod uploads;
mod usage;
mod viewer;
mod webhook_tools;
mod webhooks;
