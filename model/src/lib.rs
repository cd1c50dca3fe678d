//! Skeleton.

pub mod names;
