//! Fuzzes the reader of `page`: see `flowkit_fetch::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| flowkit_fetch::fuzz::page(bytes));
