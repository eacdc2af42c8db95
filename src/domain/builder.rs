//! Gathers charges into a batch: numbers each text, profile and terms row once.
//!
//! A reader hands a charge in as raw texts with a hash of them; nearly every charge's profile and
//! terms are known by that hash, and only new ones are looked at text by text. Knows no file format.

use std::hash::{BuildHasher, RandomState};

use hashbrown::{HashMap, HashSet};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::batch::{ChargeBatch, Facts, Limits, Row, RowKey, TermsRow, Window};
use super::calendar::{DAY_SECONDS, Day};
use super::charge::{FACETS, IDENTITY, Profile, Terms, spans_days};
use super::dict::{Dict, NONE};
use super::keys::Keys;

/// Gathers charges into a [`ChargeBatch`].
pub struct BatchBuilder {
    batch: ChargeBatch,
    limits: Limits,
    seed: u64,
    by_key: Keys,
    by_facet: [Keys; FACETS.len()],
    facet_ids: [Vec<u32>; FACETS.len()],
    by_ids: Keys,
    terms_by_key: HashMap<u128, u32>,
    terms_by_row: HashMap<TermsRow, u32>,
    window_of: HashMap<Window, u32>,
    last_window: (Window, u32),
    /// Each profile's pair of provider and billing account.
    places: Vec<u32>,
    /// The pairs, of which there are few.
    pairs: Vec<(u32, u32)>,
    pair_of: HashMap<(u32, u32), u32>,
    last_terms: Option<(TermsRow, u32)>,
    last_key: Option<(u128, u32)>,
    details: HashMap<u32, u32>,
    /// What sets cells of one value apart: currency, category, class, and whether charges span days.
    bases: HashSet<(u32, u32, u32, bool)>,
    /// Bytes that the batch takes, about; kept up as texts come, so that each row can ask.
    bytes: usize,
    scratch: Vec<u8>,
}

/// What a window costs, about: each has cells of its own in every rollup while a batch is stored.
const WINDOW_BYTES: usize = 1_500;
/// What a currency, charge category, class and length costs, about: it has such cells as well.
const BASE_BYTES: usize = 1_500;
/// What a terms row costs, about: the row, its identity and its places in two tables.
const TERMS_BYTES: usize = 300;
/// What a profile costs, about, besides its texts.
const PROFILE_BYTES: usize = Profile::COUNT * 4 + 48;

impl BatchBuilder {
    /// An empty builder.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        BatchBuilder {
            batch: ChargeBatch::new(),
            limits,
            // Profiles are told apart by a 128-bit hash alone. A seed of this process keeps a
            // hostile file from preparing two texts that collide.
            seed: RandomState::new().hash_one(0u8),
            by_key: Keys::default(),
            by_facet: std::array::from_fn(|_| Keys::default()),
            facet_ids: std::array::from_fn(|_| Vec::new()),
            by_ids: Keys::default(),
            terms_by_key: HashMap::new(),
            terms_by_row: HashMap::new(),
            window_of: HashMap::new(),
            last_window: (
                Window { provider: NONE, account: NONE, billing_period: Day(i32::MIN), day: Day(i32::MIN) },
                0,
            ),
            places: Vec::new(),
            pairs: Vec::new(),
            pair_of: HashMap::new(),
            last_terms: None,
            last_key: None,
            details: HashMap::new(),
            bases: HashSet::new(),
            bytes: 0,
            scratch: Vec::new(),
        }
    }

    /// Whether the batch has reached its limits and should be taken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.batch.len() >= self.limits.rows || self.bytes >= self.limits.text_bytes
    }

    /// How many charges it has gathered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.batch.len()
    }

    /// Whether it has gathered none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty()
    }

    /// The batch gathered so far; the builder begins anew.
    pub fn take(&mut self) -> ChargeBatch {
        let next = BatchBuilder { seed: self.seed, ..BatchBuilder::new(self.limits) };
        std::mem::replace(self, next).batch
    }

    /// The batch gathered so far.
    #[must_use]
    pub fn batch(&self) -> &ChargeBatch {
        &self.batch
    }

    /// Forgets the batch but keeps its memory: the next batch is about as large.
    pub fn clear(&mut self) {
        self.batch.clear();
        self.by_key.clear();
        self.by_facet.iter_mut().for_each(Keys::clear);
        self.facet_ids.iter_mut().for_each(Vec::clear);
        self.by_ids.clear();
        self.terms_by_key.clear();
        self.terms_by_row.clear();
        self.window_of.clear();
        self.last_window.0.day = Day(i32::MIN);
        self.places.clear();
        self.pairs.clear();
        self.pair_of.clear();
        self.last_terms = None;
        self.last_key = None;
        self.details.clear();
        self.bases.clear();
        self.bytes = 0;
    }

    /// The seed of this builder's hashes.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Adds a charge given as text.
    pub fn push(&mut self, row: &Row<'_>) {
        let profile = self.profile_of_texts(|column| row.profile[column.index()].as_bytes());
        let terms = self.terms_of_texts(&row.facts, |column| row.terms[column.index()].as_bytes());
        self.push_charge(profile, terms, &row.facts);
    }

    /// The number of the profile with these raw texts; see [`Self::profile`].
    pub fn profile_of_texts<'a>(&mut self, field: impl Fn(Profile) -> &'a [u8]) -> u32 {
        let key = self.key(Profile::ALL.iter().map(|c| field(*c)), [0; 3]);
        self.profile(key, field)
    }

    /// The number of the terms with these raw texts and times; see [`Self::terms`].
    pub fn terms_of_texts<'a>(&mut self, facts: &Facts, field: impl Fn(Terms) -> &'a [u8]) -> u32 {
        let key = self.key(Terms::ALL.iter().map(|c| field(*c)), terms_extra(facts));
        self.terms(key, facts, field)
    }

    /// A hash of raw field texts, by which [`Self::profile`] knows a profile again.
    fn key<'a>(&mut self, fields: impl Iterator<Item = &'a [u8]>, extra: [i64; 3]) -> u128 {
        self.scratch.clear();
        // Lengths keep neighbouring texts apart; they follow the texts, which makes both cheap to add.
        let mut lengths = [0u8; Profile::COUNT * 4];
        let mut count = 0;
        for (field, length) in fields.zip(lengths.chunks_exact_mut(4)) {
            self.scratch.extend_from_slice(field);
            length.copy_from_slice(&(field.len() as u32).to_le_bytes());
            count += 4;
        }
        self.scratch.extend_from_slice(&lengths[..count]);
        extra.iter().for_each(|e| self.scratch.extend_from_slice(&e.to_le_bytes()));
        xxh3_128_with_seed(&self.scratch, self.seed)
    }

    /// The number of the profile whose raw texts have this hash, if it was seen.
    #[must_use]
    pub fn known_profile(&self, key: u128) -> Option<u32> {
        self.by_key.get(key)
    }

    /// The number of the terms whose raw texts and times have this hash, if they were seen.
    #[must_use]
    pub fn known_terms(&mut self, key: u128) -> Option<u32> {
        match self.last_key {
            Some((last, id)) if last == key => Some(id),
            _ => {
                let id = self.terms_by_key.get(&key).copied()?;
                self.last_key = Some((key, id));
                Some(id)
            }
        }
    }

    /// The number of the profile with these raw texts, of which `key` is a hash with
    /// [`Self::seed`]. `NULL` and `null` mean no value; bytes that are not UTF-8 are replaced
    /// (readers report them).
    pub fn profile<'a>(&mut self, key: u128, field: impl Fn(Profile) -> &'a [u8]) -> u32 {
        if let Some(id) = self.by_key.get(key) {
            return id;
        }
        let mut ids = [NONE; Profile::COUNT];
        for (facet, columns) in FACETS.iter().enumerate() {
            let key = self.key(columns.iter().map(|c| field(*c)), [0; 3]);
            let known = self.by_facet[facet].get(key);
            let at = known.unwrap_or_else(|| {
                let at = self.facet_ids[facet].len() as u32;
                for column in *columns {
                    let id = self.intern(*column, &clean(field(*column)));
                    self.facet_ids[facet].push(id);
                }
                self.by_facet[facet].insert(key, at);
                at
            }) as usize;
            let found = &self.facet_ids[facet][at..at + columns.len()];
            columns.iter().zip(found).for_each(|(column, id)| ids[column.index()] = *id);
        }
        let id = self.profile_of_ids(&mut ids);
        self.by_key.insert(key, id);
        id
    }

    /// The number of a text in a profile column's dictionary.
    pub fn intern(&mut self, column: Profile, text: &str) -> u32 {
        counted(&mut self.bytes, &mut self.batch.profile_texts[column.index()], |dict| dict.intern(text))
    }

    /// The numbers of many texts in a profile column's dictionary.
    pub fn intern_all(&mut self, column: Profile, texts: &[&str], ids: &mut Vec<u32>) {
        let dict = &mut self.batch.profile_texts[column.index()];
        counted(&mut self.bytes, dict, |dict| dict.intern_all(texts, ids));
    }

    /// The number of a text in a terms column's dictionary.
    pub fn intern_terms(&mut self, column: Terms, text: &str) -> u32 {
        counted(&mut self.bytes, &mut self.batch.terms_texts[column.index()], |dict| dict.intern(text))
    }

    /// The number of the terms with these text numbers and times.
    pub fn terms_of_ids(&mut self, texts: &[u32; Terms::COUNT], facts: &Facts) -> u32 {
        let [start, duration, _] = terms_extra(facts);
        let row = TermsRow { texts: *texts, start: start as u32, duration, billing_end: facts.billing_end };
        // Neighbouring charges are mostly charged alike.
        if let Some((last, id)) = &self.last_terms
            && *last == row
        {
            return *id;
        }
        let id = self.terms_of_row(row);
        self.last_terms = Some((row, id));
        id
    }

    /// The number of the profile with these text numbers; fills in what is derived.
    pub fn profile_of_ids(&mut self, ids: &mut [u32; Profile::COUNT]) -> u32 {
        self.derive(ids);
        let key = self.key_of_ids(ids);
        if let Some(id) = self.by_ids.get(key) {
            return id;
        }
        self.new_profile(key, ids)
    }

    /// The numbers of many profiles with these text numbers: see [`Self::profile_of_ids`].
    ///
    /// In passes, since a look-up is mostly waiting for memory: many then wait at the same time.
    pub fn profiles_of_ids(&mut self, all: &mut [[u32; Profile::COUNT]], out: &mut Vec<u32>) {
        const UNKNOWN: u32 = u32::MAX;
        let mut keys = Vec::with_capacity(all.len());
        for ids in all.iter_mut() {
            self.derive(ids);
            keys.push(self.key_of_ids(ids));
        }
        let start = out.len();
        out.extend(keys.iter().map(|key| self.by_ids.get(*key).unwrap_or(UNKNOWN)));
        for ((id, key), ids) in out[start..].iter_mut().zip(&keys).zip(all.iter()) {
            if *id == UNKNOWN {
                // An earlier row may have brought it.
                *id = self.by_ids.get(*key).unwrap_or_else(|| self.new_profile(*key, ids));
            }
        }
    }

    /// Fills in what is derived.
    fn derive(&mut self, ids: &mut [u32; Profile::COUNT]) {
        let details = ids[Profile::SkuPriceDetails.index()];
        if ids[Profile::InstanceType.index()] == NONE && details != NONE {
            ids[Profile::InstanceType.index()] = self.instance_type(details);
        }
    }

    fn key_of_ids(&self, ids: &[u32; Profile::COUNT]) -> u128 {
        let mut bytes = [0u8; Profile::COUNT * 4];
        ids.iter().zip(bytes.chunks_exact_mut(4)).for_each(|(id, out)| out.copy_from_slice(&id.to_le_bytes()));
        xxh3_128_with_seed(&bytes, self.seed)
    }

    fn new_profile(&mut self, key: u128, ids: &[u32; Profile::COUNT]) -> u32 {
        let id = self.batch.profile_identity.len() as u32;
        ids.iter().zip(&mut self.batch.profiles).for_each(|(text, column)| column.push(*text));
        // Of the texts' hashes, which are known: the texts lie all over the memory.
        let mut identity = [0u8; IDENTITY.len() * 8];
        for (column, out) in IDENTITY.iter().zip(identity.chunks_exact_mut(8)) {
            let hash = self.batch.profile_texts[column.index()].hash(ids[column.index()]);
            out.copy_from_slice(&hash.to_le_bytes());
        }
        self.batch.profile_identity.push(xxh3_64(&identity));
        let pair = (ids[Profile::Provider.index()], ids[Profile::BillingAccountId.index()]);
        let place = self.places.last().copied().filter(|last| self.pairs[*last as usize] == pair);
        let place = place.unwrap_or_else(|| {
            *self.pair_of.entry(pair).or_insert_with(|| {
                self.pairs.push(pair);
                self.pairs.len() as u32 - 1
            })
        });
        self.places.push(place);
        self.bytes += PROFILE_BYTES;
        self.by_ids.insert(key, id);
        id
    }

    /// FOCUS 1.1 puts the instance type among `SkuPriceDetails`' properties.
    fn instance_type(&mut self, details: u32) -> u32 {
        if let Some(id) = self.details.get(&details) {
            return *id;
        }
        let text = self.batch.profile_texts[Profile::SkuPriceDetails.index()].get(details);
        let found = super::tags::value_of(text, "InstanceType").unwrap_or_default().into_owned();
        let id = self.intern(Profile::InstanceType, &found);
        self.details.insert(details, id);
        id
    }

    /// The number of the terms with these raw texts and times, of which `key` is a hash with
    /// [`Self::seed`] (see [`terms_extra`]).
    pub fn terms<'a>(&mut self, key: u128, facts: &Facts, field: impl Fn(Terms) -> &'a [u8]) -> u32 {
        if let Some(id) = self.terms_by_key.get(&key) {
            return *id;
        }
        let mut texts = [NONE; Terms::COUNT];
        for column in Terms::ALL {
            texts[column.index()] = self.intern_terms(*column, &clean(field(*column)));
        }
        let [start, duration, _] = terms_extra(facts);
        let row = TermsRow { texts, start: start as u32, duration, billing_end: facts.billing_end };
        let id = self.terms_of_row(row);
        self.terms_by_key.insert(key, id);
        id
    }

    fn terms_of_row(&mut self, row: TermsRow) -> u32 {
        if let Some(id) = self.terms_by_row.get(&row) {
            return *id;
        }
        let id = self.batch.terms.len() as u32;
        self.batch.terms.push(row);
        let mut identity = Vec::new();
        for column in [Terms::Currency, Terms::ChargeCategory, Terms::PricingCategory, Terms::CommitmentId] {
            identity.extend_from_slice(self.batch.terms_text(id, column).as_bytes());
            identity.push(0xff);
        }
        identity.extend_from_slice(&row.start.to_le_bytes());
        identity.extend_from_slice(&row.duration.to_le_bytes());
        self.batch.terms_identity.push(xxh3_64(&identity));
        let text = |column: Terms| row.texts[column.index()];
        let (category, class) = (text(Terms::ChargeCategory), text(Terms::ChargeClass));
        let base = (text(Terms::Currency), category, class, spans_days(row.duration));
        self.bytes += TERMS_BYTES + if self.bases.insert(base) { BASE_BYTES } else { 0 };
        self.terms_by_row.insert(row, id);
        id
    }

    /// Adds a charge whose profile and terms are known.
    pub fn push_charge(&mut self, profile: u32, terms: u32, facts: &Facts) {
        let (provider, account) = self.pairs[self.places[profile as usize] as usize];
        let window =
            Window { provider, account, billing_period: facts.billing_start, day: Day::of_seconds(facts.start) };
        if self.last_window.0 != window {
            let (windows, bytes) = (&mut self.batch.windows, &mut self.bytes);
            let id = *self.window_of.entry(window).or_insert_with(|| {
                windows.push(window);
                *bytes += WINDOW_BYTES;
                windows.len() as u32 - 1
            });
            self.last_window = (window, id);
        }
        self.batch.rows.push(RowKey { window: self.last_window.1, profile, terms });
        for (column, value) in self.batch.quantities.iter_mut().zip(&facts.quantities) {
            column.push_ref(value.as_ref());
        }
    }
}

/// What distinguishes terms besides their texts: start within the day and duration in seconds,
/// and the billing period's end.
#[must_use]
pub fn terms_extra(facts: &Facts) -> [i64; 3] {
    [facts.start.rem_euclid(DAY_SECONDS), facts.end - facts.start, i64::from(facts.billing_end.0)]
}

/// Adds to a dictionary, and the bytes that it grows by to `bytes`.
fn counted<T>(bytes: &mut usize, dict: &mut Dict, add: impl FnOnce(&mut Dict) -> T) -> T {
    let before = dict.bytes();
    let added = add(dict);
    *bytes += dict.bytes() - before;
    added
}

/// What a raw field says: nothing for `NULL` and `null`, which exports write for "no value".
fn clean(raw: &[u8]) -> std::borrow::Cow<'_, str> {
    if matches!(raw, b"NULL" | b"null") {
        return "".into();
    }
    std::str::from_utf8(raw).map_or_else(|_| String::from_utf8_lossy(raw), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::charge::Quantity;
    use crate::domain::money::{Amount, Decimal};

    fn facts(day: &str, cost: &str) -> Facts {
        let day = Day::parse(day).expect("day");
        let mut quantities = [None; Quantity::COUNT];
        quantities[Quantity::Effective.index()] = Decimal::parse(cost.as_bytes()).ok();
        let month = day.month().period();
        Facts {
            start: day.seconds(),
            end: day.plus(1).seconds(),
            billing_start: month.from,
            billing_end: month.to,
            quantities,
        }
    }

    fn row<'a>(resource: &'a str, service: &'a str, facts: Facts) -> Row<'a> {
        let mut profile = [""; Profile::COUNT];
        profile[Profile::Provider.index()] = "AWS";
        profile[Profile::ResourceId.index()] = resource;
        profile[Profile::ServiceName.index()] = service;
        Row { profile, terms: [""; Terms::COUNT], facts }
    }

    #[test]
    fn keeps_each_profile_once_and_every_charge() {
        let mut builder = BatchBuilder::new(Limits::default());
        for (resource, day, cost) in [
            ("i-1", "2024-09-01", "1.5"),
            ("i-1", "2024-09-02", "2"),
            ("i-2", "2024-09-01", "0.25"),
            ("NULL", "2024-09-01", "1"),
            ("", "2024-09-01", "1"),
        ] {
            builder.push(&row(resource, "EC2", facts(day, cost)));
        }
        let batch = builder.take();
        assert_eq!((batch.len(), batch.profile_identity.len(), batch.windows.len()), (5, 3, 2));
        let total: Amount = (0..5).filter_map(|i| batch.quantities[0].get(i)).sum();
        assert_eq!(total.to_string(), "5.75");
        assert!(builder.is_empty());
        let order = batch.order();
        assert_eq!(batch.windows[batch.rows[order[0] as usize].window as usize].day.to_string(), "2024-09-01");
    }

    #[test]
    fn identity_outlives_a_new_price_and_a_new_tag() {
        let mut builder = BatchBuilder::new(Limits::default());
        let mut tagged = row("i-1", "EC2", facts("2024-09-01", "2"));
        tagged.profile[Profile::Tags.index()] = "{\"team\":\"a\"}";
        builder.push(&row("i-1", "EC2", facts("2024-09-01", "1")));
        builder.push(&tagged);
        builder.push(&row("i-2", "EC2", facts("2024-09-01", "1")));
        builder.push(&row("i-1", "EC2", facts("2024-09-02", "1")));
        let batch = builder.take();
        assert_eq!(batch.identity(0), batch.identity(1));
        assert_ne!(batch.identity(0), batch.identity(2));
        assert_ne!(batch.identity(0), batch.identity(3));
    }

    /// Fills a builder with charges that have a new text in these columns; says how many it takes.
    fn fill(builder: &mut BatchBuilder, profile: &[Profile], terms: &[Terms], text: &str) -> usize {
        while !builder.is_full() {
            let text = format!("{}{text}", builder.len());
            let mut charge = row("i-1", "EC2", facts("2024-09-01", "2"));
            profile.iter().for_each(|column| charge.profile[column.index()] = &text);
            terms.iter().for_each(|column| charge.terms[column.index()] = &text);
            builder.push(&charge);
        }
        builder.len()
    }

    #[test]
    fn whatever_is_new_in_every_row_fills_a_batch() {
        const ROOM: usize = 1 << 20;
        let limits = Limits { text_bytes: ROOM, ..Limits::default() };
        let rows = |profile: &[Profile], terms: &[Terms]| fill(&mut BatchBuilder::new(limits), profile, terms, "");
        assert!(rows(&[Profile::ServiceName, Profile::ResourceType], &[]) <= ROOM / (PROFILE_BYTES + 48));
        // A way of charging that no rollup tells apart, and one that each has cells of its own for.
        assert!(rows(&[], &[Terms::InvoiceId]) <= ROOM / (TERMS_BYTES + 24));
        assert!(rows(&[], &[Terms::ChargeCategory]) <= ROOM / (TERMS_BYTES + BASE_BYTES + 24));
    }

    #[test]
    fn a_batch_is_full_at_the_row_that_fills_it() {
        let mut builder = BatchBuilder::new(Limits { text_bytes: 1 << 20, ..Limits::default() });
        assert_eq!(fill(&mut builder, &[Profile::Tags], &[], &"x".repeat(700_000)), 2);
    }

    #[test]
    fn a_cleared_builder_has_its_room_again() {
        let mut builder = BatchBuilder::new(Limits { text_bytes: 100_000, ..Limits::default() });
        let mut fill = || {
            let rows = fill(&mut builder, &[Profile::ServiceName], &[Terms::ChargeCategory], "");
            builder.clear();
            rows
        };
        assert_eq!(fill(), fill());
    }

    #[test]
    fn every_profile_column_is_in_one_facet() {
        let mut columns: Vec<Profile> = FACETS.iter().flat_map(|f| f.iter().copied()).collect();
        columns.sort_unstable();
        assert_eq!(columns, Profile::ALL);
    }

    #[test]
    fn finds_the_instance_type_among_price_details() {
        let mut builder = BatchBuilder::new(Limits::default());
        let mut r = row("i-1", "EC2", facts("2024-09-01", "2"));
        r.profile[Profile::SkuPriceDetails.index()] = r#"{"CoreCount": 4, "InstanceType": "m7.xlarge"}"#;
        builder.push(&r);
        assert_eq!(builder.take().profile_text(0, Profile::InstanceType), "m7.xlarge");
    }
}
