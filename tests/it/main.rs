//! All integration tests, in one binary: they start the built program and talk to it as its users do.

mod support;

mod canary;
mod drift;
mod faults;
mod keys;
mod layers;
mod openapi;
mod protocol;
mod scopes;
mod startup;
mod tools;
