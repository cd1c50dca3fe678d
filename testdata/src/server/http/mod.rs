//! Requests and answers, and the connection that they travel on.

mod answer;
mod connection;
mod failure;
mod fault;
mod request;

pub(super) use self::answer::{Answer, JSON, TEXT};
pub(super) use self::connection::{Connection, Next, Received};
pub(super) use self::failure::{Cause, Failure};
pub use self::fault::Fault;
pub(super) use self::request::Request;
