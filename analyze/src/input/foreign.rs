//! Documents of other programs that are no flows that are read, recognised by their
//! members, and what to do with them.

use serde_json::Value;

/// A kind of document that is not read.
struct Foreign {
    /// It has all of these members, as dotted paths.
    marks: &'static [&'static str],
    /// What it is, and what to do.
    what: &'static str,
}

const fn of(marks: &'static [&'static str], what: &'static str) -> Foreign {
    Foreign { marks, what }
}

const NPROBE: &str = "a flow of nProbe, both directions in one and none of version 5: \
                      let it export version 5 (`-V 5 -n HOST:PORT`) and collect that";
const IPFIX: &str = "a flow of IPFIX under names or in a place that flowkit does not read";
const AGGREGATED: &str = "an aggregated row that `nfdump -A -o json` left without its values: \
                          print the flows with `nfdump -r FILE -o csv`";

const NO_FLOWS: &str = "rows of SQL or ES|QL that are no flows: select the fields of documents, \
                        without grouping";

/// Of two that fit, the first counts.
#[rustfmt::skip]
const FOREIGN: &[Foreign] = &[
    of(&["IPV4_SRC_ADDR"], NPROBE),
    of(&["IPV6_SRC_ADDR"], NPROBE),
    // Its names without labels are numbers: addresses, bytes, times.
    of(&["8", "12", "21", "22"], NPROBE),
    of(&["AgentID", "Header.Version", "DataSets"], "what vFlow prints of version 9 or IPFIX"),
    of(&["SamplesNo", "Samples"], "what vFlow prints of sFlow"),
    of(&["sysUpTime", "samples", "agentAddress"], "what sflowtool prints"),
    of(&["flow.export.ip.addr"], "a flow of ElastiFlow 5 or later, whose names flowkit does not read"),
    of(&["flow.src.ip.addr"], "a flow of ElastiFlow 5 or later, whose names flowkit does not read"),
    of(&["flow.client.ip.addr"], "a flow of ElastiFlow 5 or later, whose names flowkit does not read"),
    of(&["iana:sourceIPv4Address"], IPFIX),
    of(&["sourceIPv4Address"], IPFIX),
    of(&["flows.sourceIPv4Address"], IPFIX),
    of(&["event_type", "src_ip", "dest_ip"], "an event of Suricata"),
    of(&["id.orig_h", "id.resp_h"], "a connection of Zeek"),
    of(&["flow.final", "flow.id"], "a flow of Packetbeat"),
    of(&["srcaddr", "dstaddr", "log_status"], "a flow log of Amazon's VPC"),
    of(&["type", "export_sysid", "sampled"], AGGREGATED),
    of(&["columns", "rows"], NO_FLOWS),
    of(&["columns", "values"], NO_FLOWS),
    of(&["schema", "datarows"], NO_FLOWS),
];

/// What a document is, if it is known.
pub(super) fn of_document(json: &[u8]) -> Option<&'static str> {
    let document: Value = serde_json::from_slice(json).ok()?;
    let document = document.get("_source").unwrap_or(&document);
    let fits = |kind: &&Foreign| kind.marks.iter().all(|path| has(document, path));
    FOREIGN.iter().find(fits).map(|kind| kind.what)
}

/// Whether an answer of a search has sums of documents in it.
pub(super) fn has_aggregations(json: &[u8]) -> bool {
    let answer = serde_json::from_slice::<Value>(json);
    answer.is_ok_and(|answer| answer.get("aggregations").is_some_and(Value::is_object))
}

/// Whether a value has a member at a path, whose dots may stand in names.
fn has(value: &Value, path: &str) -> bool {
    let Value::Object(members) = value else { return false };
    members.contains_key(path)
        || path.match_indices('.').any(|(dot, _)| {
            members.get(&path[..dot]).is_some_and(|inner| has(inner, &path[dot + 1..]))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_of_others_are_told_by_their_members() {
        for (json, expected) in [
            (r#"{"IPV4_SRC_ADDR":"192.0.2.1","IN_BYTES":1}"#, Some("a flow of nProbe")),
            (r#"{"8":"192.0.2.1","12":"192.0.2.2","21":1,"22":1,"1":7}"#, Some("a flow of nProbe")),
            (r#"{"8":"192.0.2.1"}"#, None),
            (r#"{"AgentID":"x","Header":{"Version":10},"DataSets":[]}"#, Some("what vFlow prints")),
            (r#"{"Version":5,"SamplesNo":1,"Samples":[]}"#, Some("what vFlow prints of sFlow")),
            (r#"{"flow.export":{"ip.addr":"192.0.2.1"}}"#, Some("a flow of ElastiFlow 5")),
            (
                r#"{"_id":"1","_source":{"id.orig_h":"a","id.resp_h":"b"}}"#,
                Some("a connection of Zeek"),
            ),
            (r#"{"type":"FLOW","sampled":0,"export_sysid":0}"#, Some("an aggregated row")),
            (r#"{"message":"flow"}"#, None),
            ("[]", None),
        ] {
            let found = of_document(json.as_bytes());
            assert_eq!(found.is_some(), expected.is_some(), "{json}");
            assert!(found.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{json}");
        }
    }
}
