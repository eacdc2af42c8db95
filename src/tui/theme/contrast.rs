//! Whether every theme can be read: contrast as WCAG 2 computes it, role by role.
//!
//! Tests only.

use super::*;
use crate::tui::{pen, picture};

/// Backgrounds that people have.
const DARK_GROUNDS: [u32; 3] = [0x000000, 0x1e1e1e, 0x282c34];
const LIGHT_GROUNDS: [u32; 3] = [0xffffff, 0xfafafa, 0xfdf6e3];

fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn ratio(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    if a > b { a / b } else { b / a }
}

/// What a colour is on xterm's scale; `None` for the terminal's own.
fn rgb(colour: Color) -> Option<(u8, u8, u8)> {
    let sixteen = pen::named(colour).is_some() || matches!(colour, Color::Indexed(0..16));
    assert!(!sixteen, "{colour:?} is no colour of this depth");
    picture::rgb(colour)
}

fn theme(name: ThemeName, tone: Option<Tone>, depth: Depth) -> Theme {
    let able = Env {
        term: match depth {
            Depth::Mono => "vt220",
            Depth::Ansi16 => "xterm",
            Depth::Ansi256 => "xterm-256color",
            Depth::True => "xterm-direct",
        }
        .into(),
        ..Env::default()
    };
    let theme = Theme::of(&able).named(name);
    tone.map_or(theme.clone(), |tone| theme.on(tone))
}

/// The backgrounds that a theme can find itself on.
fn grounds(theme: &Theme) -> Vec<(u8, u8, u8)> {
    let parts = |rgb: u32| ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
    match (theme.ground(), theme.tone()) {
        (Some((_, back)), _) => vec![rgb(back).expect("a colour")],
        (None, Some(Tone::Dark)) => DARK_GROUNDS.map(parts).to_vec(),
        (None, Some(Tone::Light)) => LIGHT_GROUNDS.map(parts).to_vec(),
        (None, None) => DARK_GROUNDS[..2].iter().chain(&LIGHT_GROUNDS).copied().map(parts).collect(),
    }
}

const TONES: [Option<Tone>; 3] = [None, Some(Tone::Dark), Some(Tone::Light)];

#[test]
fn every_role_of_every_theme_can_be_read_on_its_background() {
    for name in ThemeName::ALL.into_iter().filter(|n| *n != ThemeName::Mono) {
        for (tone, depth) in TONES.into_iter().flat_map(|t| [(t, Depth::Ansi256), (t, Depth::True)]) {
            let theme = theme(name, tone, depth);
            let least = match (name, tone) {
                (ThemeName::HighContrast, _) => 7.0,
                // What is to be read on black as on white has at most 4.6 on both.
                (ThemeName::Auto, None) => 3.0,
                _ => 4.5,
            };
            for role in Role::ALL {
                let style = theme.style(role);
                let text = style.fg.and_then(rgb).or(theme.ground().and_then(|(text, _)| rgb(text)));
                // The terminal's own text is on the terminal's own background.
                let Some(text) = text else { continue };
                let backs = style.bg.and_then(rgb).map_or_else(|| grounds(&theme), |back| vec![back]);
                for back in backs {
                    let ratio = ratio(text, back);
                    assert!(ratio >= least, "{name:?} on {tone:?} in {depth:?}: {role:?} {ratio:.2} on {back:?}");
                }
            }
        }
    }
}

#[test]
fn layers_of_charts_are_seen_on_their_background_and_apart() {
    for name in ThemeName::ALL.into_iter().filter(|n| *n != ThemeName::Mono) {
        for (tone, depth) in TONES.into_iter().flat_map(|t| [(t, Depth::Ansi256), (t, Depth::True)]) {
            let theme = theme(name, tone, depth);
            let layers: Vec<Option<usize>> = (0..7).map(Some).chain([None]).collect();
            for layer in &layers {
                let paint = rgb(theme.layer(*layer)).expect("a colour");
                for back in grounds(&theme) {
                    let ratio = ratio(paint, back);
                    assert!(ratio >= 3.0, "{name:?} on {tone:?} in {depth:?}: layer {layer:?} {ratio:.2} on {back:?}");
                }
                let over = ratio(rgb(theme.over_layer()).expect("a colour"), paint);
                assert!(over >= 3.0, "{name:?} on {tone:?} in {depth:?}: a sign over {layer:?} {over:.2}");
                let same = layers.iter().filter(|other| theme.layer(**other) == theme.layer(*layer)).count();
                assert_eq!(same, 1, "{name:?} on {tone:?} in {depth:?}: {layer:?}");
            }
        }
    }
}

/// The kind of background, the background, and what some names stand for on it.
type Known = (Tone, u32, [(Color, u32); 10]);

const XTERM: [(Color, u32); 10] =
    named([0xcd0000, 0xcdcd00, 0x0000ee, 0xcd00cd, 0xff0000, 0xffff00, 0xff00ff, 0x00ff00, 0x00cd00, 0x5c5cff]);

/// Palettes of real terminals: xterm's and Campbell on dark, xterm's and Solarized on light.
const PALETTES: [Known; 4] = [
    (Tone::Dark, 0x000000, XTERM),
    (
        Tone::Dark,
        0x0c0c0c,
        named([0xc50f1f, 0xc19c00, 0x0037da, 0x881798, 0xe74856, 0xf9f1a5, 0xb4009e, 0x16c60c, 0x13a10e, 0x3b78ff]),
    ),
    (Tone::Light, 0xffffff, XTERM),
    (
        Tone::Light,
        0xfdf6e3,
        named([0xdc322f, 0xb58900, 0x268bd2, 0xd33682, 0xcb4b16, 0x657b83, 0x6c71c4, 0x586e75, 0x859900, 0x839496]),
    ),
];

const fn named(rgb: [u32; 10]) -> [(Color, u32); 10] {
    [
        (Color::Red, rgb[0]),
        (Color::Yellow, rgb[1]),
        (Color::Blue, rgb[2]),
        (Color::Magenta, rgb[3]),
        (Color::LightRed, rgb[4]),
        (Color::LightYellow, rgb[5]),
        (Color::LightMagenta, rgb[6]),
        (Color::LightGreen, rgb[7]),
        (Color::Green, rgb[8]),
        (Color::LightBlue, rgb[9]),
    ]
}

#[test]
fn sixteen_colours_are_named_ones_that_palettes_of_both_kinds_show() {
    let parts = |rgb: u32| ((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8);
    for (name, tone) in ThemeName::ALL.into_iter().flat_map(|n| TONES.map(|t| (n, t))) {
        let theme = theme(name, tone, Depth::Ansi16);
        assert_eq!(theme.ground(), None, "{name:?}: named colours follow the terminal's palette");
        for role in Role::ALL {
            let colours = [theme.style(role).fg, theme.style(role).bg];
            for colour in colours.into_iter().flatten() {
                assert!(!matches!(colour, Color::Rgb(..) | Color::Indexed(_)), "{name:?}: {role:?}");
                let Some(kind) = tone.or(match name {
                    ThemeName::Dark => Some(Tone::Dark),
                    ThemeName::Light => Some(Tone::Light),
                    _ => None,
                }) else {
                    both(colour, parts);
                    continue;
                };
                for (_, back, known) in PALETTES.iter().filter(|(of, ..)| *of == kind) {
                    let Some((_, rgb)) = known.iter().find(|(c, _)| *c == colour) else { continue };
                    let ratio = ratio(parts(*rgb), parts(*back));
                    assert!(ratio >= 2.9, "{name:?} on {kind:?}: {role:?} is {colour:?}, {ratio:.2} on {back:06x}");
                }
            }
        }
    }
}

/// A colour for a background that nobody knows is seen on all.
fn both(colour: Color, parts: impl Fn(u32) -> (u8, u8, u8)) {
    for (_, back, known) in &PALETTES {
        let Some((_, rgb)) = known.iter().find(|(c, _)| *c == colour) else { continue };
        let ratio = ratio(parts(*rgb), parts(*back));
        assert!(ratio >= 2.0, "{colour:?}: {ratio:.2} on {back:06x}");
    }
    let seen = matches!(colour, Color::Reset | Color::LightRed | Color::LightBlue | Color::Green | Color::Magenta);
    assert!(seen, "{colour:?} is not seen on every palette");
}

#[test]
fn sixteen_colours_on_an_unknown_background_tell_roles_apart() {
    let theme = theme(ThemeName::Auto, None, Depth::Ansi16);
    let colours = [Role::Text, Role::Accent, Role::Warm, Role::Cool, Role::Unsure].map(|role| theme.style(role).fg);
    for (at, colour) in colours.iter().enumerate() {
        assert!(!colours[..at].contains(colour), "{colour:?}");
    }
    let marked = (0..4).map(|layer| Some(theme.layer(Some(layer))));
    assert!(!marked.into_iter().any(|layer| layer == theme.style(Role::Unsure).fg), "unsure is no provider's");
}

#[test]
fn without_colours_there_are_none() {
    let none = Env { no_color: "1".into(), term: "xterm-256color".into(), ..Env::default() };
    for theme in
        [Theme::of(&none), Theme::of(&none).named(ThemeName::HighContrast), theme(ThemeName::Mono, None, Depth::True)]
    {
        assert_eq!(theme.ground(), None);
        for role in Role::ALL {
            for colour in [theme.style(role).fg, theme.style(role).bg].into_iter().flatten() {
                assert_eq!(colour, Color::Reset, "{role:?}");
            }
        }
        assert_ne!(theme.style(Role::Selected), theme.style(Role::Text));
        assert_ne!(theme.style(Role::Accent), theme.style(Role::Strong));
    }
}

#[test]
fn a_theme_paints_a_background_only_where_the_terminals_does_not_fit() {
    use ThemeName::{Auto, ColourBlind, Dark, HighContrast, Light, Mono};
    let painted = |name, tone| theme(name, tone, Depth::True).ground().is_some();
    for (name, on_unknown, on_dark, on_light) in [
        (Auto, false, false, false),
        (Dark, true, false, true),
        (Light, true, true, false),
        (HighContrast, true, true, true),
        (ColourBlind, true, false, false),
        (Mono, false, false, false),
    ] {
        let found = [None, Some(Tone::Dark), Some(Tone::Light)].map(|tone| painted(name, tone));
        assert_eq!(found, [on_unknown, on_dark, on_light], "{name:?}");
    }
    // Overlays clear their cells: what is painted comes after all drawing.
    let mut buf = Buffer::empty(ratatui::layout::Rect::new(0, 0, 2, 1));
    theme(Light, Some(Tone::Dark), Depth::True).paint_ground(&mut buf);
    assert!(buf.content.iter().all(|cell| cell.fg != Color::Reset && cell.bg == Color::Rgb(255, 255, 255)));
}

#[test]
fn the_next_theme_comes_round() {
    let mut theme = theme(ThemeName::Auto, None, Depth::True);
    let mut seen = Vec::new();
    for _ in 0..ThemeName::ALL.len() {
        seen.push(theme.name);
        theme = theme.next();
    }
    assert_eq!((seen.as_slice(), theme.name, theme.depth), (&ThemeName::ALL[..], ThemeName::Auto, Depth::True));
}
