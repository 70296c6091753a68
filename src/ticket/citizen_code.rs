//! Ticket: the six digits by which a citizen shows that a ticket is theirs (decision 0014). Its rule:
//! they lie in the sealed document and nowhere else; nothing prints them, no view or export has
//! them, and they are compared without telling how much of them was right.

use std::fmt;

use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use subtle::{Choice, ConstantTimeEq};

use super::Ticket;
use super::citizen::Caller;
use crate::sealing::{MasterKey, four_digits, hex, phone_tail, six_digits};

/// What a citizen is told once: the six digits, and four more where the ticket has no telephone whose
/// last four digits could be asked for.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CitizenCode {
    digits: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tail: Option<String>,
}

/// Never the digits: not by accident either.
impl fmt::Debug for CitizenCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CitizenCode(…)")
    }
}

impl CitizenCode {
    /// A new one for a ticket of `caller`.
    pub fn issue(rng: &mut impl CryptoRng, caller: &Caller) -> Self {
        let digits = six_digits(rng);
        let tail = tail_of(caller).is_none().then(|| four_digits(rng));
        Self { digits, tail }
    }

    /// The six digits, to be told to the citizen: in the answer to the intake and in their letter.
    pub fn say(&self) -> &str {
        &self.digits
    }

    /// The four digits that stand in for those of a telephone, where there is none.
    pub fn say_tail(&self) -> Option<&str> {
        self.tail.as_deref()
    }
}

impl Ticket {
    /// The four digits that were lent, while they are asked for: as soon as there is a telephone its
    /// own last four count.
    pub fn lent_tail(&self) -> Option<&str> {
        let lent = self.code.as_ref().and_then(CitizenCode::say_tail);
        lent.filter(|_| tail_of(&self.caller).is_none())
    }
}

/// The last four digits of the number a caller gave first.
fn tail_of(caller: &Caller) -> Option<String> {
    phone_tail(caller.phone.as_ref()?)
}

impl Ticket {
    /// Whether `code` (six digits) and `tail` (four) are this ticket's. Both are looked at to the end
    /// whatever comes of the first; where a ticket has neither code nor tail, nothing is right.
    pub fn is_proven_by(&self, keys: &MasterKey, code: &str, tail: &str) -> bool {
        let own = tail_of(&self.caller);
        let lent = self.code.as_ref().and_then(|code| code.tail.clone());
        let code = same(self.code.as_ref().map(CitizenCode::say), code)
            | same(self.code_hash.as_deref(), &hash_of(keys, &self.no, code));
        let tail = same(own.or(lent).as_deref(), tail);
        (code & tail).into()
    }
}

/// What lies on a ticket that was taken in before decision 0014: a keyed hash that cannot be said
/// again, but still be asked for.
fn hash_of(keys: &MasterKey, no: &str, code: &str) -> String {
    hex(&keys.chain_seal(format!("code\0{no}\0{code}").as_bytes()))
}

fn same(there: Option<&str>, typed: &str) -> Choice {
    let right = there.unwrap_or_default().as_bytes().ct_eq(typed.as_bytes());
    right & Choice::from(u8::from(there.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::entropy;
    use crate::ticket::Text;

    fn caller(phone: Option<&str>) -> Caller {
        Caller { phone: phone.map(|phone| Text::parse(phone).unwrap()), ..Caller::default() }
    }

    #[test]
    fn only_who_has_no_telephone_gets_four_digits_more() {
        let issue = |phone| CitizenCode::issue(&mut entropy(), &caller(phone));
        assert_eq!(issue(Some("139 0000 0001")).say_tail(), None);
        for phone in [None, Some("110")] {
            assert_eq!(issue(phone).say_tail().unwrap().len(), 4);
        }
    }

    #[test]
    fn a_code_is_never_printed() {
        let code = CitizenCode::issue(&mut entropy(), &caller(None));
        let printed = format!("{code:?} {:?}", Some(&code));
        assert!(!printed.contains(code.say()) && !printed.contains(code.say_tail().unwrap()));
    }
}
