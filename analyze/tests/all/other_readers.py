"""Reads Parquet files of flows by one program, and prints a digest of all values.

    other_readers.py READER FILE...

A digest is over the columns by name: of each row a number in decimal, a time as
milliseconds since 1970, a text as it is, nothing where the value is unknown. So
each reader prints the same, if it reads the same. READER `csv` reads what
`flowkit export --format csv` wrote.

Columns of nothing are left out: files of version 5 alone lack those that only v9 and
IPFIX have. The family goes by the addresses, type and code of ICMP by the port where
no flow has others, and an IPv6 address, which stands in a column of its own, stands
for the address.
"""

import csv
import datetime
import hashlib
import math
import sys

TIMES = ("timestamp", "first_switched", "last_switched")
# Words of csv for numbers.
WORDS = {"direction": {"ingress": "0", "egress": "1"}, "family": {"ipv4": "4", "ipv6": "6"}}
IPV6 = "_ipv6"
ICMP = ("icmp_type", "icmp_code")


def text(name, value):
    """One value as it goes into the digest."""
    if value is None or value != value or str(value) in ("NaT", "<NA>"):
        return ""
    if isinstance(value, float):
        assert math.floor(value) == value, (name, value)
        return str(int(value))
    if isinstance(value, datetime.datetime):  # also pandas' own
        if value.tzinfo is None:
            value = value.replace(tzinfo=datetime.timezone.utc)
        return str((value - EPOCH) // datetime.timedelta(milliseconds=1))
    return str(value)


EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def of_csv(files):
    columns = {}
    for file in files:
        with open(file, newline="") as rows:
            for row in csv.DictReader(rows):
                for name, value in row.items():
                    value = WORDS.get(name, {}).get(value, value)
                    if value and name.endswith("_mac"):
                        value = str(int(value.replace(":", ""), 16))
                    if value and name in TIMES:
                        value = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
                    columns.setdefault(name, []).append(value or None)
    return columns


def of_arrow(table):
    import pyarrow

    columns = {}
    for name in table.column_names:
        column = table[name]
        if name in TIMES:
            column = column.cast(pyarrow.timestamp("ms", column.type.tz)).cast(pyarrow.int64())
        columns[name] = column.to_pylist()
    return columns


def by_pyarrow(files):
    import pyarrow.parquet

    return of_arrow(pyarrow.parquet.ParquetDataset(files, page_checksum_verification=True).read())


def by_polars(files):
    import polars

    table = polars.read_parquet(files)
    times = [polars.col(name).dt.epoch("ms") for name in TIMES]
    return table.with_columns(times).to_dict(as_series=False)


def of_pandas(engine, files):
    import pandas

    tables = [pandas.read_parquet(file, engine=engine) for file in files]
    return pandas.concat(tables, ignore_index=True).to_dict("list")


def by_pandas(files):
    return of_pandas("pyarrow", files)


def by_fastparquet(files):
    return of_pandas("fastparquet", files)


def by_duckdb(files):
    import duckdb

    times = ", ".join(f"epoch_ms({name}) as {name}" for name in TIMES)
    return of_rows(duckdb.execute(f"select * replace ({times}) from read_parquet({files})"))


def of_rows(cursor):
    names = [column[0] for column in cursor.description]
    rows = cursor.fetchall()
    return {name: [row[at] for row in rows] for at, name in enumerate(names)}


def by_clickhouse(files):
    import json

    import chdb

    columns = {}
    for file in files:
        times = ", ".join(f"toUnixTimestamp64Milli({name}) as {name}" for name in TIMES)
        question = f"select * replace ({times}) from file('{file}', Parquet)"
        answer = json.loads(str(chdb.query(question, "JSONCompact")))
        for at, column in enumerate(answer["meta"]):
            values = [row[at] for row in answer["data"]]
            columns.setdefault(column["name"], []).extend(values)
    return columns


def by_datafusion(files):
    import datafusion
    import pyarrow

    context = datafusion.SessionContext()
    tables = [context.read_parquet(file).to_arrow_table() for file in files]
    return of_arrow(pyarrow.concat_tables(tables))


def by_spark(files):
    from pyspark.sql import SparkSession, functions

    settings = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false")
    settings = settings.config("spark.sql.session.timeZone", "UTC")
    # parquet-java, which reads for Spark, looks at checksums of pages only if asked.
    settings = settings.config("spark.hadoop.parquet.page.verify-checksum.enabled", "true")
    table = settings.getOrCreate().read.parquet(*files)
    times = {name: functions.unix_millis(functions.col(name)) for name in TIMES}
    rows = table.withColumns(times).collect()
    return {name: [row[name] for row in rows] for name in table.columns}


READERS = {
    "csv": of_csv,
    "pyarrow": by_pyarrow,
    "polars": by_polars,
    "pandas": by_pandas,
    "fastparquet": by_fastparquet,
    "duckdb": by_duckdb,
    "clickhouse": by_clickhouse,
    "datafusion": by_datafusion,
    "spark": by_spark,
}


def icmp_of_port(protocol, port):
    """Type and code of ICMP that stand in the destination port."""
    if protocol not in ("1", "58") or not port:
        return "", ""
    return str(int(port) >> 8), str(int(port) & 255)


def texts(columns):
    """The columns as they go into the digest, by name."""
    columns = {name: [text(name, value) for value in values] for name, values in columns.items()}
    for name in [name for name in columns if name.endswith(IPV6)]:
        field = name.removesuffix(IPV6)
        both = zip(columns.pop(name), columns[field])
        columns[field] = [ipv6 or other for ipv6, other in both]
    if "family" in columns and "6" not in columns["family"]:
        del columns["family"]
    icmp = [columns.get(name, []) for name in ICMP]
    if list(zip(*icmp)) == [icmp_of_port(*row) for row in zip(columns["protocol"], columns["dst_port"])]:
        for name in ICMP:
            del columns[name]
    return {name: values for name, values in columns.items() if any(values)}


def main():
    reader, *files = sys.argv[1:]
    columns = texts(READERS[reader](files))
    digest = hashlib.sha256()
    # Rows of several files come in any order.
    names = sorted(columns)
    rows = sorted(zip(*[columns[name] for name in names]))
    for row in [names, *rows]:
        digest.update("\t".join(row).encode() + b"\n")
    print(len(rows), len(names), digest.hexdigest())


main()
