//! `flowkit explain`: the packet format, one field, a topic, a packet byte by byte, a
//! document field by field.

mod column;
mod document;
mod elements;
mod examples;
mod field;
mod format;
mod json;
mod keys;
mod load;
mod members;
mod of_templates;
mod packet;
mod paint;
mod record;
mod sets;
mod times;
mod topic;
mod walked;

use std::io::Write;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use flowkit_model::harmless;
use flowkit_model::harmless::harmless;

use self::paint::Paint;
use crate::args::general::General;
use crate::args::output::OutputFile;
use crate::args::selection::RepairTimes;
use crate::args::sources::{InputFormat, default_source};
use crate::destination::{to_terminal, write_to};
use crate::exit::{Exit, Usage};
use crate::output::Color;
use crate::screen::{self, Content};

const EXAMPLES: &str = "\
Without arguments it draws the packet of version 5, with which the course
begins, and explains every field. FIELD is any name of a field: of flowkit, of
Logstash, of Cisco's table, of an element of IPFIX, of nfdump; or a column of an
answer, such as lost_flows; or flow, header, record, duration, service: how a
flow comes about and what its packet says; glossary: the words; or v9, ipfix,
templates, options: how NetFlow v9 and IPFIX differ, a packet taken apart, why a
record cannot be read. With --packet or --flow the argument is a source: a dump,
a file, or - for standard input [default: ./flowkit-dump]. json has one object
per record.

Examples:
  flowkit explain
  flowkit explain dst_port
  flowkit explain dOctets
  flowkit explain flow
  flowkit explain v9
  flowkit explain --packet --record 3 export.pcap
  flowkit explain --flow 1 flowkit-demo
  flowkit show -n 1 --format stored | flowkit explain --flow 1 -";

/// Explain the packet format, a field, a packet or a document
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Explain {
    /// Field to explain; with --packet or --flow the source to read
    #[arg(value_name = "FIELD|SOURCE")]
    subject: Option<PathBuf>,

    /// Explain the packets of a source, byte by byte: pcap or datagrams
    #[arg(long, conflicts_with_all = ["flow", "document"], help_heading = "Question")]
    packet: bool,

    /// Only record K of the packets, from 1
    #[arg(
        long,
        value_name = "K",
        requires = "packet",
        value_parser = place,
        help_heading = "Question"
    )]
    record: Option<NonZeroU64>,

    /// Explain document N of a source, from 1
    #[arg(long, value_name = "N", value_parser = place, help_heading = "Question")]
    flow: Option<NonZeroU64>,

    /// Explain the first document of a source
    #[arg(long, conflicts_with = "flow", hide = true)]
    document: bool,

    /// Source of --flow
    #[arg(long, value_name = "SOURCE", conflicts_with = "subject", hide = true)]
    source: Option<PathBuf>,

    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    format: Format,

    #[command(flatten)]
    file: OutputFile,

    #[command(flatten)]
    repair: RepairTimes,

    #[command(flatten)]
    input_format: InputFormat,
}

fn place(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "not a number from 1".to_owned())
}

/// The format of an explanation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Pages for people
    #[default]
    Text,
    /// An array with one object per record: values by the names of fields
    Json,
}

/// A page, and notes on it.
#[derive(Debug, Default)]
struct Page {
    text: String,
    notes: Vec<String>,
    /// Something of the source is missing or broken.
    incomplete: bool,
}

impl Explain {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let page = self.page(general.color)?;
        let content = match self.format {
            Format::Text => {
                Content::Text { color: general.color.is_on(to_terminal(self.file.path())) }
            }
            Format::Json => Content::Json,
        };
        write_to(self.file.path(), content, |out| Ok(out.write_all(page.text.as_bytes())?))?;
        for note in page.notes.iter().filter(|_| !general.quiet) {
            writeln!(screen::err(), "note: {}", harmless(note))?;
        }
        Ok(if page.incomplete { Exit::Incomplete } else { Exit::Done })
    }

    fn page(&self, color: Color) -> anyhow::Result<Page> {
        let paint = Paint::new(color, to_terminal(self.file.path()));
        let flow = self.flow.or(self.document.then_some(NonZeroU64::MIN));
        if self.format == Format::Json && !self.packet && flow.is_none() {
            return Err(Usage("--format json applies to --packet and --flow".into()).into());
        }
        let text = match (self.packet, flow, &self.subject) {
            (true, ..) => return self.packets(&self.source(), paint),
            (_, Some(number), _) => return self.document(&self.source(), number, paint),
            (.., Some(name)) => field::page(&name.to_string_lossy(), paint)?,
            _ => format::page(paint),
        };
        Ok(Page { text, ..Page::default() })
    }

    /// What is read, where bytes are explained.
    fn source(&self) -> PathBuf {
        let named = self.subject.as_ref().or(self.source.as_ref());
        named.cloned().unwrap_or_else(default_source)
    }

    fn packets(&self, path: &Path, paint: Paint) -> anyhow::Result<Page> {
        let file = load::datagrams(path, &self.input_format)?;
        let wanted = self.record.map(NonZeroU64::get);
        let n_records = file.n_records();
        if let Some(record) = wanted.filter(|record| *record > n_records) {
            anyhow::bail!("{}: no record {record}; the last is {n_records}", harmless::path(path));
        }
        let text = match self.format {
            Format::Text => packet::page(&file, wanted, paint),
            Format::Json => json::packets(&file, wanted),
        };
        let mut notes = file.faults();
        notes.extend(file.damage.clone());
        Ok(Page { text, incomplete: file.is_incomplete(), notes })
    }

    fn document(&self, path: &Path, number: NonZeroU64, paint: Paint) -> anyhow::Result<Page> {
        let json = load::document(path, number.get(), &self.input_format)?;
        let flow = document::flow(&json, path, number.get())?;
        let text = match self.format {
            Format::Text => document::page(&json, &flow, self.repair.repair_times, paint)?,
            Format::Json => json::document(&flow, self.repair.repair_times),
        };
        Ok(Page { text, ..Page::default() })
    }
}
