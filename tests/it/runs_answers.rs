//! What a model reads about runs, prompts and the library.
