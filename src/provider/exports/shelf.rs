//! The wire: listing a prefix and getting objects, piece by piece, from any object store.
//!
//! Nothing that a store's library says of an error reaches a message but what [`fault`] takes out of it:
//! it may hold a signed URL.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::StreamExt;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore};

use super::super::remote::call::{Call, Unit};
use super::super::remote::fault::{way, words};
use super::super::remote::pace::Pace;
use super::super::remote::{Fault, FaultKind};
use super::answer::{Told, odd_key};
use super::layout::Entry;
use crate::domain::words::counted;

/// Objects below a prefix at most.
const OBJECTS_MAX: usize = 200_000;

/// Bytes of a manifest at most.
const MANIFEST_MAX: u64 = 16 << 20;

/// A fault on its way through an object store's errors, as a credential adapter gives it.
#[derive(Debug)]
pub struct Passed(pub Fault);

impl std::fmt::Display for Passed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for Passed {}

/// Makes the store of another region.
pub type Moves = Box<dyn Fn(&str) -> Result<Arc<dyn ObjectStore>, Fault> + Send + Sync>;

/// A prefix of an object store.
pub struct Shelf {
    store: Mutex<Arc<dyn ObjectStore>>,
    moves: Option<Moves>,
    prefix: Option<Path>,
    /// What it is called: `s3://bucket`.
    location: String,
    /// Objects that cannot be asked for by their keys, when it was listed last: how many, and one of them.
    odd: Mutex<Option<(usize, String)>>,
}

impl Shelf {
    /// Of a store, which `location` names; keys begin with `prefix`, in whole folders.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where the prefix is none.
    pub fn new(store: Arc<dyn ObjectStore>, location: &str, prefix: &str) -> Result<Shelf, Fault> {
        let path = Path::parse(prefix.trim_matches('/'))
            .map_err(|_| Fault::new(FaultKind::Refused, format!("`{}` is no prefix", words(prefix))))?;
        let prefix = (!path.as_ref().is_empty()).then_some(path);
        let (store, location) = (Mutex::new(store), location.trim_end_matches('/').to_owned());
        Ok(Shelf { store, moves: None, prefix, location, odd: Mutex::default() })
    }

    /// Goes on in the region that the store says it is in.
    #[must_use]
    pub fn moving(self, moves: Moves) -> Shelf {
        Shelf { moves: Some(moves), ..self }
    }

    fn store(&self) -> Arc<dyn ObjectStore> {
        Arc::clone(&self.store.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether an error says that the store is in another region, and it is asked there from now on.
    fn moves(&self, error: &Error) -> bool {
        let region = causes(error).find_map(|cause| cause.downcast_ref::<Told>()?.region.clone());
        let made = region.zip(self.moves.as_ref()).and_then(|(region, moves)| moves(&region).ok());
        made.map(|made| *self.store.lock().unwrap_or_else(PoisonError::into_inner) = made).is_some()
    }

    /// Asks the store, and where it is in another region once more there.
    async fn ask<T>(&self, ask: impl AsyncFn(Arc<dyn ObjectStore>) -> Result<T, Error>) -> Result<T, Error> {
        match ask(self.store()).await {
            Err(error) if self.moves(&error) => ask(self.store()).await,
            answer => answer,
        }
    }

    /// Objects that cannot be asked for by their keys, in words; `None` where there were none.
    #[must_use]
    pub fn odd(&self) -> Option<String> {
        let odd = self.odd.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (count, example) = odd?;
        let what = counted(count as u64, "object is", "objects are");
        Some(format!("{what} passed over, whose keys are no paths (such as `{example}`)"))
    }

    /// The prefix as its owner writes it.
    #[must_use]
    pub fn name(&self) -> String {
        self.prefix.as_ref().map_or_else(|| self.location.clone(), |prefix| self.name_of(prefix.as_ref()))
    }

    /// An object as its owner writes it.
    #[must_use]
    pub fn name_of(&self, key: &str) -> String {
        format!("{}/{key}", self.location)
    }

    /// The key of an object by the name that [`Self::name_of`] gave.
    #[must_use]
    pub fn key_of<'n>(&self, name: &'n str) -> Option<&'n str> {
        name.strip_prefix(&self.location)?.strip_prefix('/')
    }

    /// Everything below the prefix, or below a folder whose whole key is given.
    ///
    /// # Errors
    /// [`FaultKind::Refused`] where there is more than can be meant.
    pub fn list(&self, folder: Option<&str>, call: &Call) -> Result<Vec<Entry>, Fault> {
        let folder = folder.filter(|folder| !folder.is_empty()).map(Path::parse).transpose();
        let folder = folder.map_err(|e| fault(&self.name(), &e.into()))?;
        let below = folder.as_ref().or(self.prefix.as_ref());
        let (entries, odd) = call.run(call.tried(|| async {
            call.meter.take(Unit::FreeRequests, 1)?;
            let listed = self.ask(async |store| self.listed(&*store, below).await).await;
            listed.map_err(|e| fault(&self.name(), &e))
        }))?;
        if below == self.prefix.as_ref() {
            *self.odd.lock().unwrap_or_else(PoisonError::into_inner) = odd;
        }
        Ok(entries)
    }

    /// What is below a path, and what of it cannot be asked for.
    async fn listed(
        &self,
        store: &dyn ObjectStore,
        below: Option<&Path>,
    ) -> Result<(Vec<Entry>, Option<(usize, String)>), Error> {
        let (mut objects, mut entries, mut odd) = (store.list(below), Vec::new(), None);
        while let Some(object) = objects.next().await.transpose()? {
            if let Some(key) = odd_key(object.location.as_ref()) {
                odd.get_or_insert((0, key)).0 += 1;
                continue;
            }
            let modified = object.last_modified.timestamp_millis();
            let tag = object.e_tag.as_deref().map_or_else(|| modified.to_string(), bare);
            entries.push(Entry { key: object.location.to_string(), bytes: object.size, tag, modified });
            if entries.len() > OBJECTS_MAX {
                let what = format!("{}: more than {OBJECTS_MAX} objects are there", words(&self.name()));
                let fault = Fault::new(FaultKind::Refused, what).hint("name a longer prefix: that of the export");
                return Err(Error::Generic { store: "list", source: Box::new(Passed(fault)) });
            }
        }
        Ok((entries, odd))
    }

    /// A small object, whole.
    ///
    /// # Errors
    /// [`FaultKind::Garbled`] where it is not small.
    pub fn small(&self, entry: &Entry, call: &Call) -> Result<Bytes, Fault> {
        if entry.bytes > MANIFEST_MAX {
            let what = format!("{} has {} bytes, which is no manifest", words(&self.name_of(&entry.key)), entry.bytes);
            return Err(Fault::new(FaultKind::Garbled, what));
        }
        // Of nothing there is no range to ask for.
        if entry.bytes == 0 { Ok(Bytes::new()) } else { self.piece(entry, 0..entry.bytes, call) }
    }

    /// Bytes of an object that is still what was listed.
    ///
    /// # Errors
    /// [`FaultKind::Unavailable`] where it has changed.
    pub fn piece(&self, entry: &Entry, range: Range<u64>, call: &Call) -> Result<Bytes, Fault> {
        let name = self.name_of(&entry.key);
        let path = Path::parse(&entry.key).map_err(|e| fault(&name, &e.into()))?;
        // Of a slow line a piece is long on its way: nobody is silent then.
        let quiet_for = call.pace.quiet_for * 4;
        let call = &Call { pace: Pace { quiet_for, ..call.pace }, ..call.clone() };
        call.run(call.tried(|| async {
            call.meter.take(Unit::FreeRequests, 1)?;
            let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
            let get = async |store: Arc<dyn ObjectStore>| store.get_opts(&path, options.clone()).await;
            let got = self.ask(get).await.map_err(|e| fault(&name, &e))?;
            let same =
                got.meta.size == entry.bytes && got.meta.e_tag.as_deref().is_none_or(|tag| bare(tag) == entry.tag);
            if !same {
                return Err(changed(&name));
            }
            let bytes = got.bytes().await.map_err(|e| fault(&name, &e))?;
            if bytes.len() as u64 != range.end - range.start {
                let what = format!("{}: a piece came short", words(&name));
                return Err(Fault::new(FaultKind::Unavailable, what));
            }
            Ok(bytes)
        }))
    }
}

/// A tag without the quotes that some stores leave off in listings.
fn bare(tag: &str) -> String {
    tag.trim_start_matches("W/").trim_matches('"').to_owned()
}

/// That an object is no longer what was listed.
#[must_use]
pub fn changed(name: &str) -> Fault {
    let what = format!("{} was written anew while it was read: nothing of it was taken", words(name));
    Fault::new(FaultKind::NotThere, what).hint("it is read with the next sync")
}

/// An error and what is behind it.
fn causes(error: &Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    let first: &(dyn std::error::Error + 'static) = error;
    std::iter::successors(Some(first), |cause| cause.source())
}

/// What an object store's error means; `name` is what was asked for.
#[must_use]
pub fn fault(name: &str, error: &Error) -> Fault {
    let name = words(name);
    for cause in causes(error) {
        if let Some(Passed(fault)) = cause.downcast_ref::<Passed>() {
            return fault.clone();
        }
        if let Some(told) = cause.downcast_ref::<Told>() {
            return told.fault(&name);
        }
    }
    let last = causes(error).last();
    let (kind, what) = match error {
        Error::NotFound { .. } => (FaultKind::NotThere, "is not there".to_owned()),
        Error::PermissionDenied { .. } => (FaultKind::Denied, "may not be read with these credentials".to_owned()),
        Error::Unauthenticated { .. } => (FaultKind::Expired, "the credentials are no longer good".to_owned()),
        Error::Precondition { .. } | Error::NotModified { .. } => return changed(&name),
        Error::InvalidPath { .. } | Error::NotSupported { .. } | Error::NotImplemented { .. } => {
            (FaultKind::Refused, "cannot be asked for".to_owned())
        }
        other => of_status(other).unwrap_or_else(|| {
            // A URL may be signed: only an innermost cause without one is shown.
            let inner = last.map(ToString::to_string).unwrap_or_default();
            let is_safe = !inner.is_empty() && !inner.contains("://") && !inner.contains('?') && !inner.contains('<');
            let said = if is_safe { words(&inner) } else { "does not answer as it should".to_owned() };
            (FaultKind::Unavailable, said)
        }),
    };
    let fault = Fault::new(kind, format!("{name}: {what}"));
    match way(&what) {
        Some(hint) if kind == FaultKind::Unavailable => fault.hint(hint),
        _ => fault,
    }
}

/// What the status means that an error tells in words: the library gives it in no other way.
fn of_status(error: &Error) -> Option<(FaultKind, String)> {
    let text = error.to_string();
    let (_, after) = text.split_once("status code: ")?;
    let status: u16 = after.get(..3)?.parse().ok()?;
    let (kind, what) = match status {
        404 => (FaultKind::NotThere, "is not there"),
        401 => (FaultKind::Expired, "the credentials are no longer good"),
        403 => (FaultKind::Denied, "may not be read with these credentials"),
        429 | 503 => (FaultKind::Throttled, "wants fewer requests"),
        500..=599 => (FaultKind::Unavailable, "does not work now"),
        _ => (FaultKind::Refused, "cannot be asked for"),
    };
    Some((kind, format!("{what} (status {status})")))
}
