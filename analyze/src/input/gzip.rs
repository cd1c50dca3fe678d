//! gzip of any number of members; zeros behind the last one, as tapes and block
//! devices leave them, are no damage, and anything else is.

use std::io::{self, BufRead, ErrorKind, Read};

use flate2::bufread::GzDecoder;

/// The members of a gzip file, one after the other.
pub(super) struct Members<R: BufRead> {
    /// The member that is read; `None` after the last one.
    member: Option<GzDecoder<R>>,
}

impl<R: BufRead> Members<R> {
    pub(super) fn new(packed: R) -> Self {
        Self { member: Some(GzDecoder::new(packed)) }
    }

    /// Goes on with what follows a member.
    fn follow(&mut self) -> io::Result<()> {
        let Some(member) = self.member.take() else { return Ok(()) };
        let mut packed = member.into_inner();
        loop {
            let bytes = packed.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            match bytes.get(zeros) {
                None if bytes.is_empty() => return Ok(()),
                None => packed.consume(zeros),
                Some(0x1f) => {
                    packed.consume(zeros);
                    self.member = Some(GzDecoder::new(packed));
                    return Ok(());
                }
                Some(_) => {
                    let what = "bytes that are not gzip follow what is";
                    return Err(io::Error::new(ErrorKind::InvalidData, what));
                }
            }
        }
    }
}

impl<R: BufRead> Read for Members<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            match member.read(out)? {
                0 if !out.is_empty() => self.follow()?,
                read => return Ok(read),
            }
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn member(text: &str) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::default());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn members_follow_one_another_and_zeros_are_no_damage() {
        let (a, b, zeros) = (member("one\n"), member("two\n"), vec![0; 700]);
        for (bytes, text, is_damaged) in [
            ([&a[..], &b].concat(), "one\ntwo\n", false),
            ([&a[..], &zeros, &b, &zeros].concat(), "one\ntwo\n", false),
            ([&a[..], b"rest"].concat(), "one\n", true),
            ([&a[..], &b[..10]].concat(), "one\n", true),
            (a[..10].to_vec(), "", true),
        ] {
            let mut found = String::new();
            let read = Members::new(&bytes[..]).read_to_string(&mut found);
            assert_eq!((found.as_str(), read.is_err()), (text, is_damaged));
        }
    }
}
