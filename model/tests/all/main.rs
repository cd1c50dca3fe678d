//! What is tested of the model through its public interface, in one program.
//!
//! A file a subject; `cargo test -p flowkit-model --test all SUBJECT::` runs one.

mod templated_documents;
||||||| 3c2704b
mod templated;
mod wire;
