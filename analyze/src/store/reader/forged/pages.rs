//! Pages that claim, hold or unpack to what no page of flowkit does.

use super::*;

/// What a forger does to the pages of a field, and what is said of it.
type Case = (FieldId, fn(FieldId) -> Encoding, fn(&mut Forged), &'static str);

fn is_dictionary(page: &Forged) -> bool {
    matches!(page.header.page, Page::Dictionary(_))
}

/// The first value of a dictionary becomes another.
fn first_value(page: &mut Forged, value: &[u8]) {
    if !is_dictionary(page) {
        return;
    }
    let mut plain = page.plain();
    if plain.len() >= value.len() {
        plain[..value.len()].copy_from_slice(value);
        page.store(plain);
    }
}

fn claim(page: &mut Forged, n: usize) {
    if let Page::Dictionary(values) = &mut page.header.page {
        *values = n;
    }
}

const CASES: &[Case] = &[
    (
        FieldId::SrcAddr,
        DICTIONARIES,
        |page| claim(page, (1 << 31) - 1),
        "dictionary that is too long",
    ),
    (FieldId::SrcAddr, DICTIONARIES, |page| claim(page, 2_000_000), "values that break off"),
    (FieldId::Exporter, DICTIONARIES, |page| claim(page, 2_000_000), "texts that break off"),
    (
        FieldId::DstPort,
        DICTIONARIES,
        |page| first_value(page, &70_000_u32.to_le_bytes()),
        "a value that is too large in the column dst_port",
    ),
    (
        FieldId::Protocol,
        DICTIONARIES,
        |page| first_value(page, &300_u32.to_le_bytes()),
        "a value that is too large in the column protocol",
    ),
    (
        FieldId::Timestamp,
        DICTIONARIES,
        |page| first_value(page, &253_402_300_800_000_u64.to_le_bytes()),
        "a value that is too large in the column timestamp",
    ),
    (
        FieldId::DstPort,
        PLAIN,
        |page| plain_value(page, &70_000_u32.to_le_bytes()),
        "a value that is too large",
    ),
    (
        FieldId::Timestamp,
        PLAIN,
        |page| plain_value(page, &u64::MAX.to_le_bytes()),
        "a value that is too large",
    ),
    (
        FieldId::Bytes,
        DICTIONARIES,
        |page| {
            page.header.decompressed = 1 << 30;
        },
        "too large a page",
    ),
    (
        FieldId::SrcPort,
        DICTIONARIES,
        |page| {
            if is_dictionary(page) {
                // A megabyte of zeros in some hundred bytes, where a few are claimed.
                let claimed = page.header.decompressed;
                page.store(vec![0; 1 << 20]);
                page.header.decompressed = claimed;
            }
        },
        "damaged zstd",
    ),
    (
        FieldId::Tos,
        DICTIONARIES,
        |page| {
            if let Page::Data { rows, .. } = &mut page.header.page {
                *rows = 1 << 20;
            }
        },
        "too many rows",
    ),
    (
        FieldId::SrcPort,
        DICTIONARIES,
        |page| {
            if let Page::Data { encoding, .. } = &mut page.header.page {
                *encoding = Encoding::Delta;
            }
        },
        "differences of narrow numbers",
    ),
];

/// The first value behind the levels of a plain page.
fn plain_value(page: &mut Forged, value: &[u8]) {
    if let Page::Data { levels, is_compressed, nulls: 0, .. } = page.header.page {
        let (head, packed) = page.stored.split_at(levels);
        let mut plain = if is_compressed {
            zstd::bulk::decompress(packed, page.header.decompressed - levels).unwrap()
        } else {
            packed.to_vec()
        };
        plain[..value.len()].copy_from_slice(value);
        if let Page::Data { is_compressed, .. } = &mut page.header.page {
            *is_compressed = false;
        }
        page.stored = [head, &plain].concat();
    }
}

#[test]
fn what_a_forger_writes_into_pages_is_refused() {
    for encoding in [DICTIONARIES, PLAIN] {
        let untouched = forged(&good(encoding), |_| {}, |_| {}, |group| group);
        assert_eq!(why(&untouched), "", "the forger's file is as flowkit reads it");
    }
    for (field, encoding, forge, expected) in CASES {
        let on_field = |page: &mut Forged| {
            if page.column == StoredColumn::Field(*field) {
                forge(page);
            }
        };
        let said = why(&forged(&good(*encoding), on_field, |_| {}, |group| group));
        assert!(said.contains(expected), "{}: {said}, not {expected}", field.field().name);
    }
}

/// The IPv6 addresses of a file are texts, which are read as nothing else.
#[test]
fn a_text_that_is_no_address_is_refused() {
    let good = file_with(&batch_of(both_families(130)), 100, Addresses::Number, DICTIONARIES);
    let good = good.unwrap();
    let forge = |page: &mut Forged| {
        if page.column == StoredColumn::Ipv6(FieldId::SrcAddr) && is_dictionary(page) {
            let length = &page.plain()[..4];
            first_value(page, &[length, b"-"].concat());
        }
    };
    assert_eq!(why(&forged(&good, |_| {}, |_| {}, |group| group)), "");
    let said = why(&forged(&good, forge, |_| {}, |group| group));
    assert!(said.contains("an address that is none in the column src_addr"), "{said}");
}

/// A delta page has no checksum of its values: what its first value is, is every one.
#[test]
fn a_time_beyond_the_year_9999_is_damage_in_differences_too() {
    let encoding = |field| {
        if field == FieldId::Timestamp { Encoding::Delta } else { Encoding::Dictionary }
    };
    for (first, is_good) in
        [(253_402_300_799_000_u64, true), (253_402_300_800_000, false), (1 << 63, false)]
    {
        let forge = |page: &mut Forged| {
            if page.column == StoredColumn::Field(FieldId::Timestamp)
                && let Page::Data { levels, is_compressed, .. } = page.header.page
            {
                let (head, packed) = page.stored.split_at(levels);
                let plain = if is_compressed {
                    zstd::bulk::decompress(packed, page.header.decompressed - levels).unwrap()
                } else {
                    packed.to_vec()
                };
                // Block, miniblocks and count, then the first value.
                let mut rest = &plain[..];
                for _ in 0..3 {
                    varint::read(&mut rest).unwrap();
                }
                let behind = plain.len() - rest.len();
                varint::read(&mut rest).unwrap();
                let mut changed = plain[..behind].to_vec();
                varint::write((first << 1) ^ (first >> 63).wrapping_neg(), &mut changed);
                changed.extend(rest);
                page.header.decompressed = levels + changed.len();
                page.stored = [head, &changed].concat();
                if let Page::Data { is_compressed, .. } = &mut page.header.page {
                    *is_compressed = false;
                }
            }
        };
        let said = why(&forged(&good(encoding), forge, |_| {}, |group| group));
        assert_eq!(said.is_empty(), is_good, "{first}: {said}");
    }
}
