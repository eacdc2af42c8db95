//! Which column of a file is which of FOCUS, and which version the file is.

use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::filter::nearest;
use crate::domain::text::SafeText;
use crate::error::{Error, Result};

/// A file with more columns is refused.
pub const COLUMNS_MAX: usize = 1_024;

/// A CSV that spendtop wrote has this last, empty column where its texts are guarded: see
/// [`super::write`].
pub const GUARD_COLUMN: &str = "x_SpendtopGuard";

/// Whether a text must not start a spreadsheet's cell as it is, or could be taken for a guarded one.
#[must_use]
pub fn needs_guard(text: &[u8]) -> bool {
    match text {
        [b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r', ..] => true,
        [b'\'', rest @ ..] => needs_guard(rest),
        _ => false,
    }
}

/// The text that was guarded.
#[must_use]
pub fn without_guard(raw: &[u8]) -> &[u8] {
    match raw {
        [b'\'', rest @ ..] if needs_guard(rest) => rest,
        _ => raw,
    }
}

/// The columns of times.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Time {
    /// `ChargePeriodStart`.
    ChargeStart,
    /// `ChargePeriodEnd`.
    ChargeEnd,
    /// `BillingPeriodStart`.
    BillingStart,
    /// `BillingPeriodEnd`.
    BillingEnd,
}

impl Time {
    /// How many there are.
    pub const COUNT: usize = 4;
    /// All of them, by number.
    pub const ALL: [Time; Self::COUNT] = [Time::ChargeStart, Time::ChargeEnd, Time::BillingStart, Time::BillingEnd];

    /// Its number.
    #[must_use]
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether each charge needs it.
    #[must_use]
    pub const fn is_needed(self) -> bool {
        matches!(self, Time::ChargeStart | Time::ChargeEnd)
    }

    /// The column's name in FOCUS.
    #[must_use]
    pub const fn focus_name(self) -> &'static str {
        match self {
            Time::ChargeStart => "ChargePeriodStart",
            Time::ChargeEnd => "ChargePeriodEnd",
            Time::BillingStart => "BillingPeriodStart",
            Time::BillingEnd => "BillingPeriodEnd",
        }
    }
}

/// What a file's column is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// A profile column.
    Profile(Profile),
    /// A terms column.
    Terms(Terms),
    /// A quantity.
    Quantity(Quantity),
    /// `ServiceProviderName`, 1.3's successor of `ProviderName`.
    ServiceProvider,
    /// `x_ServiceProviderName`, which some write beside it.
    ExtraServiceProvider,
    /// A time.
    Time(Time),
    /// Not kept.
    Dropped,
}

/// Where a file has what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// For each of the file's columns, what it is for.
    pub slots: Vec<Slot>,
    /// The file's column names, as they came.
    pub names: Vec<String>,
    /// The file's column of each profile column.
    pub profile: [Option<usize>; Profile::COUNT],
    /// The file's column of each terms column.
    pub terms: [Option<usize>; Terms::COUNT],
    /// The file's column of each quantity.
    pub quantities: [Option<usize>; Quantity::COUNT],
    /// Neighbouring columns of the file that are all profile columns: first and last.
    pub profile_runs: Vec<(usize, usize)>,
    /// Neighbouring columns of the file that are all terms columns: first and last.
    pub terms_runs: Vec<(usize, usize)>,
    /// The file's columns that may name the provider, best first.
    pub providers: Vec<usize>,
    /// The file's column of each time.
    pub times: [Option<usize>; Time::COUNT],
    /// Whether the texts of a CSV are guarded: see [`GUARD_COLUMN`].
    pub guarded: bool,
    /// FOCUS's version, told by the columns: `1.0` to `1.4`.
    pub version: &'static str,
}

fn slot_of(name: &str) -> Slot {
    let is = |focus: &str| name.eq_ignore_ascii_case(focus);
    if let Some(column) = Profile::ALL.iter().find(|c| is(c.focus_name())) {
        return Slot::Profile(*column);
    }
    if let Some(column) = Terms::ALL.iter().find(|c| is(c.focus_name())) {
        return Slot::Terms(*column);
    }
    if let Some(column) = Quantity::ALL.iter().find(|c| is(c.focus_name())) {
        return Slot::Quantity(*column);
    }
    if let Some(time) = Time::ALL.into_iter().find(|t| is(t.focus_name())) {
        return Slot::Time(time);
    }
    match () {
        () if is("ServiceProviderName") => Slot::ServiceProvider,
        () if is("x_ServiceProviderName") => Slot::ExtraServiceProvider,
        () if is("x_HostProviderName") => Slot::Profile(Profile::HostProvider),
        () => Slot::Dropped,
    }
}

impl Layout {
    /// Reads a header.
    ///
    /// # Errors
    /// Kind `Usage`: not a FOCUS file (what is missing and what is near), a column twice, too many.
    pub fn of_header(names: &[String]) -> Result<Layout> {
        if names.len() > COLUMNS_MAX {
            return Err(Error::usage(format!("the file has {} columns; at most {COLUMNS_MAX} are read", names.len())));
        }
        let slots: Vec<Slot> = names.iter().map(|n| slot_of(n.trim())).collect();
        let find = |wanted: Slot| -> Result<Option<usize>> {
            let mut found = slots.iter().enumerate().filter(|(_, s)| **s == wanted).map(|(i, _)| i);
            match (found.next(), found.next()) {
                (Some(_), Some(second)) => {
                    let name = SafeText::from_outside(&names[second]);
                    Err(Error::usage(format!("the header has the column `{name}` twice"))
                        .hint("remove one of them: they may differ"))
                }
                (first, _) => Ok(first),
            }
        };
        let mut layout = Layout {
            profile: [None; Profile::COUNT],
            terms: [None; Terms::COUNT],
            quantities: [None; Quantity::COUNT],
            profile_runs: runs(&slots, |s| {
                matches!(s, Slot::Profile(_) | Slot::ServiceProvider | Slot::ExtraServiceProvider)
            }),
            terms_runs: runs(&slots, |s| matches!(s, Slot::Terms(_))),
            providers: Vec::new(),
            times: [None; Time::COUNT],
            guarded: names.iter().any(|n| n.trim() == GUARD_COLUMN),
            version: version(names),
            slots: slots.clone(),
            names: names.to_vec(),
        };
        for column in Profile::ALL {
            layout.profile[column.index()] = find(Slot::Profile(*column))?;
        }
        for column in Terms::ALL {
            layout.terms[column.index()] = find(Slot::Terms(*column))?;
        }
        for column in Quantity::ALL {
            layout.quantities[column.index()] = find(Slot::Quantity(*column))?;
        }
        for time in Time::ALL {
            layout.times[time.index()] = find(Slot::Time(time))?;
        }
        let provider = |p: Profile| layout.profile[p.index()];
        // 1.3 has both: it says that ProviderName is replaced by the other.
        layout.providers = [
            find(Slot::ServiceProvider)?,
            provider(Profile::Provider),
            find(Slot::ExtraServiceProvider)?,
            provider(Profile::Publisher),
            provider(Profile::HostProvider),
            provider(Profile::InvoiceIssuer),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut missing = Vec::new();
        let mut need = |present: bool, name: &'static str| {
            if !present {
                missing.push(name)
            }
        };
        need(layout.quantities[Quantity::Billed.index()].is_some(), "BilledCost");
        for time in Time::ALL.into_iter().filter(|t| t.is_needed()) {
            need(layout.times[time.index()].is_some(), time.focus_name());
        }
        need(layout.terms[Terms::Currency.index()].is_some(), "BillingCurrency");
        need(!layout.providers.is_empty(), "ProviderName");
        if !missing.is_empty() {
            return Err(not_focus(&missing, names));
        }
        Ok(layout)
    }

    /// The file's columns that are kept.
    pub fn kept(&self) -> impl Iterator<Item = usize> {
        self.slots.iter().enumerate().filter(|(_, slot)| **slot != Slot::Dropped).map(|(at, _)| at)
    }

    /// Columns that are there and not kept.
    #[must_use]
    pub fn dropped(&self) -> Vec<String> {
        let named = [Slot::ServiceProvider, Slot::Profile(Profile::Provider), Slot::ExtraServiceProvider];
        let read = self.providers.iter().find(|at| named.contains(&self.slots[**at]));
        let mut dropped = Vec::new();
        for (at, (slot, name)) in self.slots.iter().zip(&self.names).enumerate() {
            match read {
                _ if *slot == Slot::Dropped && name.trim() != GUARD_COLUMN => dropped.push(name.clone()),
                Some(read) if *read != at && named.contains(slot) => {
                    dropped.push(format!("{name} (where {} has a value)", self.names[*read]));
                }
                _ => {}
            }
        }
        dropped
    }
}

fn runs(slots: &[Slot], wanted: impl Fn(&Slot) -> bool) -> Vec<(usize, usize)> {
    let mut runs: Vec<(usize, usize)> = Vec::new();
    for (at, _) in slots.iter().enumerate().filter(|(_, s)| wanted(s)) {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == at => *last = at,
            _ => runs.push((at, at)),
        }
    }
    runs
}

fn not_focus(missing: &[&str], names: &[String]) -> Error {
    let list = missing.iter().map(|m| format!("`{m}`")).collect::<Vec<_>>().join(", ");
    let error = Error::usage(format!(
        "this is no FOCUS cost and usage export: {list} {} missing",
        if missing.len() == 1 { "is" } else { "are" }
    ));
    let known: Vec<&str> = names.iter().map(String::as_str).collect();
    let near: Vec<String> = missing
        .iter()
        .filter_map(|m| {
            nearest(m, &known.iter().map(|k| k.trim()).collect::<Vec<_>>())
                .map(|n| format!("is `{}` meant to be `{m}`?", SafeText::from_outside(n)))
        })
        .collect();
    let error = near.into_iter().fold(error, Error::hint);
    let shown: Vec<String> = names.iter().take(8).map(|n| SafeText::from_outside(n).into_string()).collect();
    error.hint(format!("the header reads: {}{}", shown.join(", "), if names.len() > 8 { ", ..." } else { "" }))
}

/// Tells the version by the columns that each brought or took (FOCUS release notes 1.1 to 1.4).
fn version(names: &[String]) -> &'static str {
    let has = |name: &str| names.iter().any(|n| n.trim().eq_ignore_ascii_case(name));
    let any = |list: &[&str]| list.iter().any(|n| has(n));
    if has("ServiceProviderName") && !has("ProviderName") {
        "1.4"
    } else if any(&[
        "ServiceProviderName",
        "HostProviderName",
        "AllocatedMethodId",
        "AllocatedMethodDetails",
        "ContractApplied",
    ]) {
        "1.3"
    } else if any(&["InvoiceId", "PricingCurrency", "BillingAccountType", "SubAccountType"]) {
        "1.2"
    } else if any(&[
        "ServiceSubcategory",
        "SkuMeter",
        "SkuPriceDetails",
        "CapacityReservationId",
        "CommitmentDiscountQuantity",
    ]) {
        "1.1"
    } else {
        "1.0"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(header: &str) -> Result<Layout> {
        Layout::of_header(&header.split(',').map(String::from).collect::<Vec<_>>())
    }

    const LEAST: &str = "BilledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency";

    #[test]
    fn tells_the_version_by_the_columns() {
        for (more, want) in [
            ("ProviderName", "1.0"),
            ("ProviderName,SkuMeter", "1.1"),
            ("ProviderName,InvoiceId,SkuMeter", "1.2"),
            ("ProviderName,ServiceProviderName,HostProviderName", "1.3"),
            ("ServiceProviderName,HostProviderName", "1.4"),
            ("providername,x_Custom,Id", "1.0"),
        ] {
            let layout = layout(&format!("{LEAST},{more}")).unwrap_or_else(|e| panic!("{more}: {e}"));
            assert_eq!(layout.version, want, "{more}");
        }
        assert_eq!(layout(&format!("Id,{LEAST},ProviderName,x_A")).expect("layout").dropped(), ["Id", "x_A"]);
    }

    #[test]
    fn of_several_names_of_the_provider_the_newest_is_read_and_the_others_are_told() {
        for (names, first, told) in [
            ("ProviderName,ServiceProviderName", 5, vec!["ProviderName (where ServiceProviderName has a value)"]),
            ("ProviderName,x_ServiceProviderName", 4, vec!["x_ServiceProviderName (where ProviderName has a value)"]),
            ("x_ServiceProviderName,HostProviderName", 4, vec![]),
            ("ProviderName,PublisherName", 4, vec![]),
        ] {
            let layout = layout(&format!("{LEAST},{names}")).expect("layout");
            assert_eq!((layout.providers[0], layout.dropped()), (first, told.into_iter().map(String::from).collect()));
        }
    }

    #[test]
    fn says_what_is_missing_and_what_is_near() {
        let error =
            layout("BiledCost,ChargePeriodStart,ChargePeriodEnd,BillingCurrency,ProviderName").expect_err("error");
        assert!(error.message.contains("`BilledCost` is missing"), "{error}");
        assert_eq!(error.hints[0], "is `BiledCost` meant to be `BilledCost`?");
        let error = layout("a,b").expect_err("error");
        assert!(error.message.contains(
            "`BilledCost`, `ChargePeriodStart`, `ChargePeriodEnd`, `BillingCurrency`, `ProviderName` are missing"
        ));
        let twice = layout(&format!("{LEAST},ProviderName,ProviderName")).expect_err("error");
        assert!(twice.message.contains("`ProviderName` twice"));
    }
}
