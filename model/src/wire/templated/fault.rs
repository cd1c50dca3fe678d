//! What can be wrong with a datagram of version 9 or IPFIX, as data.
//!
//! None of it stops the reading of what is whole.

/// What is odd about a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// IPFIX states more bytes than there are: what is whole is kept.
    #[error("cut short: {there} of {length} bytes")]
    CutShort {
        /// As the header states it.
        length: u16,
        /// Bytes there are.
        there: usize,
    },
    /// IPFIX states fewer bytes than its header has: nothing is read.
    #[error("a length of {length}, less than the header: nothing is read")]
    ImpossibleLength {
        /// As the header states it.
        length: u16,
    },
    /// Bytes after the end that are not zeros, or too few for a set; they are not read.
    #[error("{bytes} bytes follow the last set")]
    BytesFollow {
        /// How many.
        bytes: usize,
    },
    /// A set is cut short: its whole records and templates are kept.
    #[error("set {set} is cut short: {there} of {length} bytes")]
    SetCut {
        /// Number of the set.
        set: u16,
        /// As the set states it.
        length: u16,
        /// Bytes there are.
        there: usize,
    },
    /// A set states fewer bytes than its own header has, so that nobody knows
    /// where it ends.
    #[error("set {set} has a length of {length}, less than its header: the rest is not read")]
    ImpossibleSetLength {
        /// Number of the set.
        set: u16,
        /// As the set states it.
        length: u16,
    },
    /// A set whose number means nothing in this version; it is not read.
    #[error("set {set} is no set of this version")]
    ReservedSet {
        /// Number of the set.
        set: u16,
    },
    /// Data whose template has not been sent, or was withdrawn.
    #[error("no template {template}: {bytes} bytes of data cannot be read")]
    NoTemplate {
        /// Number of the template.
        template: u16,
        /// Bytes of its records.
        bytes: usize,
    },
    /// A template whose records have no bytes, or data of it.
    #[error("a record of template {template} has 0 bytes: none is read")]
    EmptyTemplate {
        /// Number of the template.
        template: u16,
    },
    /// A template that states more fields than there are bytes for.
    #[error("template {template} states {fields} fields, more than there are bytes for")]
    TemplateCut {
        /// Number of the template.
        template: u16,
        /// As it states them.
        fields: usize,
    },
    /// A template of more fields than are kept.
    #[error("template {template} has {fields} fields, too many: it is not kept")]
    TooManyFields {
        /// Number of the template.
        template: u16,
        /// As it states them.
        fields: usize,
    },
    /// An options template of which more fields are the scope than it has.
    #[error("template {template} has {scopes} scope fields among {fields}")]
    ImpossibleScope {
        /// Number of the template.
        template: u16,
        /// Fields of the scope.
        scopes: usize,
        /// All fields.
        fields: usize,
    },
    /// An options template of version 9 whose lengths end inside a field.
    #[error(
        "template {template} has a scope of {scope} and options of {options} bytes, not whole fields"
    )]
    ImpossibleOptions {
        /// Number of the template.
        template: u16,
        /// Bytes that define the scope.
        scope: u16,
        /// Bytes that define the options.
        options: u16,
    },
    /// A template with the number of a set (below 256); the rest of its set is
    /// not read.
    #[error("template {template} has a number below 256: its set is not read on")]
    ReservedTemplate {
        /// Number of the template.
        template: u16,
    },
    /// More templates than are kept: this one is not.
    #[error("template {template} is one too many: it is not kept")]
    TooManyTemplates {
        /// Number of the template.
        template: u16,
    },
    /// What is left of a data set is no record, and no padding: most likely the
    /// template is not the one that it was written by.
    #[error("{bytes} bytes after the last whole record of template {template}")]
    NotARecord {
        /// Number of the template.
        template: u16,
        /// How many.
        bytes: usize,
    },
}

impl Fault {
    /// Whether records of flows may be missing because of it.
    #[must_use]
    pub fn is_loss(self) -> bool {
        !matches!(
            self,
            Self::BytesFollow { bytes: ..4 }
                | Self::ReservedSet { .. }
                | Self::EmptyTemplate { .. }
                | Self::ImpossibleScope { .. }
                | Self::ImpossibleOptions { .. }
                | Self::NotARecord { .. }
        )
    }

    /// Name in json.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::CutShort { .. } => "cut_short",
            Self::ImpossibleLength { .. } => "impossible_length",
            Self::BytesFollow { .. } => "bytes_follow",
            Self::SetCut { .. } => "set_cut",
            Self::ImpossibleSetLength { .. } => "impossible_set_length",
            Self::ReservedSet { .. } => "reserved_set",
            Self::NoTemplate { .. } => "no_template",
            Self::EmptyTemplate { .. } => "empty_template",
            Self::TemplateCut { .. } => "template_cut",
            Self::TooManyFields { .. } => "too_many_fields",
            Self::ImpossibleScope { .. } => "impossible_scope",
            Self::ImpossibleOptions { .. } => "impossible_options",
            Self::ReservedTemplate { .. } => "reserved_template",
            Self::TooManyTemplates { .. } => "too_many_templates",
            Self::NotARecord { .. } => "not_a_record",
        }
    }
}
