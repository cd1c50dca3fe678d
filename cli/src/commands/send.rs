//! `flowkit send`: flows as NetFlow packets over UDP, to teach or test a collector
//! with known data.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::net::{Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use flowkit_analyze::export::{Addresses, Checked, Export, ExportError};
use flowkit_analyze::select;
use flowkit_model::answer::Tally;
use flowkit_model::harmless;
use flowkit_model::wire::Misfit;
use flowkit_model::wire::packets::{BootTimes, Engine, Packet};

use crate::args::export_version::{ExportVersion, Packing};
use crate::args::general::General;
use crate::args::numbers::whole;
use crate::args::selection::{Refused, Select, without};
use crate::args::sources::{Reading, VARIABLE, open};
use crate::exit::{Exit, Usage, read_twice};
use crate::output::units::{counted, grouped};
use crate::report::notes;
use crate::screen;

const EXAMPLES: &str = "\
A packet of version 5 holds up to 30 flows of one export time. Sequence numbers
start at 0, and each exporter and engine gets a boot time before its oldest
flow. UDP has one source address, so with several exporters one must be chosen.
UDP does not report whether packets arrived.

Version 5 has no room for IPv6 and for counters of more than 32 bits: --version
9 and 10 (IPFIX) send those, too. They send what is known of a flow and nothing
else; templates and the sampling come first, and again every 20 packets or 10
minutes of export time. Export times are cut to seconds.

nfcapd takes a flow that ends before it starts for an uptime wrap and moves it
back by 49 days; --repair-times corrects the late times of Logstash that cause
this. Do not use it on packet captures: their times are correct and would be
altered.

Examples:
  flowkit send flowkit-demo 127.0.0.1:2055 --exporter 192.168.10.254
  flowkit send hits.ndjson.gz collector.example:2055 --max-rate 500
  flowkit send flowkit-demo 127.0.0.1:2055 -f 'exporter = 192.168.20.254'
  flowkit send mixed.pcap 127.0.0.1:2055 --version 9 -f 'ipv6'";

/// Options that would change the exported counters.
const REFUSED: &[Refused] = &[Refused::ScaleSampling];

/// Send flows as NetFlow packets to a collector
#[derive(clap::Args)]
#[command(after_help = EXAMPLES, mut_args(|arg| without(arg, REFUSED)))]
pub(crate) struct Send {
    /// Dump or file whose flows are sent
    #[arg(value_name = "SOURCE", env = VARIABLE, hide_env = true)]
    source: PathBuf,

    /// Collector
    #[arg(value_name = "HOST:PORT")]
    collector: String,

    /// Flows per second; 0 = unlimited (expect UDP loss)
    #[arg(
        long,
        alias = "rate",
        default_value_t = 10_000,
        value_name = "N",
        value_parser = whole::<u64>,
        help_heading = "Transfer"
    )]
    max_rate: u64,

    /// Version of the packets; 10 is IPFIX
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "VERSION",
        hide_possible_values = true,
        help_heading = "Transfer"
    )]
    version: ExportVersion,

    /// Exporter to send, where there are several
    #[arg(long, value_name = "EXPORTER", help_heading = "Transfer")]
    exporter: Option<String>,

    #[command(flatten)]
    select: Select,

    #[command(flatten)]
    reading: Reading,
}

/// What was sent.
#[derive(Debug, Default)]
struct Sent {
    flows: u64,
    datagrams: u64,
    misfits: u64,
    first_misfit: Option<Misfit>,
}

impl Send {
    pub(crate) fn run(&self, general: &General) -> anyhow::Result<Exit> {
        let address = resolve(&self.collector)?;
        self.select.refuse(
            REFUSED,
            "does not apply to send: collectors correct for sampling themselves",
        )?;
        let sources = [open(&self.source, &self.reading.format)?];
        if sources[0].is_read_once() {
            return Err(read_twice("send reads the flows twice", sources[0].name()));
        }
        let options = self.reading.options();
        let selection = select(&sources, &self.select.flows()?, options)?;
        let export = Export {
            sources: &sources,
            selection: &selection,
            anonymiser: None,
            addresses: Addresses::default(),
            options,
        };
        let flows = export.checked()?;
        let mut boot_times = BootTimes::default();
        flows.flows(|flow| {
            boot_times.learn(flow);
            Ok(())
        })?;
        let exporter = self.choose(&boot_times)?;
        let mut rate_limit = RateLimit::open(address, self.max_rate)?;
        let packing = Packing::new(self.version, boot_times);
        let tally = self.send_all(&flows, exporter.as_deref(), packing, &mut rate_limit)?;
        self.tell(&rate_limit.sent, exporter.as_deref(), &tally, general)
    }

    /// Sends the flows of an exporter, packet by packet.
    fn send_all(
        &self,
        flows: &Checked<'_>,
        exporter: Option<&str>,
        mut packing: Packing,
        rate_limit: &mut RateLimit,
    ) -> anyhow::Result<Tally> {
        let cannot_send = || format!("cannot send to {}", self.collector);
        let tally = flows
            .flows(|flow| {
                if flow.exporter.as_deref() != exporter {
                    return Ok(());
                }
                if let Some(misfit) = packing.push(flow, |packet| rate_limit.send(packet))? {
                    rate_limit.sent.misfits += 1;
                    rate_limit.sent.first_misfit.get_or_insert(misfit);
                }
                Ok(())
            })
            .map_err(|error| match error {
                ExportError::Write(error) => anyhow::Error::new(error).context(cannot_send()),
                error => error.into(),
            })?;
        for packet in packing.finish() {
            rate_limit.send(&packet).with_context(cannot_send)?;
        }
        Ok(tally)
    }

    /// The exporter whose flows are sent.
    fn choose(&self, boot_times: &BootTimes) -> anyhow::Result<Option<String>> {
        let exporters: BTreeSet<&Option<String>> =
            boot_times.engines().map(|Engine { exporter, .. }| exporter).collect();
        let name = |exporter: &Option<String>| exporter.as_deref().unwrap_or("unknown").to_owned();
        let names: Vec<String> = exporters.iter().map(|exporter| name(exporter)).collect();
        match (&self.exporter, names.as_slice()) {
            (_, []) => bail!("{} holds no matching flow that has a time", harmless::path(&self.source)),
            (Some(wanted), _) => exporters
                .iter()
                .find(|exporter| name(exporter) == *wanted)
                .map(|exporter| (*exporter).clone())
                .ok_or_else(|| {
                    Usage(format!("no exporter {wanted}; the exporters are {}", names.join(", "))).into()
                }),
            (None, [_]) => Ok(exporters.first().and_then(|exporter| (*exporter).clone())),
            (None, _) => Err(Usage(format!(
                "flows of several exporters, and UDP has one source address: choose one with --exporter: {}",
                names.join(", ")
            ))
            .into()),
        }
    }

    /// Which version takes what this one does not.
    fn advice(&self) -> &'static str {
        match self.version {
            ExportVersion::V5 => "; try --version 9 or 10",
            ExportVersion::V9 => "; try --version 10",
            ExportVersion::Ipfix => "",
        }
    }

    fn tell(
        &self,
        sent: &Sent,
        exporter: Option<&str>,
        tally: &Tally,
        general: &General,
    ) -> anyhow::Result<Exit> {
        writeln!(
            screen::out(),
            "sent {} of {} in {} to {}",
            counted(sent.flows, "flow"),
            exporter.unwrap_or("an unknown exporter"),
            counted(sent.datagrams, "datagram"),
            self.collector
        )?;
        let mut err = screen::err();
        if let Some(misfit) = sent.first_misfit.filter(|_| !general.quiet) {
            writeln!(
                err,
                "note: {} flows do not fit in a version {} packet and were left out, the first because {misfit}{}",
                grouped(sent.misfits.into()),
                self.version.number(),
                self.advice()
            )?;
        }
        let left_behind = notes::sampling_left_behind(tally, |of| of == exporter);
        if let Some(note) = left_behind.filter(|_| !general.quiet) {
            writeln!(err, "note: {note}")?;
        }
        notes::of_tally(tally, general.quiet, &mut err)?;
        let is_good = tally.incomplete.is_empty() || self.reading.allow_incomplete;
        Ok(if is_good { Exit::Done } else { Exit::Incomplete })
    }
}

fn resolve(collector: &str) -> anyhow::Result<SocketAddr> {
    if let Some(why) = not_a_collector(collector) {
        return Err(Usage(why).into());
    }
    let cannot = || format!("cannot find {collector}");
    collector.to_socket_addrs().with_context(cannot)?.next().with_context(cannot)
}

/// What is said of a text that is not `HOST:PORT`.
fn not_a_collector(text: &str) -> Option<String> {
    let is_address = text.parse::<Ipv6Addr>().is_ok();
    let (host, port) = text.rsplit_once(':').filter(|_| !is_address).unwrap_or((text, ""));
    if port.parse::<u16>().is_ok_and(|port| port > 0) {
        return None;
    }
    if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(format!("{text}: no port is {port}; ports are 1 to 65535, try {host}:2055"));
    }
    let host = if is_address { format!("[{host}]") } else { host.to_owned() };
    Some(format!("{text} is not HOST:PORT; try {host}:2055"))
}

/// Sends no faster than a rate.
struct RateLimit {
    socket: UdpSocket,
    address: SocketAddr,
    rate: u64,
    started: Option<Instant>,
    sent: Sent,
}

impl RateLimit {
    /// A socket of the family of the address.
    fn open(address: SocketAddr, rate: u64) -> anyhow::Result<Self> {
        let socket = UdpSocket::bind(match address {
            SocketAddr::V4(_) => "0.0.0.0:0",
            SocketAddr::V6(_) => "[::]:0",
        })
        .context("cannot open a socket")?;
        Ok(Self { socket, address, rate, started: None, sent: Sent::default() })
    }

    fn send(&mut self, packet: &Packet) -> io::Result<()> {
        let started = *self.started.get_or_insert_with(Instant::now);
        let due_ms = (self.sent.flows * 1000).checked_div(self.rate).unwrap_or_default();
        let ahead = Duration::from_millis(due_ms).checked_sub(started.elapsed());
        if let Some(ahead) = ahead.filter(|ahead| !ahead.is_zero()) {
            thread::sleep(ahead);
        }
        self.socket.send_to(&packet.bytes, self.address)?;
        self.sent.flows += u64::from(packet.n_flows);
        self.sent.datagrams += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::not_a_collector;

    #[test]
    fn what_is_no_collector_is_told_with_one_that_can_be() {
        for (text, told) in [
            (
                "127.0.0.1:99999",
                "127.0.0.1:99999: no port is 99999; ports are 1 to 65535, try 127.0.0.1:2055",
            ),
            ("host:0", "host:0: no port is 0; ports are 1 to 65535, try host:2055"),
            ("host", "host is not HOST:PORT; try host:2055"),
            ("host:", "host: is not HOST:PORT; try host:2055"),
            ("host:netflow", "host:netflow is not HOST:PORT; try host:2055"),
            ("::1", "::1 is not HOST:PORT; try [::1]:2055"),
        ] {
            assert_eq!(not_a_collector(text).as_deref(), Some(told));
        }
        for text in ["127.0.0.1:2055", "[::1]:2055", "collector.example:65535"] {
            assert_eq!(not_a_collector(text), None, "{text}");
        }
    }
}
