//! Fuzzes the reader of `text`: see `flowkit_analyze::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowkit_analyze::fuzz::text(bytes));
