//! What pipelines change of a flow before they store it: the values of the
//! field `adapted`.
//!
//! A pipeline that multiplies counters by the sampling interval leaves the
//! interval beside them, so that nothing in the document says that this was
//! done; it is known of the pipeline alone. Such counters are estimates already
//! and must not be multiplied again. Times that are late are told of the document
//! alone, too: of which of its members they are, a flow does not say.
//!
//! Sources: robcowart/elastiflow 3.5.3 and 4.0.1, `conf.d/20_filter_20_netflow`
//! and `conf.d/20_filter_90_post_process`; phaag/nfdump `netflow_v5_v7.c`.

/// What was changed, and by whom; the number of each is that in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Adaptation {
    /// `ElastiFlow`: AS numbers that the exporter leaves 0 are looked up by
    /// address. Counters are as exported.
    ElastiFlow = 1,
    /// `ElastiFlow`, and counters are multiplied by the sampling interval.
    ElastiFlowScaled = 2,
    /// nfcapd multiplied the counters by the sampling interval.
    NfcapdScaled = 3,
    /// Logstash worked the times out from uptimes of version 9: they are 1 s late, or
    /// up to 2 s by its codec before 4.0. Counters are as exported.
    LogstashUptimes = 4,
}

impl Adaptation {
    /// Every one.
    pub const ALL: [Self; 4] =
        [Self::ElastiFlow, Self::ElastiFlowScaled, Self::NfcapdScaled, Self::LogstashUptimes];

    /// That of a number in the field.
    #[must_use]
    pub fn from_number(number: u64) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number() == number)
    }

    /// Its number in the field.
    #[must_use]
    pub fn number(self) -> u64 {
        self as u64
    }

    /// Its name, as the catalogue of fields has it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ElastiFlow => "ElastiFlow",
            Self::ElastiFlowScaled => "ElastiFlow scaled",
            Self::NfcapdScaled => "nfcapd scaled",
            Self::LogstashUptimes => "Logstash uptimes",
        }
    }

    /// Who changed the flow.
    #[must_use]
    pub fn pipeline(self) -> &'static str {
        match self {
            Self::ElastiFlow | Self::ElastiFlowScaled => "ElastiFlow",
            Self::NfcapdScaled => "nfcapd",
            Self::LogstashUptimes => "Logstash",
        }
    }

    /// Whether bytes and packets are multiplied by the sampling interval.
    #[must_use]
    pub fn is_scaled(self) -> bool {
        matches!(self, Self::ElastiFlowScaled | Self::NfcapdScaled)
    }

    /// Whether AS numbers may be those of a database, not the exporter's.
    #[must_use]
    pub fn looks_up_as(self) -> bool {
        matches!(self, Self::ElastiFlow | Self::ElastiFlowScaled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_found_by_its_number() {
        for known in Adaptation::ALL {
            assert_eq!(Adaptation::from_number(known.number()), Some(known));
        }
        assert_eq!(Adaptation::from_number(0), None);
    }
}
