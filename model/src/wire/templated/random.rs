//! Datagrams at random, cut and changed: nothing makes the reader panic or go on
//! for ever, and what is whole is kept.

use proptest::prelude::*;

use super::made_up::{Taken, enterprise, ipfix, ipfix_options, set, template, v9, v9_options};
use super::{Header, Part, Sets, Templates, Version, split};

/// Datagrams of both versions with all that there is.
fn full() -> [Vec<u8>; 2] {
    let fields = [(8, 4), (12, 4), (7, 2), (11, 2), (4, 1), (1, 8), (2, 3), (22, 4), (21, 4)];
    let options = v9_options(258, &[(1, 4)], &[(48, 1), (50, 4)]);
    let nine = v9(&[
        set(0, &template(256, &fields)),
        set(1, &[options, vec![0, 0]].concat()),
        set(256, &[1; 64]),
        set(258, &[2; 9]),
        set(256, &[3; 33]),
    ]
    .concat());
    let variable = [
        vec![1, 0, 0, 4],
        enterprise(9999, 7, 65_535),
        vec![0, 8, 0, 4, 0, 82, 255, 255],
        enterprise(29_305, 1, 8),
    ]
    .concat();
    let record = [&[2, 9, 9][..], &[192, 0, 2, 1], &[255, 0, 1, b'x'], &[0; 8]].concat();
    let ten = ipfix(
        &[
            set(2, &[variable, template(257, &fields)].concat()),
            set(3, &ipfix_options(512, 1, &[(10, 4), (82, 65_535), (160, 8)])),
            set(256, &[record.clone(), record].concat()),
            set(512, &[&[0, 0, 0, 7, 2, b'l', b'o'][..], &[1; 8]].concat()),
            set(257, &[4; 66]),
        ]
        .concat(),
    );
    [nine, ten]
}

/// Cut at every byte: the whole records before the cut are those of the whole
/// datagram, and the cut is told, but in version 9 between two sets.
#[test]
fn cut_anywhere_whole_records_are_kept() {
    for datagram in full() {
        let header = Header::decode(&datagram).unwrap();
        let whole = Taken::of(std::slice::from_ref(&datagram));
        assert_eq!(whole.faults, []);
        for end in header.version.header_length()..datagram.len() {
            let cut = &datagram[..end];
            let taken = Taken::of(&[cut.to_vec()]);
            assert!(whole.records.starts_with(&taken.records), "{end}");
            let sets = Sets::new(&header, cut).filter_map(Result::ok);
            let of_sets: usize = sets.map(|set| 4 + set.bytes.len()).sum();
            let rest = &cut[header.version.header_length() + of_sets..];
            let is_silent = header.version == Version::V9
                && rest.iter().all(|byte| *byte == 0)
                && Sets::new(&header, cut).all(|set| set.is_ok());
            assert_eq!(taken.faults.is_empty(), is_silent, "{end}: {:?}", taken.faults);
        }
    }
}

/// Every value, by every way to ask for it.
fn exhaust(templates: &mut Templates, datagrams: &[u8]) -> usize {
    let mut n_records = 0;
    for datagram in split(datagrams) {
        let Ok(walk) = templates.read(None, datagram) else { continue };
        for part in walk {
            let Part::Data(data) = part else { continue };
            assert_eq!(data.records().count(), data.n_records());
            let mut length = 0;
            for record in data.records() {
                length += record.bytes().len();
                assert_eq!(record.fields().count(), data.template().fields().len());
                let _ = (record.exported(), record.options());
                n_records += 1;
            }
            assert_eq!(length, data.bytes().len());
        }
    }
    n_records
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..600),
        version in 9_u8..11,
    ) {
        if bytes.len() > 2 {
            bytes[..2].copy_from_slice(&[0, version]);
        }
        let mut templates = Templates::new();
        exhaust(&mut templates, &bytes);
        prop_assert_eq!(split(&bytes).map(<[u8]>::len).sum::<usize>(), bytes.len());
    }

    /// Templates of few numbers and any short lengths, variable ones too, and
    /// data for them.
    #[test]
    fn no_templates_make_it_panic(
        sets in prop::collection::vec(
            (
                0_u16..6,
                256_u16..259,
                prop::collection::vec((0_u16..400, 0_u16..9), 0..12),
                prop::collection::vec(any::<u8>(), 0..60),
            ),
            1..12,
        ),
        is_ipfix in any::<bool>(),
    ) {
        let content = sets.iter().flat_map(|(kind, number, fields, data)| {
            let length = |length| if length == 8 { 65_535 } else { length };
            let fields: Vec<(u16, u16)> =
                fields.iter().map(|field| (field.0, length(field.1))).collect();
            match (kind, is_ipfix) {
                (0, false) => set(0, &template(*number, &fields)),
                (0, true) => set(2, &template(*number, &fields)),
                (1, false) => set(1, &v9_options(*number, &[(1, 4)], &fields)),
                (1, true) => set(3, &ipfix_options(*number, 1, &fields)),
                _ => set(*number, data),
            }
        });
        let content: Vec<u8> = content.collect();
        let datagram = if is_ipfix { ipfix(&content) } else { v9(&content) };
        exhaust(&mut Templates::new(), &[datagram.clone(), datagram].concat());
    }

    #[test]
    fn no_changed_bytes_make_it_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        which in 0_usize..2,
    ) {
        let mut datagram = full()[which].clone();
        for (place, byte) in changes {
            let place = place.index(datagram.len());
            datagram[place] = byte;
        }
        exhaust(&mut Templates::new(), &datagram);
    }
}

#[test]
fn everything_is_read_of_the_full_datagrams() {
    let mut templates = Templates::new();
    assert_eq!(exhaust(&mut templates, &full().concat()), 2 + 1 + 1 + 2 + 1 + 2);
}
