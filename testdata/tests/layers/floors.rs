//! The floors of each crate, lowest first: a folder or a file at its root imports
//! only from floors below its own, and of its own folder.

/// Floors of a crate: the folder of its sources, then floor upon floor.
pub(crate) type Floors = (&'static str, &'static [&'static [&'static str]]);

/// Every crate.
#[rustfmt::skip]
pub(crate) const FLOORS: &[Floors] = &[
    ("model/src", &[
        &["address.rs", "names", "record.rs", "time.rs", "window.rs"],
        &["field.rs", "dump"],
        &["filter", "lesson", "row.rs", "wire"],
        &["document", "logstash_times.rs"],
        &["question"],
        &["answer"],
        &["lib.rs"],
    ]),
    ("model/dump/src", &[
        &["error.rs"],
        &["lib.rs"],
    ]),
    ("fetch/src", &[
        &["cancel.rs", "clock.rs", "error.rs"],
        &["page", "progress.rs", "server"],
        &["cursor", "dump", "request.rs"],
        &["plan"],
        &["run"],
        &["verify.rs"],
        &["lib.rs"],
    ]),
    ("analyze/src", &[
        &["batch", "error.rs", "spill", "sums.rs"],
        &["dedup", "filter", "quality"],
        &["selection.rs", "tally.rs"],
        &["answer.rs", "store"],
        &["input", "question"],
        &["fuzz.rs", "group", "scan"],
        &["cache", "stats"],
        &["ask", "export"],
        &["documents"],
        &["import"],
        &["lib.rs"],
    ]),
    ("cli/src", &[
        &["exit.rs", "warn.rs"],
        &["interrupt.rs", "output"],
        &["args"],
        &["report"],
        &["commands"],
        &["main.rs"],
    ]),
    ("testdata/src", &[
        &["network.rs", "packet.rs", "random.rs", "time.rs"],
        &["flow.rs"],
        &["document.rs", "exporter.rs", "talk.rs"],
        &["day", "server", "synth"],
        &["lib.rs"],
    ]),
];

/// What the formats of `cli/src/output` may name beside their own folder: what an
/// answer is, the standard library, and crates that print.
pub(crate) const OUTPUT: &str = "cli/src/output/";
/// Paths that lead there.
pub(crate) const ALLOWED_IN_OUTPUT: &[&str] = &[
    "flowkit_model::answer",
    "std",
    "clap",
    "comfy_table",
    "jiff",
    "serde",
    "serde_json",
    "tempfile",
    "terminal_size",
];

/// Crates that must not know each other.
pub(crate) const STRANGERS: &[(&str, &str)] = &[
    ("fetch/", "flowkit_analyze"),
    ("analyze/", "flowkit_fetch"),
    ("model/", "flowkit_fetch"),
    ("model/", "flowkit_analyze"),
];

/// Most lines of a file, and of a function.
pub(crate) const MOST_LINES: usize = 400;
/// Most lines of a function.
pub(crate) const MOST_LINES_OF_A_FUNCTION: usize = 60;
