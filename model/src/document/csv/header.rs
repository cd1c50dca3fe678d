//! The line that names the columns: which layout it is, and what stands where.

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::cells::cells;
use super::layout::{Layout, Role};
use super::layouts::{LAYOUTS, REFUSED};
use crate::document::rows_of_values::is_of_aggregates;
use crate::field::FieldId as F;
use crate::harmless::harmless;

/// Between cells, in the order in which they are tried.
const DELIMITERS: [u8; 4] = [b',', b'\t', b';', b'|'];
/// A longer line is no header.
const LONGEST_HEADER: usize = 1 << 14;
/// A header with names that are not known names at least this many fields:
/// prose has commas, too.
const FEWEST_FIELDS: usize = 3;

/// The line that names the columns.
#[derive(Clone, Debug)]
pub struct Header {
    names: Vec<String>,
    pub(super) delimiter: u8,
    pub(super) columns: Vec<Role>,
    /// Columns of a field that another column holds: they count where it has no value,
    /// the first of them before the others.
    pub(super) copies: Vec<(usize, Role)>,
    layout: &'static Layout,
    unread: Vec<String>,
}

impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        (&self.names, self.delimiter) == (&other.names, other.delimiter)
    }
}

/// Why a line is no header of flows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoHeader {
    /// It heads rows that are no flows: what they are, and what to do.
    Refused(&'static str),
    /// No layout knows it.
    Unknown {
        /// All names.
        names: Vec<String>,
        /// Those that were not understood.
        unknown: Vec<String>,
    },
}

impl fmt::Display for NoHeader {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => write!(out, "these rows are {why}"),
            Self::Unknown { names, unknown } => {
                out.write_str("this header names no columns of flows that flowkit knows")?;
                if !unknown.is_empty() {
                    write!(out, "; not understood: {}", list(unknown))?;
                }
                // Looked for when it is told: many lines are tried that are no header.
                if let Some((layout, known)) = nearest(names) {
                    write!(out, "; nearest is {layout}, which has {}", list(&known))?;
                }
                out.write_str("; the layouts are in `flowkit guide dump`")
            }
        }
    }
}

/// Names for people: not too many, and nothing that a terminal obeys.
pub(super) fn list(names: &[String]) -> String {
    const MOST: usize = 8;
    let name = |name: &String| harmless(&name.chars().take(40).collect::<String>()).into_owned();
    let text = names.iter().take(MOST).map(name).collect::<Vec<_>>().join(", ");
    if names.len() > MOST {
        return format!("{text} and {} more", names.len() - MOST);
    }
    text
}

/// A layout on a header.
struct Candidate {
    layout: &'static Layout,
    roles: Vec<Option<Role>>,
    n_fields: usize,
    n_unknown: usize,
}

impl Candidate {
    fn new(layout: &'static Layout, names: &[&str]) -> Self {
        let mut roles = (layout.roles)(names);
        for (role, name) in roles.iter_mut().zip(names) {
            // The index of pandas, and what follows a delimiter at the end.
            if name.is_empty() || name.starts_with("Unnamed: ") {
                *role = Some(Role::Nothing);
            }
        }
        let is_field = |role: &&Role| !matches!(role, Role::Nothing);
        let n_fields = roles.iter().flatten().filter(is_field).count();
        let n_unknown = roles.iter().filter(|role| role.is_none()).count();
        Self { layout, roles, n_fields, n_unknown }
    }

    /// Whether the rows can be flows: with an address or a counter, and enough
    /// fields where there are names that are not known.
    fn is_enough(&self) -> bool {
        let is_flow = |role: &Role| {
            matches!(role, Role::Value(F::SrcAddr | F::DstAddr | F::Bytes | F::Packets, _))
        };
        let fewest = if self.n_unknown == 0 { 2 } else { FEWEST_FIELDS };
        self.n_fields >= fewest && self.roles.iter().flatten().any(is_flow)
    }
}

/// The layout whose names are most like these, and those names of it.
fn nearest(names: &[String]) -> Option<(&'static str, Vec<String>)> {
    const ALIKE: f64 = 0.9;
    // More cells are no header, and would be compared for long.
    const MOST: usize = 64;
    let names: Vec<String> = names
        .iter()
        .filter(|name| (1..=64).contains(&name.len()))
        .take(MOST)
        .map(|name| name.to_ascii_lowercase())
        .collect();
    let mut compared: HashMap<String, bool> = HashMap::new();
    let mut is_like = |known: &str| {
        *compared.entry(known.to_ascii_lowercase()).or_insert_with_key(|known| {
            // One of twice the length is never so much alike.
            let names = names.iter().filter(|name| {
                let (name, known) = (name.len(), known.len());
                name <= 2 * known && known <= 2 * name
            });
            names.map(|name| strsim::jaro_winkler(name, known)).any(|alike| alike >= ALIKE)
        })
    };
    let of_layouts = LAYOUTS.iter().map(|layout| {
        let mut alike: Vec<String> = layout
            .headers
            .iter()
            .flat_map(|header| header.split([',', '|']))
            .map(|name| name.trim().trim_start_matches("#:"))
            .filter(|name| !name.is_empty() && is_like(name))
            .map(str::to_owned)
            .collect();
        alike.sort_unstable();
        alike.dedup();
        (layout.name, alike)
    });
    let found: Vec<_> = of_layouts.filter(|(_, alike)| !alike.is_empty()).collect();
    found.into_iter().rev().max_by_key(|(_, alike)| alike.len())
}

/// The names of a header, without flow-export's `#:` and other signs of comments.
fn names(line: &str, delimiter: u8) -> Vec<String> {
    let plain = |name: &str| name.trim().trim_start_matches("#:").trim_start().to_owned();
    let mut names: Vec<String> = cells(line, delimiter).map(|name| plain(&name)).collect();
    if let Some(first) = names.first_mut() {
        *first = first.trim_start_matches(['\u{feff}', '#', ':']).trim_start().to_owned();
    }
    names
}

const AGGREGATES: &str =
    "sums that a query or Kibana made, not flows; ask for the documents, without grouping";

const TWICE: &str =
    "of more than one meaning: two columns of flows have one name; leave one of them out";

/// Whether two columns that are read have one name.
fn has_one_twice(roles: &[Option<Role>], names: &[String]) -> bool {
    let mut known = HashSet::new();
    let is_read = |role: &Option<Role>| role.is_some_and(|role| role != Role::Nothing);
    let read = roles.iter().zip(names).filter(|(role, _)| is_read(role));
    read.map(|(_, name)| name).any(|name| !known.insert(name))
}

/// Takes the columns out that hold a field which a column of a lower rank holds.
fn copies(columns: &mut [Role], ranks: &[usize]) -> Vec<(usize, Role)> {
    let mut order: Vec<usize> = (0..columns.len()).collect();
    order.sort_by_key(|column| ranks[*column]);
    let (mut known, mut copies) = (HashSet::new(), Vec::new());
    for column in order {
        if let role @ Role::Value(field, _) = columns[column]
            && !known.insert(field)
        {
            copies.push((column, role));
            columns[column] = Role::Nothing;
        }
    }
    copies
}

impl Header {
    /// Reads a header.
    ///
    /// # Errors
    /// If it names no columns of flows.
    pub fn of(line: &str) -> Result<Self, NoHeader> {
        let nothing = NoHeader::Unknown { names: Vec::new(), unknown: Vec::new() };
        if line.len() > LONGEST_HEADER || line.starts_with(['{', '[']) {
            return Err(nothing);
        }
        let line = line.trim_end_matches(['\r', '\n']).trim_start_matches('\u{feff}');
        let mut best: Option<(Candidate, Vec<String>, u8)> = None;
        for delimiter in DELIMITERS.into_iter().filter(|byte| line.as_bytes().contains(byte)) {
            let names = names(line, delimiter);
            let texts: Vec<&str> = names.iter().map(String::as_str).collect();
            if let Some(refused) =
                REFUSED.iter().find(|rows| rows.marks.iter().all(|mark| texts.contains(mark)))
            {
                return Err(NoHeader::Refused(refused.why));
            }
            if texts.len() > 1 && texts.iter().any(|name| is_of_aggregates(name)) {
                return Err(NoHeader::Refused(AGGREGATES));
            }
            for layout in LAYOUTS {
                let found = Candidate::new(layout, &texts);
                if best.as_ref().is_none_or(|(best, ..)| found.n_fields > best.n_fields) {
                    best = Some((found, names.clone(), delimiter));
                }
            }
        }
        let Some((best, names, delimiter)) = best else { return Err(nothing) };
        let is_unknown = |(role, _): &(&Option<Role>, &String)| role.is_none();
        let unknown: Vec<String> = best
            .roles
            .iter()
            .zip(&names)
            .filter(is_unknown)
            .map(|(_, name)| name.clone())
            .collect();
        if !best.is_enough() {
            return Err(NoHeader::Unknown { names, unknown });
        }
        if has_one_twice(&best.roles, &names) {
            return Err(NoHeader::Refused(TWICE));
        }
        // A document has many members that no flow has.
        let is_document = names.iter().any(|name| name.contains('.') || name.starts_with('@'));
        let unread = if best.layout.is_closed || !is_document { unknown } else { Vec::new() };
        let mut columns: Vec<Role> =
            best.roles.into_iter().map(|role| role.unwrap_or(Role::Nothing)).collect();
        let texts: Vec<&str> = names.iter().map(String::as_str).collect();
        let copies = copies(&mut columns, &(best.layout.ranks)(&texts));
        Ok(Self { names, delimiter, columns, copies, layout: best.layout, unread })
    }

    /// The layout.
    #[must_use]
    pub fn layout(&self) -> &'static Layout {
        self.layout
    }

    /// Between the cells.
    #[must_use]
    pub fn delimiter(&self) -> u8 {
        self.delimiter
    }

    /// How many columns it names.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.columns.len()
    }

    /// Names that the layout does not know, and whose columns are not read.
    #[must_use]
    pub fn unread(&self) -> &[String] {
        &self.unread
    }

    /// A sentence about [`unread`](Self::unread), if there are any.
    #[must_use]
    pub fn about_unread(&self) -> Option<String> {
        let names = list(&self.unread);
        (!self.unread.is_empty())
            .then(|| format!("columns that are not read: {names} (this is {})", self.layout.name))
    }

    /// Whether a record is this header once more.
    pub(super) fn is_here(&self, record: &str) -> bool {
        let first = cells(record, self.delimiter).next().unwrap_or_default();
        let is_first = self.names.first().is_some_and(|name| first.ends_with(name.as_str()));
        is_first && names(record, self.delimiter) == self.names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_and_json_are_no_headers() {
        for line in ["hello, world, this, is", "{\"ts\":1,\"sa\":2}", "", "one", "ts"] {
            assert!(Header::of(line).is_err(), "{line}");
        }
        assert!(Header::of(&format!("sa,da,ibyt{}", ",x".repeat(LONGEST_HEADER))).is_err());
    }

    #[test]
    fn an_unknown_header_is_refused_with_the_names_and_the_nearest_layout() {
        let error = Header::of("Source,Destination,Length,srcAddr").unwrap_err().to_string();
        assert!(error.contains("not understood: Source, Destination, Length"), "{error}");
        assert!(error.contains("nearest is nfdump -o csv of 1.7.5"), "{error}");
        assert!(
            error.ends_with("which has srcAddr; the layouts are in `flowkit guide dump`"),
            "{error}"
        );
        let error = Header::of("\u{1b}[2J,b,c,d,e,f,g,h,i,j").unwrap_err().to_string();
        assert!(error.contains("[2J, b") && error.contains("and 2 more"), "{error}");
    }

    #[test]
    fn columns_that_are_not_read_are_told() {
        let header = Header::of("ts,sa,da,ibyt,site").unwrap();
        assert_eq!(header.unread(), ["site"]);
        let header =
            Header::of("@timestamp,netflow.src_addr,netflow.bytes,geoip.city,site").unwrap();
        assert!(header.unread().is_empty());
        assert_eq!(header.layout().name, super::super::paths::PATHS.name);
    }
}
