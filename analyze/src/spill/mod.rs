//! What does not fit in memory: a budget, records that can be written and read
//! back, hash partitions, and unlinked temporary files.
//!
//! | to learn | read |
//! | --- | --- |
//! | how much memory a question may take | [`memory`] |
//! | what a record is in memory and on disk | [`record`] |
//! | the hash of keys, and what it is seeded with | [`hash`] |
//! | a hash table with that hash | [`map`] |
//! | partitions by hash, in memory or spilled | [`partitions`] |
//! | files that are gone when they are closed | [`temp_file`] |

pub mod hash;
pub(crate) mod map;
pub mod memory;
pub(crate) mod partitions;
pub mod record;
pub(crate) mod temp_file;
