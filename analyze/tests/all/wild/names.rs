//! Names that pipelines and programs have for protocols and flags.

/// Names of a protocol: IANA's in capitals.
pub(super) fn protocol_name(protocol: u8) -> &'static str {
    match protocol {
        1 => "ICMP",
        6 => "TCP",
        17 => "UDP",
        50 => "ESP",
        other => unreachable!("protocol {other}"),
    }
}

/// Flags as nfdump prints them, CWR first.
pub(super) fn flag_letters(flags: u8) -> String {
    let letter = |(place, letter)| if flags >> (7 - place) & 1 == 1 { letter } else { '.' };
    "CEUAPRSF".chars().enumerate().map(letter).collect()
}
