//! The layers of each crate, lowest first: a folder or a file at its root imports
//! only from layers below its own, and of its own folder.

/// Layers of a crate: the folder of its sources, then layer upon layer.
pub(crate) type Layers = (&'static str, &'static [&'static [&'static str]]);

/// Every crate; files without their ending, so that one may become a folder.
#[rustfmt::skip]
pub(crate) const LAYERS: &[Layers] = &[
    ("model/src", &[
        &["harmless", "spreadsheet", "time"],
        &["address", "names", "sums"],
        &["window"],
        &["record"],
        &["field"],
        &["dump", "filter", "lesson", "meaning", "row", "wire"],
        &["document", "exported_row", "logstash_times"],
        &["question"],
        &["answer"],
        &["lib"],
    ]),
    ("model/dump/src", &[
        &["error"],
        &["checksum", "disk", "document_hash", "files", "lines", "named"],
        &["frames", "place"],
        &["unfinished"],
        &["manifest", "part_file"],
        &["folders"],
        &["folder"],
        &["verify"],
        &["lib"],
    ]),
    ("fetch/src", &[
        &["cancel", "clock", "error", "search_body"],
        &["progress"],
        &["page", "server"],
        &["cursor", "fuzz", "part_writer", "request"],
        &["plan"],
        &["run"],
        &["verify"],
        &["lib"],
    ]),
    ("analyze/src", &[
        &["threads"],
        &["batch", "bins", "error", "spill", "zone"],
        &["dedup", "filter", "quality"],
        &["selection"],
        &["store"],
        &["input"],
        &["fuzz", "group", "scan"],
        &["statistic"],
        &["cache", "stats"],
        &["ask", "export"],
        &["documents"],
        &["import"],
        &["lib"],
    ]),
    ("cli/src", &[
        &["exit", "screen"],
        &["warn"],
        &["interrupt", "output"],
        &["destination"],
        &["args"],
        &["report"],
        &["commands"],
        &["main"],
    ]),
    ("testdata/src", &[
        &["exporter", "network", "random", "time"],
        &["flow"],
        &["talk"],
        &["packet"],
        &["document"],
        &["day", "server"],
        &["synth"],
        &["lib"],
    ]),
    ("fuzz/src", &[&["bin"]]),
];

/// What the formats of `cli/src/output` may name beside their own folder: what an
/// answer is, the standard library, and crates that print.
pub(crate) const OUTPUT: &str = "cli/src/output/";
/// Where an answer is defined, as data.
pub(crate) const ANSWER: &[&str] = &["model/src/answer", "model/src/sums"];
/// What paths may begin with.
pub(crate) const ALLOWED_IN_OUTPUT: &[&str] = &[
    "flowkit_model::answer",
    // How a cell is printed hangs on the kind of its field, and on names of ports.
    "flowkit_model::Kind",
    "flowkit_model::names",
    // What others wrote.
    "flowkit_model::harmless",
    "flowkit_model::spreadsheet",
    // How an address and a network are written.
    "flowkit_model::address",
    // How a time is written, and how long a window is.
    "flowkit_model::window",
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
