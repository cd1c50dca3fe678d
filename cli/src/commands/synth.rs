//! `flowkit synth`: any number of synthetic flows, reproducible.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use flowkit_analyze::export::packets as export;
use flowkit_model::harmless;
use flowkit_model::wire::packets::Packet as Sent;
use flowkit_testdata::synth::templated::Templated;
use flowkit_testdata::synth::{MOST_FLOWS_A_DAY, dump};
use flowkit_testdata::{Packet, Synth as Flows};

use crate::args::export_version::ExportVersion;
use crate::args::general::General;
use crate::args::numbers::{whole, within};
use crate::destination::{refuse_terminal, write_to};
use crate::exit::{Exit, Usage};
use crate::output::units::{bytes, counted, grouped};
use crate::screen::{self, Content};

const EXAMPLES: &str = "\
An office, its web server and some 130,000 outside addresses (198.18.0.0/15,
reserved for benchmarks), from 2018-09-21 on. Equal N, seed and days give equal
bytes on every machine.

Formats: dump, as `flowkit fetch` leaves it; hits, one per line, as elasticdump
writes them; pcap, a capture of NetFlow packets; datagrams, these packets one
after the other. With --version 9 or 10 the same flows are packed by templates,
and a part of the conversations is of IPv6: the addresses are then in
2001:db8::/96 (reserved for documentation), with those of IPv4 in their last 32
bits.

Examples:
  flowkit synth 100000
  flowkit synth 1e6 --days 7 --seed 3 -o week
  flowkit synth 1000 --format pcap -o flows.pcap
  flowkit synth 1000 --version 9 --format pcap -o templates.pcap
  flowkit synth 1000 --format hits | flowkit top --by dst_port -";

/// Generate realistic synthetic flows, for courses and benchmarks
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Synth {
    /// Number of flows; 1e6 is a million
    #[arg(value_name = "N", value_parser = count)]
    flows: u64,

    /// Seed of the random numbers; another seed gives other flows
    #[arg(long, default_value_t = 1, value_name = "SEED", value_parser = whole::<u64>)]
    seed: u64,

    /// Number of days to spread the flows over
    #[arg(long, default_value_t = 1, value_name = "DAYS", value_parser = within(1..=36_500_u32))]
    days: u32,

    /// Format of the output
    #[arg(long, value_enum, default_value_t, help_heading = "Output")]
    format: Format,

    /// Version of the packets; 10 is IPFIX
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "VERSION",
        hide_possible_values = true,
        help_heading = "Output"
    )]
    version: ExportVersion,

    /// Percentage of the conversations that are of IPv6, with --version 9 or 10
    #[arg(
        long,
        default_value_t = 25,
        value_name = "PERCENT",
        value_parser = within(0..=100_u8),
        help_heading = "Output"
    )]
    ipv6: u8,

    /// Dump or file to write [default: ./flowkit-synth, or standard output]
    #[arg(short, long, value_name = "PATH", help_heading = "Output")]
    output: Option<PathBuf>,
}

/// The format of synthetic flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A dump, as `flowkit fetch` leaves it
    #[default]
    Dump,
    /// Hits, one per line, as elasticdump writes them
    #[value(alias = "ndjson")]
    Hits,
    /// NetFlow packets in a capture
    Pcap,
    /// NetFlow packets, one after the other
    #[value(alias = "raw")]
    Datagrams,
}

/// The dump that is written if none is named.
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
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        if self.flows / u64::from(self.days) > MOST_FLOWS_A_DAY {
            bail!(
                "more than {} flows per day; spread them with --days",
                grouped(MOST_FLOWS_A_DAY.into())
            );
        }
        let is_of_packets = matches!(self.format, Format::Pcap | Format::Datagrams);
        if self.version.templated().is_some() && !is_of_packets {
            let why = format!(
                "--version {} applies to packets; add --format pcap or datagrams",
                self.version.number()
            );
            return Err(Usage(why).into());
        }
        let flows = Flows { flows: self.flows, seed: self.seed, days: self.days };
        match (self.format, &self.output) {
            (Format::Dump, path) => {
                let path = path.as_deref().unwrap_or_else(|| Path::new(DUMP));
                return self.dump(flows, path, general);
            }
            (format, path) => {
                let path = path.as_deref();
                if is_of_packets {
                    refuse_terminal(path, &format)?;
                }
                write_to(path, Content::Values, |out| Ok(self.write(format, flows, out)?))?;
            }
        }
        Ok(Exit::Done)
    }

    fn write(&self, format: Format, flows: Flows, out: &mut impl Write) -> io::Result<()> {
        let packets = flows.packets();
        if let Format::Hits | Format::Dump = format {
            for packet in packets {
                for document in flowkit_testdata::document::documents(&[packet]) {
                    dump::write_hit(&document, out)?;
                }
            }
            return Ok(());
        }
        match self.version.templated() {
            None => write_packets(format, packets.map(|packet| sent(&packet)), out),
            Some(version) => {
                let templated = Templated { version, ipv6_percent: self.ipv6 };
                write_packets(format, templated.packets(packets), out)
            }
        }
    }

    fn dump(&self, flows: Flows, path: &Path, general: &General) -> anyhow::Result<Exit> {
        if path.exists() {
            bail!(
                "{} exists already; name another dump with -o, or remove it",
                harmless::path(path)
            );
        }
        let note = format!(
            "synthetic: flowkit synth {} --seed {} --days {}",
            self.flows, self.seed, self.days
        );
        let packets = flows.packets().map(Ok);
        let written = dump::write(path, packets, flows.window_ms(), note);
        let manifest = written.with_context(|| format!("cannot write {}", harmless::path(path)))?;
        let packed = manifest.parts.iter().map(|part| u128::from(part.file_bytes)).sum();
        if !general.quiet {
            writeln!(
                screen::err(),
                "complete: {} in {} of {}, in {}",
                counted(manifest.documents(), "synthetic flow"),
                counted(manifest.parts.len() as u64, "part"),
                bytes(packed),
                harmless::path(path)
            )?;
        }
        Ok(Exit::Done)
    }
}

/// A packet of version 5 as it is sent.
fn sent(packet: &Packet) -> Sent {
    Sent {
        exporter: Some(packet.exporter.addr.to_string()),
        export_ms: u64::try_from(packet.export_ms).unwrap_or_default(),
        n_flows: u32::try_from(packet.flows.len()).unwrap_or_default(),
        bytes: packet.to_bytes(),
    }
}

fn write_packets(
    format: Format,
    mut packets: impl Iterator<Item = Sent>,
    out: &mut impl Write,
) -> io::Result<()> {
    if format == Format::Datagrams {
        return packets.try_for_each(|packet| out.write_all(&packet.bytes));
    }
    out.write_all(&export::file_header())?;
    packets.try_for_each(|packet| export::frame(&packet, out))
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
