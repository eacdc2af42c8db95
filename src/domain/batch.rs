//! A batch of charges in columns: what every source yields and the store takes.
//!
//! A [`ChargeBatch`] holds each distinct [`Profile`] row ("what") and each distinct [`Terms`] row
//! ("how") once; a charge is two small numbers, a window and its [`Quantity`] values. Batches are
//! bounded ([`Limits`]), so that a file of any size passes through fixed memory.
//!
//! Knows no file format and no store.

use std::hash::{BuildHasher, RandomState};

use hashbrown::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128_with_seed};

use super::calendar::{DAY_SECONDS, Day};
use super::charge::{Profile, Quantity, Terms};
use super::dict::{Dict, NONE};
use super::keys::Keys;
use super::money::Decimal;
use super::numbers::Numbers;

/// When a batch is full and a new one is begun.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Charges at most.
    pub rows: usize,
    /// Bytes of distinct text and profiles at most, about.
    pub text_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { rows: 768 * 1024, text_bytes: 48 << 20 }
    }
}

/// The days that are replaced together, within the source that a batch belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// Number in the dictionary of [`Profile::Provider`].
    pub provider: u32,
    /// Number in the dictionary of [`Profile::BillingAccountId`].
    pub account: u32,
    /// First day of the billing period.
    pub billing_period: Day,
    /// The UTC day that the charges started on.
    pub day: Day,
}

/// How a charge was charged, besides its text columns.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct TermsRow {
    /// Numbers in the dictionaries of [`Terms`], by [`Terms::index`].
    pub texts: [u32; Terms::COUNT],
    /// Start of the charge period within its day, in seconds.
    pub start: u32,
    /// Length of the charge period in seconds.
    pub duration: i64,
    /// End of the billing period, exclusive.
    pub billing_end: Day,
}

/// One charge as a reader hands it in.
#[derive(Clone, Debug)]
pub struct Row<'a> {
    /// Text of each [`Profile`] column, empty where there is none.
    pub profile: [&'a str; Profile::COUNT],
    /// Text of each [`Terms`] column, empty where there is none.
    pub terms: [&'a str; Terms::COUNT],
    /// When and how much.
    pub facts: Facts,
}

/// When a charge was and how much it came to.
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    /// Start of the charge period, seconds since 1970.
    pub start: i64,
    /// End of the charge period, exclusive.
    pub end: i64,
    /// First day of the billing period.
    pub billing_start: Day,
    /// Day after the billing period.
    pub billing_end: Day,
    /// Value of each [`Quantity`] column, `None` where unknown.
    pub quantities: [Option<Decimal>; Quantity::COUNT],
}

/// Charges in columns. See the [module's page](self).
#[derive(Clone, Default, Debug)]
pub struct ChargeBatch {
    /// A dictionary for each [`Profile`] column.
    pub profile_texts: Vec<Dict>,
    /// For each [`Profile`] column, the text number of each profile.
    pub profiles: Vec<Vec<u32>>,
    /// A dictionary for each [`Terms`] column.
    pub terms_texts: Vec<Dict>,
    /// Each distinct way of charging.
    pub terms: Vec<TermsRow>,
    /// Each window that the charges touch.
    pub windows: Vec<Window>,
    /// Each charge's window, profile and terms.
    pub rows: Vec<RowKey>,
    /// For each [`Quantity`] column, each charge's value.
    pub quantities: Vec<Numbers>,
    /// For each profile, a hash of what names a charge across restatements of a bill.
    pub profile_identity: Vec<u64>,
    /// The same for each terms row.
    pub terms_identity: Vec<u64>,
}

/// The numbers that place a charge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RowKey {
    /// Index into [`ChargeBatch::windows`].
    pub window: u32,
    /// Index into each of [`ChargeBatch::profiles`].
    pub profile: u32,
    /// Index into [`ChargeBatch::terms`].
    pub terms: u32,
}

/// The profile columns whose texts name a charge: stable when a provider restates amounts, names
/// or tags.
const IDENTITY: [Profile; 9] = [
    Profile::SubAccountId,
    Profile::ServiceName,
    Profile::RegionId,
    Profile::ResourceId,
    Profile::SkuId,
    Profile::SkuPriceId,
    Profile::SkuMeter,
    Profile::ChargeDescription,
    Profile::PricingUnit,
];

/// Columns that mostly come together: a new profile is nearly always a known account, price and
/// place beside a new resource, so that few of its texts need looking up one by one.
const FACETS: [&[Profile]; 4] = [
    &[
        Profile::Provider,
        Profile::Publisher,
        Profile::InvoiceIssuer,
        Profile::HostProvider,
        Profile::BillingAccountId,
        Profile::BillingAccountName,
        Profile::BillingAccountType,
        Profile::SubAccountId,
        Profile::SubAccountName,
        Profile::SubAccountType,
    ],
    &[
        Profile::ServiceCategory,
        Profile::ServiceSubcategory,
        Profile::ServiceName,
        Profile::SkuId,
        Profile::SkuMeter,
        Profile::SkuPriceId,
        Profile::SkuPriceDetails,
        Profile::InstanceType,
        Profile::ChargeDescription,
        Profile::ListUnitPrice,
        Profile::ContractedUnitPrice,
        Profile::PricingUnit,
        Profile::ConsumedUnit,
        Profile::PricingCurrencyListUnitPrice,
        Profile::PricingCurrencyContractedUnitPrice,
    ],
    &[Profile::RegionId, Profile::RegionName, Profile::AvailabilityZone],
    &[
        Profile::ResourceId,
        Profile::ResourceName,
        Profile::ResourceType,
        Profile::CapacityReservationId,
        Profile::CapacityReservationStatus,
        Profile::Tags,
    ],
];

impl ChargeBatch {
    fn new() -> Self {
        ChargeBatch {
            profile_texts: vec![Dict::default(); Profile::COUNT],
            profiles: vec![Vec::new(); Profile::COUNT],
            terms_texts: vec![Dict::default(); Terms::COUNT],
            quantities: vec![Numbers::default(); Quantity::COUNT],
            ..ChargeBatch::default()
        }
    }

    fn clear(&mut self) {
        self.profile_texts.iter_mut().chain(&mut self.terms_texts).for_each(Dict::clear);
        self.profiles.iter_mut().for_each(Vec::clear);
        self.quantities.iter_mut().for_each(Numbers::clear);
        self.terms.clear();
        self.windows.clear();
        self.rows.clear();
        self.profile_identity.clear();
        self.terms_identity.clear();
    }

    /// How many charges it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of a profile's column.
    #[must_use]
    pub fn profile_text(&self, profile: u32, column: Profile) -> &str {
        let id = self.profiles[column.index()][profile as usize];
        self.profile_texts[column.index()].get(id)
    }

    /// The text of a terms row's column.
    #[must_use]
    pub fn terms_text(&self, terms: u32, column: Terms) -> &str {
        self.terms_texts[column.index()].get(self.terms[terms as usize].texts[column.index()])
    }

    /// A hash that names a charge across restatements: the same resource, price, day and terms.
    /// Stable between runs.
    #[must_use]
    pub fn identity(&self, row: usize) -> u64 {
        let RowKey { window, profile, terms } = self.rows[row];
        let day = self.windows[window as usize].day.0 as u64;
        let mixed = self.profile_identity[profile as usize].rotate_left(17)
            ^ self.terms_identity[terms as usize]
            ^ day.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mixed ^ (mixed >> 32)
    }

    /// The charges' positions ordered by window, then profile, then terms: windows by provider,
    /// account, billing period and day.
    #[must_use]
    pub fn order(&self) -> Vec<u32> {
        let mut ranks: Vec<u32> = (0..self.windows.len() as u32).collect();
        ranks.sort_by_key(|w| {
            let window = &self.windows[*w as usize];
            (window.provider, window.account, window.billing_period, window.day)
        });
        let mut rank_of = vec![0u32; self.windows.len()];
        ranks.iter().enumerate().for_each(|(rank, w)| rank_of[*w as usize] = rank as u32);
        let mut keys: Vec<(u64, u32)> = self
            .rows
            .iter()
            .enumerate()
            .map(|(i, r)| (u64::from(rank_of[r.window as usize]) << 32 | u64::from(r.profile), i as u32))
            .collect();
        keys.sort_unstable();
        keys.into_iter().map(|(_, i)| i).collect()
    }
}

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
    scratch: Vec<u8>,
}

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
            scratch: Vec::new(),
        }
    }

    /// Whether the batch has reached its limits and should be taken.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.batch.len() >= self.limits.rows || (self.batch.len().is_multiple_of(1024) && self.bytes() >= self.limits.text_bytes)
    }

    /// The same as [`Self::is_full`], but exact at any number of charges: for readers that ask
    /// seldom.
    #[must_use]
    pub fn has_no_room(&self) -> bool {
        self.batch.len() >= self.limits.rows || self.bytes() >= self.limits.text_bytes
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

    fn bytes(&self) -> usize {
        let profiles = self.batch.profile_identity.len();
        let texts: usize = self.batch.profile_texts.iter().chain(&self.batch.terms_texts).map(Dict::bytes).sum();
        texts + profiles * (Profile::COUNT * 4 + 48)
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
                    let id = self.batch.profile_texts[column.index()].intern(&clean(field(*column)));
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
        self.batch.profile_texts[column.index()].intern(text)
    }

    /// The number of a text in a terms column's dictionary.
    pub fn intern_terms(&mut self, column: Terms, text: &str) -> u32 {
        self.batch.terms_texts[column.index()].intern(text)
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
        let details = ids[Profile::SkuPriceDetails.index()];
        if ids[Profile::InstanceType.index()] == NONE && details != NONE {
            ids[Profile::InstanceType.index()] = self.instance_type(details);
        }
        let mut hasher = [0u8; Profile::COUNT * 4];
        ids.iter().zip(hasher.chunks_exact_mut(4)).for_each(|(id, out)| out.copy_from_slice(&id.to_le_bytes()));
        let key = xxh3_128_with_seed(&hasher, self.seed);
        if let Some(id) = self.by_ids.get(key) {
            return id;
        }
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
        let id = self.batch.profile_texts[Profile::InstanceType.index()].intern(&found);
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
            texts[column.index()] = self.batch.terms_texts[column.index()].intern(&clean(field(*column)));
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
        self.terms_by_row.insert(row, id);
        id
    }

    /// Adds a charge whose profile and terms are known.
    pub fn push_charge(&mut self, profile: u32, terms: u32, facts: &Facts) {
        let (provider, account) = self.pairs[self.places[profile as usize] as usize];
        let window = Window {
            provider,
            account,
            billing_period: facts.billing_start,
            day: Day::of_seconds(facts.start),
        };
        if self.last_window.0 != window {
            let windows = &mut self.batch.windows;
            let id = *self.window_of.entry(window).or_insert_with(|| {
                windows.push(window);
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
    use crate::domain::money::Amount;

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
