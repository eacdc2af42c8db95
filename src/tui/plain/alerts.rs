//! Alerts in the line mode: what is told by itself, and how they stand, in sentences.
//!
//! Pure: a notice or a standing in, lines out. Text from outside is made safe here. Knows no screen.

use crate::domain::alert::{TERMINAL, by_message};
use crate::domain::calendar::format_timestamp;
use crate::domain::text::SafeText;
use crate::host::alerting::{ChannelStanding, Standing};
use crate::host::courier::Silence;
use crate::host::syncing::Notice;
use crate::report;
use crate::tui::alerting::Snapshot;
use crate::tui::overlay::alerts::{News, all, capital, pressing};

/// Messages that are told at once.
const MESSAGES_MAX: usize = 20;

/// A text as a sentence's end, without the full stop that it may have.
fn end(text: &str) -> String {
    SafeText::from_outside(text).as_str().trim_end_matches('.').to_owned()
}

/// What a person is told who did not ask: what is the matter, then what is known of it.
#[must_use]
pub fn told(notice: &Notice) -> Vec<String> {
    let title = notice.title.as_str();
    let title = format!("Alert: {}.", end(title.strip_prefix("spendtop: ").unwrap_or(title)));
    let body = end(notice.body.as_str());
    std::iter::once(title).chain((!body.is_empty()).then(|| format!("{body}."))).collect()
}

/// How alerts stand: the channels, then the last messages, a fact a line.
#[must_use]
pub fn standing(snapshot: Option<&Snapshot>) -> Vec<String> {
    let Some(snapshot) = snapshot else { return vec!["Nobody looks for alerts here.".to_owned()] };
    let standing = match &snapshot.standing {
        Ok(standing) => standing,
        Err(error) => {
            let hints = error.hints.iter().map(|hint| format!("Hint: {}.", end(hint)));
            return std::iter::once(format!("Error: {}.", end(&error.message))).chain(hints).collect();
        }
    };
    let mut lines = vec![format!("Alerts, as of {}.", format_timestamp(snapshot.at))];
    lines.extend(standing.channels.iter().map(|channel| channel_line(channel, snapshot.at)));
    lines.extend(standing.wrong.iter().map(|wrong| format!("Config: {}.", end(wrong))));
    lines.push(String::new());
    let silence = standing.silence.as_ref();
    silence.into_iter().for_each(|(why, _)| lines.extend(would(*why, standing)));
    let messages = all(&standing.answer);
    if messages.is_empty() && silence.is_none() {
        lines.push(
            "Nobody was told anything yet. In a shell, spendtop alert test and a channel's name tries it.".to_owned(),
        );
    }
    if !messages.is_empty() {
        lines.push("Messages, the newest first:".to_owned());
    }
    lines.extend(messages.iter().take(MESSAGES_MAX).map(message_line));
    if messages.len() > MESSAGES_MAX {
        let left = messages.len() - MESSAGES_MAX;
        lines.push(format!("{left} more are older: in a shell, spendtop alert log lists them."));
    }
    lines
}

fn channel_line(channel: &ChannelStanding, now: i64) -> String {
    let gate = &channel.gate;
    let name = SafeText::from_outside(&channel.name);
    let kind = if name.as_str() == channel.kind { String::new() } else { format!(", {}", channel.kind) };
    let mut said = vec![match gate.good_at {
        0 => "nothing was brought yet".to_owned(),
        at => format!("last brought {}", report::ago(at, now)),
    }];
    if channel.waiting > 0 {
        said.push(format!("{} on the way, next try {}", channel.waiting, report::next_words(channel.next, now)));
    }
    if let Some(why) = &channel.unusable {
        said.push(format!("cannot be used: {}", end(why)));
    } else if let Some(why) = &gate.why {
        said.push(format!("failed {}: {}", report::ago(gate.failed_at, now), end(why)));
    }
    // What is said of the terminal is of the screen that there is none of.
    said.extend(channel.remark.filter(|_| channel.name != TERMINAL).map(str::to_owned));
    format!("{name}{kind}: {}.", said.join(", "))
}

/// Why nobody is told, and what would be.
fn would(why: Silence, standing: &Standing) -> Vec<String> {
    let news = standing.silence.iter().flat_map(|(_, news)| by_message(news));
    let news: Vec<String> = news
        .take(MESSAGES_MAX)
        .map(|(message, to)| {
            let (pressing, _) = pressing(message.turn, message.severity, message.kind);
            format!("{pressing}, to {}: {}.", end(&to.join(" and ")), end(message.title.raw()))
        })
        .collect();
    let what = if news.is_empty() { "There would be nothing new to tell." } else { "What would be told:" };
    [format!("{}.", capital(&why.words())), what.to_owned()].into_iter().chain(news).collect()
}

fn message_line(news: &News<'_>) -> String {
    let (pressing, _) = pressing(news.turn, news.severity, news.kind);
    let why = news.why().map_or_else(String::new, |why| format!("; {}", end(why)));
    let (at, state, channels) = (format_timestamp(news.at), news.state(), end(&news.channels()));
    format!("{at}, {pressing}, {state}, {channels}: {}{why}.", end(news.title.raw()))
}
