//! `flowkit verify`: whether a dump is complete and undamaged.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{anyhow, bail};
use clap::Args;
use flowkit_analyze::ask;
use flowkit_fetch::{FetchError, Request};
use flowkit_model::dump::MANIFEST;
use flowkit_model::harmless;
use flowkit_model::harmless::harmless;
use flowkit_model::question::{Flows, Question, Report};

use super::fetch::words::contents;
use crate::args::server::ServerArgs;
use crate::args::sources::{DEFAULT, InputFormat, VARIABLE, open};
use crate::exit::Exit;
use crate::output::units::counted;
use crate::screen;

const EXAMPLES: &str = "\
Examples:
  Checksums, counts, order, duplicate documents, Parquet cache:
    flowkit verify

  Another dump, also compared with what its server counts now:
    flowkit verify yesterday --url https://es.example:9200

Exit codes: 0 nothing is wrong; 3 something is wrong, and listed; 1 not a dump,
or no answer from the server; 2 wrong usage.";

/// Check that a dump is complete and undamaged
#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Verify {
    /// Dump to check
    #[arg(env = VARIABLE, hide_env_values = true, default_value = DEFAULT, value_name = "DUMP")]
    dump: PathBuf,

    #[command(flatten)]
    server: ServerArgs,
}

impl Verify {
    /// Reads all of the dump and prints what is wrong with it.
    ///
    /// # Errors
    /// If there is no dump, or the server does not answer.
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        if !self.dump.join(MANIFEST).exists() {
            open(&self.dump, &InputFormat::default())?;
            bail!(
                "{} is not a dump (it has no {MANIFEST}); name one that `flowkit fetch` saved",
                harmless::path(&self.dump)
            );
        }
        let mut request = Request { url: self.server.url.clone(), ..Request::default() };
        // FLOWKIT_URL alone does not make verify contact a server.
        let asks = request.url.is_some();
        if asks {
            self.server.fill(&mut request)?;
        }
        let (manifest, findings) = flowkit_fetch::verify(&self.dump, asks.then_some(&request))
            .map_err(|error| match error {
                FetchError::NotADump { path, why } => {
                    anyhow!(
                        "{} cannot be checked: {why}; make the dump again",
                        harmless::path(&path)
                    )
                }
                error => error.into(),
            })?;
        let mut findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
        // Damaged parts were found above.
        if let Ok(columns) = flowkit_analyze::columns::verify(&self.dump) {
            findings.extend(columns.iter().map(|(file, what)| format!("{file}: {what}")));
        }
        if findings.is_empty() && manifest.parts.iter().any(|part| !part.form.is_documents()) {
            findings.extend(self.missing_in_bytes()?);
        }
        let mut out = screen::out();
        for finding in &findings {
            // Names of indices come from a server.
            writeln!(out, "{}", harmless(finding))?;
        }
        if findings.is_empty() {
            let against = if asks { ", as many as the server counts" } else { "" };
            let contents = contents(&manifest);
            let parts = counted(manifest.parts.len() as u64, "part");
            writeln!(
                out,
                "{}: {contents} in {parts}, complete, undamaged, no duplicates{against}",
                harmless::path(&self.dump),
            )?;
            return Ok(Exit::Done);
        }
        Ok(Exit::Incomplete)
    }

    /// What is missing in parts that were imported byte for byte, which shows when they
    /// are read.
    fn missing_in_bytes(&self) -> anyhow::Result<Vec<String>> {
        let sources = [open(&self.dump, &InputFormat::default())?];
        let summary = Question::new(Report::Summary, Flows::default());
        Ok(match ask(&sources, &summary) {
            Ok(answer) => answer.tally.incomplete,
            Err(error) => vec![error.to_string()],
        })
    }
}
