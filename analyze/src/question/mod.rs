//! What is asked, as data.

pub mod bins;
pub mod dimension;
pub mod key_part;
pub mod measure;
