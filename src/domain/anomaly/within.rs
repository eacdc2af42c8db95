//! Whether an anomaly is one of the charges that a filter is about, as far as what is kept of it says so.
//!
//! The same for lists, for marks beside charts and for alert rules: what one of them shows, another one tells.

use super::{Contributor, Finding, MOSTLY, Spot};
use crate::domain::dimension::Dimension;
use crate::domain::filter::admit::{matches, mentions};
use crate::domain::filter::{Clause, Filter, Pattern};
use crate::domain::services;

impl Finding {
    /// Whether those who were named say that a filter is about it, of which no charges are left; its charges were of
    /// these providers as far as that is known. `words` are its place in words, for free text.
    #[must_use]
    pub fn was_within(&self, filter: &Filter, providers: &[String], words: &str) -> bool {
        is_within(filter, (&self.place, &self.contributors, providers), words)
    }
}

/// What a place says of a filter, its charges being of these providers as far as that is known: `None` where none of them
/// is admitted, else the clauses that may admit some of them only. Without any of these all of its charges are admitted.
#[must_use]
pub fn left_open<'f>(place: &[Spot], providers: &[String], filter: &'f Filter) -> Option<Vec<&'f Clause>> {
    let says: Vec<(&Clause, Option<bool>)> =
        filter.clauses.iter().map(|clause| (clause, said_by((place, providers), clause))).collect();
    let is_outside = says.iter().any(|(_, said)| *said == Some(false));
    let open = says.into_iter().filter(|(_, said)| said.is_none()).map(|(clause, _)| clause);
    (!is_outside).then(|| open.collect())
}

/// Whether a clause admits all the charges of a place, or none; `None` where it may be some.
fn said_by((place, providers): (&[Spot], &[String]), clause: &Clause) -> Option<bool> {
    let Some(dimension) = &clause.dimension else {
        let texts = place.iter().flat_map(|spot| [Some(&spot.value), spot.name.as_ref()]).flatten();
        let is_named = texts.map(|text| text.raw()).any(|text| mentions(&clause.patterns, text));
        return is_named.then_some(!clause.negated);
    };
    if let Some(spot) = place.iter().find(|spot| spot.dimension == *dimension) {
        return Some(admits(dimension, &clause.patterns, spot) != clause.negated);
    }
    let theirs = whose(place, providers);
    if *dimension != Dimension::Provider || theirs.is_empty() {
        return None;
    }
    let is_one = |provider: &&str| matches(dimension, &clause.patterns, provider, "") != clause.negated;
    let admitted = theirs.iter().filter(|provider| is_one(provider)).count();
    (admitted == 0 || admitted == theirs.len()).then_some(admitted > 0)
}

/// The providers of a place's charges: those that are known, else that of its service.
fn whose<'p>(place: &[Spot], providers: &'p [String]) -> Vec<&'p str> {
    let known = providers.iter().map(|provider| services::canonical_provider(provider));
    if providers.is_empty() { provider_of(place).into_iter().collect() } else { known.collect() }
}

/// A place, those who have the move there, and whose charges it has, where that is known.
type Whereabouts<'a> = (&'a [Spot], &'a [Contributor], &'a [String]);

/// The same of a place and of those who have the move there. By a dimension that the place leaves open, whoever has
/// nearly all of the move is the place, and else one of those who have part of it suffices; of a provider that neither
/// tells, one of those whose charges they are; of a dimension of which nothing is known it may be so.
fn is_within(filter: &Filter, (place, parts, providers): Whereabouts<'_>, words: &str) -> bool {
    let parts = || parts.iter().filter(|part| part.share > 0.0);
    filter.clauses.iter().all(|clause| {
        let Some(dimension) = &clause.dimension else {
            let spots = place.iter().chain(parts().map(|part| &part.spot));
            let texts = spots.flat_map(|spot| [Some(&spot.value), spot.name.as_ref()]).flatten().map(|t| t.raw());
            return texts.chain([words]).any(|text| mentions(&clause.patterns, text)) != clause.negated;
        };
        let of = || parts().filter(|part| part.spot.dimension == *dimension);
        let own = place.iter().filter(|spot| spot.dimension == *dimension);
        let own: Vec<&Spot> = own.chain(of().filter(|part| part.share >= MOSTLY).map(|part| &part.spot)).collect();
        let all: Vec<&Spot> = if own.is_empty() { of().map(|part| &part.spot).collect() } else { own };
        if *dimension == Dimension::Provider && all.is_empty() {
            let own = whose(place, providers);
            let is_one = |provider: &&str| matches(dimension, &clause.patterns, provider, "") != clause.negated;
            return own.is_empty() || own.iter().any(is_one);
        }
        all.is_empty() || all.iter().any(|spot| admits(dimension, &clause.patterns, spot) != clause.negated)
    })
}

/// The provider of a place's service.
fn provider_of(place: &[Spot]) -> Option<&'static str> {
    let service = place.iter().find(|spot| spot.dimension == Dimension::Service)?;
    Some(services::find(service.value.raw())?.provider)
}

/// Whether patterns match a spot: by the one name of what the bill says, as they match charges.
fn admits(dimension: &Dimension, patterns: &[Pattern], spot: &Spot) -> bool {
    let (value, name) = (spot.value.raw(), spot.name.as_ref().map_or("", |name| name.raw()));
    let one = match dimension {
        Dimension::Service => services::canonical(value),
        Dimension::Provider => services::canonical_provider(value),
        _ => value,
    };
    matches(dimension, patterns, one, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Amount;

    fn spot(dimension: Dimension, value: &str, name: Option<&str>) -> Spot {
        Spot { dimension, value: value.into(), name: name.map(Into::into) }
    }

    fn part(share: f64, spot: Spot) -> Contributor {
        Contributor { spot, share, moved: Amount::ZERO }
    }

    #[test]
    fn an_anomaly_is_where_its_place_and_those_who_have_it_say() {
        let place = [spot(Dimension::Service, "Amazon EC2", None)];
        let parts = [
            part(1.0, spot(Dimension::SubAccount, "111122223333", Some("Harbour"))),
            part(0.9, spot(Dimension::Provider, "Microsoft", None)),
            part(0.1, spot(Dimension::Provider, "AWS", None)),
            part(0.6, spot(Dimension::Region, "us-east-1", None)),
            part(0.4, spot(Dimension::Region, "eu-west-1", None)),
            part(-0.2, spot(Dimension::Region, "sa-east-1", None)),
        ];
        for (text, want) in [
            ("", true),
            ("service:ec2", true),
            ("service:\"Amazon EC2\"", true),
            ("service:\"Amazon Elastic Compute Cloud\"", true),
            ("service:*compute*", true),
            ("service:s3|ec2", true),
            ("service:s3", false),
            ("-service:ec2", false),
            ("-service:s3", true),
            // Its name and its id are the account.
            ("sub_account:Harbour", true),
            ("sub_account:111122223333", true),
            ("sub_account:Quay", false),
            ("-sub_account:Harbour", false),
            // Nearly all of it is Azure's.
            ("provider:azure", true),
            ("provider:aws", false),
            ("-provider:azure", false),
            ("-provider:aws", true),
            // Each has a part of it.
            ("region:us-*", true),
            ("region:eu-west-1", true),
            ("-region:us-*", true),
            ("region:sa-*", false),
            ("region:ap-*", false),
            // Nothing is known of it.
            ("team=orca", true),
            ("-env=prod", true),
            ("service:ec2 region:us-* sub_account:harb*", true),
            ("service:ec2 region:ap-*", false),
            ("harbour", true),
            ("mostly", true),
            ("quay", false),
        ] {
            let filter = Filter::parse(text, &[]).expect(text);
            assert_eq!(is_within(&filter, (&place, &parts, &[]), "mostly there"), want, "{text}");
        }
        for (text, want) in [("provider:aws", true), ("provider:azure", false), ("-provider:aws", false)] {
            let filter = Filter::parse(text, &[]).expect(text);
            assert_eq!(is_within(&filter, (&place, &[], &[]), ""), want, "its service is AWS's: {text}");
        }
    }

    #[test]
    fn a_place_says_whether_all_of_its_charges_are_meant_none_or_maybe_some() {
        let place =
            [spot(Dimension::Service, "Object Storage", None), spot(Dimension::SubAccount, "0042", Some("Harbour"))];
        let both = ["Oracle".to_owned(), "Hetzner".to_owned()];
        for (text, want) in [
            ("", Some(0)),
            ("service:\"Object Storage\" sub_account:harbour", Some(0)),
            ("service:s3", None),
            ("-service:s3", Some(0)),
            ("-sub_account:Harbour", None),
            ("harb", Some(0)),
            ("-harb", None),
            ("quay", Some(1)),
            ("-quay", Some(1)),
            ("provider:oracle", Some(1)),
            ("-provider:oracle", Some(1)),
            ("provider:oracle|hetzner", Some(0)),
            ("provider:aws", None),
            ("-provider:aws", Some(0)),
            ("region:eu-* team=orca service:*storage", Some(2)),
            ("region:eu-* service:s3", None),
        ] {
            let filter = Filter::parse(text, &[]).expect(text);
            assert_eq!(left_open(&place, &both, &filter).map(|open| open.len()), want, "{text}");
        }
        let filter = Filter::parse("provider:oracle", &[]).expect("filter");
        assert_eq!(left_open(&place, &[], &filter).map(|open| open.len()), Some(1), "whose it is is not known");
    }

    #[test]
    fn what_leaves_its_provider_open_is_within_those_whose_charges_it_has() {
        let place = [spot(Dimension::Service, "OCI Vault", None)];
        let parts = [part(0.95, spot(Dimension::SubAccount, "brine", None))];
        let whose = |providers: &[&str]| providers.iter().map(|one| (*one).to_owned()).collect::<Vec<String>>();
        for (text, [of_one, of_two, unknown]) in [
            ("provider:oracle", [true, true, true]),
            ("provider:OCI", [true, true, true]),
            ("provider:aws", [false, true, true]),
            ("provider:cloudflare", [false, false, true]),
            ("-provider:oracle", [false, true, true]),
            ("-provider:aws", [true, true, true]),
            ("provider:aws|oracle sub_account:brine", [true, true, true]),
            ("provider:oracle sub_account:kelp", [false, false, false]),
        ] {
            let filter = Filter::parse(text, &[]).expect(text);
            let is = |providers: &[&str]| is_within(&filter, (&place, &parts, &whose(providers)), "");
            let told = [is(&["Oracle"]), is(&["Oracle", "AWS"]), is(&[])];
            assert_eq!(told, [of_one, of_two, unknown], "{text}");
        }
    }
}
