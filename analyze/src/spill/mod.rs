//! Data that may not fit in memory: a memory budget, records that can be spilled,
//! hash partitions, and unlinked temporary files.
//!
//! | to learn | read |
//! | --- | --- |
//! | the memory budget of a question | [`memory`] |
//! | how a record is written and read back | [`record`] |
//! | the hash of keys, and its seed | [`hash`] |
//! | a hash table with that hash | [`map`] |
//! | partitions by hash, in memory or spilled | [`partitions`] |
//! | rows that are sorted, in memory or spilled | [`sorted_rows`] |
//! | files that vanish when they are closed | [`temp_file`] |

pub(crate) mod hash;
pub(crate) mod map;
pub(crate) mod memory;
pub(crate) mod partitions;
pub(crate) mod record;
pub(crate) mod sorted_rows;
pub(crate) mod temp_file;
