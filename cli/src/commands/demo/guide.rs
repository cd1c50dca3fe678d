//! A walk through the Scroll API with curl: the requests of the article that
//! flowkit started from, one by one, for the practice server.
//!
//! Every line that begins with two blanks can be pasted into a shell, in order.

use std::io::{self, Write};

use crate::output::wrap::{WIDTH, lines};

/// A request, and what to see in its answer.
struct Step {
    /// What it is for.
    why: &'static str,
    /// Lines for a shell; `URL` stands for the server.
    shell: &'static [&'static str],
    /// What the answer shows.
    see: &'static str,
}

const STEPS: &[Step] = &[
    Step {
        why: "Who is there?",
        shell: &["curl -s URL/"],
        see: "Name and version of the server: this one speaks as Elasticsearch 7.17 does.",
    },
    Step {
        why: "Which indices? Logstash makes one a day, by UTC.",
        shell: &["curl -s 'URL/_cat/indices/netflow-*?v&s=index'"],
        see: "Two: what was exported after midnight lies in the next day's.",
    },
    Step {
        why: "Open a scroll: the day's flows by time, 100 a page, kept open for 1 minute.",
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
        see: "The number of hits, the first 100 of them, and _scroll_id. Mind that 23:59:59 leaves out most of the last second; flowkit asks for less than the next midnight instead.",
    },
    Step {
        why: "Keep the cursor.",
        shell: &["ID=$(echo \"$PAGE\" | grep -o '\"_scroll_id\":\"[^\"]*\"' | cut -d'\"' -f4)"],
        see: "It may change with each page: always use the last one.",
    },
    Step {
        why: "The next page; again and again, until one has no hits.",
        shell: &[
            "PAGE=$(curl -s -X POST URL/_search/scroll \\",
            "  -H 'Content-Type: application/json' \\",
            "  -d \"{ \\\"scroll\\\": \\\"1m\\\", \\\"scroll_id\\\": \\\"$ID\\\" }\")",
            "echo \"$PAGE\" | head -c 600; echo",
        ],
        see: "Other hits of the same moment: what is written meanwhile is not seen. The path is that of the article's script; its text has another. The script also puts whole hits beside bare documents; flowkit keeps hits.",
    },
    Step {
        why: "Close it; or the server holds it for its minute.",
        shell: &[
            "curl -s -X DELETE URL/_search/scroll \\",
            "  -H 'Content-Type: application/json' \\",
            "  -d \"{ \\\"scroll_id\\\": \\\"$ID\\\" }\"",
        ],
        see: "succeeded, and how many were freed.",
    },
    Step {
        why: "Was it all? Count, and compare with the hits that came.",
        shell: &[
            "curl -s -X POST 'URL/netflow-*/_count' \\",
            "  -H 'Content-Type: application/json' -d '{",
            "    \"query\": { \"range\": { \"@timestamp\": {",
            "      \"gte\": \"2018-09-21T00:00:00+00:00\",",
            "      \"lte\": \"2018-09-21T23:59:59+00:00\",",
            "      \"format\": \"date_time_no_millis\" } } } }'",
        ],
        see: "flowkit fetch does this for each part, and calls a dump complete only then.",
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
        "\nAll of that at once:\n\n  # flowkit fetch --url {url} --day 2018-09-21 -o practice"
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
