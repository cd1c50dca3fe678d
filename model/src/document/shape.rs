//! Reads documents that look like one that was read before.
//!
//! The documents of one dump are made by one program: key order, blanks and
//! quotes are the same, only values differ. Of a document that the JSON reader
//! has read, a [`Shape`] keeps the literal bytes between the values and what
//! each value is. The next document is compared with those bytes, and only its
//! values are read. Whatever differs, be it one blank, an escape or a value
//! that is not in its usual form, is left to the JSON reader.
//!
//! A shape accepts a document only if the JSON reader would read the same from
//! it; the tests hold the two against each other.

use super::dialect::{Form, Keys, Node};
use crate::field::{FieldId, Kind};
use crate::row::Row;
use crate::time;

/// Who a document is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Identity<'t> {
    /// Index it is stored in.
    pub index: Option<&'t str>,
    /// Its id, unique in the index (and routing).
    pub id: Option<&'t str>,
    /// Routing, where the index uses it.
    pub routing: Option<&'t str>,
}

/// The bytes between the values of a document, and what the values are.
#[derive(Debug)]
pub struct Shape {
    /// All literal bytes, one after the other.
    literal: Vec<u8>,
    /// For each value: the end of the literal before it, and what it is.
    slots: Vec<(usize, Slot)>,
    /// Values that are part of the literal bytes.
    constants: Vec<(FieldId, u64)>,
}

/// What a value is, hence how it is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    /// Digits.
    Number(FieldId, u64),
    /// Digits in quotes.
    Quoted(FieldId, u64),
    /// A dotted address in quotes.
    Address(FieldId),
    /// A time in quotes.
    Time(FieldId),
    /// A text in quotes.
    Text(FieldId),
    Index,
    Id,
    Routing,
    /// A string that is not needed.
    AnyString,
    /// A number that is not needed.
    AnyNumber,
    /// A list of strings and numbers that is not needed.
    AnyList,
}

impl Shape {
    /// Learns the shape of a document that is a flow: a hit, or a bare one.
    ///
    /// `None` if it has something that shapes cannot say.
    #[must_use]
    pub fn learn(text: &[u8], is_hit: bool) -> Option<Self> {
        let mut learner = Learner {
            text,
            at: 0,
            literal_from: 0,
            shape: Self { literal: Vec::new(), slots: Vec::new(), constants: Vec::new() },
            is_hit,
            seen: 0,
            marks: 0,
            has_source: false,
        };
        learner.blanks();
        learner.object(Place::Entry)?;
        learner.blanks();
        let is_other_dialect = Keys::dialect(learner.marks) != 0;
        if learner.at != text.len() || learner.has_source != is_hit || is_other_dialect {
            return None;
        }
        let mut shape = learner.shape;
        shape.literal.extend_from_slice(&text[learner.literal_from..]);
        Some(shape)
    }

    /// Reads a document of this shape into a row that is empty; `None` if it
    /// has another shape, and then the row holds anything.
    pub fn read<'t>(
        &self,
        text: &'t [u8],
        row: &mut Row<'t>,
        days: &mut DayCache,
    ) -> Option<Identity<'t>> {
        let mut identity = Identity::default();
        let (mut rest, mut from) = (text, 0);
        for (end, slot) in &self.slots {
            rest = rest.strip_prefix(&self.literal[from..*end])?;
            from = *end;
            let length = match *slot {
                Slot::Number(field, most) => {
                    let (value, length) = digits(rest)?;
                    row.set(field, Some(value).filter(|value| *value <= most)?);
                    length
                }
                Slot::Quoted(field, most) => {
                    let (value, length) = digits(rest)?;
                    (rest.get(length) == Some(&b'"')).then_some(())?;
                    row.set(field, Some(value).filter(|value| *value <= most)?);
                    length
                }
                Slot::Address(field) => {
                    let (value, length) = address(rest)?;
                    row.set(field, value);
                    length
                }
                Slot::Time(field) => {
                    let (value, length) = days.time(rest)?;
                    row.set(field, value);
                    length
                }
                Slot::Text(field) => {
                    let text = plain_string(rest)?;
                    (!text.is_empty() && text.trim().len() == text.len()).then_some(())?;
                    row.set_text(field, text);
                    text.len()
                }
                Slot::Index => identity.index.insert(plain_string(rest)?).len(),
                Slot::Id => identity.id.insert(plain_string(rest)?).len(),
                Slot::Routing => identity.routing.insert(plain_string(rest)?).len(),
                Slot::AnyString => string_end(rest)?,
                Slot::AnyNumber => number_end(rest)?,
                Slot::AnyList => list_end(rest)?,
            };
            rest = &rest[length..];
        }
        if rest != &self.literal[from..] {
            return None;
        }
        for (field, value) in &self.constants {
            row.set(*field, *value);
        }
        Some(identity)
    }
}

/// Where in an entry a value stands.
#[derive(Clone, Copy)]
enum Place {
    /// At its top.
    Entry,
    /// In an object of the document whose keys may be fields.
    Document(&'static Node),
    /// Where nothing is needed.
    Nowhere,
}

/// Walks through a document that is known to be JSON.
struct Learner<'t> {
    text: &'t [u8],
    at: usize,
    literal_from: usize,
    shape: Shape,
    is_hit: bool,
    /// Fields and identity members that were met: none may come twice.
    seen: u64,
    /// Keys that other dialects are known by; their documents are left to the
    /// JSON reader.
    marks: u32,
    has_source: bool,
}

impl Learner<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek() == Some(byte)).then(|| self.at += 1)
    }

    fn object(&mut self, place: Place) -> Option<()> {
        self.take(b'{')?;
        self.blanks();
        if self.take(b'}').is_some() {
            return Some(());
        }
        loop {
            self.take(b'"')?;
            let key = plain_string(&self.text[self.at..])?;
            self.at += key.len() + 1;
            self.blanks();
            self.take(b':')?;
            self.blanks();
            self.member(place, key)?;
            self.blanks();
            if self.take(b'}').is_some() {
                return Some(());
            }
            self.take(b',')?;
            self.blanks();
        }
    }

    fn member(&mut self, place: Place, key: &str) -> Option<()> {
        let root = Keys::root(0);
        match (place, key) {
            (Place::Nowhere, _) => self.ignored(),
            (Place::Entry, "_index") => self.name(Slot::Index, 60),
            (Place::Entry, "_id") => self.name(Slot::Id, 61),
            (Place::Entry, "_routing" | "routing") => self.name(Slot::Routing, 62),
            (Place::Entry, "_source") if self.is_hit && !self.has_source => {
                self.has_source = true;
                self.object(Place::Document(root))
            }
            // These may make something else of the entry.
            (
                Place::Entry,
                "_source" | "_scroll_id" | "pit_id" | "hits" | "_shards" | "timed_out" | "error",
            ) => None,
            (Place::Entry, _) if self.is_hit => self.ignored(),
            (Place::Entry, _) => self.known(root.child(key)),
            (Place::Document(node), _) => self.known(node.child(key)),
        }
    }

    /// The value of a key that may be a field.
    fn known(&mut self, node: Option<&'static Node>) -> Option<()> {
        let Some(node) = node else { return self.ignored() };
        self.marks |= node.marks;
        if node.has_children() {
            return if self.peek() == Some(b'{') {
                self.object(Place::Document(node))
            } else {
                self.ignored()
            };
        }
        match &*node.places {
            [] => self.ignored(),
            [place] if place.form == Form::Plain => self.field(place.field),
            _ => None,
        }
    }

    fn once(&mut self, bit: u32) -> Option<()> {
        let is_new = self.seen >> bit & 1 == 0;
        self.seen |= 1 << bit;
        is_new.then_some(())
    }

    fn field(&mut self, field: FieldId) -> Option<()> {
        self.once(field as u32)?;
        let kind = field.field().kind;
        let most = field.field().bits().map_or(0, |bits| u64::MAX >> (64 - bits));
        match (self.peek()?, kind) {
            (b'"', Kind::Version) => {
                let text = plain_string(&self.text[self.at + 1..])?;
                let version = super::value::parse(kind, text.trim())?;
                self.shape.constants.push((field, version));
                self.at += text.len() + 2;
                Some(())
            }
            (b'0'..=b'9', Kind::Version) => {
                let (version, length) = digits(&self.text[self.at..])?;
                self.shape.constants.push((field, version));
                self.at += length;
                // `5.0` would be read over as `5` with something behind it.
                matches!(self.peek(), Some(b',' | b'}' | b' ' | b'\n' | b'\r' | b'\t'))
                    .then_some(())
            }
            (b'"', Kind::Text) => self.string(Slot::Text(field)),
            (b'"', Kind::Address) => self.string(Slot::Address(field)),
            (b'"', Kind::Time) => self.string(Slot::Time(field)),
            (b'"', _) => self.string(Slot::Quoted(field, most)),
            (b'{', Kind::Text) => self.exporter(field),
            (b'0'..=b'9', Kind::Text | Kind::Address | Kind::Time) => None,
            (b'0'..=b'9', _) => {
                let length = digits(&self.text[self.at..])?.1;
                self.slot(Slot::Number(field, most), length);
                Some(())
            }
            (b'n', _) => self.word(),
            _ => None,
        }
    }

    /// `{"ip": "192.0.2.1"}`, as newer pipelines write the exporter.
    fn exporter(&mut self, field: FieldId) -> Option<()> {
        self.take(b'{')?;
        self.blanks();
        self.text[self.at..].starts_with(b"\"ip\"").then(|| self.at += 4)?;
        self.blanks();
        self.take(b':')?;
        self.blanks();
        self.string(Slot::Text(field))?;
        self.blanks();
        self.take(b'}')
    }

    fn name(&mut self, slot: Slot, bit: u32) -> Option<()> {
        self.once(bit)?;
        self.string(slot)
    }

    /// A string without escapes.
    fn string(&mut self, slot: Slot) -> Option<()> {
        self.take(b'"')?;
        let length = string_end(&self.text[self.at..])?;
        self.slot(slot, length);
        self.take(b'"')
    }

    fn slot(&mut self, slot: Slot, length: usize) {
        self.shape.literal.extend_from_slice(&self.text[self.literal_from..self.at]);
        self.shape.slots.push((self.shape.literal.len(), slot));
        self.at += length;
        self.literal_from = self.at;
    }

    /// `null`, `true` or `false`: part of the literal bytes.
    fn word(&mut self) -> Option<()> {
        let rest = &self.text[self.at..];
        let word =
            [&b"null"[..], b"true", b"false"].into_iter().find(|word| rest.starts_with(word))?;
        self.at += word.len();
        Some(())
    }

    fn ignored(&mut self) -> Option<()> {
        match self.peek()? {
            b'"' => self.string(Slot::AnyString),
            b'{' => self.object(Place::Nowhere),
            b'[' => {
                let length = list_end(&self.text[self.at..])?;
                self.slot(Slot::AnyList, length);
                Some(())
            }
            b'-' | b'0'..=b'9' => {
                let length = number_end(&self.text[self.at..])?;
                self.slot(Slot::AnyNumber, length);
                Some(())
            }
            _ => self.word(),
        }
    }
}

/// Length of a string without escapes, up to its quote.
#[inline]
fn string_end(text: &[u8]) -> Option<usize> {
    let end = text.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f))?;
    (text[end] == b'"').then_some(end)
}

#[inline]
fn plain_string(text: &[u8]) -> Option<&str> {
    std::str::from_utf8(&text[..string_end(text)?]).ok()
}

/// A number without sign, fraction or leading zero, that fits.
#[inline]
fn digits(text: &[u8]) -> Option<(u64, usize)> {
    let (mut value, mut length) = (0_u64, 0);
    while let Some(digit) =
        text.get(length).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9)
    {
        // 19 digits always fit.
        if length == 19 {
            return None;
        }
        value = value * 10 + u64::from(digit);
        length += 1;
    }
    let leading_zero = length > 1 && text[0] == b'0';
    (length > 0 && !leading_zero && !matches!(text.get(length), Some(b'.' | b'e' | b'E')))
        .then_some((value, length))
}

/// Length of a number without exponent.
fn number_end(text: &[u8]) -> Option<usize> {
    let sign = usize::from(text.first() == Some(&b'-'));
    let count = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = count(sign);
    if whole == 0 || (whole > 1 && text[sign] == b'0') {
        return None;
    }
    let end = sign + whole;
    match text.get(end) {
        Some(b'.') => match count(end + 1) {
            0 => None,
            decimals if matches!(text.get(end + 1 + decimals), Some(b'e' | b'E')) => None,
            decimals => Some(end + 1 + decimals),
        },
        Some(b'e' | b'E') => None,
        _ => Some(end),
    }
}

/// Length of a list of numbers and of strings without escapes, without blanks.
fn list_end(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"[]") {
        return Some(2);
    }
    let mut at = 0;
    let mut before = b'[';
    loop {
        (text.get(at) == Some(&before)).then_some(())?;
        at += 1;
        at += match text.get(at)? {
            b'"' => string_end(&text[at + 1..])? + 2,
            _ => number_end(&text[at..])?,
        };
        match text.get(at)? {
            b']' => return Some(at + 1),
            _ => before = b',',
        }
    }
}

/// A dotted IPv4 address up to its quote.
#[inline]
fn address(text: &[u8]) -> Option<(u64, usize)> {
    let (mut value, mut at) = (0_u64, 0);
    for place in 0..4 {
        if place > 0 {
            (text.get(at) == Some(&b'.')).then_some(())?;
            at += 1;
        }
        let (mut octet, start) = (0_u64, at);
        while let Some(digit) =
            text.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|digit| *digit <= 9)
        {
            octet = octet * 10 + u64::from(digit);
            at += 1;
            (at - start <= 3).then_some(())?;
        }
        let leading_zero = at - start > 1 && text[start] == b'0';
        (at > start && octet <= 255 && !leading_zero).then_some(())?;
        value = value << 8 | octet;
    }
    (text.get(at) == Some(&b'"')).then_some((value, at))
}

/// Midnights by date: the dates of a dump are few, and come one after another.
#[derive(Debug, Default)]
pub struct DayCache {
    date: [u8; 10],
    midnight_ms: u64,
}

impl DayCache {
    /// A time up to its quote.
    #[inline]
    fn time(&mut self, text: &[u8]) -> Option<(u64, usize)> {
        // `2018-09-21T07:17:49.230Z"`
        if let Some(time) = text.first_chunk::<25>()
            && (time[10], time[23], time[24]) == (b'T', b'Z', b'"')
        {
            let two = |at: usize| {
                let (tens, ones) = (time[at].wrapping_sub(b'0'), time[at + 1].wrapping_sub(b'0'));
                (tens <= 9 && ones <= 9).then(|| u64::from(tens) * 10 + u64::from(ones))
            };
            let (hour, minute, second, ms) = (two(11)?, two(14)?, two(17)?, two(20)?);
            let last = time[22].wrapping_sub(b'0');
            let separated = (time[13], time[16], time[19]) == (b':', b':', b'.');
            if separated && hour <= 23 && minute <= 59 && second <= 59 && last <= 9 {
                if time[..10] != self.date {
                    let date = std::str::from_utf8(&time[..10]).ok()?;
                    self.midnight_ms = time::parse_ms(date)?;
                    self.date.copy_from_slice(&time[..10]);
                }
                let seconds = (hour * 60 + minute) * 60 + second;
                return Some((self.midnight_ms + seconds * 1000 + ms * 10 + u64::from(last), 24));
            }
            return None;
        }
        let text = plain_string(text)?;
        Some((time::parse_ms(text)?, text.len()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Entry;
    use crate::FlowRecord;

    type Read = (Option<String>, Option<String>, Option<String>, FlowRecord);

    /// What the JSON reader makes of a text, if it is a flow.
    fn slowly(text: &[u8]) -> Option<(Read, bool)> {
        let owned =
            |text: Option<std::borrow::Cow<'_, str>>| text.map(std::borrow::Cow::into_owned);
        match Entry::parse(text).ok()? {
            Entry::Hit(mut hit) => {
                let (index, id) = (owned(hit.index.take()), owned(hit.id.take()));
                let routing = owned(hit.routing.take());
                Some(((index, id, routing, hit.into_flow().ok()?), true))
            }
            Entry::Bare(document) => Some(((None, None, None, document.into_flow().ok()?), false)),
            _ => None,
        }
    }

    fn quickly(shape: &Shape, text: &[u8], is_hit: bool) -> Option<Read> {
        let mut row = Row::default();
        let identity = shape.read(text, &mut row, &mut DayCache::default())?;
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let identity = if is_hit { identity } else { Identity::default() };
        Some((owned(identity.index), owned(identity.id), owned(identity.routing), row.record()))
    }

    const HIT: &str = r#"{"_index":"netflow-2018.09.21","_type":"doc","_id":"a1","_score":null,"_source":{"type":"netflow","@timestamp":"2018-09-21T00:00:00.008Z","host":"192.168.10.254","geoip_src":{"autonomous_system":"PRIVATE"},"geoip":{"location":{"lat":1.5,"lon":-7}},"netflow":{"tcp_flags":24,"protocol":6,"version":"Netflow v5","packets":7,"last_switched":"2018-09-21T00:00:00.001Z","src_addr":"192.168.0.1","src_port":"443","dst_port":51000,"tcp_flag_tags":["PSH","ACK"],"bytes":4007,"src_port_name":"TCP/443 (https)","dst_addr":"10.0.0.255"},"@version":"1"},"sort":[1537488000008,"x"]}"#;

    #[test]
    fn a_document_of_the_shape_it_was_learnt_from_is_read() {
        let (expected, is_hit) = slowly(HIT.as_bytes()).unwrap();
        let shape = Shape::learn(HIT.as_bytes(), is_hit).unwrap();
        assert_eq!(quickly(&shape, HIT.as_bytes(), is_hit), Some(expected));
        let other = HIT.replace("51000", "7").replace("4007", "18446744073709551615");
        // 20 digits are left to the JSON reader.
        assert_eq!(quickly(&shape, other.as_bytes(), is_hit), None);
        let other = HIT.replace("[\"PSH\",\"ACK\"]", "[]").replace(":24,", ":0,");
        assert_eq!(
            quickly(&shape, other.as_bytes(), is_hit),
            slowly(other.as_bytes()).map(|read| read.0)
        );
    }

    /// Pieces that documents are put together from: every form of value, good
    /// and odd, as keys that matter and keys that do not.
    fn value() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<u64>().prop_map(|n| n.to_string()),
            (0_u32..70_000).prop_map(|n| n.to_string()),
            (0_u32..70_000).prop_map(|n| format!("\"{n}\"")),
            (-9_i32..9).prop_map(|n| n.to_string()),
            Just("1.0".into()),
            Just("1e3".into()),
            Just("01".into()),
            Just("-0".into()),
            Just("1.".into()),
            Just("5".into()),
            Just("\"Netflow v5\"".into()),
            Just("\"5\"".into()),
            Just("9".into()),
            Just("5.0".into()),
            Just("null".into()),
            Just("true".into()),
            Just("[]".into()),
            Just("{}".into()),
            Just("[\"a\",\"b\"]".into()),
            Just("[\"a\" ,\"b\"]".into()),
            Just("[1,2]".into()),
            Just("[\"a\",]".into()),
            Just("{\"ip\":\"192.0.2.1\"}".into()),
            Just("{\"ip\":[\"192.0.2.1\"]}".into()),
            Just("{\"name\":\"r1\"}".into()),
            Just("\"2018-09-21T07:17:49.230Z\"".into()),
            Just("\"2018-09-21T07:17:49.230328Z\"".into()),
            Just("\"2018-09-31T07:17:49.230Z\"".into()),
            Just("\"2018-09-21T27:17:49.230Z\"".into()),
            any::<[u8; 4]>().prop_map(|a| format!("\"{}.{}.{}.{}\"", a[0], a[1], a[2], a[3])),
            Just("\"010.0.0.1\"".into()),
            Just("\" 10.0.0.1 \"".into()),
            Just("\"256.0.0.1\"".into()),
            Just("\"\\u0031\"".into()),
            Just("\"a\\\"b\"".into()),
            Just("\"\"".into()),
            Just("\"é\"".into()),
            Just("\"\t\"".into()),
        ]
    }

    fn object(keys: &'static [&'static str]) -> impl Strategy<Value = String> {
        let member =
            (prop::sample::select(keys), value(), prop_oneof![8 => Just(""), 1 => Just(" ")]);
        proptest::collection::vec(member, 0..8).prop_map(|members| {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value, blank)| format!("\"{key}\":{blank}{value}"))
                .collect();
            format!("{{{}}}", members.join(","))
        })
    }

    fn document() -> impl Strategy<Value = String> {
        let netflow = object(&[
            "version",
            "bytes",
            "packets",
            "src_addr",
            "dst_port",
            "in_bytes",
            "first_switched",
            "x",
            "protocol",
        ]);
        let rest = object(&[
            "@timestamp",
            "host",
            "geoip_src",
            "tags",
            "type",
            "_id",
            "netflow",
            "source",
        ]);
        (netflow, rest, 0..4_u8, value()).prop_map(|(netflow, rest, form, value)| {
            let rest = &rest[1..rest.len() - 1];
            let comma = if rest.is_empty() { "" } else { "," };
            match form {
                0 => format!("{{\"netflow\":{netflow}{comma}{rest}}}"),
                1 => format!("{{{rest}{comma}\"netflow\":{netflow}}}"),
                2 => format!("{{\"_index\":\"i\",\"_id\":\"7\",\"_source\":{{\"netflow\":{netflow}{comma}{rest}}},\"sort\":{value}}}"),
                _ => format!("{{\"_id\":{value},\"_source\":{{\"netflow\":{netflow}}}{comma}{rest}}}"),
            }
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// Whatever a shape accepts, the JSON reader reads the same.
        #[test]
        fn a_shape_reads_what_the_json_reader_reads(learnt in document(), texts in proptest::collection::vec(document(), 1..4), swap in value()) {
            let Some((_, is_hit)) = slowly(learnt.as_bytes()) else { return Ok(()) };
            let Some(shape) = Shape::learn(learnt.as_bytes(), is_hit) else { return Ok(()) };
            // The same document with another value in the place of one.
            let mut cases = texts;
            let cuts: Vec<usize> = learnt.match_indices(':').map(|(at, _)| at + 1).collect();
            for cut in cuts {
                let end = learnt[cut..].find([',', '}']).map_or(learnt.len(), |end| cut + end);
                cases.push(format!("{}{swap}{}", &learnt[..cut], &learnt[end..]));
            }
            cases.push(learnt.clone());
            for text in cases {
                if let Some(read) = quickly(&shape, text.as_bytes(), is_hit) {
                    prop_assert_eq!(Some((read, is_hit)), slowly(text.as_bytes()), "{} after {}", text, learnt);
                }
            }
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), cut in 0..HIT.len()) {
            let shape = Shape::learn(HIT.as_bytes(), true).unwrap();
            let mut text = HIT.as_bytes()[..cut].to_vec();
            let _ = quickly(&shape, &text, true);
            text.extend_from_slice(&bytes);
            let _ = quickly(&shape, &text, true);
            let _ = Shape::learn(&text, true);
            let _ = Shape::learn(&bytes, false);
        }
    }
}
