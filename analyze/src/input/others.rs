//! Files of other programs, recognised by their first bytes, and the command that
//! makes them readable.

/// A kind of file that is not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Other {
    /// Where its magic number stands.
    offset: usize,
    magic: &'static [u8],
    /// What it is.
    pub(crate) what: &'static str,
    /// What to do with it.
    pub(crate) advice: &'static str,
}

const fn at(
    offset: usize,
    magic: &'static [u8],
    what: &'static str,
    advice: &'static str,
) -> Other {
    Other { offset, magic, what, advice }
}

const NFDUMP: &str = "print it with `nfdump -r FILE -o csv` and read that";
const UNZIP: &str = "unpack it, as with `unzip FILE`, and name the files in it";
const EDITCAP: &str = "make a pcap of it: `editcap -F pcap FILE flows.pcap`";
const TO_CSV: &str = "write it as csv with the program that made it";

/// Magic numbers, the longer of two that begin alike first.
#[rustfmt::skip]
const OTHERS: &[Other] = &[
    at(0, b"\x0c\xa5\x01\0", "a binary file of nfdump 1.6", NFDUMP),
    at(0, b"\x0c\xa5\x02\0", "a binary file of nfdump 1.7", NFDUMP),
    at(0, b"\x0c\xa5", "a binary file of nfdump", NFDUMP),
    at(0, b"\xa5\x0c", "a binary file of nfdump", NFDUMP),
    at(0, b"\xde\xad\xbe\xef", "a binary file of SiLK", "print it with `rwcut --delimited=, FILE` and read that"),
    at(0, b"\xcf\x10", "a binary file of flow-tools", "print it with `flow-export -f2 < FILE` and read that"),
    at(0, b"PK\x03\x04", "a zip archive (or a workbook of a spreadsheet)", UNZIP),
    at(0, b"PK\x05\x06", "an empty zip archive", UNZIP),
    at(0, b"PK\x07\x08", "a zip archive", UNZIP),
    at(0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it with `7z x FILE` and name the files in it"),
    at(0, b"Rar!\x1a\x07", "a rar archive", "unpack it with `unrar x FILE` and name the files in it"),
    at(0, b"\x04\x22\x4d\x18", "packed with lz4", "unpack it: `lz4 -dc FILE | flowkit …`"),
    at(0, b"\x02\x21\x4c\x18", "packed with lz4", "unpack it: `lz4 -dc FILE | flowkit …`"),
    at(0, b"\x89LZO\0\r\n\x1a\n", "packed with lzop", "unpack it: `lzop -dc FILE | flowkit …`"),
    at(0, b"LZIP", "packed with lzip", "unpack it: `lzip -dc FILE | flowkit …`"),
    at(0, b"\xff\x06\0\0sNaPpY", "packed with snappy", "unpack it: `snzip -dc FILE | flowkit …`"),
    at(0, b"\x1f\x9d", "packed with compress", "unpack it: `zcat FILE | flowkit …`"),
    at(0, b"\x1f\xa0", "packed with compress", "unpack it: `zcat FILE | flowkit …`"),
    at(0, b"\x5d\0\0", "packed with lzma", "unpack it: `xz --format=lzma -dc FILE | flowkit …`"),
    at(0, b"ARROW1", "an Arrow or Feather file", "write it as csv, as with pandas: `pandas.read_feather(FILE).to_csv(\"flows.csv\")`"),
    at(0, b"FEA1", "a Feather file", "write it as csv, as with pandas: `pandas.read_feather(FILE).to_csv(\"flows.csv\")`"),
    at(0, b"ORC", "an ORC file", "write it as csv, as with pandas: `pandas.read_orc(FILE).to_csv(\"flows.csv\")`"),
    at(0, b"Obj\x01", "an Avro file", "print its records: `avro-tools tojson FILE | flowkit …`"),
    at(0, b"PAR1", "a Parquet file inside of another file", "unpack it to a file of its own"),
    at(0, b"PARE", "an encrypted Parquet file", TO_CSV),
    at(0, b"SQLite format 3\0", "an SQLite database", "print a table of it: `sqlite3 -csv -header FILE 'select * from TABLE'`"),
    at(8, b"DUCK", "a DuckDB database", "print a table of it: `duckdb FILE -csv -c 'from TABLE'`"),
    at(0, b"RRD\0", "a round robin database", "it holds sums over time and no flows; read the files that they were made from"),
    at(0, b"\x89HDF\r\n\x1a\n", "an HDF5 file", TO_CSV),
    at(0, b"\x80\x03}", "a Python pickle", TO_CSV),
    at(0, b"\x80\x04\x95", "a Python pickle", TO_CSV),
    at(0, b"\x80\x05\x95", "a Python pickle", TO_CSV),
    at(0, b"PGDMP", "a dump of PostgreSQL", "restore it, and print a table as csv"),
    at(0, b"\x3f\xd7\x6c\x17", "a file of an Elasticsearch or OpenSearch index", "let the server read it, and ask that: `flowkit fetch`"),
    at(0, b"!<arch>\n", "an ar archive", "unpack it with `ar x FILE`"),
    at(0, b"07070", "a cpio archive", "unpack it with `cpio -i < FILE`"),
    at(0, b"snoop\0\0\0", "a capture of snoop", EDITCAP),
    at(0, b"GMBU", "a capture of Network Monitor", EDITCAP),
    at(0, b"RTSS", "a capture of Network Monitor", EDITCAP),
    at(0, b"TRSNIFF data", "a capture of Sniffer", EDITCAP),
    at(0, b"iptrace 2.0", "a capture of iptrace", EDITCAP),
    at(0, b"\x7fELF", "a program", "name files that hold flows"),
    at(0, b"\x89PNG", "a picture", "name files that hold flows"),
    at(0, b"%PDF", "a PDF document", "name files that hold flows"),
    at(0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a workbook of an old spreadsheet", TO_CSV),
    at(0, b"\xff\xfe\0\0", "text in UTF-32", "make UTF-8 of it: `iconv -f UTF-32 -t UTF-8 FILE | flowkit …`"),
    at(0, b"\0\0\xfe\xff", "text in UTF-32", "make UTF-8 of it: `iconv -f UTF-32 -t UTF-8 FILE | flowkit …`"),
];

/// The kind of a file that is not read, by its first bytes.
pub(super) fn other(head: &[u8]) -> Option<&'static Other> {
    // Prose may begin with letters that are magic, too.
    let is_binary = head.iter().any(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31));
    let is_letters = |other: &Other| other.magic.iter().all(u8::is_ascii_alphanumeric);
    OTHERS
        .iter()
        .find(|other| head.get(other.offset..).is_some_and(|at| at.starts_with(other.magic)))
        .filter(|other| is_binary || !is_letters(other))
}

/// What printed a text that holds no JSON, and what to do; `None` if it is not
/// known.
pub(super) fn of_text(text: &[u8]) -> Option<(&'static str, &'static str)> {
    let text = text.trim_ascii();
    let begins = |words: &[&[u8]]| words.iter().any(|word| text.starts_with(word));
    let start = &text[..text.len().min(400)];
    let has = |word: &[u8]| memchr::memmem::find(start, word).is_some();
    Some(if begins(&[b"Date first seen", b"Date flow start", b"Event time", b"Date flow seen"]) {
        (
            "what nfdump prints for people",
            "print it with `nfdump -r FILE -o csv`, or `-o json`, and read that",
        )
    } else if begins(&[b"Flow Record:", b"Flow Record"]) {
        (
            "what `nfdump -o raw` prints",
            "print it with `nfdump -r FILE -o csv`, or `-o json`, and read that",
        )
    } else if begins(&[b"srcIP ", b"Start  ", b"Sif  "]) {
        ("what flow-print prints", "print it with `flow-export -f2 < FILE` and read that")
    } else if begins(&[b"{"]) && has(b"\" => ") {
        ("what Logstash's rubydebug codec prints", "let Logstash write `codec => json_lines`")
    } else if begins(&[b"{'", b"[{'"]) {
        ("what Python prints of a dict", "print json.dumps of it instead")
    } else if begins(&[b"{\\\"", b"\"{\\\""]) {
        ("JSON inside of JSON strings", "take it out: `jq -r . FILE | flowkit …`")
    } else if begins(&[b"<!DOCTYPE", b"<!doctype", b"<html", b"<HTML", b"<?xml"]) {
        ("a web page or XML", "ask the server itself, not a page or a proxy before it")
    } else if begins(&[b"health status index", b"green open", b"yellow open", b"red open"]) {
        (
            "what _cat prints",
            "it is a list and holds no documents; search the indices: `flowkit fetch`",
        )
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_others_are_told_by_their_first_bytes() {
        for (head, expected) in [
            (&b"\x0c\xa5\x01\0\0\0"[..], Some("a binary file of nfdump 1.6")),
            (b"\x0c\xa5\x02\0\0\0", Some("a binary file of nfdump 1.7")),
            (b"\xde\xad\xbe\xef\0", Some("a binary file of SiLK")),
            (b"12345678DUCK\0", Some("a DuckDB database")),
            (b"ORCHESTRATOR started", None),
            (b"\x04\x22\x4d\x18", Some("packed with lz4")),
            (b"{\"a\":1}", None),
            (b"\0\x05\0\x01", None),
            (b"", None),
        ] {
            assert_eq!(other(head).map(|other| other.what), expected, "{head:?}");
        }
    }

    #[test]
    fn texts_of_others_are_told_by_their_first_words() {
        for (text, expected) in [
            ("Date first seen          Event", Some("what nfdump prints for people")),
            ("{\n  \"netflow\" => {", Some("what Logstash's rubydebug codec prints")),
            ("{'_id': 1}", Some("what Python prints of a dict")),
            ("{\\\"netflow\\\":{\\\"bytes\\\":1}}\"", Some("JSON inside of JSON strings")),
            ("<html>", Some("a web page or XML")),
            ("POST Failed: 400", None),
        ] {
            assert_eq!(of_text(text.as_bytes()).map(|found| found.0), expected, "{text}");
        }
    }
}
