//! The screen as a command prints it.

use super::*;
use crate::tui::fake::{Fake, Mood, as_of};

/// What the command prints.
fn shot(words: &str) -> Result<String> {
    let cli = parsed(&format!("spendtop screenshot {words}"));
    let Some(Command::Screenshot(args)) = &cli.command else { panic!("{cli:?}") };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let streams = &mut Streams::new(&mut out, &mut err, None, false);
    let config = Config::default();
    let lens = lens_of(&args.lens, None, &config, as_of(), &[Dimension::Provider])?;
    let mut context = Context { config, as_of: as_of(), global: cli.global.clone(), streams, host: None };
    super::super::screenshot::run(&mut context, args, lens, &Fake(Mood::Demo))?;
    Ok(String::from_utf8(out).expect("UTF-8"))
}

#[test]
fn a_screen_is_printed_as_a_picture_the_same_every_time() {
    let svg = shot("--demo").expect("picture");
    assert!(svg.starts_with("<svg ") && svg.contains("Month to date") && svg.contains("Demo: a made-up company"));
    assert_eq!(shot("--demo"), Ok(svg.clone()));
    assert!(!svg.contains("\u{1b}") && !svg.contains("loading"), "{svg}");
    assert_ne!(shot("--demo --theme light"), Ok(svg));
}

#[test]
fn keys_size_and_lens_choose_what_is_on_it() {
    let screen = |words: &str| shot(&format!("--format text {words}")).expect(words);
    let text = screen("--by service --size 80x24 --keys=2");
    assert_eq!(text.lines().count(), 24, "{text}");
    assert!(text.contains("by service") && text.contains("Amazon EC2"), "{text}");
    assert!(screen("--keys=i").contains("Parts by"), "what is asked is answered");
}

#[test]
fn what_cannot_be_drawn_says_why() {
    let error = shot("--keys=shfit-x").expect_err("no key");
    assert_eq!(error.message, "`shfit-x` in --keys is no key");
    for size in ["120", "0x0", "39x36", "120x201", "axb", "99999x99999"] {
        let parsed = Cli::try_parse_from(["spendtop", "screenshot", "--size", size]);
        assert!(parsed.is_err_and(|e| e.to_string().contains("from 40x8 to 400x200")), "{size}");
    }
}
