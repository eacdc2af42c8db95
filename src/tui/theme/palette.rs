//! The colours of every theme: in truecolor, in xterm's 256, and in the 16 that have names.
//!
//! Tables only. Knows roles, not where they are drawn; that each can be read on its background is
//! computed by the tests in `contrast.rs`.

use ratatui::style::Color;

/// A colour as truecolor and as an xterm index.
pub(super) type Shade = ((u8, u8, u8), u8);

const fn shade(rgb: u32, index: u8) -> Shade {
    (((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8), index)
}

/// Colours for one kind of background.
#[derive(Debug)]
pub(super) struct Palette {
    pub muted: Shade,
    pub accent: Shade,
    pub warm: Shade,
    pub cool: Shade,
    pub unsure: Shade,
    pub error: Shade,
    /// Text and background of a selected row.
    pub selected: (Shade, Shade),
    /// Layers of charts.
    pub layers: [Shade; 7],
    /// All other layers together.
    pub other: Shade,
    /// A sign drawn over a layer.
    pub over: Shade,
    /// Text and background where the theme paints its own.
    pub ground: (Shade, Shade),
}

const WHITE: Shade = shade(0xffffff, 231);
const BLACK: Shade = shade(0x000000, 16);
const NIGHT: (Shade, Shade) = (shade(0xe4e7eb, 254), shade(0x12151a, 233));
const PAPER: (Shade, Shade) = (shade(0x16191d, 234), WHITE);
const BAR: (Shade, Shade) = (WHITE, shade(0x1f4e79, 24));
/// On paper: a bar in the colour of its text would be a hole in a dark row.
const PALE_BAR: (Shade, Shade) = (shade(0x16191d, 234), shade(0xc9def2, 153));

pub(super) const DARK: Palette = Palette {
    muted: shade(0x9aa1ab, 247),
    accent: shade(0x5fb0f0, 75),
    warm: shade(0xf0855c, 209),
    cool: shade(0x4fc3a0, 73),
    unsure: shade(0xe0b040, 179),
    error: shade(0xff7878, 210),
    selected: BAR,
    layers: [
        shade(0x4b96d6, 68),
        shade(0xe09a20, 178),
        shade(0x2da580, 36),
        shade(0xc478a8, 175),
        shade(0xd0622f, 166),
        shade(0x8f83d0, 104),
        shade(0x93a84f, 107),
    ],
    other: shade(0x868c96, 245),
    over: shade(0x101214, 16),
    ground: NIGHT,
};

pub(super) const LIGHT: Palette = Palette {
    muted: shade(0x5f6670, 241),
    accent: shade(0x0b5fa5, 25),
    warm: shade(0xa8400f, 94),
    cool: shade(0x006b55, 23),
    unsure: shade(0x7a5500, 58),
    error: shade(0xb3161b, 124),
    selected: PALE_BAR,
    layers: [
        shade(0x2f78b8, 31),
        shade(0xa86a00, 136),
        shade(0x1d8060, 29),
        shade(0xa85588, 132),
        shade(0xb84e1c, 166),
        shade(0x6a5fb0, 61),
        shade(0x66751f, 64),
    ],
    other: shade(0x6f7680, 243),
    over: WHITE,
    ground: PAPER,
};

/// For a background that nobody has told of: halfway between black and white.
pub(super) const EITHER: Palette = Palette {
    muted: shade(0x757b84, 244),
    accent: shade(0x2f7cc0, 31),
    warm: shade(0xc2552c, 130),
    cool: shade(0x1f8468, 29),
    unsure: shade(0x94700f, 136),
    error: shade(0xd04545, 167),
    selected: BAR,
    layers: [
        shade(0x2f7cc0, 31),
        shade(0xa87410, 136),
        shade(0x1f8468, 29),
        shade(0xad5f92, 132),
        shade(0xc2552c, 130),
        shade(0x7a6cc4, 98),
        shade(0x6f8030, 65),
    ],
    other: shade(0x757b84, 244),
    over: shade(0x101214, 16),
    ground: NIGHT,
};

pub(super) const CONTRAST_DARK: Palette = Palette {
    muted: shade(0xc0c0c0, 250),
    accent: shade(0x79a8ff, 111),
    warm: shade(0xff9580, 209),
    cool: shade(0x6ae4b9, 79),
    unsure: shade(0xfec43f, 221),
    error: shade(0xff8a8a, 210),
    selected: (BLACK, WHITE),
    layers: [
        shade(0x79a8ff, 111),
        shade(0xfec43f, 221),
        shade(0x44bc44, 71),
        shade(0xf78fe7, 212),
        shade(0xff6b55, 203),
        shade(0x00d3d0, 44),
        shade(0xd3d300, 184),
    ],
    other: shade(0xa8a8a8, 248),
    over: BLACK,
    ground: (WHITE, BLACK),
};

pub(super) const CONTRAST_LIGHT: Palette = Palette {
    muted: shade(0x505050, 239),
    accent: shade(0x0031a9, 19),
    warm: shade(0x8a2500, 88),
    cool: shade(0x00583f, 23),
    unsure: shade(0x624416, 54),
    error: shade(0xa00000, 124),
    selected: (WHITE, BLACK),
    layers: [
        shade(0x0031a9, 19),
        shade(0x884900, 94),
        shade(0x006800, 22),
        shade(0x721045, 53),
        shade(0xa60000, 124),
        shade(0x005e8b, 24),
        shade(0x5a5a00, 58),
    ],
    other: shade(0x595959, 240),
    over: WHITE,
    ground: (BLACK, WHITE),
};

/// After Okabe and Ito: dearer is orange, cheaper is blue, and no two layers meet for an eye that
/// lacks a colour.
pub(super) const COLOUR_BLIND_DARK: Palette = Palette {
    muted: shade(0x9aa1ab, 247),
    accent: shade(0xd98fb8, 175),
    warm: shade(0xe69f00, 178),
    cool: shade(0x56b4e9, 74),
    unsure: shade(0xf0e442, 227),
    error: shade(0xf0884a, 209),
    selected: BAR,
    layers: [
        shade(0x56b4e9, 74),
        shade(0xe69f00, 178),
        shade(0x009e73, 35),
        shade(0xcc79a7, 175),
        shade(0xd55e00, 166),
        shade(0xf0e442, 227),
        shade(0x2d86c0, 31),
    ],
    other: shade(0x868c96, 245),
    over: shade(0x101214, 16),
    ground: NIGHT,
};

/// The same, as dark as a light background needs.
pub(super) const COLOUR_BLIND_LIGHT: Palette = Palette {
    muted: shade(0x5f6670, 241),
    accent: shade(0x8f3f6c, 95),
    warm: shade(0xa04800, 94),
    cool: shade(0x005f96, 24),
    unsure: shade(0x665c00, 58),
    error: shade(0xa83200, 88),
    selected: PALE_BAR,
    layers: [
        shade(0x0072b2, 25),
        shade(0xa87000, 136),
        shade(0x00805d, 29),
        shade(0xb0598a, 132),
        shade(0xc85400, 166),
        shade(0x7a7000, 100),
        shade(0x2b88bf, 31),
    ],
    other: shade(0x6f7680, 243),
    over: WHITE,
    ground: PAPER,
};

/// The same in the colours that have names, which follow the user's own palette. `None` is the
/// terminal's text colour: where no named colour can be relied on, a sign and a weight must do.
#[derive(Debug)]
pub(super) struct Named {
    pub accent: Option<Color>,
    pub warm: Option<Color>,
    pub cool: Option<Color>,
    pub unsure: Option<Color>,
    pub error: Option<Color>,
    pub layers: [Color; 7],
}

pub(super) const NAMED_DARK: Named = Named {
    accent: Some(Color::LightCyan),
    warm: Some(Color::LightRed),
    cool: Some(Color::LightGreen),
    unsure: Some(Color::LightYellow),
    error: Some(Color::LightRed),
    layers: [
        Color::LightBlue,
        Color::Yellow,
        Color::Green,
        Color::LightMagenta,
        Color::LightRed,
        Color::Cyan,
        Color::LightYellow,
    ],
};

pub(super) const NAMED_LIGHT: Named = Named {
    accent: Some(Color::Blue),
    warm: Some(Color::Red),
    cool: Some(Color::Blue),
    unsure: Some(Color::Magenta),
    error: Some(Color::Red),
    layers: [Color::Blue, Color::Yellow, Color::Green, Color::Magenta, Color::Red, Color::Cyan, Color::LightBlue],
};

/// Only what can be read on dark and on light palettes: no dark blue or red, no yellow or cyan for
/// words. The first layers of a chart keep away from what roles mean.
pub(super) const NAMED_EITHER: Named = Named {
    accent: Some(Color::LightBlue),
    warm: Some(Color::LightRed),
    cool: Some(Color::Green),
    unsure: Some(Color::Magenta),
    error: Some(Color::LightRed),
    layers: [
        Color::LightBlue,
        Color::Yellow,
        Color::Green,
        Color::Cyan,
        Color::Red,
        Color::LightMagenta,
        Color::Magenta,
    ],
};

/// Nothing but the terminal's own text for words.
pub(super) const NAMED_CONTRAST: Named =
    Named { accent: None, warm: None, cool: None, unsure: None, error: None, layers: NAMED_EITHER.layers };

pub(super) const NAMED_COLOUR_BLIND_DARK: Named = Named {
    accent: Some(Color::LightMagenta),
    warm: Some(Color::Yellow),
    cool: Some(Color::LightCyan),
    unsure: Some(Color::LightYellow),
    error: Some(Color::LightRed),
    layers: [
        Color::LightCyan,
        Color::Yellow,
        Color::Green,
        Color::LightMagenta,
        Color::LightRed,
        Color::LightYellow,
        Color::LightBlue,
    ],
};

pub(super) const NAMED_COLOUR_BLIND_LIGHT: Named = Named { accent: Some(Color::Magenta), ..NAMED_LIGHT };
