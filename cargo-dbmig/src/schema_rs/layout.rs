//! `Page`: lines with an indentation, and the few places where `rustfmt` breaks them.

/// What `rustfmt` takes for a long line.
const WIDTH: usize = 100;

/// Names up to this length share lines when they do not fit into one.
const SHORT: usize = 10;

/// The widest arguments of an attribute that share its line.
const ARGUMENTS: usize = 70;

/// A text that grows line by line.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
    depth: usize,
}

impl Page {
    /// A line. An empty one has no indentation.
    pub(super) fn line(&mut self, line: impl AsRef<str>) {
        let line = line.as_ref();
        if !line.is_empty() {
            self.text.extend(std::iter::repeat_n("    ", self.depth));
            self.text.push_str(line);
        }
        self.text.push('\n');
    }

    /// A blank line between this and what comes next.
    pub(super) fn gap(&mut self) {
        if !self.text.ends_with("\n\n") && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
    }

    /// What stands between braces.
    pub(super) fn block(&mut self, head: &str, inner: impl FnOnce(&mut Self)) {
        self.line(format!("{head} {{"));
        let start = self.text.len();
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        if self.text.len() == start {
            self.text.truncate(start - "\n".len());
            self.text.push_str("}\n");
        } else {
            self.line("}");
        }
    }

    /// A comment for `rustdoc`.
    pub(super) fn doc(&mut self, text: &str) {
        for line in text.lines() {
            match line.trim() {
                "" => self.line("///"),
                line => self.line(format!("/// {line}")),
            }
        }
    }

    /// A macro over names: in one line, else as many in a line as fit where all are short, else one a line.
    pub(super) fn invocation(&mut self, name: &str, items: &[String]) {
        let one = format!("{name}!({},);", items.join(", "));
        // The semicolon does not count.
        if self.width_of(&one) <= WIDTH + 1 {
            return self.line(one);
        }
        self.line(format!("{name}!("));
        self.depth += 1;
        if items.iter().all(|item| item.len() <= SHORT) {
            self.filled(items);
        } else {
            items.iter().for_each(|item| self.line(format!("{item},")));
        }
        self.depth -= 1;
        self.line(");");
    }

    fn filled(&mut self, items: &[String]) {
        let mut line = String::new();
        for item in items {
            if !line.is_empty() {
                if self.width_of(&line) + " ,".len() + item.len() >= WIDTH {
                    self.line(std::mem::take(&mut line));
                } else {
                    line.push(' ');
                }
            }
            line.push_str(item);
            line.push(',');
        }
        self.line(line);
    }

    /// `#[derive(…)]`: in one line, else all in a line of their own, else one a line.
    pub(super) fn derive(&mut self, derives: &[String]) {
        let one = format!("#[derive({})]", derives.join(", "));
        // Room for what closes it and a comma.
        if self.width_of(&one) <= WIDTH - 4 {
            return self.line(one);
        }
        self.line("#[derive(");
        self.depth += 1;
        let inner = format!("{},", derives.join(", "));
        // The last comma does not count.
        if self.width_of(&inner) <= WIDTH + 1 {
            self.line(inner);
        } else {
            derives.iter().for_each(|derive| self.line(format!("{derive},")));
        }
        self.depth -= 1;
        self.line(")]");
    }

    /// `#[outer(inner(…))]`: in one line, else one argument a line.
    pub(super) fn attribute(&mut self, head: &str, arguments: &[String]) {
        let inner = arguments.join(", ");
        let one = format!("#[{head}({inner}))]");
        let narrow = arguments.len() == 1 || inner.chars().count() <= ARGUMENTS;
        if narrow && self.width_of(&one) < WIDTH {
            return self.line(one);
        }
        self.line(format!("#[{head}("));
        self.depth += 1;
        for (index, argument) in arguments.iter().enumerate() {
            let comma = if index + 1 == arguments.len() { "" } else { "," };
            self.line(format!("{argument}{comma}"));
        }
        self.depth -= 1;
        self.line("))]");
    }

    fn width_of(&self, line: &str) -> usize {
        self.depth * 4 + line.chars().count()
    }

    /// All of it.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

#[cfg(all(test, feature = "full-tests"))]
mod against_rustfmt;

#[cfg(test)]
mod tests {
    use super::*;

    fn page(write: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::default();
        write(&mut page);
        page.into_text()
    }

    fn names(lengths: &[usize]) -> Vec<String> {
        lengths.iter().map(|length| "n".repeat(*length)).collect()
    }

    #[test]
    fn blocks() {
        assert_eq!(page(|p| p.block("mod a", |_| ())), "mod a {}\n");
        let inner = page(|p| {
            p.block("mod a", |p| {
                p.gap();
                p.doc("b\n\n  c  \n");
            });
        });
        assert_eq!(inner, "mod a {\n    /// b\n    ///\n    /// c\n}\n");
    }

    #[test]
    fn invocations_break_as_rustfmt_does() {
        // `m!(` and `,);` leave 95 of 101 columns.
        assert_eq!(page(|p| p.invocation("m", &names(&[80, 13]))).lines().count(), 1);
        assert_eq!(page(|p| p.invocation("m", &names(&[80, 14]))).lines().count(), 4);
        let filled = page(|p| p.invocation("m", &names(&[10; 9])));
        let lines: Vec<_> = filled.lines().map(str::len).collect();
        assert_eq!(lines, [3, 4 + 8 * 12 - 1, 4 + 11, 2], "{filled}");
    }

    #[test]
    fn attributes_break_as_rustfmt_does() {
        for (lengths, lines) in [
            (&[40, 43][..], 1),
            (&[40, 44], 3),
            (&[44, 50], 3),
            (&[44, 51], 4),
            (&[85], 1),
            (&[86], 3),
        ] {
            let text = page(|p| p.derive(&names(lengths)));
            assert_eq!(text.lines().count(), lines, "{text}");
        }
        for (lengths, lines) in [(&[30, 38][..], 1), (&[30, 39], 4), (&[90], 1), (&[91], 3)] {
            let text = page(|p| p.attribute("a(b", &names(lengths)));
            assert_eq!(text.lines().count(), lines, "{text}");
        }
    }
}
