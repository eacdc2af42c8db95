//! What charges say of their owners: the evidence that virtual dimensions are told from.
//!
//! Looks at each distinct tags text and account once. Knows no definition, only tag keys.

use hashbrown::HashMap;

use crate::domain::virtuals;

/// The number of each profile's evidence for virtual dimensions: of all texts of its tags, of which
/// tags, account id and account name each has, and what the last two are called. `intern` numbers
/// an evidence.
pub fn evidence<'t>(
    keys: &[String],
    tag_texts: impl Iterator<Item = &'t str>,
    [tags, accounts, names]: [&[u32]; 3],
    account: impl Fn(u32, u32) -> (&'t str, &'t str),
    mut intern: impl FnMut(&str) -> u32,
) -> Vec<u32> {
    let of_tags: Vec<Option<u32>> = tag_texts.map(|t| virtuals::of_tags(t, keys).map(|text| intern(&text))).collect();
    let mut of_accounts: HashMap<(u32, u32), u32> = HashMap::new();
    let number = |((tags, id), name): ((&u32, &u32), &u32)| {
        of_tags[*tags as usize].unwrap_or_else(|| {
            *of_accounts.entry((*id, *name)).or_insert_with(|| {
                let (id, name) = account(*id, *name);
                intern(&virtuals::of_account(id, name))
            })
        })
    };
    tags.iter().zip(accounts).zip(names).map(number).collect()
}
