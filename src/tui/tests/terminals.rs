//! What terminals differ in: themes, depths, signs.

use ratatui::buffer::Buffer;

use super::fake::{Mood, Session, colours};
use crate::config::{Charts, Config, Screen};
use crate::tui::event::Event;
use crate::tui::theme::{Env, Role, Theme, ThemeName, Tone};

const SIZE: (u16, u16) = (120, 36);

/// The same buffer's text and its looks.
fn parts(buf: &Buffer) -> (String, Vec<String>) {
    let text = buf.content.iter().map(|cell| cell.symbol()).collect();
    (text, buf.content.iter().map(|cell| format!("{:?}", cell.style())).collect())
}

#[test]
fn a_theme_changes_colours_and_nothing_else() {
    for keys in ["1", "2", "?"] {
        let mut s = Session::started(Mood::Demo, SIZE);
        s.app.theme = s.app.theme.clone().on(Tone::Dark);
        s.keys(keys);
        let mut seen: Vec<(ThemeName, Vec<String>)> = Vec::new();
        let mut text = None;
        for name in ThemeName::ALL.into_iter().filter(|n| !matches!(n, ThemeName::Dark | ThemeName::Mono)) {
            s.app.theme = s.app.theme.clone().named(name);
            let (now, looks) = parts(&s.screen());
            assert_eq!(*text.get_or_insert_with(|| now.clone()), now, "{name:?} draws something else");
            let same = seen.iter().find(|(_, other)| *other == looks).map(|(other, _)| *other);
            assert_eq!(same, None, "{name:?} looks like another");
            seen.push((name, looks));
        }
        // On the background that it is meant for, a named theme is the automatic one.
        s.app.theme = s.app.theme.clone().named(ThemeName::Dark);
        assert_eq!(seen[0], (ThemeName::Auto, parts(&s.screen()).1));
    }
}

#[test]
fn v_c_goes_through_the_themes_and_says_how_to_keep_one() {
    let mut s = Session::started(Mood::Demo, SIZE);
    for name in ["dark", "light", "high-contrast", "colour-blind", "mono", "auto"] {
        s.keys("v c");
        assert_eq!(s.app.theme.name.name(), name);
        assert!(s.text().contains(&format!("theme {name}: `theme = \"{name}\"` under [screen]")), "{}", s.text());
    }
    s.keys("v");
    assert!(s.text().contains(" v then ") && s.text().contains("c  next theme"), "{}", s.text());
}

#[test]
fn the_config_chooses_theme_and_charts() {
    let with = |change: fn(&mut Screen)| {
        let mut screen = Config::default().screen;
        change(&mut screen);
        let mut s = Session::started(Mood::Demo, SIZE);
        s.app.theme = Theme::with(&colours(), &screen);
        s
    };
    assert_eq!(with(|s| s.theme = ThemeName::Light).app.theme.name, ThemeName::Light);
    let braille = with(|s| s.charts = Charts::Braille).text();
    assert!(braille.contains('⣿') && !braille.contains('█') && braille.contains('·'), "{braille}");
    let ascii = with(|s| s.charts = Charts::Ascii).text();
    assert!(ascii.contains("##") && !ascii.contains('█') && ascii.contains('·') && ascii.contains('▲'), "{ascii}");
    let wide = with(|s| s.ambiguous_width = crate::config::AmbiguousWidth::Wide).text();
    assert!(!wide.contains(['·', '─', '▲', '█', '…']), "{wide}");
}

#[test]
fn the_answer_of_the_terminal_changes_the_colours_once_it_comes() {
    let mut s = Session::started(Mood::Demo, SIZE);
    let (text, unknown) = parts(&s.screen());
    s.send(Event::Background(Tone::Light));
    let (same, light) = parts(&s.screen());
    assert!(text == same && unknown != light, "only colours change, and they do");
    assert_eq!(s.app.theme, s.app.theme.clone().remembering(Some(Tone::Dark)), "an answer is newer than a memory");
    assert!(s.asked.len() == 1 && s.done.is_empty());
}

#[test]
fn every_role_of_every_theme_in_every_depth() {
    let mut sheet = String::new();
    for (depth, env) in [
        ("truecolor", colours()),
        ("256", Env { colorterm: String::new(), ..colours() }),
        ("16", Env { term: "xterm".into(), colorterm: String::new(), ..colours() }),
        ("none", Env { no_color: "1".into(), ..colours() }),
    ] {
        for (tone, name) in [None, Some(Tone::Dark), Some(Tone::Light)]
            .into_iter()
            .flat_map(|tone| ThemeName::ALL.map(|name| (tone, name)))
        {
            let theme = Theme::of(&env).named(name);
            let theme = tone.map_or(theme.clone(), |tone| theme.on(tone));
            let on = tone.map_or("unknown", Tone::name);
            sheet += &format!("{depth}, {} on {on}\n", name.name());
            for role in Role::ALL {
                sheet += &format!("  {:<9} {:?}\n", format!("{role:?}"), theme.style(role));
            }
            let layers: Vec<String> = (0..7).map(|n| theme.layer(Some(n)).to_string()).collect();
            sheet += &format!("  layers    {}\n", layers.join(" "));
        }
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "../snapshots", omit_expression => true }, {
        insta::assert_snapshot!("themes", sheet);
    });
}

/// Names that are hard on a table: wide, combining, joined, of no width, of disputed width.
const HARD: [&str; 14] = [
    "plain",
    "本番環境データベース",
    "cafe\u{301} re\u{301}sume\u{301}",
    "a\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}b",
    "👩\u{200d}👩\u{200d}👧 family",
    "flag 🇩🇪 x",
    "thumb 👍🏽 x",
    "heart ❤\u{fe0f} x",
    "keycap 1\u{fe0f}\u{20e3} x",
    "zero\u{200b}width\u{feff}here",
    "العربية",
    "हिन्दी",
    "한국어 ﾊﾝｶｸ",
    "①②③ ±§·…",
];

#[test]
fn hard_names_shift_no_column() {
    use crate::domain::text::SafeText;
    use crate::tui::text::{left, put, right, width};
    for name in HARD {
        let safe = SafeText::from_outside(name);
        for columns in 0..24usize {
            for cell in [left(&safe, columns, "…"), right(&safe, columns, "…")] {
                assert_eq!(width(&cell), columns, "{name} in {columns}");
                let area = ratatui::layout::Rect::new(0, 0, 40, 1);
                let mut buf = Buffer::empty(area);
                put(&mut buf, area, 0, &ratatui::text::Line::from(format!("{cell}|")));
                let bar = buf.content.iter().position(|c| c.symbol() == "|");
                assert_eq!(bar, Some(columns), "{name} in {columns}: {cell:?}");
            }
        }
    }
}

#[test]
fn a_screen_too_small_to_tell_anything_says_so() {
    let mut s = Session::started(Mood::Demo, SIZE);
    for size in [(39, 24), (80, 7), (10, 3), (1, 1), (0, 0), (0, 30)] {
        s.resize(size);
        let text = s.text();
        assert!(!text.contains("Month to date"), "{size:?}: {text}");
        assert!(size.0 < 39 || text.contains("spendtop needs 40 columns and 8 rows"), "{text}");
    }
    s.resize((40, 8));
    assert!(s.text().contains("spendtop") && s.text().contains("2"), "{}", s.text());
    // A storm of sizes: the last one counts, and none is too odd.
    for (columns, rows) in (0..=300u16).step_by(13).flat_map(|c| (0..=100u16).step_by(9).map(move |r| (c, r))) {
        s.resize((columns, rows));
        s.screen();
    }
    s.resize(SIZE);
    assert!(s.text().contains("Biggest moves"));
}
