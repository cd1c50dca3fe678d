//! What stands around documents in a file, and how its letters become bytes:
//! text between documents, line ends, byte order marks, UTF-16.

use crate::random::Random;

/// Text that a program or a person leaves between documents.
#[derive(Debug)]
pub(super) struct Between {
    pub(super) name: &'static str,
    /// One of these comes before each piece.
    pub(super) texts: &'static [&'static str],
    /// It may have been a document, so that something may be missing.
    pub(super) has_brace: bool,
}

const fn between(name: &'static str, texts: &'static [&'static str]) -> Between {
    Between { name, texts, has_brace: false }
}

/// Every kind of text between documents.
#[rustfmt::skip]
pub(super) const BETWEENS: &[Between] = &[
    between("nothing between", &[]),
    between("blank lines", &["\n", "\n\n", "  \t\n"]),
    between("progress lines", &[
        "page 1 of 3: 1000 documents\n", "1000/3000 [33%]\n", "scrolling...\nfetched 1000, 2000 to go\n",
        "Fri, 21 Sep 2018 10:00:00 GMT | got 100 objects from source elasticsearch (offset: 0)\n",
    ]),
    between("comment lines", &["# first page\n", "// page 2\n", "-- more\n", "## \n"]),
    between("lines of dashes", &["---\n", "==========\n"]),
    between("HTTP headers", &[
        "HTTP/1.1 200 OK\nX-elastic-product: Elasticsearch\ncontent-type: application/json;charset=utf-8\ncontent-length: 1234\n\n",
        "HTTP/2 200 \nserver: nginx\n\n",
    ]),
    between("curl's progress", &[
        "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n                                 Dload  Upload   Total   Spent    Left  Speed\n100  4123  100  4123    0     0   402k      0 --:--:-- --:--:-- --:--:--  402k\n",
    ]),
    Between { has_brace: true, ..between("Dev Tools requests", &[
        "GET /netflow-2018.09.21/_search\n{\"size\":3}\n\n",
        "GET netflow-*/_search?scroll=1m\n{\n  \"size\": 1000,\n  \"query\": {\n    \"match_all\": {}\n  }\n}\n",
        "POST /_search/scroll\n{ \"scroll\" : \"1m\", \"scroll_id\" : \"DnF1ZXJ5\" }\n",
        "# GET netflow-*/_search 200 OK\n",
    ]) },
    Between { has_brace: true, ..between("shell commands", &[
        "$ curl -s 'http://localhost:9200/netflow-*/_search?scroll=1m' -d '{\"size\": 1000}'\n",
        "user@host:~$ jq . page.json\n",
    ]) },
    Between { has_brace: true, ..between("log lines with braces", &[
        "INFO:root:{'page': 1, 'hits': [1000]}\n", "2018-09-21 10:00:00 DEBUG request {size=1000, from=0}\n",
        "warning: {unbalanced\n", "done [1000}\n",
    ]) },
    between("record separators", &["\u{1e}"]),
];

/// Pieces joined, with text before some of them and behind the last.
pub(super) fn joined(
    pieces: &[String],
    separator: &str,
    between: &Between,
    random: &mut Random,
) -> String {
    let mut text = String::new();
    let one = |random: &mut Random| {
        let n = between.texts.len() as u64;
        between.texts[usize::try_from(random.below(n)).unwrap()]
    };
    // At one place at least.
    let always = random.below(pieces.len() as u64 + 1);
    for (place, piece) in pieces.iter().enumerate() {
        if place > 0 {
            text.push_str(separator);
        }
        if !between.texts.is_empty() && (place as u64 == always || random.below(3) == 0) {
            text.push_str(one(random));
        }
        text.push_str(piece);
    }
    if !between.texts.is_empty() && (pieces.len() as u64 == always || random.below(3) == 0) {
        text.push('\n');
        text.push_str(one(random));
    }
    text
}

/// How a text ends.
pub(super) const ENDS: &[(&str, &str)] =
    &[("a last line end", "\n"), ("no last line end", ""), ("blank lines at the end", "\n\n \n")];

/// How lines end.
pub(super) const LINE_ENDS: &[(&str, &str)] = &[("LF", "\n"), ("CRLF", "\r\n")];

/// How letters become bytes.
#[derive(Debug)]
pub(super) struct Charset {
    pub(super) name: &'static str,
    pub(super) bytes: fn(&str) -> Vec<u8>,
    /// Words of which a refusal has one, where it may be refused.
    pub(super) refused: &'static [&'static str],
}

const fn charset(name: &'static str, bytes: fn(&str) -> Vec<u8>) -> Charset {
    Charset { name, bytes, refused: &[] }
}

/// Every way to write letters.
#[rustfmt::skip]
pub(super) const CHARSETS: &[Charset] = &[
    charset("UTF-8", |text| text.as_bytes().into()),
    charset("UTF-8 with a mark", |text| ["\u{feff}".as_bytes(), text.as_bytes()].concat()),
    charset("UTF-16, little", |text| utf_16(&format!("\u{feff}{text}"), u16::to_le_bytes)),
    charset("UTF-16, big", |text| utf_16(&format!("\u{feff}{text}"), u16::to_be_bytes)),
    Charset { refused: &["UTF-16"], ..charset("UTF-16, little, without a mark", |text| utf_16(text, u16::to_le_bytes)) },
    Charset { refused: &["UTF-16"], ..charset("UTF-16, big, without a mark", |text| utf_16(text, u16::to_be_bytes)) },
];

fn utf_16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes).collect()
}
