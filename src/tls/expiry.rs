//! TLS: until when a certificate is good. Its rule: only as much of a certificate is read as stands before
//! that instant; what is not as expected is no answer.

use chrono::NaiveDateTime;

use crate::time::Stamp;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The end of the certificate `der` (X.509: version, serial, algorithm, issuer, validity …).
pub fn ends_at(der: &[u8]) -> Option<Stamp> {
    let (whole, _) = inside(der, SEQUENCE)?;
    let (mut rest, _) = inside(whole, SEQUENCE)?;
    if rest.first() == Some(&VERSION) {
        rest = element(rest)?.2;
    }
    for _ in ["serial", "algorithm", "issuer"] {
        rest = element(rest)?.2;
    }
    let (validity, _) = inside(rest, SEQUENCE)?;
    let (_, _, after) = element(validity)?;
    let (tag, text, _) = element(after)?;
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        // Two digits: until 2049 they are of this century.
        UTC_TIME => format!("{}{text}", if text < "50" { "20" } else { "19" }),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let at = NaiveDateTime::parse_from_str(&text, "%Y%m%d%H%M%SZ").ok()?;
    Some(Stamp::from_millis(at.and_utc().timestamp_millis()))
}

/// What the element with this tag holds, and what follows it.
fn inside(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, inside, rest) = element(bytes)?;
    (found == tag).then_some((inside, rest))
}

/// The first element: tag, content, what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let (length, rest) = match *length {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (digits, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let add =
                |sum: usize, digit: &u8| sum.checked_mul(256)?.checked_add(usize::from(*digit));
            (digits.iter().try_fold(0, add)?, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    #[test]
    fn the_end_is_read_out_of_the_certificate_and_out_of_nothing_else() {
        for (year, text) in [(2027, "2027-02-03T00:00:00Z"), (2061, "2061-02-03T00:00:00Z")] {
            let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
            params.not_after = date_time_ymd(year, 2, 3);
            let made = params.self_signed(&KeyPair::generate().unwrap()).unwrap();
            let der = made.der().to_vec();
            assert_eq!(ends_at(&der), Stamp::parse(text));
            // Cut off anywhere, it is no answer and no panic.
            assert!((0..der.len()).all(|length| ends_at(&der[..length]).is_none()));
        }
        assert_eq!(ends_at(b"0\x03abc"), None);
    }
}
