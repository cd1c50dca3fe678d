//! `flowkit filter`: whether a filter is understood, and as what.

use std::io::{self, Write};

use crate::args::selection::Select;
use crate::exit::Exit;

const EXAMPLES: &str = "\
A filter compares fields with values, joined by and, or, not and parentheses;
not binds tightest, then and, then or. # begins a comment. `flowkit fields`
lists the fields.

  ip, host, net       either address: ip 10.0.0.1, src net 10.0.0.0/8
  port, as, if, mask  either end: dst port 443, src or dst port 53, in if 3
  proto               name or number: proto tcp, or tcp alone
  flags SA            all of these set; not flags AFRPU: none of these;
                      flags any SA: one of these
  bytes, packets      with k, M, G, T (powers of 1000): bytes > 10k
  duration            milliseconds
  bps, pps, bpp       whole numbers, 0 without duration
  tos, icmp-type, icmp-code, next ip, router ip, engine id, first, last, service
  flows               1 for each record, as to nfdump
  = != < <= > >=      and in [80 443 8000-8100], not in,
                      in @FILE (one or many a line)
  dst_port = 443      any field by name; exporter = r1;
                      first >= 2018-09-21T10:00
  any                 every flow
  @include FILE       the words of a file, in their place; put them in
                      parentheses where they are joined by or. A filter @FILE
                      is all of a file.

Where it is not nfdump's, on purpose:
  A comparison with an unknown value is false, its `not` true.
  Names of hosts are not looked up.
  as and mask are those of the record; nfdump asks a database for AS numbers and
  drops the masks of version 5.
  bytes and packets are as exported; nfdump multiplies those of a router that
  samples as they arrive (--scale-sampling does so here).
  A time ahead of its export stays; nfdump takes it for a wrap of the uptime.
  What version 5 does not carry (vlan, mac, mpls, nat …) is refused; no flow is
  ipv6.

Examples:
  flowkit filter 'proto tcp and dst port 443'
  flowkit filter 'src ip in @bad-hosts.txt and not dst net 10.0.0.0/8'
  flowkit filter 'proto tcp and (@include web-servers.nf)'
  flowkit top --by dst_addr -f 'flags S and not flags AFRPU'";

/// Check a filter, and show what it is understood as
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Filter {
    /// The filter; @FILE reads it from a file
    #[arg(value_name = "FILTER")]
    text: String,

    /// Time zone of times without one
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    tz: String,
}

impl Filter {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let (expression, _) = Select::of(&self.text, &self.tz).expression()?;
        writeln!(io::stdout(), "{expression}")?;
        Ok(Exit::Done)
    }
}
