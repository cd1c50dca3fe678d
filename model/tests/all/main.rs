//! What is tested of the model through its public interface, in one program.
//!
//! A file a subject; `cargo test -p flowkit-model --test all SUBJECT::` runs one.

mod templated;
mod templated_documents;
mod templated_encode;
mod templated_shapes;
mod wire;
