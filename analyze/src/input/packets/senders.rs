//! Who sends export packets: exporters behind one address are told apart by their
//! UDP ports and by the times at which they started.

use std::collections::BTreeMap;
use std::net::IpAddr;

use flowkit_model::time::format_ms;
use flowkit_model::wire::Header;

/// Boot times that differ by less are of one exporter, whose clock was set or which
/// counts in whole seconds.
const SAME_BOOT_MS: u64 = 60_000;
/// Addresses and engines, and senders under each, that are told apart.
const MOST_PLACES: usize = 1024;
const MOST_SENDERS: usize = 16;

/// Address, type and number of the engine.
type Place = (IpAddr, u8, u8);

/// One exporter, as far as its packets tell.
#[derive(Clone, Copy, Debug)]
struct Sender {
    port: u16,
    boot_ms: i64,
    /// Its first and last frame.
    frames: (u64, u64),
    packets: u64,
}

/// The senders in a capture.
#[derive(Clone, Debug, Default)]
pub(crate) struct Senders {
    places: BTreeMap<Place, Vec<Sender>>,
}

impl Senders {
    /// Counts a packet of a frame.
    pub(in crate::input) fn add(
        &mut self,
        address: IpAddr,
        port: u16,
        header: &Header,
        frame: u64,
    ) {
        let place = (address, header.engine_type, header.engine_id);
        let frames = (frame, frame);
        self.join(place, Sender { port, boot_ms: header.boot_ms(), frames, packets: 1 });
    }

    fn join(&mut self, place: Place, sender: Sender) {
        if self.places.len() >= MOST_PLACES && !self.places.contains_key(&place) {
            return;
        }
        let known = self.places.entry(place).or_default();
        let is = |known: &&mut Sender| {
            known.port == sender.port && known.boot_ms.abs_diff(sender.boot_ms) < SAME_BOOT_MS
        };
        if let Some(known) = known.iter_mut().find(is) {
            // A clock that drifts takes its boot time with it.
            known.boot_ms = sender.boot_ms;
            known.frames =
                (known.frames.0.min(sender.frames.0), known.frames.1.max(sender.frames.1));
            known.packets += sender.packets;
        } else if known.len() < MOST_SENDERS {
            known.push(sender);
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        for (place, senders) in &other.places {
            for sender in senders {
                self.join(*place, *sender);
            }
        }
    }

    /// A sentence on each address under which several exporters send at a time; one
    /// after the other they may be one that started anew.
    pub(crate) fn sentences(&self, name: &str) -> Vec<String> {
        let of_place = |((address, kind, id), senders): (&Place, &Vec<Sender>)| {
            let overlaps = |sender: &&Sender| {
                sender.packets > 1
                    && senders.iter().any(|other| {
                        let differs = other.port != sender.port
                            || other.boot_ms.abs_diff(sender.boot_ms) >= SAME_BOOT_MS;
                        differs
                            && other.packets > 1
                            && other.frames.0 < sender.frames.1
                            && sender.frames.0 < other.frames.1
                    })
            };
            let several: Vec<String> = senders
                .iter()
                .filter(overlaps)
                .map(|sender| {
                    let boot = u64::try_from(sender.boot_ms).map_or("?".into(), format_ms);
                    format!("UDP port {} (started {boot})", sender.port)
                })
                .collect();
            (!several.is_empty()).then(|| {
                format!(
                    "{name}: {} exporters send as {address} engine {kind}/{id}, from {}",
                    several.len(),
                    several.join(" and ")
                )
            })
        };
        self.places.iter().filter_map(of_place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_senders_at_one_time_are_several_exporters() {
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let sent = |packets: &[(u16, u32)]| {
            let mut senders = Senders::default();
            for (frame, (port, boot)) in (1..).zip(packets) {
                let unix_secs = 1_537_524_000 + u32::try_from(frame).unwrap();
                let sys_uptime_ms = (unix_secs - 1_537_000_000 - boot) * 1000;
                let header = Header { unix_secs, sys_uptime_ms, ..Header::default() };
                let mut one = Senders::default();
                one.add(address, *port, &header, frame);
                senders.merge(&one);
            }
            senders.sentences("a.pcap")
        };
        let several = sent(&[(4000, 0), (4100, 9000), (4000, 0), (4100, 9000)]);
        assert_eq!(
            several,
            [
                "a.pcap: 2 exporters send as 192.0.2.1 engine 0/0, from UDP port 4000 (started 2018-09-15T08:26:40.000Z) and UDP port 4100 (started 2018-09-15T10:56:40.000Z)"
            ]
        );
        // Behind one port of a translator; a restart; a clock that jitters.
        assert_eq!(sent(&[(4000, 0), (4000, 9000), (4000, 0), (4000, 9000)]).len(), 1);
        assert_eq!(sent(&[(4000, 0), (4000, 0), (4100, 9000), (4100, 9000)]).len(), 0);
        assert_eq!(sent(&[(4000, 0), (4000, 1), (4000, 0), (4000, 1)]).len(), 0);
    }
}
