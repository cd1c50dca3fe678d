//! Skeleton.

pub mod dump;
pub mod names;
pub mod window;
