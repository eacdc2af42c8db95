//! The names of a connection's scopes, which are their sources in the store.
//!
//! A name says what the scope is and not how many others there are, so that it stays when an entry is added: what
//! was stored under another name would count beside it. Only where two entries would have the same name does the
//! later one get a longer one.

use std::collections::BTreeSet;

use crate::domain::text::SafeText;
use crate::provider::remote::{Fault, FaultKind};

/// Names that a connection has given.
pub struct Names<'c> {
    connection: &'c str,
    given: BTreeSet<String>,
}

impl<'c> Names<'c> {
    /// Of a connection, which has given these.
    pub fn new(connection: &'c str, given: impl IntoIterator<Item = String>) -> Names<'c> {
        Names { connection, given: given.into_iter().collect() }
    }

    /// The name of an entry that is called `short`, and `long` where another is called so.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where it is there twice.
    pub fn give(&mut self, short: &str, long: &str) -> Result<String, Fault> {
        let name = |word: &str| format!("{}/{}", self.connection, SafeText::from_outside(word));
        let free = [short, long].map(name).into_iter().find(|name| !self.given.contains(name));
        let name = free.ok_or_else(|| {
            let what = format!("`{}` is named twice", SafeText::from_outside(long));
            Fault::new(FaultKind::Refused, what).hint(format!("take one of them out of `[{}]`", self.connection))
        })?;
        self.given.insert(name.clone());
        Ok(name)
    }

    /// The name of an export that lies in a place: its folder's, else the whole place.
    ///
    /// # Errors
    /// As [`Self::give`].
    pub fn of_export(&mut self, place: &str) -> Result<String, Fault> {
        let whole = place.split_once("://").map_or(place, |(_, rest)| rest).trim_matches('/');
        self.give(whole.rsplit('/').next().unwrap_or_default(), whole)
    }

    /// The name of a role by its ARN, `arn:aws:iam::ACCOUNT:role/NAME`: its account's, else with its own.
    ///
    /// # Errors
    /// As [`Self::give`], or where it is no ARN.
    #[cfg(feature = "aws")]
    pub fn of_role(&mut self, arn: &str) -> Result<String, Fault> {
        let account = arn.split(':').nth(4).filter(|account| !account.is_empty());
        let account = account.ok_or_else(|| {
            let arn = SafeText::from_outside(arn);
            let like = "arn:aws:iam::111122223333:role/spendtop";
            Fault::new(FaultKind::Refused, format!("a role is named by its ARN, like `{like}`, not `{arn}`"))
        })?;
        let role = arn.split_once("role/").map_or(arn, |(_, role)| role);
        self.give(account, &format!("{account}/{role}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_when_entries_are_added_and_is_given_once() {
        let places = [
            "https://accta.blob.core.windows.net/costs/focus",
            "https://acctb.blob.core.windows.net/costs/focus",
            "https://acctb.blob.core.windows.net/costs/other/",
        ];
        let want =
            ["azure.x/focus", "azure.x/acctb.blob.core.windows.net/costs/focus", "azure.x/other"].map(str::to_owned);
        for count in 1..=places.len() {
            let mut names = Names::new("azure.x", []);
            let given: Vec<String> = places[..count].iter().map(|p| names.of_export(p).expect("a name")).collect();
            assert_eq!(given, want[..count]);
        }
        let mut names = Names::new("azure.x", ["azure.x/focus".to_owned()]);
        assert_eq!(names.of_export(places[0]).as_deref(), Ok("azure.x/accta.blob.core.windows.net/costs/focus"));
        let fault = names.of_export(places[0]).expect_err("twice");
        assert!(fault.message.contains("`accta.blob.core.windows.net/costs/focus` is named twice"), "{fault}");
    }

    #[test]
    #[cfg(feature = "aws")]
    fn two_roles_of_an_account_have_a_name_each() {
        let mut names = Names::new("aws.o", []);
        let mut name = |arn| names.of_role(arn).expect("a name");
        assert_eq!(name("arn:aws:iam::111122223333:role/a"), "aws.o/111122223333");
        assert_eq!(name("arn:aws:iam::111122223333:role/b"), "aws.o/111122223333/b");
        assert_eq!(name("arn:aws:iam::444455556666:role/a"), "aws.o/444455556666");
    }
}
