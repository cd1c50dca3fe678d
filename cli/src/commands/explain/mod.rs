//! `flowkit explain`: the packet format, one field, a packet byte by byte, a
//! document member by member.

mod document;
mod examples;
mod field;
mod format;
mod json;
mod load;
mod members;
mod packet;
mod paint;
mod record;
mod times;

use std::io::{self, Write};
use std::num::NonZeroU64;
use std::path::PathBuf;

use self::paint::Paint;
use crate::args::sources::InputFormat;
use crate::exit::Exit;
use crate::output::Color;
use crate::output::destination::write_to;

const EXAMPLES: &str = "\
Without more it shows the format as a picture, and every field. FIELD is any
name: of flowkit, of Logstash, of Cisco's table, of nfdump.

Examples:
  flowkit explain
  flowkit explain dst_port
  flowkit explain dOctets
  flowkit explain --packet export.pcap --record 3
  flowkit explain --flow 1 --source flowkit-demo
  flowkit show -n 1 --format ndjson | flowkit explain --document -";

/// Explain the packet format, a field, a packet or a document, down to the bytes
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, group(clap::ArgGroup::new("bytes").args(["packet", "document", "flow"])))]
pub(crate) struct Explain {
    /// Field to explain, by any of its names
    #[arg(value_name = "FIELD", conflicts_with = "bytes")]
    field: Option<String>,

    /// File of packets to take apart: pcap, or raw datagrams one after the other
    #[arg(long, value_name = "FILE")]
    packet: Option<PathBuf>,

    /// Which record of the file, from 1; all without it
    #[arg(long, value_name = "K", requires = "packet", value_parser = place)]
    record: Option<NonZeroU64>,

    /// File whose first document is explained; - is standard input
    #[arg(long, value_name = "FILE")]
    document: Option<PathBuf>,

    /// Which document of a source, from 1
    #[arg(long, value_name = "N", value_parser = place)]
    flow: Option<NonZeroU64>,

    /// Dump or file that --flow counts in
    #[arg(
        long,
        value_name = "SOURCE",
        env = "FLOWKIT_DUMP",
        default_value = "flowkit-dump",
        hide_env_values = true
    )]
    source: PathBuf,

    #[command(flatten)]
    input_format: InputFormat,

    /// Write the record with the late times of Logstash repaired
    #[arg(long)]
    repair_times: bool,

    /// Form of the explanation; json has one object a record
    #[arg(long, value_enum, default_value_t, requires_if("json", "bytes"))]
    format: Form,

    /// Colour by field; auto is on a terminal, if NO_COLOR is not set
    #[arg(long, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,

    /// File to write to, instead of standard output
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn place(text: &str) -> Result<NonZeroU64, String> {
    text.parse().map_err(|_| "not a place; the first is 1".to_owned())
}

/// The form of an explanation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// Pages for people
    #[default]
    Text,
    /// An array with one object a record: values by their names in the catalogue
    Json,
}

/// A page, and what is to be said beside it.
#[derive(Debug, Default)]
struct Page {
    text: String,
    notes: Vec<String>,
    /// Something of the source is missing or broken.
    incomplete: bool,
}

impl Explain {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let page = self.page()?;
        write_to(self.output.as_deref(), |out| Ok(out.write_all(page.text.as_bytes())?))?;
        for note in &page.notes {
            writeln!(io::stderr(), "note: {note}")?;
        }
        Ok(if page.incomplete { Exit::Incomplete } else { Exit::Done })
    }

    fn page(&self) -> anyhow::Result<Page> {
        let paint = Paint::new(self.color, self.output.is_none());
        let text = |text| Ok(Page { text, ..Page::default() });
        match (&self.packet, &self.document, self.flow, &self.field) {
            (Some(path), ..) => self.packets(path, paint),
            (_, Some(path), ..) => self.document(path, NonZeroU64::MIN, paint),
            (_, _, Some(number), _) => self.document(&self.source, number, paint),
            (.., Some(name)) => text(field::page(name, paint)?),
            _ => text(format::page(paint)),
        }
    }

    fn packets(&self, path: &std::path::Path, paint: Paint) -> anyhow::Result<Page> {
        let file = load::datagrams(path, &self.input_format)?;
        let wanted = self.record.map(NonZeroU64::get);
        let n_records = file.n_records();
        if let Some(record) = wanted.filter(|record| *record > n_records) {
            anyhow::bail!("{}: no record {record}, there are {n_records}", path.display());
        }
        let text = match self.format {
            Form::Text => packet::page(&file, wanted, paint),
            Form::Json => json::packets(&file, wanted),
        };
        let mut notes = file.faults();
        notes.extend(file.damage.clone());
        Ok(Page { text, incomplete: file.is_incomplete(), notes })
    }

    fn document(
        &self,
        path: &std::path::Path,
        number: NonZeroU64,
        paint: Paint,
    ) -> anyhow::Result<Page> {
        let json = load::document(path, number.get(), &self.input_format)?;
        let flow = document::flow(&json, path, number.get())?;
        let text = match self.format {
            Form::Text => document::page(&json, &flow, self.repair_times, paint)?,
            Form::Json => json::document(&flow, self.repair_times),
        };
        Ok(Page { text, ..Page::default() })
    }
}
