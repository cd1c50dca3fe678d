//! `flowkit synth`: as many made-up flows as wanted, always the same.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use flowkit_analyze::export::packets as export;
use flowkit_fetch::Cancel;
use flowkit_model::wire;
use flowkit_testdata::synth::{MOST_FLOWS_A_DAY, dump};
use flowkit_testdata::{Packet, Synth as Flows};

use crate::exit::Exit;
use crate::interrupt::listen_for_ctrl_c;
use crate::output::destination::{refuse_terminal, write_to};
use crate::output::units::{bytes, grouped};

const EXAMPLES: &str = "\
An office, its web server and some 130,000 addresses outside (198.18.0.0/15,
set aside for measurements), from 2018-09-21 on. The same number, seed and days
give the same bytes on every machine.

Examples:
  flowkit synth 100000
  flowkit synth 1e6 --days 7 --seed 3 -o week
  flowkit synth 1000 --format pcap -o flows.pcap
  flowkit synth 1000 --format ndjson | flowkit top --by dst_port -";

/// Make up lifelike flows, for courses and benchmarks
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Synth {
    /// How many flows; 1e6 is a million
    #[arg(value_name = "N", value_parser = count)]
    flows: u64,

    /// Another seed gives other flows
    #[arg(long, default_value_t = 1, value_name = "S")]
    seed: u64,

    /// Days to spread them over
    #[arg(long, default_value_t = 1, value_name = "D", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,

    /// Form of the flows
    #[arg(long, value_enum, default_value_t)]
    format: Form,

    /// Dump or file to write [default: ./flowkit-synth, or standard output]
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

/// The form of made-up flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// A dump, as a fetch would leave it
    #[default]
    Dump,
    /// Hits, one a line, as elasticdump writes them
    Ndjson,
    /// NetFlow v5 packets in a pcap file
    Pcap,
    /// NetFlow v5 packets, one after the other without more
    Raw,
}

/// Where a dump goes if nothing is said.
const DUMP: &str = "flowkit-synth";

/// `1000000`, `1_000_000` or `1e6`.
fn count(text: &str) -> Result<u64, String> {
    let plain = text.replace(['_', ','], "");
    let number = match plain.split_once(['e', 'E']) {
        None => plain.parse().ok(),
        Some((digits, zeros)) => {
            let power = zeros.parse().ok().and_then(|zeros| 10_u64.checked_pow(zeros));
            digits
                .parse()
                .ok()
                .zip(power)
                .and_then(|(digits, power): (u64, u64)| digits.checked_mul(power))
        }
    };
    number.ok_or_else(|| "not a number of flows such as 1000 or 1e6".into())
}

impl Synth {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        if self.flows / u64::from(self.days) > MOST_FLOWS_A_DAY {
            bail!(
                "more than {} flows a day; spread them with --days",
                grouped(MOST_FLOWS_A_DAY.into())
            );
        }
        let flows = Flows { flows: self.flows, seed: self.seed, days: self.days };
        match (self.format, &self.output) {
            (Form::Dump, path) => {
                return self.dump(flows, path.as_deref().unwrap_or_else(|| Path::new(DUMP)));
            }
            (form, path) => {
                let path = path.as_deref();
                if let Form::Pcap | Form::Raw = form {
                    refuse_terminal(path, &form)?;
                }
                write_to(path, |out| Ok(write(form, flows.packets(), out)?))?;
            }
        }
        Ok(Exit::Done)
    }

    fn dump(&self, flows: Flows, path: &Path) -> anyhow::Result<Exit> {
        if path.exists() {
            bail!("{} is there already; name another with -o, or remove it", path.display());
        }
        let note = format!(
            "made up by flowkit synth {} --seed {} --days {}",
            self.flows, self.seed, self.days
        );
        let cancel = Cancel::new();
        listen_for_ctrl_c(&cancel, "leave a part of the dump behind");
        let packets = flows.packets().map(|packet| {
            if cancel.is_set() { Err(io::ErrorKind::Interrupted.into()) } else { Ok(packet) }
        });
        let written = dump::write(path, packets, flows.window_ms(), note);
        if written.is_err() && cancel.is_set() {
            writeln!(io::stderr(), "flowkit: interrupted; nothing was written")?;
            return Ok(Exit::Interrupted);
        }
        let manifest = written.with_context(|| format!("cannot write {}", path.display()))?;
        let packed = manifest.parts.iter().map(|part| u128::from(part.file_bytes)).sum();
        writeln!(
            io::stderr(),
            "{} flows made up in {} parts of {}, in {}",
            grouped(manifest.documents().into()),
            manifest.parts.len(),
            bytes(packed),
            path.display()
        )?;
        Ok(Exit::Done)
    }
}

fn write(
    form: Form,
    packets: impl Iterator<Item = Packet>,
    out: &mut impl Write,
) -> io::Result<()> {
    if form == Form::Pcap {
        out.write_all(&export::file_header())?;
    }
    for packet in packets {
        match form {
            Form::Raw => out.write_all(&packet.to_bytes())?,
            Form::Pcap => {
                let sent = wire::packets::Packet {
                    exporter: Some(packet.exporter.addr.to_string()),
                    export_ms: u64::try_from(packet.export_ms).unwrap_or_default(),
                    bytes: packet.to_bytes(),
                };
                export::frame(&sent, out)?;
            }
            Form::Ndjson | Form::Dump => {
                for document in flowkit_testdata::document::documents(&[packet]) {
                    dump::write_hit(&document, out)?;
                }
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_flows_may_be_short() {
        for (text, number) in [("7", 7), ("1e6", 1_000_000), ("25E2", 2500), ("1_000", 1000)] {
            assert_eq!(count(text), Ok(number), "{text}");
        }
        for text in ["", "e6", "1e", "-1", "1.5", "1e30", "many"] {
            assert!(count(text).is_err(), "{text}");
        }
    }
}
