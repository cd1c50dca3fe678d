//! Searches and scrolls: from a request to the hits that match it, page by page.

mod aggregations;
mod fields;
mod limits;
mod order;
mod page;
mod request;
mod request_parts;
mod run;
mod scroll;
mod scroll_id;

pub(super) use self::limits::{check_keep_alive, keep_alive};
pub(super) use self::page::Style;
pub(super) use self::request::{SearchRequest, body_members, invalid};
pub(super) use self::run::{count, run};
pub(super) use self::scroll::{MOST_CONTEXTS, Scrolls};
pub(super) use self::scroll_id::NODE;
