//! How much of a scope's history has come, for whoever looks.

use std::collections::BTreeMap;

use super::Course;
use crate::error::Result;
use crate::provider::remote::Ask;
use crate::store::remote::{BASE, Synced};
use crate::sync::plan::{Job, Why};

impl Course<'_> {
    /// Notes how much has come of what is wanted: days of the scope's charges, or deliveries.
    pub(super) fn tell_history(&self, jobs: &[Job], synced: &Synced) -> Result<()> {
        let whole = |job: &Job| match &job.ask {
            Ask::Days { feed, days } if feed.is_base() => u32::try_from(days.days()).unwrap_or(0),
            Ask::Days { .. } => 0,
            Ask::Delivery(_) => 1,
        };
        let ahead: u32 = jobs.iter().filter(|job| job.why == Why::History).map(whole).sum();
        let come = synced.days.get(BASE).map_or(0, BTreeMap::len) + synced.come_deliveries();
        let come = u32::try_from(come).unwrap_or(u32::MAX);
        let begun = self.syncer.book.state().scopes.get(&self.source).map_or((0, 0), |standing| standing.history);
        self.syncer.board.tell(&self.source, |live| {
            let all = live.history.0 + live.history.1;
            live.history = if all == 0 { (0, ahead) } else { (all.saturating_sub(ahead), ahead) };
        });
        let now = (come, come.saturating_add(ahead));
        if begun != now {
            self.syncer.stand(&self.source, |standing| standing.history = now)?;
        }
        Ok(())
    }

    /// Something has come: where it failed before that is said no longer, whatever else is to come, and where
    /// all has never come it is noted, for whoever looks after this process was killed.
    pub(super) fn has_come(&self, is_stored: bool) -> Result<()> {
        let standing = self.syncer.standing(&self.source);
        let recovers = standing.trouble.is_some() && self.asides.trouble().is_none();
        let is_part = is_stored && standing.good_at == 0;
        if !recovers && !is_part {
            return Ok(());
        }
        let now = self.syncer.now();
        self.syncer.stand(&self.source, |standing| {
            standing.stored_at = if is_stored { now } else { standing.stored_at };
            if recovers {
                (standing.trouble, standing.failures, standing.failing_since, standing.told_at) = (None, 0, 0, 0);
            }
        })
    }
}
