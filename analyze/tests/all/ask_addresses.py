"""Asks DuckDB and pyarrow for flows by source in Parquet files with both families.

    ask_addresses.py numbers|text FILE...

`numbers` are files whose column of addresses holds those of IPv4 by their number and
whose column beside it those of IPv6 as text, `text` one column of both. Prints for each
program a JSON object: for each address as text its flows and bytes, and the same for
each family under `family 4` and `family 6`.
"""

import ipaddress
import json
import sys

form, *files = sys.argv[1:]


def by_duckdb():
    import duckdb

    octets = [f"(src_addr >> {shift} & 255)" for shift in (24, 16, 8, 0)]
    dotted = " || '.' || ".join(octets)
    address = "src_addr" if form == "text" else f"coalesce(src_addr_ipv6, {dotted})"
    answer = {}
    for key in [address, "'family ' || family"]:
        rows = duckdb.execute(
            f"select {key} as key, count(*), cast(coalesce(sum(bytes), 0) as bigint)"
            f" from read_parquet({files}) where key is not null group by key"
        )
        answer.update({key: [flows, total] for key, flows, total in rows.fetchall()})
    return answer


def by_pyarrow():
    import pyarrow.parquet

    columns = pyarrow.parquet.ParquetDataset(files).read().to_pydict()
    answer = {}
    for row, number in enumerate(columns["bytes"]):
        address = columns["src_addr"][row]
        if form == "numbers":
            ipv6 = columns["src_addr_ipv6"][row]
            address = ipv6 or (None if address is None else str(ipaddress.ip_address(address)))
        family = columns["family"][row]
        for key in [address, None if family is None else f"family {family}"]:
            if key is not None:
                sums = answer.setdefault(key, [0, 0])
                sums[0] += 1
                sums[1] += number or 0
    return answer


print(json.dumps({"duckdb": by_duckdb(), "pyarrow": by_pyarrow()}))
