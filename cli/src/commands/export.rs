//! `flowkit export`: flows in a form that other programs read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, anyhow};
use flowkit_analyze::export::anonymise::Anonymiser;
use flowkit_analyze::export::{Addresses, Export as Request, ExportError, Exported, Form as Kind};
use flowkit_model::FieldId;

use crate::args::sources::Sources;
use crate::args::sources::refuse_sources;
use crate::exit::{Exit, Usage};
use crate::output::destination::{refuse_terminal, write_to};
use crate::output::units::grouped;
use crate::report::notes;

const EXAMPLES: &str = "\
parquet has one typed column per field of `flowkit fields`: times are TIMESTAMP
in ms (UTC), addresses UINT_32, bytes and packets UINT_64, unknown is null. csv
has the same with addresses and times as text; --addresses changes it for both.
hits can be loaded with elasticdump. v5-pcap is NetFlow itself, for replay into
a collector; flows with a value that does not fit are left out and counted. It
cannot say that a value is unknown: that is written as 0, an unknown time as
another time of the flow, and counted by field in a note.

--anonymise hides addresses and keeps prefixes (Crypto-PAn); the key file holds
32 bytes, or 64 hexadecimal digits: head -c 32 /dev/urandom > key
Countries, cities and AS names of addresses, and exporters that are names, would
tell what is hidden: they are left out. Times, ports, interfaces and AS numbers
stay.

Examples:
  flowkit export --format parquet -o flows.parquet
  flowkit export hits.ndjson.gz --format csv -f 'dst port 443' | head
  flowkit export -f 'proto udp' --day 2018-09-21 --format parquet -o udp.parquet
  flowkit export --format hits --anonymise key -o share.ndjson";

/// Write flows as Parquet, csv, documents or NetFlow packets
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Export {
    #[command(flatten)]
    sources: Sources,

    /// Form to write
    #[arg(long, value_enum, help_heading = "Output")]
    format: Form,

    /// File to write to, instead of standard output
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: Option<PathBuf>,

    /// Addresses in parquet and csv [default: number in parquet, text in csv]
    #[arg(long, value_enum, value_name = "FORM", help_heading = "Output")]
    addresses: Option<AddressForm>,

    /// Hide addresses under the key in this file
    #[arg(long, value_name = "KEYFILE", help_heading = "Output")]
    anonymise: Option<PathBuf>,
}

/// The form of an export.
#[derive(Clone, Copy, clap::ValueEnum)]
enum Form {
    /// Typed columns
    Parquet,
    /// One row a flow
    Csv,
    /// Documents, one a line
    Ndjson,
    /// Hits, one a line
    Hits,
    /// NetFlow v5 packets in a capture
    V5Pcap,
}

/// How addresses are written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum AddressForm {
    /// 192.0.2.1
    Text,
    /// 3221225985: the same, most significant byte first
    Number,
}

impl Export {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let anonymiser = self.anonymise.as_ref().map(|path| {
            let key = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Anonymiser::from_file(&key).ok_or_else(|| {
                anyhow!("{} is no key: 32 bytes, or 64 hexadecimal digits", path.display())
            })
        });
        let anonymiser = anonymiser.transpose()?;
        let path = self.output.as_deref();
        if let Form::Parquet | Form::V5Pcap = self.format {
            refuse_terminal(path, &self.format)?;
        }
        let sources = self.sources.open()?;
        refuse_sources(path, &sources)?;
        let window = self.sources.select.window(&sources, self.sources.options())?;
        let selected = self.sources.select.selected(window)?;
        let request = Request {
            sources: &sources,
            selection: &selected.selection,
            anonymiser: anonymiser.as_ref(),
            addresses: self.addresses()?,
            options: self.sources.options(),
        };
        let form = match self.format {
            Form::Parquet => Kind::Parquet,
            Form::Csv => Kind::Csv,
            Form::Ndjson => Kind::Ndjson,
            Form::Hits => Kind::Hits,
            Form::V5Pcap => Kind::V5Pcap,
        };
        let exported = write_to(path, |out| {
            request.write(form, out).map_err(|error| match error {
                ExportError::Write(error) => error.into(),
                error => error.into(),
            })
        })?;
        self.tell(&exported)
    }

    fn addresses(&self) -> anyhow::Result<Addresses> {
        let is_table = matches!(self.format, Form::Parquet | Form::Csv);
        match (self.addresses, self.format) {
            (Some(_), _) if !is_table => {
                let reason = "--addresses is for parquet and csv; documents have addresses as text, packets as bytes";
                Err(Usage(reason.into()).into())
            }
            (Some(AddressForm::Text), _) | (None, Form::Csv) => Ok(Addresses::Text),
            _ => Ok(Addresses::Number),
        }
    }

    fn tell(&self, exported: &Exported) -> anyhow::Result<Exit> {
        let mut out = io::stderr().lock();
        for (field, n) in &exported.left_out {
            writeln!(out, "note: {n} flows are left out: {field} does not fit in a packet")?;
        }
        for note in unknown(&exported.unknown) {
            writeln!(out, "note: {note}")?;
        }
        notes::of_tally(&exported.tally, &mut out)?;
        Ok(if exported.tally.incomplete.is_empty() || self.sources.allow_incomplete {
            Exit::Done
        } else {
            Exit::Incomplete
        })
    }
}

/// What was written for values that are unknown; fields that as many flows lack
/// are told together.
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

/// What stands in a packet where a field is unknown.
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
