"""Runs the queries of a JSON file over a CSV file in DuckDB; prints their rows.

Arguments: CSV, JSON list of SQL. Output: JSON list of lists of rows.
"""

import json
import sys

import duckdb

COLUMNS = {
    "timestamp": "UBIGINT", "exporter": "VARCHAR", "src_addr": "UBIGINT", "dst_addr": "UBIGINT",
    "src_port": "UBIGINT", "dst_port": "UBIGINT", "protocol": "UBIGINT", "tcp_flags": "UBIGINT",
    "tos": "UBIGINT", "input_snmp": "UBIGINT", "packets": "UBIGINT", "bytes": "UBIGINT",
    "first": "UBIGINT", "last": "UBIGINT",
}
connection = duckdb.connect()
connection.execute(
    "CREATE TABLE flows AS SELECT * FROM read_csv(?, header = true, nullstr = '', columns = ?)",
    [sys.argv[1], COLUMNS],
)
with open(sys.argv[2], encoding="utf-8") as queries:
    answers = [connection.execute(query).fetchall() for query in json.load(queries)]
json.dump(answers, sys.stdout)
