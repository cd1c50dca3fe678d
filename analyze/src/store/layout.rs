//! Which columns a file has: those of version 5, as long as that is all there is, else
//! all of the catalogue, and for each field of addresses a column for those of IPv6.

use std::sync::LazyLock;

use flowkit_model::{FIELDS, Field, FieldId};

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StoredColumn {
    /// The values of a field; of addresses those of IPv4.
    Field(FieldId),
    /// The IPv6 addresses of a field, as text.
    Ipv6(FieldId),
}

impl StoredColumn {
    /// The field that it is of.
    pub(crate) fn field(self) -> &'static Field {
        let (Self::Field(field) | Self::Ipv6(field)) = self;
        field.field()
    }

    /// Its name in the schema.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Field(field) => field.field().name.to_owned(),
            Self::Ipv6(field) => format!("{}_ipv6", field.field().name),
        }
    }
}

/// The columns of a file, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Layout {
    /// Flows with IPv4 addresses, and nothing that version 5 does not have: the columns
    /// that flowkit wrote before it read anything else.
    #[default]
    Version5,
    /// Every field, and the IPv6 addresses.
    All,
}

static VERSION_5: LazyLock<Vec<StoredColumn>> = LazyLock::new(|| {
    let fields = FIELDS.iter().filter(|field| !field.is_of_templates());
    fields.map(|field| StoredColumn::Field(field.id)).collect()
});

static ALL: LazyLock<Vec<StoredColumn>> = LazyLock::new(|| {
    let fields = FIELDS.iter().map(|field| StoredColumn::Field(field.id));
    let addresses = FIELDS.iter().filter(|field| field.id.is_address());
    fields.chain(addresses.map(|field| StoredColumn::Ipv6(field.id))).collect()
});

impl Layout {
    /// Both.
    pub(crate) const EACH: [Self; 2] = [Self::Version5, Self::All];

    /// The columns.
    pub(crate) fn columns(self) -> &'static [StoredColumn] {
        match self {
            Self::Version5 => &VERSION_5,
            Self::All => &ALL,
        }
    }

    /// The place of a column; `None` if the layout has none.
    pub(crate) fn place(self, column: StoredColumn) -> Option<usize> {
        match column {
            // Fields stand in the order of the catalogue, of which version 5 is the front.
            StoredColumn::Field(field) => {
                let place = field as usize;
                (self.columns().get(place) == Some(&column)).then_some(place)
            }
            StoredColumn::Ipv6(_) => self.columns().iter().position(|known| *known == column),
        }
    }

    /// Bits of the values of a column; texts have none.
    pub(crate) fn bits(self, field: &Field) -> Option<u32> {
        match self {
            _ if field.id.is_address() => Some(32),
            Self::Version5 => field.bits_of_version_5(),
            Self::All => field.bits(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_is_found_at_its_place() {
        for layout in Layout::EACH {
            for (place, column) in layout.columns().iter().enumerate() {
                assert_eq!(layout.place(*column), Some(place), "{column:?}");
            }
        }
        let other = [StoredColumn::Ipv6(FieldId::SrcAddr), StoredColumn::Field(FieldId::Family)];
        assert_eq!(other.map(|column| Layout::Version5.place(column)), [None, None]);
        assert_eq!(Layout::All.place(StoredColumn::Ipv6(FieldId::SrcPort)), None);
    }
}
