//! The dump on disk: its folder, and parts that grow page by page.

pub(crate) mod checksum;
pub(crate) mod folder;
pub(crate) mod lines;
mod part_file;
pub(crate) mod part_writer;
