//! A file that grows while it is read: what is there when its end is reached
//! counts, whole documents only.

use std::fs::OpenOptions;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::asking::tally;

#[test]
fn a_file_that_grows_is_read_as_far_as_it_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("growing.ndjson");
    let text = std::fs::read_to_string("../testdata/three-flows.ndjson").unwrap();
    let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut n = 0;
            while !stop.load(Ordering::Relaxed) && n < 2000 {
                n += 1;
                // Slower than it is read, or there is no end.
                thread::sleep(Duration::from_millis(1));
                let more = text.replace("flow-", &format!("flow-{n}-"));
                // In pieces, so that its end is mostly inside a document.
                for piece in more.as_bytes().chunks(300) {
                    file.write_all(piece).unwrap();
                }
            }
        });
        let mut before = 0;
        for _ in 0..20 {
            let tally = tally(&path);
            assert!(tally.total.flows >= before.max(3), "{tally:?}");
            before = tally.total.flows;
            // At most the last document is not whole, and is told.
            let skipped: u64 = tally.skipped.iter().map(|skipped| skipped.n).sum();
            assert!(skipped <= 1 && tally.incomplete.len() as u64 == skipped, "{tally:?}");
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(tally(&path).total.flows % 3, 0);
}
