//! `columns/*.parquet` in the hands of others: DuckDB, pyarrow and ClickHouse
//! read the same sums, keys and unknown values.
//!
//! Runs where `FLOWKIT_PYTHON` names a Python that has all three (`pip install
//! duckdb pyarrow chdb`), and says so where not.

use std::path::Path;
use std::process::Command;

use flowkit_analyze::import::import;
use flowkit_analyze::{ReadOptions, Source};

use crate::asking::tally;

/// Prints flows, packets, bytes, rows without `dst_port`, the largest port and
/// its bytes, and exporters: by DuckDB, by pyarrow, by ClickHouse.
const SCRIPT: &str = r#"
import sys, glob, json, chdb, duckdb, pyarrow.parquet as pq, pyarrow.compute as pc
files = sorted(glob.glob(sys.argv[1] + "/columns/*.parquet"))
ask = lambda question: duckdb.connect().execute(question).fetchall()
one = ask(f"select count(*), sum(packets), sum(bytes), count(*) filter (dst_port is null) from read_parquet({files})")[0]
port = ask(f"select dst_port, sum(bytes) b from read_parquet({files}) where dst_port is not null group by 1 order by b desc, 1 limit 1")[0]
who = ask(f"select distinct exporter from read_parquet({files}) where exporter is not null order by 1")
print(*one, *port, *[w[0] for w in who])
table = pq.ParquetDataset(files, page_checksum_verification=True).read()
by = table.filter(pc.is_valid(table["dst_port"])).group_by("dst_port").aggregate([("bytes", "sum")]).to_pylist()
top = min(by, key=lambda row: (-row["bytes_sum"], row["dst_port"]))
who = sorted(w for w in pc.unique(table["exporter"]).to_pylist() if w is not None)
print(table.num_rows, pc.sum(table["packets"]), pc.sum(table["bytes"]), table["dst_port"].null_count, top["dst_port"], top["bytes_sum"], *who)
flows = f"from file('{sys.argv[1]}/columns/*.parquet', Parquet)"
ask = lambda question: json.loads(str(chdb.query(question, "JSONCompact")))["data"]
one = ask(f"select count(), sum(packets), sum(bytes), countIf(dst_port is null) {flows}")[0]
port = ask(f"select dst_port, sum(bytes) b {flows} where dst_port is not null group by 1 order by b desc, 1 limit 1")[0]
who = ask(f"select distinct exporter {flows} where exporter is not null order by 1")
print(*one, *port, *[w[0] for w in who])
"#;

#[test]
fn duckdb_pyarrow_and_clickhouse_read_the_same() {
    let Some(python) = std::env::var_os("FLOWKIT_PYTHON") else {
        eprintln!("skipped: FLOWKIT_PYTHON does not name a Python with duckdb, pyarrow and chdb");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let dump = folder.path().join("dump");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata/three-flows.ndjson");
    let corpus = std::env::var_os("FLOWKIT_CORPORA")
        .map(|folder| Path::new(&folder).join("day/es6.elasticdump.ndjson.gz"));
    let sources = [Source::open(&corpus.unwrap_or(file)).unwrap()];
    import(&sources, &dump, String::new(), true, ReadOptions::default()).unwrap();
    let tally = tally(&dump);
    let output = Command::new(python).arg("-c").arg(SCRIPT).arg(&dump).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{}", String::from_utf8_lossy(&output.stderr));
    assert!(lines.iter().all(|line| *line == lines[0]), "{lines:#?}");
    let total = tally.total;
    let unknown = tally.unknown.iter().find(|(field, _)| field.field().name == "dst_port");
    let ours = format!(
        "{} {} {} {} ",
        total.flows,
        total.packets,
        total.bytes,
        unknown.map_or(0, |n| n.1)
    );
    assert!(lines[0].starts_with(&ours), "{} against {ours}", lines[0]);
    let exporters: Vec<&str> = tally.sampling.keys().flatten().map(String::as_str).collect();
    assert!(lines[0].ends_with(&exporters.join(" ")), "{} against {exporters:?}", lines[0]);
}
