//! Ports of protocols that have none: type and code of ICMP, nothing of others.

use super::{FLOW, Flow, Flows};

/// 2048 is a port of TCP in one flow and an echo request in another; 771 is ICMP
/// alone, 0 is ESP alone at the destination.
fn of_many_protocols() -> Flows {
    let flow = |protocol, ports, bytes| Flow { protocol, ports, bytes, ..FLOW };
    Flows::new(&[
        flow(6, (51_000, 443), 5000),
        flow(17, (51_000, 443), 4000),
        flow(6, (51_000, 2048), 3000),
        flow(1, (0, 2048), 100),
        flow(1, (0, 771), 2000),
        flow(50, (0, 0), 1000),
    ])
}

/// The lines of a table or of csv below the header, columns by blanks or commas.
fn rows(flows: &Flows, arguments: &[&str]) -> Vec<String> {
    let text = flows.out(arguments);
    let lines = text.lines().skip_while(|line| !line.contains("_port") || line.contains('|'));
    let rows = lines.skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    rows.take_while(|row| !row.starts_with("total")).collect()
}

#[test]
fn a_row_by_port_says_what_its_port_is() {
    let flows = of_many_protocols();
    flows.dump(&[]);
    for source in ["flows.ndjson", "dump"] {
        let by = ["top", "--by", "dst_port", "--columns", "bytes", source];
        let table = rows(&flows, &by);
        let table: Vec<&str> = table.iter().map(|row| row.split(" %").next().unwrap()).collect();
        assert_eq!(
            table,
            [
                "1 443 https 9.00 kB 59.6",
                "2 2048 (partly icmp) 3.10 kB 20.5",
                "3 icmp 3/3 2.00 kB 13.2",
                "4 esp 1.00 kB 6.6",
            ]
        );
        let csv = rows(&flows, &["top", "--by", "dst_port", "--format", "csv", source]);
        assert_eq!(csv[0], "443,9000,20,2,0.596026,0.333333,0.333333,port");
        let kinds: Vec<&str> = csv.iter().map(|row| row.rsplit(',').next().unwrap()).collect();
        assert_eq!(kinds, ["port", "mixed", "icmp", "none"]);
    }
}

/// The kind does not depend on the measures, the other keys or the path of the sums.
#[test]
fn every_key_with_a_port_has_its_kind() {
    let flows = of_many_protocols();
    flows.dump(&[]);
    for (by, sort, expected) in [
        ("src_port", "bytes", "51000:port 0:mixed"),
        ("src_port", "duration", "0:mixed 51000:port"),
        ("port", "bytes", "51000:port 443:port 0:mixed 2048:mixed 771:icmp"),
        ("src_addr,dst_port", "bytes", "443:port 2048:mixed 771:icmp 0:none"),
        ("src_port,dst_port", "sent_bytes", "443:port 2048:port 771:icmp 0:none 2048:icmp"),
        ("protocol,dst_port", "bytes", "443:port 443:port 2048:port 771:icmp 0:none 2048:icmp"),
        ("dst_port", "distinct:src_addr", "0:none 443:port 771:icmp 2048:mixed"),
        ("dst_port", "p95_bytes", "443:port 2048:mixed 771:icmp 0:none"),
    ] {
        for source in ["flows.ndjson", "dump"] {
            let columns = format!("{sort},port_kind");
            let csv = flows.out(&[
                "top",
                "--by",
                by,
                "--sort",
                sort,
                "--columns",
                &columns,
                "--format",
                "csv",
                source,
            ]);
            let n_keys = by.split(',').count();
            let kinds = csv.lines().skip(1).map(|row| {
                let cells: Vec<&str> = row.split(',').collect();
                format!("{}:{}", cells[n_keys - 1], cells.last().unwrap())
            });
            assert_eq!(kinds.collect::<Vec<_>>().join(" "), expected, "{by} {sort} {source}");
        }
    }
}

/// A group of which no protocol is known has no kind, and no other key has the column.
#[test]
fn what_is_not_known_has_no_kind() {
    let flows = Flows::new(&[]);
    let document = FLOW.document().replace(r#""protocol":6,"#, "");
    std::fs::write(flows.path("flows.ndjson"), document).unwrap();
    let csv = rows(&flows, &["top", "--by", "dst_port", "--format", "csv", "flows.ndjson"]);
    assert_eq!(csv, ["443,1500,10,1,1.000000,1.000000,1.000000,"]);
    let by_address = flows.out(&["top", "--by", "src_addr", "--format", "csv", "flows.ndjson"]);
    assert!(!by_address.contains("port_kind"), "{by_address}");
}

/// Rows and series by a port are called as in `top`, in every report that has any.
#[test]
fn every_report_by_port_says_what_its_ports_are() {
    let flows = of_many_protocols();
    std::fs::write(flows.path("nothing.ndjson"), "").unwrap();
    flows.dump(&[]);
    for source in ["flows.ndjson", "dump"] {
        let diff = ["diff", "nothing.ndjson", source, "--by", "dst_port", "--columns", "b_bytes"];
        assert_eq!(
            rows(&flows, &diff),
            ["443 https 9.00 kB", "2048 (partly icmp) 3.10 kB", "icmp 3/3 2.00 kB", "esp 1.00 kB"]
        );
        let line = ["timeline", "--by", "dst_port", "-n", "3", "--columns", "bytes", source];
        let bins = rows(&flows, &[&line[..], &["--bin", "day", "--load", "export"]].concat());
        let series = bins.iter().map(|row| row.split_once(' ').unwrap().1.split(" kB").next());
        assert_eq!(
            series.map(Option::unwrap).collect::<Vec<_>>(),
            ["443 https 9.00", "2048 (partly icmp) 3.10", "icmp 3/3 2.00", "other 1.00"]
        );
        let scans = ["scans", "--min-targets", "1", "-n", "0", "--columns", "kind", source];
        let scans = rows(&flows, &[&scans[..], &["-f", "proto icmp or proto esp"]].concat());
        let hosts = scans.iter().filter_map(|row| row.strip_suffix(" hosts"));
        let shown: Vec<_> = hosts.map(|row| row.split_once(" - ").unwrap().1).collect();
        assert_eq!(shown, ["1 icmp icmp 3/3", "1 icmp icmp 8/0", "50 esp esp"]);
    }
}

/// The kind is the last column of csv; the series of all others has none.
#[test]
fn every_report_by_port_has_the_kind_as_its_last_column() {
    let flows = of_many_protocols();
    std::fs::write(flows.path("nothing.ndjson"), "").unwrap();
    let of = |line: &str, place: usize| {
        let line: Vec<&str> = line.split(' ').chain(["--format", "csv"]).collect();
        let csv = flows.out(&line);
        let (head, rows) = csv.split_once('\n').unwrap();
        assert!(head.ends_with(",port_kind"), "{head}");
        let kind = |row: &str| {
            let cells: Vec<&str> = row.split(',').collect();
            format!("{}:{}", cells[place], cells.last().unwrap())
        };
        rows.lines().map(kind).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        of("diff nothing.ndjson flows.ndjson --by dst_port", 0),
        "443:port 2048:mixed 771:icmp 0:none"
    );
    assert_eq!(
        of("diff nothing.ndjson flows.ndjson --by protocol,port --sort flows -n 3", 1),
        "0:icmp 51000:port 771:icmp"
    );
    assert_eq!(
        of("diff nothing.ndjson flows.ndjson --by port --having port_kind=icmp", 0),
        "771:icmp"
    );
    assert_eq!(
        of("timeline flows.ndjson --bin day --load export --by src_port -n 1", 1),
        "51000:port other:"
    );
    assert_eq!(
        of("scans flows.ndjson --min-targets 1 --having kind=hosts", 4),
        "771:icmp 2048:icmp 443:port 2048:port 443:port 0:none"
    );
}
