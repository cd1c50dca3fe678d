//! Skeleton.
pub mod dump;
pub mod window;
