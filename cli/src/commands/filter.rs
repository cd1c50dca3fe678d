//! `flowkit filter`: validates a filter and prints its normalised form.

use std::io::Write;

use crate::args::choice::{Zone, expression};
use crate::exit::Exit;
use crate::screen;

const EXAMPLES: &str = "\
A filter compares fields with values, joined by and, or, not and parentheses;
not binds tightest, then and, then or. # begins a comment. `flowkit fields`
lists the fields.

  ip, host, net       source or destination: ip 10.0.0.1, src net 10.0.0.0/8,
                      dst net 2001:db8::/32
  ipv4, ipv6          family of the addresses; inet6 and family = ipv6 as well
  port, as, if, mask  either end: dst port 443, src or dst port 53, in if 3
  mac, nip, nport     either end, of v9 and IPFIX: src mac 00:00:5e:00:53:01;
                      nip and nport are after translation (NAT): dst nport 53
  version, flowset    version 9 (10 is IPFIX); flowset 256 is the template
  direction, vlan     direction egress; vlan 10; event = 3 (of a firewall); of
  event               v9 and IPFIX
  proto               name or number: proto tcp, or tcp alone
  flags SA            all of these set; not flags AFRPU: none of these;
                      flags any SA: one of these; flags = SA: exactly these;
                      not acts on flags inside parentheses, too, as in nfdump
  bytes, packets      with k, M, G, T (powers of 1000): bytes > 10k
  duration            500ms, 10s, 10m, 1h30m; a bare number is milliseconds
  bps, pps, bpp       whole numbers, 0 without duration
  tos, icmp-type, icmp-code, next ip, router ip, engine id, first, last, service
  flows               1 for each record, as in nfdump
  = != < <= > >=      and in [80 443 8000-8100], not in,
                      in @FILE (apart by blanks, commas or line ends)
  dst_port = 443      any field by name; exporter = r1;
                      first >= 2018-09-21T10:00
  any                 every flow
  @include FILE       the text of a file, inserted; put it in parentheses if it
                      contains or. -f @FILE reads the whole filter from a file.

Differences from nfdump, on purpose:
  A unit that does not fit is an error: duration > 10k, port > 1k, bytes > 10MB.
  A comparison with an unknown value is false, its `not` true.
  Host names are not looked up.
  as and mask are those of the record; nfdump looks AS numbers up in a database
  and drops the masks of version 5.
  bytes and packets are as exported; nfdump corrects them for sampling when it
  collects (--scale-sampling does so here).
  A time after its export is kept; nfdump takes it for an uptime wrap.
  Fields that are not read (vrf, ttl, payload …) are errors.

Examples:
  flowkit filter 'proto tcp and dst port 443'
  flowkit filter 'src ip in @bad-hosts.txt and not dst net 10.0.0.0/8'
  flowkit filter 'ipv6 and src net 2001:db8::/32 and not direction egress'
  flowkit filter 'proto tcp and (@include web-servers.nf)'
  flowkit top --by dst_addr -f 'flags S and not flags AFRPU'";

/// Validate a filter and print its normalised form
#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Filter {
    /// Filter; @FILE reads it from a file
    #[arg(value_name = "FILTER")]
    text: String,

    #[command(flatten)]
    zone: Zone,
}

impl Filter {
    pub(crate) fn run(&self) -> anyhow::Result<Exit> {
        let (expression, _) = expression(&self.text, self.zone.zone()?)?;
        writeln!(screen::out(), "{expression}")?;
        Ok(Exit::Done)
    }
}
