//! The line mode: what it tells, and what words do.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::alerts::standing;
use super::fake::{Fake, HOSTILE, Mood, Session, as_of, colours, keeper, options};
use crate::domain::alert::Severity;
use crate::domain::text::SafeText;
use crate::engine::{Engine, Listener, Listeners};
use crate::error::Result;
use crate::host::alerting;
use crate::host::courier::Silence;
use crate::host::syncing::Notice;
use crate::tui::alerting::Alerts;
use crate::tui::plain::Reader;
use crate::tui::worker::{Opened, Opener, Standing};
use crate::tui::{Options, plain, session};

/// What a session says to lines.
fn told(mood: Mood, input: &str) -> String {
    told_by(Arc::new(Fake(mood)), None, input)
}

fn told_by(engine: Arc<dyn Engine>, session: Option<session::Session>, input: &str) -> String {
    let options = Options { session, ..options(colours()) };
    written(&options, (engine, None), Reader::default(), input)
}

fn written(
    options: &Options,
    (engine, alerting): (Arc<dyn Engine>, Option<Weak<dyn Alerts>>),
    reader: Reader,
    input: &str,
) -> String {
    let open: Opener = Box::new(move |_| {
        let banner = Some("Demo: a made-up company".to_owned());
        let standing = Standing { as_of: as_of(), banner, flags: " --demo".to_owned() };
        let alerting = alerting.clone();
        Ok(Opened { engine: Arc::clone(&engine), standing, look: None, syncing: None, alerting })
    });
    let mut out = Vec::new();
    plain::run(options, &open, &mut input.as_bytes(), &mut out, reader).expect("opened").expect("written");
    String::from_utf8(out).expect("UTF-8")
}

/// Alerts that stand as they are told, with what waits for the terminal.
struct Waiting {
    stands: alerting::Standing,
    untold: Mutex<Vec<Notice>>,
    listeners: Listeners<()>,
}

impl Waiting {
    fn of(stands: alerting::Standing, titles: &[&str]) -> Arc<Waiting> {
        let notice = |title: &&str| Notice {
            title: SafeText::from_outside(title),
            body: SafeText::from_outside("Spent: 900 USD; Budgeted: 100 USD"),
            severity: Severity::Critical,
        };
        let untold = Mutex::new(titles.iter().map(notice).collect());
        Arc::new(Waiting { stands, untold, listeners: Listeners::default() })
    }

    fn left(&self) -> usize {
        self.untold.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn told(self: &Arc<Self>, reader: Reader, input: &str) -> String {
        let lent: Weak<dyn Alerts> = Arc::<Waiting>::downgrade(self);
        written(&options(colours()), (Arc::new(Fake(Mood::Demo)), Some(lent)), reader, input)
    }
}

impl Alerts for Waiting {
    fn standing(&self) -> Result<alerting::Standing> {
        Ok(self.stands.clone())
    }

    fn test(&self, channel: &str) {
        panic!("nobody tries {channel}");
    }

    fn notice(&self) -> Option<Notice> {
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        (!untold.is_empty()).then(|| untold.remove(0))
    }

    fn subscribe(&self, listener: &Listener<()>) {
        self.listeners.add(listener);
    }
}

#[test]
fn alerts_are_told_before_the_next_prompt_with_the_bell() {
    let titles = ["spendtop: critical: budget all is exceeded", "spendtop: warning: a\x1b is late"];
    let waiting = Waiting::of(standing(), &titles);
    let text = waiting.told(Reader { types: true, sees: true }, "help\n");
    let wanted = "Alert: critical: budget all is exceeded.\nSpent: 900 USD; Budgeted: 100 USD.\n\
                  Alert: warning: a\\x1b is late.\nSpent: 900 USD; Budgeted: 100 USD.\n\x07\nCommand, or help: ";
    assert!(text.contains(wanted), "{text}");
    assert_eq!((text.matches("Alert: ").count(), text.matches('\x07').count(), waiting.left()), (2, 1, 0), "once");
}

#[test]
fn where_nobody_sees_it_no_alert_is_taken() {
    let waiting = Waiting::of(standing(), &["spendtop: critical: budget all is exceeded"]);
    let text = waiting.told(Reader::default(), "help\nquit\n");
    assert!(!text.contains("Alert: ") && !text.contains('\x07'), "{text}");
    assert_eq!(waiting.left(), 1, "it waits for who sees it");
}

#[test]
fn how_alerts_stand_is_told_by_a_word() {
    let text = Waiting::of(standing(), &[]).told(Reader::default(), "alerts\n");
    for line in [
        "pager, pagerduty: last brought ",
        "chat, slack: last brought ",
        "desktop: nothing was brought yet.",
        "Messages, the newest first:",
        "2024-11-20T09:29:00Z, critical, on its way, chat: budget platform is exceeded: 10,204.00 USD; ",
        "2024-11-20T09:25:00Z, critical, told, pager: Amazon EC2 costs 1,204.50 USD more a day.",
        "2024-11-20T08:23:20Z, resolved, told, pager: AWS tells nothing new since 2024-09-09.",
    ] {
        assert!(text.lines().any(|l| l.starts_with(line)), "{line}\n---\n{text}");
    }
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{text:?}");
    let silent = alerting::Standing { silence: Some((Silence::Demo, Vec::new())), ..alerting::Standing::default() };
    let text = Waiting::of(silent, &[]).told(Reader::default(), "alerts\n");
    assert!(text.contains("\nThis is the demo: nobody is told.\nThere would be nothing new to tell.\n"), "{text}");
    let mut wrong = standing();
    wrong.wrong = vec!["c.toml:2:9: `alerts.quiet` must end".to_owned()];
    wrong.channels.iter_mut().for_each(|channel| channel.unusable = Some("no address".to_owned()));
    let text = Waiting::of(wrong, &[]).told(Reader::default(), "alerts\n");
    assert!(
        text.contains("cannot be used: no address.\n") && text.contains("\nConfig: c.toml:2:9: `alerts.quiet`"),
        "{text}"
    );
    let none = Waiting::of(alerting::Standing::default(), &[]).told(Reader::default(), "alerts\n");
    assert!(none.contains("Nobody was told anything yet."), "{none}");
}

#[test]
fn the_first_tab_is_told_wherever_the_app_was_left() {
    for keys in ["2 <enter>", "2 v h", "4"] {
        let mut left = Session::started(Mood::Demo, (120, 36));
        left.keys("[").keys(keys);
        let text = told_by(Arc::new(Fake(Mood::Demo)), left.app.session(), "breakdown\ndrill 1\n");
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("Spend: effective cost, October"), "{keys}: {first}");
        assert!(text.contains("Month to date: 84,210.33 USD") && text.contains("\nBreakdown: "), "{keys}: {text}");
    }
}

#[test]
fn the_first_tab_is_told_in_sentences() {
    let text = told(Mood::Demo, "");
    for line in [
        "Spend: effective cost, November to date, compared with same days of October, by provider.",
        "Demo: a made-up company",
        "Figures in USD. There are also charges in EUR.",
        "Month to date: 84,210.33 USD, up 4,840.12, 6.1 percent.",
        "Yesterday: 3,214.09 USD, down 66.20, 2.0 percent, so far: not all charges are in.",
        "Microsoft: charges up to 2024-11-19, settled through 2024-11-17.",
        "Warning: 3 rows were refused: spendtop imports show 4 lists them.",
        "Biggest moves:",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n---\n{text}");
    }
    assert!(text.contains("Amazon EC2, prod-ml: up 2,310.44, 15 percent, now 18,204.11 USD."), "{text}");
}

#[test]
fn a_lens_is_kept_and_looked_through_by_words() {
    let lines = "filter env=prod\nsave incident\nsave incident\nsave on-call\nfilter\nlens\nlens incident\nlens x\n";
    let text = told_by(Arc::new(keeper()), None, lines);
    for line in [
        "Kept as incident: lens incident looks through it again.",
        "There is a lens incident already: take another name.",
        "There is a lens on-call already: take another name.",
        "incident: effective this-month vs month-before by provider where tag:env=prod per day.",
        "No lens is kept as x: lens lists those that are.",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n---\n{text}");
    }
    let heads: Vec<bool> = text.lines().filter(|l| l.starts_with("Spend:")).map(|l| l.contains("env=prod")).collect();
    assert_eq!(heads, [false, true, false, true], "{text}");
}

#[test]
fn rows_are_opened_and_left_by_words() {
    let text = told(Mood::Demo, "breakdown\ndrill 2\nback\n2\nopen 1\nquit\nspend\n");
    let at = |wanted: &str| text.find(wanted).unwrap_or_else(|| panic!("{wanted}\n---\n{text}"));
    assert!(at("1. AWS: 18,204.11 USD") < at("Inside: Azure."));
    assert!(at("Inside: Azure.") < at("Inside: AWS."), "{text}");
    assert!(text.contains("up 2,310.44, 15 percent.") && text.contains("These are all rows."));
    assert_eq!(text.matches("Spend: ").count(), 1, "nothing is done after quit");
}

#[test]
fn the_lens_is_changed_by_words_and_mistakes_say_what_to_write() {
    let lines =
        "period last-month\nby service\nfilter provider:aws\nmetric billed\ncompare none\ncurrency eur\ncommand\n";
    let text = told(Mood::Demo, lines);
    let want = "spendtop spend --by service --metric billed --period last-month --as-of 2024-11-20 --compare none \
                --where 'provider:aws' --currency EUR --demo";
    assert!(text.contains(want), "{text}");
    assert!(text.contains("Figures in EUR. There are also charges in USD."), "{text}");
    for (line, want) in [
        ("period never", "period needs days, like this-month"),
        ("by colour", "by needs a dimension: provider"),
        ("filter servce:x", "The filter has a mistake at: servce:x. unknown dimension `servce`. Try: service:..."),
        ("metric gold", "It is one of effective, billed, list, contracted."),
        ("currency CHF", "currency needs one of USD, EUR."),
        ("drill 3", "breakdown lists rows first."),
        ("back", "Nothing was opened."),
        ("2\ndrill 99", "drill needs the number of a row, 1 to 4."),
        ("2\nmore", "There are no more rows."),
        ("fitler", "Did you mean filter?"),
    ] {
        let text = told(Mood::Demo, line);
        assert!(text.contains(want), "{line}: {want}\n---\n{text}");
    }
}

#[test]
fn days_help_and_what_is_missing_are_told() {
    let text = told(Mood::Demo, "series\n?\n");
    assert!(text.lines().any(|l| l.starts_with("Tue 2024-11-19: ") && l.ends_with(", not settled.")), "{text}");
    assert!(text.contains("drill NUMBER, or open: open a row of the breakdown."), "{text}");
    assert!(told(Mood::Empty, "2\n").contains("There are no charges here."));
    let broken = told(Mood::Broken, "");
    assert!(
        broken.contains("Error: cannot read the store.") && broken.contains("Hint: spendtop store check"),
        "{broken}"
    );
}

#[test]
fn what_is_ahead_and_needs_attention_is_told_in_short_and_in_full() {
    let text = told(Mood::Demo, "budgets\n5\nforecast\n");
    for line in [
        "Forecast to 2024-11-30: 118,400.00 USD, up 10,568.00, 9.8 percent on the month before; four of five times \
         between 114,300.00 and 122,500.00.",
        "Budgets: 4. data exceeded on 2024-11-18; platform will exceed on 2024-11-27. budgets tells more.",
        "platform: will exceed on 2024-11-27. 41,204.00 USD of 50,000.00 spent, 82 percent at 63 percent of the \
         days; at its end 65,058.00, four of five times between 62,998.00 and 67,118.00.",
        "000003: staging, drop, -609.00 USD since 2024-11-15; a day 1.10 where 122.90 was expected; medium, open.",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n---\n{text}");
    }
    let short = text.lines().find(|l| l.starts_with("Anomalies: ")).unwrap_or_default();
    assert!(short.starts_with("Anomalies: 2 open, 1 acknowledged. The first: NAT gateway, prod-ml"), "{text}");
    assert_eq!(text.matches("Forecast to").count(), 2, "{text}");
    let none = told(Mood::Empty, "budgets\nanomalies\nforecast\n");
    assert!(none.contains("No budget is kept.") && none.contains("Anomalies: none needs anybody."), "{none}");
    assert!(none.contains("No forecast: there are no charges here."), "{none}");
}

#[test]
fn nothing_that_is_told_moves_a_cursor() {
    let text = told(Mood::Hostile, "2\ndrill 1\nfilter \x1b[2J\x07\n\x1b]0;x\x07\nseries\nbudgets\nanomalies\nhelp\n");
    assert!(text.contains("web\\x1b]52"), "{text}");
    assert!(!text.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}' || c == '\u{200b}'), "{text:?}");
    assert!(!text.contains(HOSTILE) && !text.contains(['▲', '▼', '·', '─', '│', '█']), "{text}");
}
