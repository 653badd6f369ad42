//! The key itself: what is known about it.

mod info;

use crate::tools::{Tool, catalog::Family, resources::Resource};

/// The tools of this family. They are listed whatever the toolsets are.
pub static FAMILY: Family = Family { name: crate::tools::catalog::KEY, about: "what the key may do", tools: &TOOLS };

static TOOLS: [Tool; 1] = [Tool::of::<info::GetKeyInfo>()
    .words("permissions allowed may scope token login rights expire who am")
    .core()
    .composed()
    .resource(Resource::of("key", "key", "API key", "The scopes of the key in use, and what it lacks."))];
