//! Files packed: compressed in one member or in several, in archives.

use std::io::Write;

use crate::random::Random;

/// A way to pack files.
#[derive(Debug)]
pub(super) struct Packing {
    pub(super) name: &'static str,
    /// Makes one file of files, of which only an archive has several.
    pub(super) pack: fn(&[Vec<u8>], &mut Random) -> Vec<u8>,
    /// It holds several files.
    pub(super) is_archive: bool,
    /// Words of which a refusal has one, where it may be refused.
    pub(super) refused: &'static [&'static str],
}

const fn packing(name: &'static str, pack: fn(&[Vec<u8>], &mut Random) -> Vec<u8>) -> Packing {
    Packing { name, pack, is_archive: false, refused: &[] }
}

const fn archive(name: &'static str, pack: fn(&[Vec<u8>], &mut Random) -> Vec<u8>) -> Packing {
    Packing { is_archive: true, ..packing(name, pack) }
}

/// Every way to pack.
#[rustfmt::skip]
pub(super) const PACKINGS: &[Packing] = &[
    packing("plain", |files, _| files[0].clone()),
    packing("gzip", |files, _| gzip(&files[0])),
    packing("gzip of several members", |files, random| halves(&files[0], gzip, random)),
    packing("zstd", |files, _| zstd_frame(&files[0])),
    packing("zstd of several frames", |files, random| halves(&files[0], zstd_frame, random)),
    packing("xz", |files, _| xz(&files[0])),
    packing("xz of several streams", |files, random| halves(&files[0], xz, random)),
    packing("bzip2", |files, _| bzip2(&files[0])),
    packing("bzip2 of several streams", |files, random| halves(&files[0], bzip2, random)),
    archive("tar", tar),
    archive("tar.gz", |files, random| gzip(&tar(files, random))),
    archive("tar.zst", |files, random| zstd_frame(&tar(files, random))),
    archive("tar.xz", |files, random| xz(&tar(files, random))),
    Packing { refused: &["zip"], ..archive("zip", |files, _| zip(&files[0])) },
    Packing { refused: &["lz4"], ..packing("lz4", |files, _| lz4(&files[0])) },
];

fn halves(bytes: &[u8], pack: fn(&[u8]) -> Vec<u8>, random: &mut Random) -> Vec<u8> {
    let cut = usize::try_from(random.below(bytes.len() as u64 + 1)).unwrap();
    let (first, second) = bytes.split_at(cut);
    [pack(first), pack(second)].concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn zstd_frame(bytes: &[u8]) -> Vec<u8> {
    zstd::stream::encode_all(bytes, 1).unwrap()
}

fn xz(bytes: &[u8]) -> Vec<u8> {
    let mut packed = liblzma::write::XzEncoder::new(Vec::new(), 0);
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn bzip2(bytes: &[u8]) -> Vec<u8> {
    let mut packed = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// Blocks of 512 bytes (POSIX ustar): a header, the file padded, at the end two
/// of zeros; a folder and a pax header may come before a file.
fn tar(files: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let is_gnu = random.below(2) == 0;
    let mut out = Vec::new();
    if random.below(2) == 0 {
        out.extend(tar_entry("flows/", b'5', &[], is_gnu));
    }
    for (place, file) in files.iter().enumerate() {
        if random.below(3) == 0 {
            out.extend(tar_entry("PaxHeaders/x", b'x', b"30 mtime=1537524000.123456789\n", false));
        }
        out.extend(tar_entry(&format!("flows/{place}.json"), b'0', file, is_gnu));
    }
    out.extend([0; 1024]);
    out
}

fn tar_entry(name: &str, kind: u8, bytes: &[u8], is_gnu: bool) -> Vec<u8> {
    let mut header = [0; 512];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(0, name.as_bytes());
    put(100, b"0000644\0");
    put(108, b"0001750\0");
    put(116, b"0001750\0");
    put(124, format!("{:011o}\0", bytes.len()).as_bytes());
    put(136, b"13351142240\0");
    put(148, b"        ");
    put(156, &[kind]);
    put(257, if is_gnu { b"ustar  \0" } else { b"ustar\x0000" });
    let sum: u32 = header.iter().copied().map(u32::from).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let padding = vec![0; bytes.len().next_multiple_of(512) - bytes.len()];
    [&header[..], bytes, &padding].concat()
}

/// An archive of one stored file.
fn zip(bytes: &[u8]) -> Vec<u8> {
    let name = b"flows.json";
    let length = u32::try_from(bytes.len()).unwrap();
    let mut common = Vec::new();
    for number in [20_u16, 0, 0, 0, 0x4d35] {
        common.extend(number.to_le_bytes());
    }
    for number in [crc32fast::hash(bytes), length, length] {
        common.extend(number.to_le_bytes());
    }
    common.extend(10_u16.to_le_bytes());
    common.extend([0; 2]);
    let local = [b"PK\x03\x04", &common[..], name, bytes].concat();
    let central = [b"PK\x01\x02\x14\0", &common[..], &[0; 14], name].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend(u32::try_from(central.len()).unwrap().to_le_bytes());
    end.extend(u32::try_from(local.len()).unwrap().to_le_bytes());
    end.extend([0; 2]);
    [local, central, end].concat()
}

/// A frame of one block that is not compressed, without checksums but for the
/// header's, which is not worked out.
fn lz4(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap() | 1 << 31;
    [&[0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73], &length.to_le_bytes()[..], bytes, &[0; 4]]
        .concat()
}
