//! Anonymises addresses and preserves their prefixes: Crypto-PAn.
//!
//! Two addresses that share their first n bits share the first n bits of their
//! anonymised addresses, so networks stay networks. Whoever has the key, or can
//! send packets with known addresses through the exporter, can reverse it.
//!
//! Source: J. Xu, J. Fan, M. Ammar, S. Moon, *Prefix-preserving IP address
//! anonymization* (2002); the test below holds the published sample trace.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use aes::Aes128;
use aes::cipher::{Array, BlockCipherEncrypt, KeyInit};
use flowkit_model::{Address, FIELDS, Family, Field, FieldId, Kind};

use crate::batch::dictionary::address_of;
use crate::batch::{Batch, Column, Values};

/// Bytes of a key: 16 for the cipher, 16 for the padding.
pub const KEY_BYTES: usize = 32;

/// Anonymises addresses with a key.
pub struct Anonymiser {
    cipher: Aes128,
    pad: [u8; 16],
}

impl std::fmt::Debug for Anonymiser {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Anonymiser(the key is not shown)")
    }
}

impl Anonymiser {
    /// Reads the content of a key file: 32 bytes, or 64 hexadecimal digits.
    #[must_use]
    pub fn from_file(content: &[u8]) -> Option<Self> {
        if let Ok(key) = <&[u8; KEY_BYTES]>::try_from(content) {
            return Some(Self::new(key));
        }
        let digits = content.trim_ascii();
        if digits.len() != 2 * KEY_BYTES {
            return None;
        }
        let mut key = [0; KEY_BYTES];
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let digit =
                |letter: u8| char::from(letter).to_digit(16).and_then(|n| u8::try_from(n).ok());
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self::new(&key))
    }

    /// From a key.
    #[must_use]
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        let (cipher, pad) = key.split_at(16);
        let half = |bytes: &[u8]| {
            let mut half = [0; 16];
            half.copy_from_slice(bytes);
            half
        };
        let cipher = Aes128::new(&Array::from(half(cipher)));
        let mut block = Array::from(half(pad));
        cipher.encrypt_block(&mut block);
        Self { cipher, pad: block.into() }
    }

    /// The anonymised address.
    ///
    /// Whether a bit is flipped depends on the encrypted bits before it, padded
    /// with the bits of the pad. An IPv6 address takes the whole block, as in Crypto-PAn's
    /// extension to it; one that would come out as a mapped IPv4 address is anonymised
    /// once more, so that families stay what they are and no two addresses become one.
    #[must_use]
    pub fn address(&self, address: Address) -> Address {
        let mut bits = match IpAddr::from(address) {
            IpAddr::V4(address) => {
                let bits = u128::from(address.to_bits()) << 96;
                let hidden = u32::try_from(self.flipped(bits, 32) >> 96).unwrap_or_default();
                return Address::from_bits(hidden);
            }
            IpAddr::V6(address) => address.to_bits(),
        };
        loop {
            bits = self.flipped(bits, 128);
            let hidden = Address::from(Ipv6Addr::from_bits(bits));
            if hidden.family() == Family::Ipv6 {
                return hidden;
            }
        }
    }

    /// The first `n` of 128 bits, anonymised; the others are 0 and stay so.
    fn flipped(&self, bits: u128, n: u32) -> u128 {
        let pad = u128::from_be_bytes(self.pad);
        (0..n).fold(bits, |hidden, at| {
            let prefix = u128::MAX.checked_shl(128 - at).unwrap_or(0);
            let mut block = Array::from((bits & prefix | pad & !prefix).to_be_bytes());
            self.cipher.encrypt_block(&mut block);
            hidden ^ u128::from(block[0] >> 7) << (127 - at)
        })
    }

    /// Like [`address`](Self::address), for an address in text. Other text, a
    /// name, would identify a host, and gives `None`.
    #[must_use]
    pub fn text(&self, text: &str) -> Option<String> {
        Some(self.address(text.parse().ok()?).to_string())
    }
}

/// Anonymises every address in a batch, and makes unknown the fields that are
/// looked up from addresses and would identify their owners, and Ethernet addresses,
/// which name a device.
pub(super) fn hide(batch: &mut Batch, anonymiser: &Anonymiser) {
    for field in FIELDS {
        if field.is_looked_up() || field.kind == Kind::Mac {
            forget(batch, field.id);
        } else if field.kind == Kind::Address {
            hide_addresses(batch, field, anonymiser);
        }
    }
    hide_exporters(batch, anonymiser);
}

/// Anonymises the known addresses of a field. A next hop of 0.0.0.0 or :: means no
/// next hop and stays.
fn hide_addresses(batch: &mut Batch, field: &Field, anonymiser: &Anonymiser) {
    let dictionary = batch.dictionary().clone();
    let Some(column) = batch.column_mut(field.id) else { return };
    let unknown = column.unknown.as_deref();
    let Values::U32(codes) = &mut column.values else {
        panic!("{} is a code of 32 bits", field.name);
    };
    for (row, code) in codes.iter_mut().enumerate() {
        if unknown.is_some_and(|unknown| unknown[row]) {
            continue;
        }
        let address = dictionary.with_addresses(|addresses| address_of(*code, addresses));
        let address = address.expect("a code is of its dictionary");
        if field.id != FieldId::NextHop || !address.is_unspecified() {
            *code = dictionary.address_code(anonymiser.address(address));
        }
    }
}

/// Anonymises the exporters, which are texts; one that is no address becomes
/// unknown.
fn hide_exporters(batch: &mut Batch, anonymiser: &Anonymiser) {
    let (rows, dictionary) = (batch.rows(), batch.dictionary().clone());
    let Some(column) = batch.column_mut(FieldId::Exporter) else { return };
    let codes = dictionary.codebook();
    let mut known = HashMap::new();
    let mut hidden = Column::for_field(FieldId::Exporter, rows);
    for row in 0..rows {
        let code = column.get(row).and_then(|code| {
            *known.entry(code).or_insert_with(|| {
                let text = anonymiser.text(codes.text(code)?)?;
                Some(u64::from(dictionary.code(&text)))
            })
        });
        hidden.push(code);
    }
    *column = hidden;
}

/// Makes all values of a field unknown.
fn forget(batch: &mut Batch, field: FieldId) {
    let rows = batch.rows();
    if let Some(column) = batch.column_mut(field) {
        *column = Column::for_field(field, rows);
        (0..rows).for_each(|_| column.push(None));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use flowkit_model::Row;

    use super::*;
    use crate::batch::FieldSet;

    /// Walks every field of the catalogue, also those added later: no address,
    /// and nothing that locates one, is exported in clear.
    #[test]
    fn no_field_leaves_an_address_in_clear() {
        for address in ["203.0.113.9", "250.0.0.1", "2001:db8::9"] {
            leaves_no_address_in_clear(address);
        }
    }

    fn leaves_no_address_in_clear(address: &str) {
        let anonymiser = Anonymiser::new(&KEY);
        let mut row = Row::default();
        for (field, n) in FIELDS.iter().zip(1_u64..) {
            match field.kind {
                Kind::Text => row.set_text(field.id, address),
                Kind::Address => row.set_address(field.id, address.parse().unwrap()),
                _ => row.set(field.id, n),
            }
        }
        let mut batch = Batch::new(FieldSet::all(), 1, Arc::default());
        batch.push_row(&row);
        let before = batch.clone();
        hide(&mut batch, &anonymiser);
        let codes = batch.dictionary().codebook();
        let hidden = batch.row(0, &codes);
        for field in FIELDS {
            let (was, is) = (before.column(field.id).get(0), batch.column(field.id).get(0));
            match field.kind {
                Kind::Text if field.is_looked_up() => assert_eq!(is, None, "{}", field.name),
                Kind::Text => {
                    assert_eq!(hidden.text(field.id), anonymiser.text(address).as_deref());
                }
                Kind::Address => {
                    let expected = anonymiser.address(address.parse().unwrap());
                    assert_eq!(hidden.address(field.id), Some(expected), "{}", field.name);
                }
                Kind::Mac => assert_eq!(is, None, "{}", field.name),
                _ => assert_eq!(is, was, "{}", field.name),
            }
        }
    }

    /// Unknown stays unknown, a next hop of 0.0.0.0 or :: stays, and an exporter's host
    /// name, which cannot be anonymised, becomes unknown.
    #[test]
    fn what_is_no_address_becomes_none() {
        let anonymiser = Anonymiser::new(&KEY);
        let mut batch = Batch::new(FieldSet::all(), 1, Arc::default());
        let none: [Address; 2] = ["0.0.0.0", "::"].map(|text| text.parse().unwrap());
        for next_hop in none {
            let mut row = Row::default();
            row.set_address(FieldId::NextHop, next_hop);
            row.set_text(FieldId::Exporter, "edge-router");
            batch.push_row(&row);
        }
        hide(&mut batch, &anonymiser);
        let codes = batch.dictionary().codebook();
        for (row, next_hop) in none.into_iter().enumerate() {
            let row = batch.row(row, &codes);
            assert_eq!(row.address(FieldId::NextHop), Some(next_hop));
            assert_eq!(row.address(FieldId::SrcAddr), None);
            assert_eq!(row.text(FieldId::Exporter), None);
        }
    }

    /// The key of the authors' sample.
    const KEY: [u8; KEY_BYTES] = [
        21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16, 216, 152, 143, 131,
        121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2,
    ];

    #[test]
    fn the_published_sample_comes_out() {
        let anonymiser = Anonymiser::new(&KEY);
        for (address, expected) in [
            ("128.11.68.132", "135.242.180.132"),
            ("129.118.74.4", "134.136.186.123"),
            ("130.132.252.244", "133.68.164.234"),
            ("141.223.7.43", "141.167.8.160"),
            ("141.233.145.108", "141.129.237.235"),
            ("152.163.225.39", "151.140.114.167"),
            ("156.29.3.236", "147.225.12.42"),
            ("165.247.96.84", "162.9.99.234"),
            ("166.107.77.190", "160.132.178.185"),
            ("192.102.249.13", "252.138.62.131"),
        ] {
            assert_eq!(anonymiser.text(address).as_deref(), Some(expected));
        }
        assert_eq!(anonymiser.text("router"), None);
        assert_eq!(anonymiser.text("2001:db8::g"), None);
    }

    #[test]
    fn prefixes_are_kept() {
        let anonymiser = Anonymiser::new(&KEY);
        for (a, b) in [(0xc0a8_0001, 0xc0a8_00ff), (0x0a00_0000, 0x0b00_0000), (1, 0x8000_0001)] {
            let hidden = |bits: u32| anonymiser.address(bits.into()).ipv4_bits().unwrap();
            let (hidden_a, hidden_b) = (hidden(a), hidden(b));
            assert_eq!((a ^ b).leading_zeros(), (hidden_a ^ hidden_b).leading_zeros());
        }
        let bits = |address: Address| match IpAddr::from(address) {
            IpAddr::V6(address) => address.to_bits(),
            IpAddr::V4(address) => panic!("{address} is of IPv4"),
        };
        for [a, b] in [
            ["2001:db8::1", "2001:db8::2"],
            ["2001:db8:0:1::", "2001:db8:0:2::"],
            ["::1", "8000::1"],
            ["::", "::1:0:0:0"],
        ] {
            let shared = |a, b| (bits(a) ^ bits(b)).leading_zeros();
            let [a, b]: [Address; 2] = [a, b].map(|text| text.parse().unwrap());
            assert_eq!(shared(a, b), shared(anonymiser.address(a), anonymiser.address(b)));
        }
    }

    /// Also of the addresses whose anonymised ones would be mapped IPv4 addresses, and
    /// of their neighbours.
    #[test]
    fn no_two_addresses_become_one_and_families_stay() {
        let anonymiser = Anonymiser::new(&KEY);
        // What becomes a mapped address: the way back, bit by bit.
        let back = (0..128).fold(0_u128, |bits, at| {
            let (bit, wanted) = (1 << (127 - at), 0xffff_u128 << 32 | 7);
            let is_right = (anonymiser.flipped(bits, 128) ^ wanted) & bit == 0;
            if is_right { bits } else { bits | bit }
        });
        assert_eq!(anonymiser.flipped(back, 128), 0xffff_u128 << 32 | 7);
        let near = (0..200).map(|n| Address::from(Ipv6Addr::from_bits(back ^ n)));
        let ipv6 = (0..200_u128).map(|n| Address::from_number((n + 1) << 32));
        let ipv4 = (0..200).map(|n: u32| Address::from_bits(n << 24));
        let all: HashSet<Address> = near.chain(ipv6).chain(ipv4).collect();
        let hidden: HashSet<Address> = all
            .iter()
            .map(|address| {
                let hidden = anonymiser.address(*address);
                assert_eq!(hidden.family(), address.family(), "{address} is {hidden}");
                hidden
            })
            .collect();
        assert_eq!((all.len(), hidden.len()), (600, 600));
    }

    #[test]
    fn a_key_file_holds_bytes_or_digits() {
        let digits =
            "152217 8D33A4CF80130A5B1649907D10D8988F8379796527 62574C2D2A842202\n".replace(' ', "");
        let known = Anonymiser::new(&KEY).address(7.into());
        for content in [&KEY[..], digits.as_bytes()] {
            assert_eq!(Anonymiser::from_file(content).unwrap().address(7.into()), known);
        }
        for content in [&b""[..], b"secret", &[b'g'; 64], &KEY[..31]] {
            assert!(Anonymiser::from_file(content).is_none());
        }
    }
}
