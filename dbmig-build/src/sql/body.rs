//! Whether a `;` is inside a statement: bodies of routines and triggers, and parentheses.
//!
//! Blocks are counted only in statements that can have a body, and only where a statement of the
//! body can start: `IF(`, `REPEAT(`, and columns named `begin` or `end` open and close nothing.

use super::token::{Token, TokenKind};
use crate::Dialect;

mod head;
mod mysql;

/// What is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Begin,
    /// A CASE expression; its END stands after an expression, not after a statement.
    CaseExpression,
    CaseStatement,
    If,
    Loop,
    Repeat,
    While,
    For,
}

/// How much of the head of the statement was seen, and so whether it can have a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Head {
    Start,
    Create,
    Alter,
    /// MariaDB's `BEGIN NOT ATOMIC`, after its first or second word.
    Begin(usize),
    /// SQLite's `EXPLAIN`, which takes every statement.
    Explain,
    /// Can have a body.
    Body,
    /// Can have none.
    Plain,
}

/// What the token before was, as far as it says whether a statement of a body can start here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    /// `;`, BEGIN, THEN, ELSE, DO, LOOP, REPEAT, a label's colon: a statement starts.
    StatementEnd,
    /// The end of a routine's head, as far as one token can say: `)`, ROW, DETERMINISTIC, …
    HeadEnd,
    /// `.`, `,`, `(`, an operator: an expression goes on, so a name must follow.
    Expression,
    Other,
}

/// Follows the tokens of one statement.
#[derive(Debug)]
pub(crate) struct Body {
    dialect: Dialect,
    head: Head,
    stack: Vec<Block>,
    parentheses: usize,
    /// A `;` was kept inside parentheses.
    kept_in_parentheses: bool,
    before: Before,
    /// BEGIN or END, whose meaning the next token decides, with what was before it.
    pending: Option<(bool, Before)>,
    /// A statement of the body was seen that is not a block.
    started: bool,
    opened: bool,
    closed: bool,
    words: usize,
    /// What is created is an event, whose DO starts its body.
    event: bool,
    /// What is created is a function, whose head says RETURNS.
    function: bool,
    /// The list of parameters was seen.
    parameters: bool,
    /// A statement can start after any word: behind RETURNS and its type, and behind HANDLER FOR.
    anywhere: bool,
    /// The next name ends the head of a trigger: FOLLOWS, PRECEDES.
    order: bool,
    /// Within an executable comment: how many blocks were open before it.
    executable: Option<usize>,
    /// The last word was HANDLER.
    handler: bool,
    problem: Option<&'static str>,
}

impl Body {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            head: Head::Start,
            stack: Vec::new(),
            parentheses: 0,
            kept_in_parentheses: false,
            before: Before::Other,
            pending: None,
            started: false,
            opened: false,
            closed: false,
            words: 0,
            event: false,
            function: false,
            parameters: false,
            anywhere: false,
            order: false,
            executable: None,
            handler: false,
            problem: None,
        }
    }

    /// True when the statement has a body with statements of its own.
    pub(crate) fn opened(&self) -> bool {
        self.opened
    }

    /// Why the cut is not certain, where it is not.
    pub(crate) fn problem(&self) -> Option<&'static str> {
        self.problem
    }

    /// The same at the end of the text.
    pub(crate) fn problem_at_end(&mut self) -> Option<&'static str> {
        self.resolve(None);
        if !self.stack.is_empty() {
            self.fail("a body without its END");
        }
        if self.kept_in_parentheses && self.parentheses > 0 {
            self.fail("an opening parenthesis without its closing one, before a semicolon");
        }
        self.problem
    }

    /// True when this `;` belongs into the statement.
    pub(crate) fn keeps(&mut self, semicolon: &Token<'_>) -> bool {
        self.resolve(Some(semicolon));
        self.before = Before::StatementEnd;
        self.anywhere = false;
        let in_parentheses = self.dialect == Dialect::Postgres && self.parentheses > 0;
        self.kept_in_parentheses |= in_parentheses;
        in_parentheses || !self.stack.is_empty()
    }

    /// Takes in the next token that is neither trivia nor the end of the statement.
    pub(crate) fn feed(&mut self, token: &Token<'_>) {
        match token.kind {
            TokenKind::ExecutableOpen | TokenKind::ExecutableClose => {
                return self.executable_comment(token);
            }
            TokenKind::Hint => return,
            TokenKind::Symbol if token.text == "(" => self.parentheses += 1,
            TokenKind::Symbol if token.text == ")" => {
                self.parentheses = self.parentheses.saturating_sub(1)
            }
            _ => {}
        }
        match self.head {
            Head::Plain => {}
            Head::Body => self.feed_body(token),
            _ => self.feed_head(token),
        }
    }

    fn feed_body(&mut self, token: &Token<'_>) {
        if self.resolve(Some(token)) {
            // The word after END belongs to it: END IF, END LOOP.
            self.before = Before::Other;
            return;
        }
        self.after_end(token);
        let before = self.before;
        self.before = self.classify(token);
        let handler = std::mem::take(&mut self.handler);
        self.parameters |= token.is_symbol("(");
        if self.order && matches!(token.kind, TokenKind::Word | TokenKind::QuotedName) {
            self.order = false;
            self.before = Before::HeadEnd;
            return;
        }
        if token.kind != TokenKind::Word {
            return;
        }
        if token.is("begin") || token.is("end") {
            if before != Before::Expression {
                self.pending = Some((token.is("begin"), before));
            }
        } else if token.is("case") {
            let statement = self.starts_statement(before);
            if self.in_block() || self.dialect == Dialect::Mysql {
                self.open(if statement { Block::CaseStatement } else { Block::CaseExpression });
            }
        } else if self.dialect == Dialect::Mysql {
            self.feed_mysql(token, before, handler);
        }
    }

    /// A server may skip an executable comment, so it must leave open what was open before it.
    fn executable_comment(&mut self, token: &Token<'_>) {
        if self.head != Head::Body {
            return;
        }
        self.resolve(Some(token));
        if token.kind == TokenKind::ExecutableOpen {
            self.executable = Some(self.stack.len());
        } else if self.executable.take().is_some_and(|before| before != self.stack.len()) {
            self.fail("an executable comment that opens or ends a block");
        }
    }

    /// After the last END only a label may follow, in MySQL.
    fn after_end(&mut self, token: &Token<'_>) {
        if !self.closed {
            return;
        }
        let label = matches!(token.kind, TokenKind::Word | TokenKind::QuotedName);
        // With a delimiter of the client's, `;` is a symbol.
        let allowed = token.is_symbol(";") || (label && self.dialect == Dialect::Mysql);
        if !allowed {
            self.fail("text after the END of a body");
        }
    }

    fn in_block(&self) -> bool {
        !self.stack.is_empty()
    }

    /// True where a statement of a body can start, so that IF and the like open a block.
    fn starts_statement(&self, before: Before) -> bool {
        if self.dialect != Dialect::Mysql {
            return false;
        }
        match (self.stack.last(), before) {
            (Some(Block::CaseExpression), _) => false,
            (_, Before::StatementEnd) => true,
            (None, Before::HeadEnd) => !self.started && self.parentheses == 0,
            (_, Before::HeadEnd | Before::Other) => self.anywhere && self.parentheses == 0,
            _ => false,
        }
    }

    /// Decides a BEGIN or END by the token after it; true when that token is part of the END.
    fn resolve(&mut self, next: Option<&Token<'_>>) -> bool {
        let Some((begin, before)) = self.pending.take() else { return false };
        if begin {
            if self.opens(next) {
                self.open(Block::Begin);
                self.before = Before::StatementEnd;
            }
            return false;
        }
        let kind = next.filter(|_| self.dialect == Dialect::Mysql).and_then(|next| {
            let pairs: [(&str, &[Block]); 6] = [
                ("if", &[Block::If]),
                ("loop", &[Block::Loop]),
                ("repeat", &[Block::Repeat]),
                ("while", &[Block::While]),
                ("case", &[Block::CaseStatement]),
                ("for", &[Block::For]),
            ];
            pairs.into_iter().find(|(word, _)| next.is(word)).map(|(_, blocks)| blocks)
        });
        let top = self.stack.last().copied();
        match (top, kind) {
            // `CASE … END FOR UPDATE`: the word after it is another matter.
            (Some(Block::CaseExpression), _) => self.close(),
            (Some(top), Some(blocks)) if blocks.contains(&top) => {
                self.close();
                return true;
            }
            (Some(Block::Begin), None) if before == Before::StatementEnd => self.close(),
            // In PostgreSQL, and only there, END is reserved: it is never a name.
            (Some(_), None)
                if self.dialect != Dialect::Postgres && before != Before::StatementEnd => {}
            (None, None) if before != Before::StatementEnd => {}
            _ => self.fail("an END that closes nothing"),
        }
        false
    }

    /// True when BEGIN opens a block, and is not a column of that name.
    fn opens(&self, next: Option<&Token<'_>>) -> bool {
        match self.dialect {
            Dialect::Postgres => {
                self.stack.is_empty() && next.is_some_and(|next| next.is("atomic"))
            }
            // A trigger's body is one block.
            Dialect::Sqlite | Dialect::Mysql => {
                let name =
                    next.is_none_or(|next| next.kind == TokenKind::Terminator || is_operator(next));
                !name && (self.dialect == Dialect::Mysql || self.stack.is_empty())
            }
        }
    }

    fn open(&mut self, block: Block) {
        self.stack.push(block);
        self.anywhere = false;
        self.opened |= block != Block::CaseExpression;
    }

    fn close(&mut self) {
        let block = self.stack.pop();
        self.closed = self.stack.is_empty() && block != Some(Block::CaseExpression);
        self.started |= self.closed;
    }

    fn classify(&self, token: &Token<'_>) -> Before {
        match token.kind {
            TokenKind::Symbol => match token.text {
                ":" | ";" => Before::StatementEnd,
                ")" => Before::HeadEnd,
                _ => Before::Expression,
            },
            TokenKind::Word
                if token.is_any(&["then", "else", "loop", "repeat", "do", "atomic"]) =>
            {
                Before::StatementEnd
            }
            TokenKind::Word
                if token.is_any(&["row", "deterministic", "invoker", "definer", "sql", "data"]) =>
            {
                Before::HeadEnd
            }
            TokenKind::Word if token.is_any(&["preserve", "disable", "enable"]) => Before::HeadEnd,
            TokenKind::String => Before::HeadEnd,
            _ => Before::Other,
        }
    }

    fn fail(&mut self, problem: &'static str) {
        self.problem.get_or_insert(problem);
    }
}

fn is_operator(token: &Token<'_>) -> bool {
    token.kind == TokenKind::Symbol && token.text != "("
}
