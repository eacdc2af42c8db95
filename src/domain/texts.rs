//! Texts by number, end to end in one buffer.
//!
//! Number 0 is always the empty text. Knows nothing of what the texts mean, nor which are equal:
//! a [`super::dict::Dict`] does.

/// Texts by number.
#[derive(Clone, Default, Debug)]
pub struct Texts {
    text: String,
    /// Where each text ends, that of 0 first; empty as long as there is no other.
    ends: Vec<usize>,
}

impl Texts {
    /// Texts that stand one after the other in `text`, from number 1; `None` where their lengths
    /// (in bytes) do not fit it or cut a character.
    #[must_use]
    pub fn of(text: String, lengths: &[u32]) -> Option<Texts> {
        let mut ends = Vec::with_capacity(lengths.len() + 1);
        ends.push(0);
        let mut end = 0;
        ends.extend(lengths.iter().map(|length| {
            end += *length as usize;
            end
        }));
        let whole = text.is_ascii() || ends.iter().all(|end| text.is_char_boundary(*end));
        (end == text.len() && whole).then_some(Texts { text, ends })
    }

    /// Adds a text, known before or not; its number.
    pub fn push(&mut self, text: &str) -> u32 {
        if self.ends.is_empty() {
            self.ends.push(0);
        }
        self.text.push_str(text);
        self.ends.push(self.text.len());
        self.ends.len() as u32 - 1
    }

    /// The text of a number; empty for 0 and for numbers beyond the last.
    #[must_use]
    pub fn get(&self, id: u32) -> &str {
        let id = id as usize;
        if id == 0 || id >= self.ends.len() { "" } else { &self.text[self.ends[id - 1]..self.ends[id]] }
    }

    /// How many numbers there are, 0 among them.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len().max(1)
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 1
    }

    /// All texts by number, the empty text of 0 first.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(|id| self.get(id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_texts_by_number() {
        let mut texts = Texts::default();
        assert_eq!((texts.len(), texts.get(0), texts.get(1)), (1, "", ""));
        assert_eq!((texts.push("ä"), texts.push(""), texts.push("b")), (1, 2, 3));
        assert_eq!(texts.iter().collect::<Vec<_>>(), ["", "ä", "", "b"]);
    }

    #[test]
    fn refuses_lengths_that_do_not_fit() {
        let of = |lengths: &[u32]| Texts::of("äb".into(), lengths).map(|t| t.iter().map(String::from).collect());
        assert_eq!(of(&[2, 1]), Some(vec![String::new(), "ä".into(), "b".into()]));
        assert_eq!([of(&[1, 2]), of(&[2]), of(&[2, 2])], [None::<Vec<String>>, None, None]);
    }
}
