//! Fuzzes the reader of `manifest`: see `flowkit_analyze::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowkit_analyze::fuzz::manifest(bytes));
