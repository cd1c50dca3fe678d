//! A walk through the Scroll API with curl: the requests of the article that
//! flowkit started from, one by one, for the practice server.
//!
//! Every line that begins with two blanks can be pasted into a shell, in order.

use std::io::{self, Write};

use crate::output::wrap::{WIDTH, lines};

/// A request, and what its answer shows.
struct Step {
    /// Its purpose.
    why: &'static str,
    /// Lines for a shell; `URL` stands for the server.
    shell: &'static [&'static str],
    /// What the answer shows.
    see: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        why: "Name and version of the server.",
        shell: &["curl -s URL/"],
        see: "The practice server answers as Elasticsearch 7.17 does.",
    },
    Step {
        why: "The indices: Logstash makes one per day, in UTC.",
        shell: &["curl -s 'URL/_cat/indices/netflow-*?v&s=index'"],
        see: "Two: flows exported after midnight are in the index of the next day.",
    },
    Step {
        why: "Open a scroll: the flows of the day by time, 100 per page, open for 1 minute.",
        shell: &[
            "PAGE=$(curl -s -X POST 'URL/netflow-*/_search?scroll=1m' \\",
            "  -H 'Content-Type: application/json' -d '{",
            "    \"sort\": { \"@timestamp\": { \"order\": \"asc\" } },",
            "    \"query\": { \"range\": { \"@timestamp\": {",
            "      \"gte\": \"2018-09-21T00:00:00+00:00\",",
            "      \"lte\": \"2018-09-21T23:59:59+00:00\",",
            "      \"format\": \"date_time_no_millis\" } } },",
            "    \"size\": 100 }')",
            "echo \"$PAGE\" | head -c 600; echo",
        ],
        see: "The number of hits, the first 100 hits, and _scroll_id. Note that 23:59:59 leaves out most of the last second; flowkit uses \"less than the next midnight\" instead.",
    },
    Step {
        why: "Save the scroll id.",
        shell: &["ID=$(echo \"$PAGE\" | grep -o '\"_scroll_id\":\"[^\"]*\"' | cut -d'\"' -f4)"],
        see: "It may change with each page: always use the latest.",
    },
    Step {
        why: "The next page; repeat until a page has no hits.",
        shell: &[
            "PAGE=$(curl -s -X POST URL/_search/scroll \\",
            "  -H 'Content-Type: application/json' \\",
            "  -d \"{ \\\"scroll\\\": \\\"1m\\\", \\\"scroll_id\\\": \\\"$ID\\\" }\")",
            "echo \"$PAGE\" | head -c 600; echo",
        ],
        see: "The next hits of the same snapshot: documents indexed meanwhile are not included. The path is that of the article's script; its text has another. The script also mixes whole hits with bare documents; flowkit keeps hits.",
    },
    Step {
        why: "Close the scroll; otherwise the server keeps it open for its minute.",
        shell: &[
            "curl -s -X DELETE URL/_search/scroll \\",
            "  -H 'Content-Type: application/json' \\",
            "  -d \"{ \\\"scroll_id\\\": \\\"$ID\\\" }\"",
        ],
        see: "succeeded, and how many scrolls were freed.",
    },
    Step {
        why: "Count, and compare with the number of hits received.",
        shell: &[
            "curl -s -X POST 'URL/netflow-*/_count' \\",
            "  -H 'Content-Type: application/json' -d '{",
            "    \"query\": { \"range\": { \"@timestamp\": {",
            "      \"gte\": \"2018-09-21T00:00:00+00:00\",",
            "      \"lte\": \"2018-09-21T23:59:59+00:00\",",
            "      \"format\": \"date_time_no_millis\" } } } }'",
        ],
        see: "flowkit fetch does this for each part, and only then marks a dump complete.",
    },
];

/// Prints the guide for a server.
pub(super) fn write(url: &str, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "serving the practice day on {url} until Ctrl-C")?;
    writeln!(out, "\nThe Scroll API with curl, in another terminal:")?;
    for (step, number) in STEPS.iter().zip(1..) {
        writeln!(out, "\n{number}. {}\n", step.why)?;
        for line in step.shell {
            writeln!(out, "  {}", line.replace("URL", url))?;
        }
        for line in lines(step.see, WIDTH - 4) {
            writeln!(out, "  # {line}")?;
        }
    }
    writeln!(
        out,
        "\nAll of this in one command:\n\n  # flowkit fetch --url {url} --day 2018-09-21 -o practice"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guide_fits_in_80_columns() {
        let mut out = Vec::new();
        write("http://127.0.0.1:9200", &mut out).unwrap();
        for line in String::from_utf8(out).unwrap().lines() {
            assert!(line.len() <= WIDTH, "{line}");
        }
    }
}
