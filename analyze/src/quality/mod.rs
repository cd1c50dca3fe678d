//! What sequence numbers and times say of the data itself.

pub(crate) mod loss;
pub(crate) mod packet_runs;
