//! `flowkit export`: flows in formats that other programs read.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use flowkit_analyze::export::anonymise::Anonymiser;
use flowkit_analyze::export::{Addresses, Export as Request, ExportError, Exported, Form};
use flowkit_analyze::select;
use flowkit_dump::named::read_small;
use flowkit_model::FieldId;
use flowkit_model::harmless;

use crate::args::general::General;
use crate::args::output::{CsvSafe, OutputFile};
use crate::args::sources::{Sources, refuse_sources};
use crate::destination::{refuse_terminal, write_to};
use crate::exit::{Exit, Usage};
use crate::output::units::grouped;
use crate::report::{exit, notes};
use crate::screen::{self, Content};

const EXAMPLES: &str = "\
parquet has one typed column per field of `flowkit fields`: times are TIMESTAMP
in ms (UTC), addresses UINT_32, bytes and packets UINT_64, unknown is null. IPv6
addresses are text in columns of their own, such as src_addr_ipv6; with
--addresses text they stand beside those of IPv4. csv has the same fields, with
addresses and times as text; --addresses changes it for both. For a spreadsheet
add --csv-safe: names of exporters, cities and countries come from whoever wrote
the documents, and may be formulas.

documents is one JSON document per line, as Logstash's netflow module writes
them; hits adds _index, _id and _source around it, as elasticdump loads.

pcap is a capture of NetFlow v5 packets, for replay into a collector. Flows with
a value that does not fit are left out and counted. A packet cannot say that a
value is unknown: an unknown value is written as 0, an unknown time as another
time of the flow, and a note counts them by field.

--anonymise keeps prefixes (Crypto-PAn); the key file holds 32 bytes, or 64
hexadecimal digits: head -c 32 /dev/urandom > key
Countries, cities and AS names of addresses, Ethernet addresses, and exporters
given by name, would reveal the addresses and are left out. Times, ports,
interfaces and AS numbers stay as they are.

Examples:
  flowkit export --format parquet -o flows.parquet
  flowkit export hits.ndjson.gz --format csv -f 'dst port 443' | head
  flowkit export -f 'proto udp' --day 2018-09-21 --format parquet -o udp.parquet
  flowkit export --format hits --anonymise key -o share.ndjson
  flowkit export --format pcap hits.ndjson.gz -o replay.pcap";

/// Write flows as Parquet, csv, documents, hits or NetFlow packets
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    #[command(flatten)]
    sources: Sources,

    /// Format of the output
    #[arg(long, value_enum, help_heading = "Output")]
    format: Format,

    #[command(flatten)]
    file: OutputFile,

    /// Type of addresses in parquet and csv [default: number in parquet, text in csv]
    #[arg(long, value_enum, value_name = "TYPE", help_heading = "Output")]
    addresses: Option<AddressType>,

    #[command(flatten)]
    csv: CsvSafe,

    /// Anonymise addresses with the key in KEYFILE
    #[arg(long, value_name = "KEYFILE", help_heading = "Output")]
    anonymise: Option<PathBuf>,
}

/// The format of an export.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    /// Typed columns
    Parquet,
    /// One row per flow
    Csv,
    /// Documents, one per line
    #[value(alias = "ndjson")]
    Documents,
    /// Hits, one per line
    Hits,
    /// NetFlow v5 packets in a capture
    #[value(alias = "v5-pcap")]
    Pcap,
}

impl Format {
    fn content(self) -> Content {
        match self {
            Self::Documents | Self::Hits => Content::Json,
            Self::Csv => Content::Csv,
            Self::Parquet | Self::Pcap => Content::Values,
        }
    }
}

/// How addresses are written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum AddressType {
    /// 192.0.2.1
    Text,
    /// 3221225985: a number of 32 bits, most significant byte first
    Number,
}

impl From<AddressType> for Addresses {
    fn from(address: AddressType) -> Self {
        match address {
            AddressType::Text => Self::Text,
            AddressType::Number => Self::Number,
        }
    }
}

impl Export {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let anonymiser = self.anonymise.as_ref().map(|path| {
            let key = read_small(path)
                .with_context(|| format!("cannot read {}", harmless::path(path)))?;
            Anonymiser::from_file(&key).ok_or_else(|| {
                anyhow!("{} is not a key: 32 bytes, or 64 hexadecimal digits", harmless::path(path))
            })
        });
        let anonymiser = anonymiser.transpose()?;
        let path = self.file.path();
        self.csv.refuse_unless(matches!(self.format, Format::Csv))?;
        if let Format::Parquet | Format::Pcap = self.format {
            refuse_terminal(path, &self.format)?;
        }
        let sources = self.sources.open()?;
        refuse_sources(path, &sources)?;
        let flows = self.sources.select.flows()?;
        let selection = select(&sources, &flows, self.sources.options())?;
        let request = Request {
            sources: &sources,
            selection: &selection,
            anonymiser: anonymiser.as_ref(),
            addresses: self.addresses()?,
            options: self.sources.options(),
        };
        let exported = write_to(path, self.format.content(), |out| {
            let exported = request.write(self.form(), out).map_err(|error| match error {
                ExportError::Write(error) => error.into(),
                error => anyhow::Error::from(error),
            })?;
            match exported.left_out.iter().next() {
                Some((field, _)) if exported.flows == 0 => {
                    Err(anyhow!("no flow fits in a packet: {}", misfit(field)))
                }
                _ => Ok(exported),
            }
        })?;
        self.tell(&exported, general)
    }

    fn form(&self) -> Form {
        match self.format {
            Format::Parquet => Form::Parquet,
            Format::Csv => Form::Csv { safe: self.csv.csv_safe },
            Format::Documents => Form::Ndjson,
            Format::Hits => Form::Hits,
            Format::Pcap => Form::V5Pcap,
        }
    }

    fn addresses(&self) -> anyhow::Result<Addresses> {
        let is_table = matches!(self.format, Format::Parquet | Format::Csv);
        match (self.addresses, self.format) {
            (Some(_), _) if !is_table => {
                let reason = "--addresses applies to parquet and csv; documents have addresses as text, packets as bytes";
                Err(Usage(reason.into()).into())
            }
            (Some(given), _) => Ok(given.into()),
            (None, Format::Csv) => Ok(Addresses::Text),
            (None, _) => Ok(Addresses::Number),
        }
    }

    fn tell(&self, exported: &Exported, general: &General) -> anyhow::Result<Exit> {
        let mut out = screen::err();
        for (field, n) in &exported.left_out {
            let flows = if *n == 1 { "1 flow is".into() } else { format!("{n} flows are") };
            writeln!(out, "incomplete: {flows} left out: {}", misfit(field))?;
        }
        if exported.defused > 0 && !general.quiet {
            writeln!(
                out,
                "note: {} an apostrophe in front; read again by flowkit, it is part of the text",
                match exported.defused {
                    1 => "1 text that a spreadsheet would run has".to_owned(),
                    n => format!("{} texts that a spreadsheet would run have", grouped(n.into())),
                }
            )?;
        }
        for note in unknown(&exported.unknown).iter().filter(|_| !general.quiet) {
            writeln!(out, "note: {note}")?;
        }
        let left_behind = notes::sampling_left_behind(&exported.tally, |_| true);
        let left_behind =
            left_behind.filter(|_| !matches!(self.format, Format::Parquet) && !general.quiet);
        if let Some(note) = left_behind {
            writeln!(out, "note: {note}")?;
        }
        notes::of_tally(&exported.tally, general.quiet, &mut out)?;
        let exit = exit(&self.sources, &exported.tally);
        let is_whole = exported.left_out.is_empty();
        Ok(if is_whole || exit != Exit::Done { exit } else { Exit::Incomplete })
    }
}

/// Why a value of a field cannot be written into a packet.
fn misfit(field: &str) -> String {
    if [FieldId::FirstSwitched, FieldId::LastSwitched].iter().any(|id| id.field().name == field) {
        return format!(
            "{field} is more than 24.8 days from the export, which no packet can say; --format csv or documents can"
        );
    }
    format!("{field} does not fit in a packet; --format csv or documents have it")
}

/// Notes on what was written for unknown values; fields that are unknown in
/// equally many flows share a note.
fn unknown(unknown: &BTreeMap<&'static str, u64>) -> Vec<String> {
    let mut fields = BTreeMap::<(&str, u64), Vec<&str>>::new();
    for (field, n) in unknown {
        fields.entry((instead(field), *n)).or_default().push(field);
    }
    let note = |((instead, n), fields): ((&str, u64), Vec<&str>)| {
        let flows =
            if n == 1 { "1 flow has".into() } else { format!("{} flows have", grouped(n.into())) };
        format!("{flows} unknown {}, written as {instead}", fields.join(", "))
    };
    fields.into_iter().map(note).collect()
}

/// What a packet has in place of an unknown field.
fn instead(field: &str) -> &'static str {
    let is = |id: FieldId| id.field().name == field;
    if is(FieldId::Timestamp) {
        "another time of the flow, or 0 if it has none"
    } else if is(FieldId::FirstSwitched) || is(FieldId::LastSwitched) {
        "the time of export"
    } else {
        "0"
    }
}
