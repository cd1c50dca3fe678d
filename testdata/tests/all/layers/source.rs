//! What a file of Rust says about its place: its modules, items, imports and
//! the paths it names, without anything that only tests see.
//!
//! Tokens are enough for that, and are read four times as fast as a syntax tree.

use std::collections::HashSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// One file.
#[derive(Debug)]
pub(crate) struct File {
    /// Path from the root of the project, with `/`.
    pub(crate) path: String,
    pub(crate) lines: usize,
    /// Whether it begins with a `//!` comment.
    pub(crate) has_doc: bool,
    pub(crate) functions: Vec<Function>,
    /// Modules in files of their own, also those that only tests see.
    pub(crate) declared: Vec<String>,
    pub(crate) scope: Scope,
}

/// A function, and how many lines it takes from its name to its last brace.
#[derive(Debug)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// What stands in a module: that of the file, or one inside of it.
#[derive(Debug, Default)]
pub(crate) struct Scope {
    /// Modules in files of their own.
    pub(crate) files: Vec<String>,
    /// Modules in braces.
    pub(crate) inline: Vec<(String, Scope)>,
    /// Names of everything that is defined here.
    pub(crate) items: HashSet<String>,
    pub(crate) uses: Vec<Use>,
    /// Paths in signatures, bodies, attributes and arguments of macros; words
    /// alone too, where they may be types or are called.
    pub(crate) paths: Vec<Named>,
}

/// One name that a `use` brings in.
#[derive(Debug)]
pub(crate) struct Use {
    /// The name in this module; `None` where it is a `*`.
    pub(crate) name: Option<String>,
    pub(crate) is_public: bool,
    pub(crate) named: Named,
}

/// A path, where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) path: Vec<String>,
    pub(crate) line: usize,
}

impl File {
    /// Reads one.
    ///
    /// # Panics
    /// If it has no tokens of Rust.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut reading = Reading::default();
        reading.module(tokens);
        Self {
            path: path.to_owned(),
            lines: text.lines().count(),
            has_doc: text.starts_with("//!"),
            functions: reading.functions,
            declared: reading.declared,
            scope: reading.scope,
        }
    }
}

/// A walk through a file.
#[derive(Default)]
struct Reading {
    scope: Scope,
    functions: Vec<Function>,
    declared: Vec<String>,
    /// Inside of what only tests see: functions are measured, imports do not count.
    is_test: bool,
}

impl Reading {
    /// The tokens of a module, which define items.
    fn module(&mut self, tokens: TokenStream) {
        self.tokens(tokens, true);
    }

    /// Tokens of a module, or in some braces.
    fn tokens(&mut self, tokens: TokenStream, is_module: bool) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            if is_test_attribute(&tokens[at..]) && !self.is_test {
                let end = at + end_of_item(&tokens[at + 2..]) + 2;
                self.is_test = true;
                self.tokens(tokens[at + 2..end].iter().cloned().collect(), false);
                self.is_test = false;
                at = end;
                continue;
            }
            at += self.token(&tokens, at, is_module);
        }
    }

    /// Reads on at a token; how many were read.
    fn token(&mut self, tokens: &[TokenTree], at: usize, is_module: bool) -> usize {
        let next = tokens.get(at + 1);
        match (&tokens[at], next) {
            (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "fn" => {
                self.function(&tokens[at..], &name.to_string());
                self.define(is_module, &name.to_string());
                2
            }
            (TokenTree::Ident(word), Some(TokenTree::Ident(name))) if word == "mod" => {
                self.declare(&name.to_string(), tokens.get(at + 2));
                3
            }
            (TokenTree::Ident(word), Some(TokenTree::Ident(name)))
                if DEFINING.iter().any(|defining| word == defining) && name != "fn" =>
            {
                self.define(is_module, &name.to_string());
                2
            }
            (TokenTree::Ident(word), Some(next)) if word == "use" && !is(next, '<') => {
                let rest = &tokens[at + 1..];
                let end = rest.iter().position(|token| is(token, ';')).unwrap_or(rest.len());
                let is_public = at > 0 && is_visibility(&tokens[..at]);
                self.use_tree(&rest[..end], &mut Vec::new(), is_public);
                end + 1
            }
            (TokenTree::Ident(word), Some(TokenTree::Group(_))) if word == "pub" => {
                // `pub(in path)` names who may see it, not what it needs.
                1 + usize::from(is_visibility(&tokens[at..at + 2]))
            }
            (TokenTree::Ident(_), _) => self.path(tokens, at),
            (TokenTree::Group(group), _) => {
                self.tokens(group.stream(), false);
                1
            }
            _ => 1,
        }
    }

    fn define(&mut self, is_module: bool, name: &str) {
        if is_module && !self.is_test {
            self.scope.items.insert(name.to_owned());
        }
    }

    /// `mod name;` or `mod name { … }`.
    fn declare(&mut self, name: &str, content: Option<&TokenTree>) {
        match content {
            Some(TokenTree::Group(group)) if self.is_test => self.tokens(group.stream(), false),
            Some(TokenTree::Group(group)) => {
                let outer = std::mem::take(&mut self.scope);
                self.module(group.stream());
                let inner = std::mem::replace(&mut self.scope, outer);
                self.scope.inline.push((name.to_owned(), inner));
            }
            _ => {
                self.declared.push(name.to_owned());
                if !self.is_test {
                    self.scope.files.push(name.to_owned());
                }
            }
        }
    }

    fn function(&mut self, tokens: &[TokenTree], name: &str) {
        let body = tokens.iter().find(|token| is(token, ';') || is_braces(token));
        if let Some(TokenTree::Group(body)) = body {
            let (line, end) = (tokens[0].span().start().line, body.span_close().end().line);
            self.functions.push(Function { name: name.to_owned(), line, lines: end - line + 1 });
        }
    }

    /// A path that begins at a word; how many tokens it has.
    fn path(&mut self, tokens: &[TokenTree], at: usize) -> usize {
        let mut words = vec![tokens[at].to_string()];
        let mut end = at + 1;
        while let [first, second, TokenTree::Ident(word), ..] = &tokens[end..]
            && is(first, ':')
            && is(second, ':')
        {
            words.push(word.to_string());
            end += 3;
        }
        let is_called = tokens.get(end).is_some_and(is_parentheses);
        let is_type = words[0].starts_with(char::is_uppercase);
        let is_of_value =
            at > 0 && is(&tokens[at - 1], '.') && !(at > 1 && is(&tokens[at - 2], '.'));
        if !self.is_test && !is_of_value && (words.len() > 1 || is_called || is_type) {
            let line = tokens[at].span().start().line;
            self.scope.paths.push(Named { path: words, line });
        }
        end - at
    }

    /// The words of a `use`, behind those in front of a brace.
    fn use_tree(&mut self, tokens: &[TokenTree], path: &mut Vec<String>, is_public: bool) {
        let depth = path.len();
        for (at, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Ident(word) if word == "as" => break,
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let inner: Vec<TokenTree> = group.stream().into_iter().collect();
                    for tokens in inner.split(|token| is(token, ',')) {
                        self.use_tree(tokens, path, is_public);
                    }
                    path.truncate(depth);
                    return;
                }
                TokenTree::Punct(star) if star.as_char() == '*' => {
                    self.used(None, path, tokens[at].span().start().line, is_public);
                    path.truncate(depth);
                    return;
                }
                _ => {}
            }
        }
        if let Some(TokenTree::Ident(last)) = tokens.last() {
            if path.last().is_some_and(|word| word == "self") && path.len() > 1 {
                path.pop();
            }
            let name = if last == "self" { path.last().cloned() } else { Some(last.to_string()) };
            self.used(name, path, last.span().start().line, is_public);
        }
        path.truncate(depth);
    }

    fn used(&mut self, name: Option<String>, path: &[String], line: usize, is_public: bool) {
        if !self.is_test {
            let named = Named { path: path.to_vec(), line };
            self.scope.uses.push(Use { name, is_public, named });
        }
    }
}

/// Words in front of a name that they define.
const DEFINING: [&str; 7] = ["struct", "enum", "union", "trait", "type", "const", "static"];

fn is(token: &TokenTree, punct: char) -> bool {
    matches!(token, TokenTree::Punct(token) if token.as_char() == punct)
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_parentheses(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis)
}

/// Whether tokens end with `pub`, or with `pub(crate)` and the like.
fn is_visibility(tokens: &[TokenTree]) -> bool {
    let is_pub = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "pub");
    match tokens {
        [.., word] if is_pub(word) => true,
        [.., word, group] if is_pub(word) && is_parentheses(group) => {
            let TokenTree::Group(group) = group else { return false };
            let first = group.stream().into_iter().next().map(|token| token.to_string());
            first.is_some_and(|word| ["crate", "super", "self", "in"].contains(&word.as_str()))
        }
        _ => false,
    }
}

/// Whether tokens begin with `#[cfg(test)]` or `#[cfg(all(test, …))]`.
fn is_test_attribute(tokens: &[TokenTree]) -> bool {
    let [hash, TokenTree::Group(attribute), ..] = tokens else { return false };
    let mut words = attribute.stream().into_iter();
    let (name, content) = (words.next(), words.next());
    let (Some(TokenTree::Ident(name)), Some(TokenTree::Group(content))) = (name, content) else {
        return false;
    };
    let content = content.stream().to_string().replace(' ', "");
    is(hash, '#') && name == "cfg" && (content == "test" || content.starts_with("all(test,"))
}

/// How many tokens there are up to the end of an item.
fn end_of_item(tokens: &[TokenTree]) -> usize {
    let is_use = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "use");
    let has_use = tokens.iter().take(3).any(is_use);
    let is_end = |token: &TokenTree| is(token, ';') || is_braces(token) && !has_use;
    tokens.iter().position(is_end).map_or(tokens.len(), |end| end + 1)
}
