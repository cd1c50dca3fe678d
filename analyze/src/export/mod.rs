//! Flows in a form that other programs read: typed columns, rows of text,
//! documents, or export packets.
//!
//! | to learn | read |
//! | --- | --- |
//! | how a flow is written as a row or a document | `text` |
//! | how flows become packets again | [`packets`] |
//! | how addresses are hidden and prefixes kept | [`anonymise`] |
//!
//! Flows come in the order of the sources; those of dumps with columns after
//! the others.

pub mod anonymise;
pub mod packets;
mod text;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::Arc;

use flowkit_model::answer::Tally;
use flowkit_model::dump::Part;
use flowkit_model::{FlowRecord, Row};

use self::anonymise::{Anonymiser, hide};
use self::text::Csv;
pub(crate) use self::text::document_line;
use crate::batch::dictionary::{Codebook, Dictionary};
use crate::batch::{Batch, FieldSet};
use crate::cache::{self, Prepared};
use crate::error::ReadError;
use crate::input::Source;
use crate::scan::Reading;
use crate::scan::batch_tally::BatchTally;
use crate::scan::ingest::Absorber;
use crate::scan::options::ReadOptions;
use crate::selection::Selection;
use crate::store::footer::{Belongs, StoredTally};
use crate::store::layout::Layout;
pub use crate::store::schema::Addresses;
use crate::store::writer::FlowWriter;
use crate::store::{Buffers, Request, StoreError, TooLong};

/// A form of export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Typed columns, as in a dump's `columns`.
    Parquet,
    /// One row a flow under the names of the fields.
    Csv {
        /// Whether an apostrophe stands in front of each text that a spreadsheet would run.
        safe: bool,
    },
    /// One document a line, as Logstash's netflow module writes them.
    Ndjson,
    /// The same as hits, which elasticdump loads.
    Hits,
    /// NetFlow v5 packets in a capture.
    V5Pcap,
}

/// What was exported.
#[derive(Debug, Default)]
pub struct Exported {
    /// Flows that were written.
    pub flows: u64,
    /// Flows that were not, by the first field that does not fit.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Flows that were written with an unknown value as 0, and an unknown time as
    /// another, since packets cannot say that it is unknown; by field.
    pub unknown: BTreeMap<&'static str, u64>,
    /// Texts in csv that a spreadsheet would have run, and that were defused.
    pub defused: u64,
    /// What was read.
    pub tally: Tally,
}

/// An export stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// What was written to failed.
    #[error("cannot write the export")]
    Write(#[source] io::Error),
    /// A source cannot be read, or columns not written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A source cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Values are so long that flowkit would not read the Parquet file.
    #[error("Parquet cannot hold these flows: {0}; export them as csv, documents or hits")]
    TooLong(TooLong),
    /// Standard input and pipes cannot be read twice.
    #[error(
        "packets need two looks at the flows, and {name} can only be read once; save it to a file"
    )]
    Twice {
        /// The source.
        name: String,
    },
}

/// Why columns were not written: a full disk and a closed pipe are as in other formats.
fn of_writing(error: StoreError) -> ExportError {
    match error {
        StoreError::Io { source, .. } => ExportError::Write(source),
        StoreError::TooLong { what, .. } => ExportError::TooLong(what),
        error => ExportError::Store(error),
    }
}

/// What to export, and how.
#[derive(Debug)]
pub struct Export<'e> {
    /// Where the flows are.
    pub sources: &'e [Source],
    /// Which of them.
    pub selection: &'e Selection,
    /// Hides addresses.
    pub anonymiser: Option<&'e Anonymiser>,
    /// How addresses are written in columns and rows; documents have text.
    pub addresses: Addresses,
    /// How strictly to read.
    pub options: ReadOptions,
}

impl Export<'_> {
    /// Writes the flows.
    ///
    /// # Errors
    /// If a source cannot be read or `out` not written to.
    pub fn write<W: Write + Send>(&self, form: Form, out: W) -> Result<Exported, ExportError> {
        match form {
            Form::Parquet => self.parquet(out),
            Form::Csv { safe } => self.csv(safe, out),
            Form::Ndjson => self.rows(out, |_| Ok(()), text::document_line),
            Form::Hits => self.rows(out, |_| Ok(()), text::hit_line),
            Form::V5Pcap => packets::write(self, out),
        }
    }

    fn parquet<W: Write + Send>(&self, out: W) -> Result<Exported, ExportError> {
        let dictionary = Arc::new(Dictionary::default());
        let how = (Some(Layout::All), self.addresses);
        let writer = FlowWriter::new(out, "the export", &dictionary, how);
        let writer = writer.map_err(of_writing)?;
        let mut writer = Some(writer.without_deltas());
        let mut measures = BatchTally::new(true);
        let mut tally = self.each(&dictionary, |batch| {
            measures.add(batch);
            if let Some(begun) = writer.take() {
                writer = Some(begun.push(batch).map_err(of_writing)?);
            }
            Ok(())
        })?;
        measures.finish(&mut tally, FieldSet::all(), &dictionary.codebook());
        // What was skipped is not in the file; what is missing still is.
        let mut said = tally.clone();
        said.skipped.clear();
        said.notes.clear();
        said.duplicates = flowkit_model::answer::Duplicates::default();
        said.sequences = said.sequences.whole();
        if let Some(anonymiser) = self.anonymiser {
            said.sequences = said.sequences.renamed(|exporter| anonymiser.text(exporter));
            said.exporters = said.exporters.renamed(|exporter| anonymiser.text(exporter));
            // A sentence may name files and exporters.
            let reason = "the source of this anonymised export was incomplete".to_owned();
            said.incomplete = (!said.incomplete.is_empty()).then_some(reason).into_iter().collect();
        }
        let belongs = Belongs::of(&Part::default(), Vec::new());
        let writer = writer.expect("an error ends the export");
        let mut out = writer.finish(belongs, StoredTally::of(&said)).map_err(of_writing)?;
        out.flush().map_err(ExportError::Write)?;
        Ok(Exported { flows: tally.total.flows, tally, ..Exported::default() })
    }

    fn csv<W: Write + Send>(&self, safe: bool, out: W) -> Result<Exported, ExportError> {
        let how = Csv { numbers: self.addresses == Addresses::Number, safe };
        let mut defused = 0;
        let exported = self.rows(out, text::csv_header, |row, _, line| {
            defused += text::csv(row, how, line);
        })?;
        Ok(Exported { defused, ..exported })
    }

    /// Writes flows one by one, as text.
    fn rows<W: Write + Send>(
        &self,
        mut out: W,
        head: fn(&mut W) -> io::Result<()>,
        mut line: impl FnMut(&Row<'_>, u64, &mut Vec<u8>),
    ) -> Result<Exported, ExportError> {
        let dictionary = Arc::new(Dictionary::default());
        head(&mut out).map_err(ExportError::Write)?;
        let (mut flows, mut lines, mut codes) = (0, Vec::new(), Codebook::default());
        let mut tally = self.each(&dictionary, |batch| {
            dictionary.update(&mut codes);
            for row in 0..batch.rows() {
                line(&batch.row(row, &codes), flows, &mut lines);
                flows += 1;
            }
            let written = out.write_all(&lines).map_err(ExportError::Write);
            lines.clear();
            written
        })?;
        out.flush().map_err(ExportError::Write)?;
        tally.total.flows = flows;
        Ok(Exported { flows, tally, ..Exported::default() })
    }

    /// Hands on all flows, one by one.
    ///
    /// # Errors
    /// If a source cannot be read, or `take` fails.
    pub fn flows(
        &self,
        take: impl FnMut(&FlowRecord) -> io::Result<()>,
    ) -> Result<Tally, ExportError> {
        self.checked()?.flows(take)
    }

    /// Looks at the columns, so that the flows can be read, once or several times.
    ///
    /// # Errors
    /// If a source is a Parquet file that flowkit does not read.
    pub fn checked(&self) -> Result<Checked<'_>, ExportError> {
        Ok(Checked { export: self, columns: cache::prepare_and_check(self.sources)? })
    }

    /// Hands on all flows, batch by batch.
    fn each(
        &self,
        dictionary: &Arc<Dictionary>,
        take: impl FnMut(&Batch) -> Result<(), ExportError>,
    ) -> Result<Tally, ExportError> {
        self.checked()?.each(dictionary, take)
    }
}

/// What to export, of which the columns are known to be as they were written.
pub struct Checked<'e> {
    export: &'e Export<'e>,
    columns: Prepared,
}

impl Checked<'_> {
    /// Hands on all flows, one by one.
    ///
    /// # Errors
    /// If a source cannot be read, or `take` fails.
    pub fn flows(
        &self,
        mut take: impl FnMut(&FlowRecord) -> io::Result<()>,
    ) -> Result<Tally, ExportError> {
        let (dictionary, mut codes) = (Arc::new(Dictionary::default()), Codebook::default());
        self.each(&dictionary, |batch| {
            dictionary.update(&mut codes);
            let mut flows = (0..batch.rows()).map(|row| batch.row(row, &codes).record());
            flows.try_for_each(|flow| take(&flow)).map_err(ExportError::Write)
        })
    }

    /// Hands on all flows, batch by batch.
    fn each(
        &self,
        dictionary: &Arc<Dictionary>,
        mut take: impl FnMut(&Batch) -> Result<(), ExportError>,
    ) -> Result<Tally, ExportError> {
        let Export { sources, selection, anonymiser, options, .. } = *self.export;
        let Prepared { parts, notes } = &self.columns;
        let run = selection.begin();
        let mut absorber = Absorber::new(sources, options);
        let fields = FieldSet::all();
        let reading = Reading { sources, stored: parts, fields, dictionary, is_judged: true };
        let mut done = Ok(());
        let mut hand_on = |batch: &mut Batch| {
            run.apply(batch);
            if let Some(anonymiser) = anonymiser {
                hide(batch, anonymiser);
            }
            if done.is_ok() {
                done = take(batch);
            }
            done.is_ok()
        };
        reading.batches(&mut absorber, |batches| {
            batches.into_iter().all(|mut batch| hand_on(&mut batch));
        })?;
        let (request, mut spare) = (
            Request { columns: fields, coded: None, filter: None, dictionary },
            Buffers::default(),
        );
        for part in parts.iter().flatten() {
            for group in 0..part.file.groups() {
                part.file.read(group, &request, &mut spare, |batch| {
                    hand_on(batch);
                })?;
            }
        }
        done?;
        run.finish().map_err(|source| ReadError::Spill { source })?;
        let mut tally = absorber.finish();
        selection.of_engines(&mut tally);
        tally.notes.extend_from_slice(notes);
        Ok(tally)
    }
}
