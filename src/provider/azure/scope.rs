//! Scopes of Azure: the paths that costs are asked for, read and told apart. Pure.
//!
//! | kind | path |
//! |---|---|
//! | subscription | `/subscriptions/{id}` |
//! | resource group | `/subscriptions/{id}/resourceGroups/{name}` |
//! | management group | `/providers/Microsoft.Management/managementGroups/{id}` |
//! | billing account | `/providers/Microsoft.Billing/billingAccounts/{id}` |
//! | department, enrollment account (EA) | `.../departments/{id}`, `.../enrollmentAccounts/{id}` |
//! | billing profile, invoice section (MCA) | `.../billingProfiles/{id}`, `.../billingProfiles/{id}/invoiceSections/{id}` |
//! | customer (partners) | `.../customers/{id}` |

use crate::domain::text::SafeText;

/// A scope's path, known to be one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ScopePath {
    path: String,
    kind: ScopeKind,
}

/// What a scope is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    /// One subscription.
    Subscription,
    /// One resource group of a subscription.
    ResourceGroup,
    /// A management group: subscriptions, whoever pays for them.
    ManagementGroup,
    /// An EA enrollment, or a billing account of another agreement.
    BillingAccount,
    /// A department of an EA enrollment.
    Department,
    /// An account of an EA enrollment.
    EnrollmentAccount,
    /// A billing profile of a Microsoft Customer Agreement: one invoice.
    BillingProfile,
    /// A section of such an invoice.
    InvoiceSection,
    /// A partner's customer.
    Customer,
}

use ScopeKind as K;

/// Fixed words of each kind's path; the words between them are ids.
const SHAPES: [(ScopeKind, &[&str]); 9] = [
    (K::Subscription, &["subscriptions"]),
    (K::ResourceGroup, &["subscriptions", "resourceGroups"]),
    (K::ManagementGroup, &["providers", "managementGroups"]),
    (K::BillingAccount, &["providers", "billingAccounts"]),
    (K::Department, &["providers", "billingAccounts", "departments"]),
    (K::EnrollmentAccount, &["providers", "billingAccounts", "enrollmentAccounts"]),
    (K::BillingProfile, &["providers", "billingAccounts", "billingProfiles"]),
    (K::InvoiceSection, &["providers", "billingAccounts", "billingProfiles", "invoiceSections"]),
    (K::Customer, &["providers", "billingAccounts", "customers"]),
];

impl ScopeKind {
    /// What a person calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            K::Subscription => "subscription",
            K::ResourceGroup => "resource group",
            K::ManagementGroup => "management group",
            K::BillingAccount => "billing account",
            K::Department => "department",
            K::EnrollmentAccount => "enrollment account",
            K::BillingProfile => "billing profile",
            K::InvoiceSection => "invoice section",
            K::Customer => "customer",
        }
    }

    /// Whether all its charges are of one subscription.
    #[must_use]
    pub fn is_of_one_subscription(self) -> bool {
        matches!(self, K::Subscription | K::ResourceGroup)
    }

    /// Whether roles of Azure itself (RBAC) decide who may read it, and not those of billing.
    #[must_use]
    pub fn has_role_assignments(self) -> bool {
        matches!(self, K::Subscription | K::ResourceGroup | K::ManagementGroup)
    }
}

impl ScopePath {
    /// Reads a scope's path; a subscription may be written as its id alone.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<ScopePath, String> {
        let words: Vec<&str> = text.trim().trim_matches('/').split('/').collect();
        let words = match words.as_slice() {
            [id] if id.len() == 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') => {
                vec!["subscriptions", id]
            }
            _ => words,
        };
        let is_id = |word: &str| {
            let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:()".contains(&b);
            !word.is_empty() && word.len() <= 128 && word.bytes().all(is_plain) && word.bytes().any(|b| b != b'.')
        };
        let wrong = || {
            let shown = SafeText::from_outside(text);
            format!(
                "`{shown}` is no scope of Azure: `/subscriptions/ID`, \
                 `/providers/Microsoft.Management/managementGroups/ID` or \
                 `/providers/Microsoft.Billing/billingAccounts/ID`"
            )
        };
        if !words.iter().all(|word| is_id(word)) {
            return Err(wrong());
        }
        let (kind, path) =
            SHAPES.iter().find_map(|(kind, shape)| Some((*kind, fit(&words, shape)?))).ok_or_else(wrong)?;
        Ok(ScopePath { path, kind })
    }

    /// The path, from its slash.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is.
    #[must_use]
    pub fn kind(&self) -> ScopeKind {
        self.kind
    }

    /// The id of its subscription, lower case, where it has one.
    #[must_use]
    pub fn subscription(&self) -> Option<String> {
        self.kind.is_of_one_subscription().then(|| self.word(1).to_ascii_lowercase())
    }

    /// What part of its billing account it is, as [`crate::provider::remote::Brought::covers`]: what lies behind
    /// the account's own path.
    #[must_use]
    pub fn covers(&self) -> &str {
        let own = self.billing_account().map_or(0, |(account, _)| account.len());
        match self.kind {
            // Which subscriptions are in a group is not known, and one group may be in another.
            K::ManagementGroup => "",
            _ => self.path.get(own..).unwrap_or_default().trim_start_matches('/'),
        }
    }

    /// What FOCUS calls the billing account of its charges, where the path tells it: its id and its
    /// type. Under a Microsoft Customer Agreement that is the billing profile.
    #[must_use]
    pub fn billing_account(&self) -> Option<(String, &'static str)> {
        let first = |words: usize| self.path.split('/').take(words + 1).collect::<Vec<_>>().join("/");
        match self.kind {
            K::BillingProfile | K::InvoiceSection => Some((first(6), "Billing Profile")),
            K::BillingAccount | K::Department | K::EnrollmentAccount | K::Customer => {
                Some((first(4), "Billing Account"))
            }
            K::Subscription | K::ResourceGroup | K::ManagementGroup => None,
        }
    }

    /// Its last id.
    #[must_use]
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or_default()
    }

    /// A name that tells it from the others of a connection: its last id, else its whole path.
    #[must_use]
    pub fn name_among(&self, all: &[ScopePath]) -> &str {
        let alike = all.iter().filter(|other| other.name().eq_ignore_ascii_case(self.name())).count();
        if alike > 1 { self.path.trim_start_matches('/') } else { self.name() }
    }

    /// What a person calls it: `subscription 1234...`.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.kind.name(), self.name())
    }

    fn word(&self, at: usize) -> &str {
        self.path.split('/').nth(at + 1).unwrap_or_default()
    }
}

/// A scope that lies within another, or is named twice: the part and the whole.
#[must_use]
pub fn overlap(all: &[ScopePath]) -> Option<(&ScopePath, &ScopePath)> {
    let within = |part: &ScopePath, whole: &ScopePath| {
        let (part, whole) = (part.path.to_ascii_lowercase(), whole.path.to_ascii_lowercase());
        part.strip_prefix(&whole).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let pairs = all.iter().enumerate().flat_map(|(at, part)| {
        all.iter().enumerate().filter(move |(other, _)| *other != at).map(move |(_, whole)| (part, whole))
    });
    pairs.into_iter().find(|(part, whole)| within(part, whole))
}

/// The path in Azure's own spelling where the words are of this shape.
fn fit(words: &[&str], shape: &[&str]) -> Option<String> {
    let (namespace, skip) = match shape {
        ["providers", "managementGroups", ..] => (Some("Microsoft.Management"), 1),
        ["providers", ..] => (Some("Microsoft.Billing"), 1),
        _ => (None, 0),
    };
    let mut path = String::new();
    let mut rest = words;
    if let Some(namespace) = namespace {
        let [first, second, others @ ..] = rest else { return None };
        if !first.eq_ignore_ascii_case("providers") || !second.eq_ignore_ascii_case(namespace) {
            return None;
        }
        path = format!("/providers/{namespace}");
        rest = others;
    }
    let shape = &shape[skip..];
    if rest.len() != shape.len() * 2 {
        return None;
    }
    for (pair, fixed) in rest.chunks(2).zip(shape) {
        if !pair[0].eq_ignore_ascii_case(fixed) {
            return None;
        }
        path.push_str(&format!("/{fixed}/{}", pair[1]));
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_scope_is_told_by_its_path() {
        let account = "/providers/Microsoft.Billing/billingAccounts/12:34_2019-05-31";
        let guid = "00000000-0000-0000-0000-00000000000a";
        for (text, kind, name, billing) in [
            ("/subscriptions/AB-1/", K::Subscription, "AB-1", None),
            (guid, K::Subscription, guid, None),
            ("subscriptions/ab/resourcegroups/r(g)_1.x", K::ResourceGroup, "r(g)_1.x", None),
            ("/providers/microsoft.management/managementgroups/Top", K::ManagementGroup, "Top", None),
            (account, K::BillingAccount, "12:34_2019-05-31", Some((account.to_owned(), "Billing Account"))),
            (
                &format!("{account}/billingprofiles/P/invoicesections/S"),
                K::InvoiceSection,
                "S",
                Some((format!("{account}/billingProfiles/P"), "Billing Profile")),
            ),
            (&format!("{account}/departments/7"), K::Department, "7", Some((account.to_owned(), "Billing Account"))),
            (&format!("{account}/customers/c"), K::Customer, "c", Some((account.to_owned(), "Billing Account"))),
        ] {
            let scope = ScopePath::parse(text).expect(text);
            assert_eq!((scope.kind(), scope.name(), scope.billing_account()), (kind, name, billing), "{text}");
        }
        let group = ScopePath::parse("/subscriptions/AB/RESOURCEGROUPS/x").expect("a resource group");
        assert_eq!(group.path(), "/subscriptions/AB/resourceGroups/x");
        assert_eq!(group.subscription().as_deref(), Some("ab"));
    }

    #[test]
    fn scopes_of_a_connection_are_told_apart_and_do_not_overlap() {
        let paths = |texts: &[&str]| -> Vec<ScopePath> {
            texts.iter().map(|text| ScopePath::parse(text).expect("a scope")).collect()
        };
        let apart =
            paths(&["/subscriptions/a/resourceGroups/x", "/subscriptions/b/resourceGroups/X", "/subscriptions/ab"]);
        assert_eq!(overlap(&apart), None);
        let names: Vec<&str> = apart.iter().map(|path| path.name_among(&apart)).collect();
        assert_eq!(names, ["subscriptions/a/resourceGroups/x", "subscriptions/b/resourceGroups/X", "ab"]);
        for texts in [
            ["/subscriptions/a", "/subscriptions/A"],
            ["/subscriptions/a", "/subscriptions/A/resourceGroups/x"],
            ["/subscriptions/a/resourceGroups/x", "/subscriptions/a"],
        ] {
            assert!(overlap(&paths(&texts)).is_some(), "{texts:?}");
        }
    }

    #[test]
    fn what_is_no_scope_is_refused_and_shown_safely() {
        for text in [
            "",
            "/",
            "/subscriptions",
            "/subscriptions/../x",
            "/subscriptions/a?b=c",
            "/subscriptions/a/b",
            "/providers/Microsoft.Compute/billingAccounts/1",
            "/providers/Microsoft.Billing/managementGroups/1",
            "/subscriptions/a/resourceGroups/..",
            "/subscriptions/a#\u{1b}[31m",
            "https://management.azure.com/subscriptions/a",
        ] {
            let wrong = ScopePath::parse(text).expect_err(text);
            assert!(wrong.contains("is no scope of Azure") && !wrong.contains('\u{1b}'), "{wrong}");
        }
    }
}
