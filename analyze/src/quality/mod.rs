//! Data quality: losses, by the sequence numbers of export packets, and times.

pub(crate) mod loss;
pub(crate) mod packet_runs;
mod run;
mod sequence;
pub(crate) mod times;
