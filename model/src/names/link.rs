//! Names of what NetFlow v9 and IPFIX add: families of addresses, directions, and
//! Ethernet addresses.

/// The number of a family of addresses, of its name or those that `ip` and nfdump have:
/// `ipv4`, `inet6`.
#[must_use]
pub fn family_number(name: &str) -> Option<u64> {
    let names = [("ipv4", 4), ("inet", 4), ("ip4", 4), ("ipv6", 6), ("inet6", 6), ("ip6", 6)];
    find(&names, name)
}

/// What a direction is called (information element 61): 0 `ingress`, 1 `egress`.
#[must_use]
pub fn direction_name(number: u64) -> Option<&'static str> {
    ["ingress", "egress"].get(usize::try_from(number).ok()?).copied()
}

/// The number of a direction, of its name or the half of it.
#[must_use]
pub fn direction_number(name: &str) -> Option<u64> {
    find(&[("ingress", 0), ("in", 0), ("egress", 1), ("out", 1)], name)
}

fn find(names: &[(&str, u64)], name: &str) -> Option<u64> {
    names.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, number)| *number)
}

/// An Ethernet address as text: `00:00:5e:00:53:01`.
#[must_use]
pub fn mac_text(number: u64) -> String {
    let octets = number.to_be_bytes();
    let octets: Vec<String> = octets[2..].iter().map(|octet| format!("{octet:02x}")).collect();
    octets.join(":")
}

/// The number of an Ethernet address: six octets, parted by `:` or `-`, or three
/// groups parted by dots, as Cisco has them.
///
/// ```
/// use flowkit_model::names::{mac_text, parse_mac};
///
/// for text in ["00:00:5e:00:53:01", "00-00-5E-00-53-01", "0000.5e00.5301"] {
///     assert_eq!(parse_mac(text), Some(0x5e_0053_01));
/// }
/// assert_eq!(mac_text(0x5e_0053_01), "00:00:5e:00:53:01");
/// ```
#[must_use]
pub fn parse_mac(text: &str) -> Option<u64> {
    let (separator, n, digits) = match text.find([':', '-', '.'])? {
        4 => ('.', 3, 4),
        _ if text.contains(':') => (':', 6, 2),
        _ => ('-', 6, 2),
    };
    let (mut number, mut n_parts) = (0, 0);
    for part in text.split(separator) {
        let is_hex = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
        let part = u64::from_str_radix(part, 16).ok().filter(|_| is_hex)?;
        number = number << (4 * digits) | part;
        n_parts += 1;
        if n_parts > n {
            return None;
        }
    }
    (n_parts == n).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for number in 0..2 {
            assert_eq!(direction_number(direction_name(number).unwrap()), Some(number));
        }
        assert_eq!(direction_name(2), None);
        assert_eq!((family_number("INET6"), family_number("ip")), (Some(6), None));
    }

    #[test]
    fn what_is_no_ethernet_address_is_refused() {
        for text in [
            "",
            "00:00:5e:00:53",
            "00:00:5e:00:53:01:02",
            "00:00:5e:00:53:1",
            "00:00:5e:00:53:0g",
            "00:00-5e:00:53:01",
            "0000.5e00",
            "0000.5e00.530",
            "+0:00:5e:00:53:01",
            "0000.5e00.5301.0000",
        ] {
            assert_eq!(parse_mac(text), None, "{text}");
        }
        assert_eq!(parse_mac("ff:ff:ff:ff:ff:ff"), Some(0xffff_ffff_ffff));
    }
}
