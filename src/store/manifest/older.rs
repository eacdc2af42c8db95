//! Manifests of older schemas, read as what they are now.
//!
//! Each is the shape of its time, which never changes again. Knows nothing of what is written.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Group, Import, Manifest, Next, SCHEMA};
use crate::domain::calendar::Day;
use crate::domain::dimension::Dimension;
use crate::store::lost::Lost;
use crate::store::remote::{Asking, Come, Delivered, Facet, Restated, Synced};

/// What a manifest of schema 4 was.
#[derive(Deserialize)]
struct Fourth {
    #[expect(dead_code, reason = "read to be passed over")]
    schema: u32,
    generation: u64,
    next: Next,
    tag_keys: Vec<String>,
    imports: Vec<Import>,
    groups: Vec<Group>,
    lost: Vec<Lost>,
    evidence: Vec<Vec<String>>,
    scopes: BTreeMap<String, FourthScope>,
    prefers_api: bool,
}

/// What was known of a scope then.
#[derive(Deserialize)]
struct FourthScope {
    tells: Vec<Dimension>,
    covers: String,
    days: BTreeMap<String, BTreeMap<Day, Come>>,
    deliveries: BTreeMap<String, Delivered>,
    facets: Vec<Facet>,
    mark: String,
    restated: Vec<Restated>,
    asks: Asking,
}

/// Reads a manifest of schema 4.
pub(super) fn fourth(raw: &[u8]) -> postcard::Result<Manifest> {
    let Fourth { generation, next, tag_keys, imports, groups, lost, evidence, scopes, prefers_api, .. } =
        postcard::from_bytes(raw)?;
    let scope = |FourthScope { tells, covers, days, deliveries, facets, mark, restated, asks }| {
        let since = None;
        Synced { tells, covers, days, deliveries, facets, mark, restated, asks, since }
    };
    let scopes = scopes.into_iter().map(|(name, of)| (name, scope(of))).collect();
    let schema = SCHEMA;
    Ok(Manifest { schema, generation, next, tag_keys, imports, groups, lost, evidence, scopes, prefers_api })
}

/// What a manifest of schema 2 was; behind it stood the evidence, where there was any.
#[derive(Deserialize)]
struct Second {
    #[expect(dead_code, reason = "read to be passed over")]
    schema: u32,
    generation: u64,
    next: Next,
    tag_keys: Vec<String>,
    imports: Vec<Import>,
    groups: Vec<Group>,
    lost: Vec<Lost>,
}

/// Reads a manifest of schema 2.
pub(super) fn second(raw: &[u8]) -> postcard::Result<Manifest> {
    let (Second { generation, next, tag_keys, imports, groups, lost, .. }, behind) = postcard::take_from_bytes(raw)?;
    let evidence = if behind.is_empty() { Vec::new() } else { postcard::from_bytes(behind)? };
    let rest = Manifest { evidence, ..Manifest::default() };
    Ok(Manifest { schema: SCHEMA, generation, next, tag_keys, imports, groups, lost, ..rest })
}
