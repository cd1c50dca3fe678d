"""Runs the queries of a JSON file over a CSV file in DuckDB; prints their rows.

Arguments: CSV, JSON list of SQL. Output: JSON list of lists of rows.
"""

import json
import sys

import duckdb

COLUMNS = {
    "timestamp": "BIGINT", "exporter": "VARCHAR", "src_addr": "BIGINT", "dst_addr": "BIGINT",
    "src_port": "BIGINT", "dst_port": "BIGINT", "protocol": "BIGINT", "tcp_flags": "BIGINT",
    "tos": "BIGINT", "input_snmp": "BIGINT", "packets": "BIGINT", "bytes": "BIGINT",
    "first": "BIGINT", "last": "BIGINT",
}
connection = duckdb.connect()
connection.execute(
    "CREATE TABLE flows AS SELECT * FROM read_csv(?, header = true, nullstr = '', columns = ?)",
    [sys.argv[1], COLUMNS],
)
with open(sys.argv[2], encoding="utf-8") as queries:
    answers = [connection.execute(query).fetchall() for query in json.load(queries)]
json.dump(answers, sys.stdout)
