//! Runs: export packets of one engine that follow each other by their sequence
//! numbers, without a gap.

use super::packet_runs::Packet;

/// What a sequence number counts, as a set of bits: each step of a run leaves those
/// that it agrees with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Counting(u8);

impl Counting {
    /// Flows sent before the packet, as the format says.
    pub(super) const FLOWS: Self = Self(1);
    /// Flows sent with the packet.
    pub(super) const WITH_OWN: Self = Self(2);
    /// Packets.
    pub(super) const PACKETS: Self = Self(4);
    /// Nothing: the number is always 0.
    pub(super) const NOTHING: Self = Self(8);
    const ANY: Self = Self(15);

    /// What both agree with.
    fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    fn is_possible(self) -> bool {
        self.0 != 0
    }

    /// The likeliest of the possible ones.
    pub(super) fn likeliest(self) -> Self {
        [Self::FLOWS, Self::WITH_OWN, Self::PACKETS]
            .into_iter()
            .find(|kind| self.and(*kind).is_possible())
            .unwrap_or(Self::NOTHING)
    }

    /// Whether the likeliest of these comes before that of others.
    pub(super) fn is_likelier_than(self, other: Self) -> bool {
        self.0.trailing_zeros() < other.0.trailing_zeros()
    }

    /// What a step from one packet to the next agrees with.
    fn of_step(last: &Packet, next: &Packet) -> Self {
        let step = next.sequence.wrapping_sub(last.sequence);
        let (of_last, of_next) = (carried(last), carried(next));
        // Most packets are of other runs, far away.
        if step > of_last.max(of_next).max(1) {
            return Self(0);
        }
        let bits = [
            (Self::FLOWS, step == of_last),
            (Self::WITH_OWN, step == of_next),
            (Self::PACKETS, step == 1),
            (Self::NOTHING, step == 0 && next.sequence == 0),
        ];
        Self(bits.iter().filter(|(_, agrees)| *agrees).fold(0, |bits, (kind, _)| bits | kind.0))
    }
}

/// How many flows a packet carried: as stated, or more if more were seen of one that
/// states none.
fn carried(packet: &Packet) -> u32 {
    if packet.stated == 0 { packet.seen } else { packet.stated }
}

/// Packets without a gap.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    first: Packet,
    last: Packet,
    counting: Counting,
    /// Number of the first and of the last packet in the order of time.
    pub(super) began: u64,
    pub(super) ended: u64,
    pub(super) packets: u64,
}

impl Run {
    pub(super) fn new(packet: Packet, number: u64) -> Self {
        Self {
            first: packet,
            last: packet,
            counting: Counting::ANY,
            began: number,
            ended: number,
            packets: 1,
        }
    }

    /// What its numbers count, if the packet continues it.
    pub(super) fn continued_by(&self, packet: &Packet) -> Option<Counting> {
        let counting = self.counting.and(Counting::of_step(&self.last, packet));
        counting.is_possible().then_some(counting)
    }

    pub(super) fn push(&mut self, packet: Packet, counting: Counting, number: u64) {
        self.last = packet;
        self.counting = counting;
        self.ended = number;
        self.packets += 1;
    }

    /// Appends a run whose first packet continues this one although it came before
    /// this one's last: order was lost.
    pub(super) fn append(&mut self, other: &Self) -> bool {
        let counting = self.continued_by(&other.first).map(|step| step.and(other.counting));
        let Some(counting) = counting.filter(|counting| counting.is_possible()) else {
            return false;
        };
        self.last = other.last;
        self.counting = counting;
        self.began = self.began.min(other.began);
        self.ended = self.ended.max(other.ended);
        self.packets += other.packets;
        true
    }

    /// Two packets with others lost between them may look as if numbers counted their
    /// own flows.
    pub(super) fn may_be_chance(&self) -> bool {
        self.packets == 2 && self.counting() == Counting::WITH_OWN
    }

    /// Its first and its last packet, each as a run.
    pub(super) fn ends(&self) -> [Self; 2] {
        [Self::new(self.first, self.began), Self::new(self.last, self.ended)]
    }

    /// What its numbers count.
    pub(super) fn counting(&self) -> Counting {
        self.counting.likeliest()
    }

    /// The number before its first flow, and the one after its last.
    pub(super) fn span(&self) -> (u32, u32) {
        if self.counting() == Counting::WITH_OWN {
            return (self.first.sequence.wrapping_sub(carried(&self.first)), self.last.sequence);
        }
        (self.first.sequence, self.last.sequence.wrapping_add(carried(&self.last)))
    }
}
