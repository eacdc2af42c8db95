//! Charges that lie somewhere as files, and how one that came is told from what lies there now. Pure.

use crate::domain::calendar::Month;

/// Charges that lie somewhere as files.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Delivery {
    /// What it is called from run to run: what a newer one of the same name replaces.
    pub name: String,
    /// Changes when its content does.
    pub version: String,
    /// The billing period that it holds whole; `None` where it may hold several, or parts.
    pub billing_period: Option<Month>,
    /// Its files.
    pub files: Vec<RemoteFile>,
    /// When the last of them was written, or of a billing period the run began that they are of, seconds since
    /// 1970; 0 where that says nothing about which of several versions is newer.
    pub written: i64,
}

/// A file of a [`Delivery`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RemoteFile {
    /// Where it is, as its owner writes it: `s3://bucket/key`.
    pub name: String,
    /// Bytes, where that is known.
    pub bytes: Option<u64>,
}

/// What stands before the time that a run began, in what is remembered of a delivery.
const SINCE: char = '@';

impl Delivery {
    /// What is remembered of it once it has come: its version, and of a billing period also when its run began.
    #[must_use]
    pub fn remembered(&self) -> String {
        match self.began() {
            Some(began) => format!("{}{SINCE}{began}", self.version),
            None => self.version.clone(),
        }
    }

    /// Whether it is what is remembered.
    #[must_use]
    pub fn is(&self, remembered: &str) -> bool {
        remembered == self.version || split(remembered).is_some_and(|(version, _)| version == self.version)
    }

    /// Whether it is another run than the one that is remembered, and began before it: that one was taken away, or
    /// is not whole any more. Nobody asked for what was before.
    #[must_use]
    pub fn is_before(&self, remembered: &str) -> bool {
        let after = split(remembered).zip(self.began()).is_some_and(|((_, stored), began)| began < stored);
        after && !self.is(remembered)
    }

    fn began(&self) -> Option<i64> {
        (self.billing_period.is_some() && self.written > 0).then_some(self.written)
    }
}

/// A version and a time, as [`Delivery::remembered`] wrote them.
fn split(remembered: &str) -> Option<(&str, i64)> {
    let (version, began) = remembered.rsplit_once(SINCE)?;
    Some((version, began.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_that_began_before_the_one_that_came_is_known() {
        let run = |version: &str, written| Delivery {
            name: "2026-11".into(),
            version: version.into(),
            billing_period: Month::parse("2026-11"),
            files: Vec::new(),
            written,
        };
        let came = run("b@c", 20).remembered();
        for (version, written, is, is_before) in [
            ("b@c", 20, true, false),
            ("b@c", 10, true, false),
            ("a", 10, false, true),
            ("a", 20, false, false),
            ("d", 30, false, false),
            ("a", 0, false, false),
        ] {
            let run = run(version, written);
            assert_eq!((run.is(&came), run.is_before(&came)), (is, is_before), "{version} {written}");
        }
        // What came before times were remembered, and what is no run of a month.
        assert!(run("a", 10).is("a") && !run("a", 10).is_before("b"));
        let file = Delivery { billing_period: None, ..run("a", 10) };
        assert!(file.remembered() == "a" && !file.is_before("b@20"));
    }
}
