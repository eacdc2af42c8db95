//! Areas in proportion to weights, as square as they can be: a squarified treemap (Bruls, Huizing
//! and van Wijk).
//!
//! Pure arithmetic. A character is taken to be twice as high as wide. Knows nothing of what is
//! drawn.

use ratatui::layout::Rect;

/// How many columns are as long as a row is high.
const COLUMNS_A_ROW: f64 = 2.0;

/// Cuts an area into one part for each weight, in their order: largest first, none below zero. The
/// parts cover all of it and none lies on another; a weight too small for a character gets an
/// empty part.
#[must_use]
pub fn squarify(weights: &[f64], area: Rect) -> Vec<Rect> {
    let mut parts = Vec::with_capacity(weights.len());
    let mut left = area;
    let mut rest = weights;
    while !rest.is_empty() {
        let total: f64 = rest.iter().sum();
        if total <= 0.0 || left.is_empty() {
            break;
        }
        let count = row_length(rest, total, left);
        let (row, after) = rest.split_at(count);
        let (strip, remaining) = cut(left, row.iter().sum::<f64>() / total, after.is_empty());
        lay(row, strip, is_wide(left), &mut parts);
        left = remaining;
        rest = after;
    }
    parts.resize(weights.len(), Rect { width: 0, height: 0, ..area });
    parts
}

fn is_wide(area: Rect) -> bool {
    f64::from(area.width) >= f64::from(area.height) * COLUMNS_A_ROW
}

/// How many weights make the next strip: as many as make its parts more square.
fn row_length(weights: &[f64], total: f64, area: Rect) -> usize {
    let (width, height) = (f64::from(area.width) / COLUMNS_A_ROW, f64::from(area.height));
    let side = width.min(height).max(f64::EPSILON);
    let scale = width * height / total;
    let mut sum = 0.0;
    let mut best = f64::INFINITY;
    for (at, weight) in weights.iter().enumerate() {
        sum += weight;
        let thickness = sum * scale / side;
        let ratio = |weight: f64| {
            let length = (weight * scale / thickness).max(f64::EPSILON);
            (length / thickness).max(thickness / length)
        };
        // The first of a strip is its largest, the newest its least.
        let worst = ratio(weights[0]).max(ratio(*weight));
        if worst > best {
            return at;
        }
        best = worst;
    }
    weights.len()
}

/// A strip of an area's shorter side that holds a share of it, and what is left.
fn cut(area: Rect, share: f64, all: bool) -> (Rect, Rect) {
    let of = |length: u16| if all { length } else { ((f64::from(length) * share).round() as u16).min(length) };
    if is_wide(area) {
        let width = of(area.width);
        (Rect { width, ..area }, Rect { x: area.x + width, width: area.width - width, ..area })
    } else {
        let height = of(area.height);
        (Rect { height, ..area }, Rect { y: area.y + height, height: area.height - height, ..area })
    }
}

/// Lays weights along a strip; edges are rounded once, so that no gap is left.
fn lay(row: &[f64], strip: Rect, upright: bool, parts: &mut Vec<Rect>) {
    let total: f64 = row.iter().sum();
    let length = if upright { strip.height } else { strip.width };
    let edge = |sum: f64| (f64::from(length) * sum / total.max(f64::EPSILON)).round() as u16;
    let mut sum = 0.0;
    for weight in row {
        let from = edge(sum).min(length);
        sum += weight;
        let to = edge(sum).min(length);
        parts.push(if upright {
            Rect { y: strip.y + from, height: to - from, ..strip }
        } else {
            Rect { x: strip.x + from, width: to - from, ..strip }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn areas_are_as_large_as_their_weights() {
        let area = Rect::new(0, 0, 100, 25);
        let parts = squarify(&[50.0, 25.0, 12.5, 12.5], area);
        let shares: Vec<u32> = parts.iter().map(|p| p.area() * 100 / area.area()).collect();
        assert_eq!(parts[0], Rect::new(0, 0, 50, 25));
        assert_eq!((shares[0], shares[1]), (50, 25), "{parts:?}");
        assert_eq!(squarify(&[], area), []);
        assert_eq!(squarify(&[1.0], area), [area]);
        assert!(squarify(&[0.0, 0.0], area).iter().all(|part| part.is_empty()));
    }

    proptest! {
        #[test]
        fn parts_cover_the_area_and_none_lies_on_another(
            mut weights in proptest::collection::vec(0.0f64..1e6, 1..40), width in 0u16..120, height in 0u16..50,
        ) {
            weights.sort_by(|a, b| b.total_cmp(a));
            let area = Rect::new(3, 2, width, height);
            let parts = squarify(&weights, area);
            prop_assert_eq!(parts.len(), weights.len());
            let covered: u32 = parts.iter().map(|p| p.area()).sum();
            prop_assert!(weights[0] <= 0.0 || covered == area.area(), "{:?}", parts);
            for (at, part) in parts.iter().enumerate().filter(|(_, p)| !p.is_empty()) {
                prop_assert_eq!(part.intersection(area), *part);
                prop_assert!(parts[..at].iter().all(|other| other.intersection(*part).is_empty()));
            }
        }
    }
}
