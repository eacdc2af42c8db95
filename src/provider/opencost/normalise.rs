//! Allocations of OpenCost as charges of FOCUS. Pure.
//!
//! | field | FOCUS column |
//! | --- | --- |
//! | the window | `ChargePeriodStart`, `ChargePeriodEnd`: a UTC day; its month as the billing period |
//! | `properties.cluster`, else the config | `BillingAccountId` and `BillingAccountName` |
//! | `properties.namespace` | `SubAccountId`, as `cluster/namespace`; `SubAccountName`; a tag `namespace` |
//! | `properties.controllerKind`, `properties.controller` | `ResourceType`, `ResourceName`; `ResourceId`, as `cluster/namespace/kind/name` |
//! | `properties.labels` | `Tags`: the keys that are asked for |
//! | `totalCost` (processor, memory, GPU, volumes, network, load balancers, shared and external cost, with adjustments) | `EffectiveCost`; the parts are lost |
//! | the config | `BillingCurrency`: OpenCost does not tell its own |
//!
//! **An estimate, and nobody's bill.** OpenCost multiplies what pods ask for and use by list prices, or by prices
//! that it reconciled. Nobody bills it: `BilledCost` is 0; list and contracted cost are unknown.
//!
//! **Never added to the bill of the machines.** The cloud that runs a cluster bills its machines, which are the
//! very money that OpenCost splits. So each cluster's day has one charge more, of the opposite amount
//! ([`ON_THE_BILL`]): the provider `Kubernetes` comes to exactly 0, no total is doubled, and by namespace, workload or
//! tag the money stands where it is used. A cluster whose machines are on no bill has no such charge.

use std::collections::BTreeMap;

use super::Settings;
use super::client::{Allocation, label_name};
use crate::domain::batch::{Facts, Row};
use crate::domain::calendar::Day;
use crate::domain::charge::{Profile, Quantity, Terms};
use crate::domain::money::{Amount, Decimal, SCALE};
use crate::domain::tags;

/// The provider: a cluster's estimates stand apart from every cloud's bill.
pub const PROVIDER: &str = "Kubernetes";

/// The name of the charge that takes a cluster's estimates off again.
pub const ON_THE_BILL: &str = "on the machines' bill";

/// A cluster that nobody names.
const UNNAMED: &str = "cluster";

/// A charge, with its texts.
#[derive(Clone, PartialEq, Debug)]
pub struct Charge {
    cluster: String,
    namespace: String,
    kind: String,
    name: String,
    tags: String,
    currency: String,
    day: Day,
    cost: Option<Amount>,
}

/// The charges of a day.
///
/// # Errors
/// A cost that is no amount of money, with the allocation's name.
pub fn charges(day: Day, found: &[Allocation], settings: &Settings) -> Result<Vec<Charge>, String> {
    let mut charges = Vec::with_capacity(found.len() + 1);
    let mut totals: BTreeMap<String, Amount> = BTreeMap::new();
    for allocation in found {
        let cost = allocation.total_cost.map(|cost| Decimal::from_f64(cost, Amount::LIMIT)).transpose();
        let cost = cost.map_err(|why| format!("`{}` costs what is no amount: {why}", allocation.name))?;
        let charge = charge(day, allocation, cost.map(Decimal::amount), settings);
        if let Some(cost) = charge.cost {
            *totals.entry(charge.cluster.clone()).or_default() += cost;
        }
        charges.push(charge);
    }
    let off = totals.into_iter().filter(|(_, total)| settings.on_a_bill && !total.is_zero());
    charges.extend(off.map(|(cluster, total)| Charge {
        cluster,
        namespace: String::new(),
        kind: String::new(),
        name: ON_THE_BILL.to_owned(),
        tags: String::new(),
        currency: settings.currency.clone(),
        day,
        cost: Some(-total),
    }));
    Ok(charges)
}

fn charge(day: Day, found: &Allocation, cost: Option<Amount>, settings: &Settings) -> Charge {
    let of = &found.properties;
    // Without a name of its own it is given none, or a placeholder, which holds for no bill.
    let untold = of.cluster.is_empty() || of.cluster.starts_with("__");
    let cluster = settings.cluster.as_deref().filter(|_| untold).unwrap_or(&of.cluster);
    let cluster = if cluster.is_empty() { UNNAMED } else { cluster };
    // Idle machines and unmounted volumes are of no workload: their name says which they are.
    let special = found.name.split('/').find(|part| part.starts_with("__") && part.ends_with("__"));
    let name = match special {
        Some(special) if of.controller.is_empty() => special.trim_matches('_'),
        _ if of.controller.is_empty() => "no controller",
        _ => &of.controller,
    };
    let values = settings.labels.iter().map(|key| (key.as_str(), label(found, &label_name(key))));
    let namespace = ("namespace", Some(of.namespace.as_str()).filter(|name| !name.is_empty()));
    let own = values.clone().any(|(key, value)| key == "namespace" && value.is_some());
    let pairs = values.chain((!own).then_some(namespace)).filter(|(_, value)| value.is_some());
    Charge {
        cluster: cluster.to_owned(),
        namespace: of.namespace.clone(),
        kind: of.controller_kind.clone(),
        name: name.to_owned(),
        tags: tags::to_json(pairs),
        currency: settings.currency.clone(),
        day,
        cost,
    }
}

/// A label's value: among the properties, else in the name, as `team=web`.
fn label<'a>(found: &'a Allocation, name: &str) -> Option<&'a str> {
    let told = found.properties.labels.get(name).map(String::as_str);
    told.or_else(|| found.name.split('/').find_map(|part| part.strip_prefix(name)?.strip_prefix('=')))
}

impl Charge {
    /// Hands it over as a batch takes it.
    pub fn with_row<T>(&self, take: impl FnOnce(&Row<'_>) -> T) -> T {
        let sub_account =
            if self.namespace.is_empty() { String::new() } else { format!("{}/{}", self.cluster, self.namespace) };
        let path = [&self.cluster, &self.namespace, &self.kind, &self.name];
        let id = path.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("/");
        let mut profile = [""; Profile::COUNT];
        for (column, text) in [
            (Profile::Provider, PROVIDER),
            (Profile::Publisher, "OpenCost"),
            (Profile::BillingAccountId, &self.cluster),
            (Profile::BillingAccountName, &self.cluster),
            (Profile::BillingAccountType, "Cluster"),
            (Profile::SubAccountId, &sub_account),
            (Profile::SubAccountName, &self.namespace),
            (Profile::SubAccountType, if sub_account.is_empty() { "" } else { "Namespace" }),
            (Profile::ServiceCategory, "Compute"),
            (Profile::ServiceName, PROVIDER),
            (Profile::ResourceId, &id),
            (Profile::ResourceName, &self.name),
            (Profile::ResourceType, &self.kind),
            (Profile::ChargeDescription, "estimated by OpenCost"),
            (Profile::Tags, &self.tags),
        ] {
            profile[column.index()] = text;
        }
        let mut terms = [""; Terms::COUNT];
        for (column, text) in [
            (Terms::Currency, self.currency.as_str()),
            (Terms::ChargeCategory, "Usage"),
            (Terms::ChargeFrequency, "Usage-Based"),
        ] {
            terms[column.index()] = text;
        }
        let decimal = |amount: Amount| Decimal { mantissa: amount.units(), scale: SCALE as u8, rounded: false };
        let mut quantities = [None; Quantity::COUNT];
        quantities[Quantity::Billed.index()] = Some(Decimal { mantissa: 0, scale: 0, rounded: false });
        quantities[Quantity::Effective.index()] = self.cost.map(decimal);
        let (day, month) = (self.day, self.day.month());
        let facts = Facts {
            start: day.seconds(),
            end: day.plus(1).seconds(),
            billing_start: month.first(),
            billing_end: month.plus(1).first(),
            quantities,
        };
        take(&Row { profile, terms, facts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, of: [&str; 4], cost: Option<f64>) -> Allocation {
        let mut allocation = Allocation { name: name.to_owned(), total_cost: cost, ..Allocation::default() };
        let [cluster, namespace, kind, controller] = of.map(str::to_owned);
        let properties = &mut allocation.properties;
        (properties.cluster, properties.namespace) = (cluster, namespace);
        (properties.controller_kind, properties.controller) = (kind, controller);
        allocation
    }

    fn day() -> Day {
        Day::from_ymd(2026, 11, 12).expect("a day")
    }

    #[test]
    fn a_workload_becomes_a_charge_and_the_cluster_comes_to_nothing() {
        let labels = vec!["app.kubernetes.io/team".to_owned()];
        let settings = Settings { labels, currency: "EUR".into(), ..Settings::new("opencost.main", "") };
        let mut web = found(
            "one/shop/deployment:web/app_kubernetes_io_team=web",
            ["one", "shop", "deployment", "web"],
            Some(0.1),
        );
        let idle = found("one/__idle__", ["one", "", "", ""], Some(0.2));
        let read = |found: &[Allocation], on_a_bill| {
            charges(day(), found, &Settings { on_a_bill, ..settings.clone() }).expect("charges")
        };
        let charges = read(&[web.clone(), idle.clone()], true);
        assert_eq!(charges.len(), 3);
        charges[0].with_row(|row| {
            for (column, want) in [
                (Profile::BillingAccountId, "one"),
                (Profile::SubAccountId, "one/shop"),
                (Profile::ResourceId, "one/shop/deployment/web"),
                (Profile::Tags, r#"{"app.kubernetes.io/team":"web","namespace":"shop"}"#),
            ] {
                assert_eq!(row.profile[column.index()], want);
            }
            let cost = |q: Quantity| row.facts.quantities[q.index()].map(|value| value.amount().to_string());
            assert_eq!(cost(Quantity::Billed).as_deref(), Some("0"));
            assert_eq!(cost(Quantity::Effective).as_deref(), Some("0.1"));
            assert_eq!(cost(Quantity::List), None);
        });
        assert_eq!((charges[1].name.as_str(), charges[2].name.as_str()), ("idle", ON_THE_BILL));
        assert!(charges.iter().filter_map(|charge| charge.cost).sum::<Amount>().is_zero());
        web.properties.labels.insert("app_kubernetes_io_team".into(), "shop".into());
        let apart = read(&[web, idle], false);
        assert_eq!(apart.len(), 2);
        assert!(apart[0].tags.contains("\"shop\",\"namespace\""), "{}", apart[0].tags);
    }

    #[test]
    fn a_cluster_without_a_name_is_given_one() {
        for (told, configured, want) in [
            ("one", Some("two"), "one"),
            ("", Some("two"), "two"),
            ("__unallocated__", Some("two"), "two"),
            ("", None, "cluster"),
        ] {
            let settings = Settings { cluster: configured.map(str::to_owned), ..Settings::new("opencost.main", "") };
            let read = charges(day(), &[found("x", [told, "shop", "", ""], Some(1.0))], &settings).expect("charges");
            assert!(read.iter().all(|charge| charge.cluster == want), "{told} {configured:?}");
        }
    }

    #[test]
    fn an_unknown_cost_stays_unknown_and_a_wrong_one_is_refused() {
        let unknown = found("one/shop//pod", ["one", "shop", "", ""], None);
        let settings = Settings { cluster: Some("two".into()), ..Settings::new("opencost.main", "") };
        let charges = |cost| charges(day(), &[Allocation { total_cost: cost, ..unknown.clone() }], &settings);
        assert_eq!(charges(None).expect("charges")[0].cost, None);
        for cost in [f64::NAN, f64::INFINITY, 1e300] {
            assert!(charges(Some(cost)).is_err());
        }
    }
}
