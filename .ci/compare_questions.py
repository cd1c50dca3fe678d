"""The questions that `.ci/compare` asks two programs: a list that is the same in
every run, made from the corpora that are there and from the command line's
reports, formats, options and words of the filter language.

All paths are relative: each program works in a folder of its own, in which
`corpora` and `data` lead to the files that both read, and `made` holds what
that program wrote.
"""

import zlib
from dataclasses import dataclass
from pathlib import Path

#: Formats for programs: their bytes are a contract.
EXACT = ("csv", "tsv", "json", "ndjson")
#: Formats for people: their words may change, and are listed.
FOR_PEOPLE = ("table", "markdown")
FORMATS = EXACT + FOR_PEOPLE


@dataclass(frozen=True)
class Question:
    """A command line, what it reads on standard input, and what it writes."""

    args: tuple
    stdin: str = ""
    writes: tuple = ()
    env: tuple = ()
    #: Questions of one chain are asked one after the other: an earlier one may
    #: change what a later one reads.
    chain: str = ""

    def line(self):
        """As it would be typed, for people."""
        words = [f"{name}={value}" for name, value in self.env] + ["flowkit"]
        words += [
            f"'{arg}'" if set(arg) & set(" ()*?'<>|&\"") or not arg else arg for arg in self.args
        ]
        return " ".join(words) + (f" < {self.stdin}" if self.stdin else "")

    def is_exact(self):
        """Whether what it prints is for programs, and not for people."""
        command, args = self.args[0] if self.args else "", self.args
        form = args[args.index("--format") + 1] if "--format" in args[:-1] else ""
        if {"-h", "--help", "help"} & set(args):
            return False
        if command in ("show", "export", "filter"):
            return True
        return form in EXACT or (command == "synth" and form in ("pcap", "raw"))


def q(text, *more, stdin="", writes=(), env=(), chain=""):
    """A question: words apart by blanks, then arguments that may hold blanks."""
    return Question(tuple(text.split()) + more, stdin, tuple(writes), tuple(env), chain)


def to_file(text):
    """A question whose answer is written to a file that no other question writes."""
    name = f"made/out-{zlib.crc32(text.encode()):08x}"
    return q(f"{text} -o {name}", writes=[name])


REPORTS = (
    "top --by dst_port",
    "talkers",
    "ports",
    "protocols",
    "pairs",
    "exporters",
    "exporters --interfaces",
    "timeline",
    "timeline --by protocol -n 2",
    "scans --least 5",
    "beacons --least 4 --jitter 30",
    "diff --by dst_port --a ..2018-09-21T12:00 --b 2018-09-21T12:00..",
    "summary",
    "check",
)

FIELDS = (
    "timestamp exporter version flow_records flow_seq_num engine_type engine_id "
    "sampling_algorithm sampling_interval src_addr dst_addr next_hop input_snmp output_snmp "
    "packets bytes first_switched last_switched src_port dst_port tcp_flags protocol tos "
    "src_as dst_as src_mask_len dst_mask_len src_country dst_country src_city dst_city "
    "src_as_name dst_as_name"
).split()

ALIASES = (
    "router ra agent count sequence engine-id sampling srcip sa ipv4_dst_addr da nexthop "
    "input outif dpkts in_pkts doctets in_bytes first ts te l4_src_port sp dport flags proto "
    "pr src_tos srcas das smk dst_mask src_geo src_as_org"
).split()

#: Keys other than one field: both ends, prefixes, times, several together.
KEYS = (
    "addr port as if mask ip service hour day 5m 90s 1w addr/8 addr/31 src_addr/0 src_addr/24 "
    "dst_addr/16 src_addr/32 next_hop/20 protocol,dst_port src_addr,dst_addr "
    "src_addr,dst_addr,protocol src_addr,src_port,dst_addr,dst_port,protocol hour,protocol "
    "day,service exporter,input_snmp exporter,engine_type,engine_id addr,port "
    "service,protocol src_addr/24,dst_addr/24 src_country,dst_country "
    "exporter,src_as,dst_as,tos,tcp_flags "
    "timestamp,first_switched,last_switched,src_addr,dst_addr dst_port,src_port,dst_port src_ "
    "addr,dst_addr,src_port,dst_port,protocol,tos,input_snmp,output_snmp,next_hop,src_as,dst_ "
    "as"
).split()

MEASURES = (
    "bytes packets flows bytes_share packets_share flows_share first last duration bps pps "
    "bpp min_bytes max_bytes mean_bytes median_bytes p95_bytes min_duration max_duration "
    "mean_duration median_duration p95_duration min:bytes distinct:dst_addr distinct:dst_port "
    "distinct:src_addr distinct_protocol distinct:exporter distinct:hour"
).split()

#: Every word of the filter language at least once.
FILTERS = """
any
not any
ip 192.168.10.1
host 10.0.0.1
addr 8.8.8.8
net 10.0.0.0/8
net 192.168.0.0/16
src net 10.0.0.0/8
dst net 192.168.0.0 255.255.0.0
src ip 10.0.0.1
src host 10.10.10.1 or dst host 10.10.10.1
src or dst port 53
src and dst port 53
port 443
port in [80 443 8000-8100]
port not in [80 443]
dst port in [53, 123]
port > 1023
port https
src port domain
dst port != 443
as 64496
src as 64496
dst as > 64500
if 3
in if 1
out if 2
mask 24
src mask 16
proto tcp
tcp
udp and port 53
icmp
proto 17
proto in [1 6]
proto icmp
protocol = 6
proto != tcp
icmp-type 8
icmp-code 0
icmp-type = 3 and icmp-code 3
flags S
flags SA
flags S and not flags AFRPU
not flags AFRPU
flags any SA
flags = 2
flags 0
tcp_flags > 16
bytes > 10k
bytes > 1M
bytes >= 1500 and packets < 10
in bytes < 100
in packets 1
packets = 1
packets > 1k
bytes < 1G
bytes != 44
bytes <= 60
duration > 1000
duration = 0
bps > 1M
bps < 1000
pps > 10
bpp > 1000
bpp = 60
tos 0
src tos 16
tos > 0
next ip 0.0.0.0
nexthop 0.0.0.0
router ip 192.168.10.254
exporter ip 192.168.10.253
exporter = 192.168.10.254
exporter != 192.168.10.254
engine id 0
engine type 0
engine_id = 0
service 443
service = domain
service > 40000
flows = 1
flows > 1
first > 2018-09-21T10:00
first seen >= 2018-09-21T10:00:00Z
last < 2018-09-21T10:00
last seen <= 2018-09-21T10:00
timestamp >= 2018-09-21
timestamp < 2018-09-21T12:00+09:00
dst_port = 443
src_addr = 10.0.0.1
src_addr in 10.0.0.0/8
sampling_interval > 1
sampling_interval = 100
flow_seq_num > 1000
version = 5
src_country = US
dst_country != US
src_as_name = x
dst_city = x
src_mask_len = 0
input_snmp = 0 or output_snmp = 0
input_snmp != output_snmp
src_port > dst_port
src ip in @data/hosts.txt
dst port in @data/ports.txt
ip in [10.0.0.0/8 192.168.0.0/16]
src ip in [8.8.8.8 8.8.4.4 1.1.1.0/24]
@data/web.nf
proto tcp and (@include data/web.nf)
(tcp or udp) and not (port 53 or port 443)
not not tcp
tcp and udp
tcp or not tcp
not (src net 10.0.0.0/8 and dst net 10.0.0.0/8)
tcp # a comment
TCP AND DST PORT 443
!tcp
tcp && port 443
tcp || udp
ip 10.0.0.0/33
ip 10.0.0
ip fe80::1
ip 10.0.0.1/8
net 10/8
net 10.1.2.3/16
net 10.0.0.0/0
ipv4
ipv6
inet
inet6
vlan 3
mac 00:11:22:33:44:55
""".strip("\n").split("\n")

#: What is refused, with its place and a hint.
WRONG_FILTERS = """
port
port 70000
port 80 or 443
dts port 80
proto tcp and dts port 80
bytes > 10kB
bytes >
(tcp
tcp)
tcp udp
and tcp
not
proto tpc
flags XYZ
tos 256
mask 33
source ip 10.0.0.1
ip in @data/none.txt
@data/none.nf
@include data/none.nf
first > yesterday
src ip in []
port in [80
as -1
src_addr = host.example
exporter >
duration = x
flags
port 80-90
ip 10.0.0.1-10.0.0.9
'
"
tcp; udp
é
""".strip("\n").split("\n")

WINDOWS = (
    "--day 2018-09-21",
    "--day 2018-09-20",
    "--day 2018-10-03",
    "--from 2018-09-21",
    "--to 2018-09-21",
    "--from 2018-09-21T07:00 --to 2018-09-21T08:00",
    "--from 2018-09-21T07:00:00.123Z --to 2018-09-21T17:00:00+09:00",
    "--last 1h",
    "--last 24h",
    "--last 90m",
    "--last 7d",
    "--day 2018-09-21 --tz Asia/Tokyo",
    "--from 2018-09-21T07:00 --tz America/New_York",
    "--day 2018-09-21 --tz +09:00",
    "--tz=-09:30 --from 2018-09-21T07:00",
    "--tz Europe/Berlin --last 6h",
    "--day 2017-01-01",
)

WRONG_OPTIONS = """
--nothing
tpo
hosts
top
top --by
top --by colour made/day
top --by dst_prot made/day
top --by src_addr/33 made/day
top --by src_addr/40 made/day
top --by dst_port/8 made/day
top --by dst_port nowhere
top --by dst_port nowhere.ndjson
top --by dst_port corpora/day/*.nothing
top --by dst_port
summary
top --by dst_port -n x made/day
top --by dst_port -n -1 made/day
top --by dst_port --sort byte made/day
top --by dst_port --sort distinct:colour made/day
top --by dst_port --columns byte made/day
top --by dst_port --min-percent 101 made/day
top --by dst_port --min-percent x made/day
top --by dst_port --format yaml made/day
top --by dst_port --format CSV made/day
top --by dst_port --color blue made/day
top --by dst_port --input-format yaml made/day
top --by dst_port --day 2018-09-21 --from 2018-09-21 made/day
top --by dst_port --last 1h --from 2018-09-21 made/day
top --by dst_port --last 1x made/day
top --by dst_port --day x made/day
top --by dst_port --from x made/day
top --by dst_port --from 2018-09-22 --to 2018-09-21 made/day
top --by dst_port --from 2018-09-21 --to 2018-09-21 made/day
top --by dst_port --tz Mars made/day
top --by dst_port --tz -09:30 made/day
top --by dst_port --memory x made/day
top --by dst_port -o nowhere/x.csv made/day
top --by dst_port - -
top --by dst_port --by src_port made/day
top --by dst_port --bottom --bottom made/day
timeline --bin 5x made/day
timeline --bin 0s made/day
timeline --bin 1y made/day
timeline --by colour made/day
timeline --load half made/day
timeline -n x made/day
scans --least x made/day
scans --sort bytes made/day
beacons --jitter x made/day
beacons --least -1 made/day
diff made/day
diff --by dst_port made/day
diff --by dst_port made/day made/edge made/years
diff --by dst_port --a monday --b tuesday made/day
diff --by dst_port --a 2018-09-21 made/day
diff --by dst_port --a 2018-09-21 --b 2018-09-22 -
diff --by dst_port --a 2018-09-21 --b 2018-09-22 made/day made/edge
diff --by colour made/day made/edge
diff --by dst_port --sort bps made/day made/edge
show --dedupe made/day
show --scale-sampling made/day
show --format csv made/day
show -n x made/day
export made/day
export --format html made/day
export --format csv --addresses hex made/day
export --format csv --anonymise data/web.nf made/day
export --format csv --anonymise data/none made/day
export --format ndjson --addresses text made/day
import made/day
import made/day -o made/day
import nowhere -o made/x1
import made/day -o made/x2 --dedupe
import made/day -o made/x3 --day 2018-09-21
import data/empty.ndjson -o made/x4
filter
filter --tz Mars any
explain colour
explain dst_prot
explain --format json
explain --packet nowhere
explain --packet data/wrap.bin --record 9
explain --packet data/wrap.bin --record 0
explain --packet data/web.nf
explain --document data/not-json.txt
explain --flow 0 --source made/day
explain --flow 99999999 --source made/day
explain --flow x
explain --flow 1
explain --flow 1 made/day
explain dst_port --packet data/wrap.bin
explain --record 1
synth
synth many
synth 10 --days 0
synth 10 --seed x
synth 10 --format csv
send
send - 127.0.0.1:9
send made/day collector.example
send made/day 127.0.0.1:9 --exporter nobody
send made/day 127.0.0.1:9
completions
completions nosh
verify nowhere
verify data/three-flows.ndjson
verify
fetch --from 2018-09-21 --to 2018-09-21
fetch --url ftp://x -o made/x5
fetch --url http://127.0.0.1:1 --day 2018-09-21 -o made/x6 --retries 0
fetch --day 2018-09-21 --last 1h
fetch --update --force
fetch --overlap 1h
fetch --size 0
fetch --jobs 0
fetch --jobs 65
fetch --keep-alive x
fetch --timeout x
fetch --last x
fetch --method best
fetch --user me --api-key-file x
fetch --ca-cert x --insecure
fetch --client-cert x
fetch --filter tpc
fetch --query x
fetch --url http://me:secret@127.0.0.1:1 -o made/x7 --retries 0
demo --port 9200
demo --serve --questions
demo --questions --answers
""".strip("\n").split("\n")

INPUT_FORMATS = (
    "dump hits documents answers array objects bulk nfdump-json csv capture datagrams " "columns"
).split()


def data_files(data):
    """The project's own small files."""
    return [f"data/{path.name}" for path in sorted(Path(data).iterdir()) if path.is_file()]


def corpus_files(corpora):
    """Every file of the corpora that a flow could be looked for in, and each folder
    of pages."""
    other = {".sh", ".md", ".py"}
    files = [path for path in sorted(Path(corpora).rglob("*")) if path.is_file()]
    files = [path.relative_to(corpora).as_posix() for path in files if path.suffix not in other]
    folders = {path.rsplit("/", 1)[0] for path in files if ".pages/page-" in path}
    return [f"corpora/{path}" for path in sorted({*files, *folders})]


def is_large(path):
    """The four whole sets: their files hold thousands of flows."""
    return path.split("/")[1] in ("day", "edge", "years") and ".json" != Path(path).suffix


def preparations(port):
    """What makes dumps and files, in this order; the questions after it read them.
    `port` is where the practice server listens."""
    es = f"fetch -q --url http://127.0.0.1:{port}"
    imports = {
        "day": "corpora/day/es6.elasticdump.ndjson.gz",
        "day7": "corpora/day/es7.elasticdump.ndjson.gz",
        "day-pages": "corpora/day/es8.pages.jsonl.gz",
        "day-pcap": "corpora/day/export.pcap",
        "edge": "corpora/edge/es8-plain.pages.jsonl.gz",
        "years": "corpora/years/es6.pages.jsonl.gz",
        "robust-json": "corpora/robust/json",
        "wire": "corpora/robust/wire/mixed.pcap",
        "raw": "corpora/device/juniper-mx80.bin",
        "csv": "corpora/reports/nfdump-good.csv",
        "bulk": "corpora/robust/json/bulk.ndjson",
        "cut": "data/cut-off.ndjson",
        "twice": "corpora/robust/json/duplicates.ndjson",
    }
    yield from (q(f"import {source} -o made/{name}") for name, source in imports.items())
    yield q("import corpora/day/es7.elasticdump.ndjson.gz --no-columns -o made/late")
    yield q("import corpora/day/es6.seedscript.txt.gz --no-columns -o made/later")
    yield q("import corpora/day/export.pcap corpora/edge/export.pcap -o made/both")
    yield q("import --strict data/odd.ndjson -o made/strict")
    yield q("import --input-format documents data/bare.ndjson -o made/bare")
    yield q("import - -o made/piped", stdin="data/three-flows.ndjson")
    yield q("synth 20000 --days 3 --seed 5 -o made/synth")
    yield q("synth 1000")  # ./flowkit-synth
    for name, form in (("synth.ndjson", "ndjson"), ("synth.pcap", "pcap"), ("synth.bin", "raw")):
        yield q(f"synth 3000 --format {form} -o made/{name}", writes=[f"made/{name}"])
        yield q(f"synth 1e2 --seed 2 --format {form}")
    for source in ("day", "day-pcap", "edge", "years", "synth", "robust-json"):
        for form in ("parquet", "csv", "ndjson", "hits", "v5-pcap"):
            name = f"made/{source}.{form.replace('v5-', '')}"
            yield q(f"export --format {form} made/{source} -o {name}", writes=[name])
    yield q("demo")  # ./flowkit-demo
    yield q(f"{es} --dry-run")
    yield q(f"{es} --dry-run --day 2018-09-21 --part-size 500")
    fetches = {
        "all": "",
        "dayf": "--day 2018-09-21",
        "scroll": "--method scroll --part-size 1000 --size 100",
        "pit": "--method pit --part-size 700 --size 333 --jobs 3",
        "web": "-f=tcp --from 2018-09-21T07:00 --to 2018-09-21T12:00",
        "thin": "--source-fields --no-columns --from 2018-09-21T12:00",
        "none": "--day 2017-01-01",
        "tokyo": "--day 2018-09-21 --tz Asia/Tokyo --max-rate 100000 --keep-alive 1m",
        "old": "--to 2018-09-21T12:00",
        "index": "--index netflow-2018.09.21 --size 10000",
    }
    yield from (q(f"{es} -o made/f-{name} {more}") for name, more in fetches.items())
    yield q(f"{es} -o made/f-query --query", '{"term":{"netflow.protocol":17}}')
    yield q(f"{es} -o made/f-all")  # complete: refused
    yield q(f"{es} -o made/f-all --force")
    yield q(f"{es} -o made/f-old --update --to 2018-09-21T18:00")
    yield q(f"{es} -o made/f-old --update --overlap 3h --to 2018-09-22T00:00")
    yield q(f"{es} -o made/f-cut -f", "duration > 10")  # cannot be pushed down
    yield q(f"verify made/f-all --url http://127.0.0.1:{port}")
    for name in ("late", "later", "f-thin"):  # the first question makes the columns
        yield q(f"summary --format json made/{name}")
    yield q(f"verify made/f-web --url http://127.0.0.1:{port}")


#: Copies of dumps that are then damaged: the name, the dump, what is done to it.
DAMAGED = (
    ("flipped", "day", "flip-part"),
    ("cut-part", "day", "cut-part"),
    ("no-part", "f-scroll", "drop-part"),
    ("no-columns", "day-pages", "drop-columns"),
    ("bad-columns", "day-pages", "flip-columns"),
    ("bad-footer", "day7", "flip-footer"),
    ("no-manifest", "edge", "drop-manifest"),
    ("bad-manifest", "edge", "cut-manifest"),
    ("cut-pcap", "day-pcap", "cut-part"),
)

DUMPS = (
    "day day7 day-pages day-pcap edge years robust-json wire raw csv bulk cut twice late "
    "later both bare piped synth f-all f-dayf f-scroll f-pit f-web f-thin f-none f-tokyo "
    "f-old f-index f-query"
).split()


def questions(corpora, data):
    """Everything that is asked once the dumps are there, without repetition."""
    groups = (
        of_each_file(corpora, data),
        of_each_dump(),
        of_damage(),
        of_reports_and_formats(),
        of_keys(),
        of_measures(),
        of_rows(),
        of_filters(),
        of_windows(),
        of_changes(),
        of_timelines(),
        of_the_other_reports(),
        of_exports(),
        of_show(),
        of_explain(),
        of_input_formats(),
        of_reading(),
        of_mistakes(),
        of_help(),
    )
    return list(dict.fromkeys(question for group in groups for question in group))


def of_each_file(corpora, data):
    """Each file of the corpora: what is in it, and that its forms agree."""
    for path in corpus_files(corpora) + data_files(data):
        large, v9 = is_large(path), path.startswith("corpora/v9/")
        yield q(f"summary --format json {path}")
        if v9 and path.endswith(".json"):
            continue
        yield q("top --format csv -n 20 --by protocol,src_addr,dst_addr,src_port,dst_port", path)
        if v9:
            continue
        yield q(f"check --format csv {path}")
        yield q(f"show --format ndjson -n 3 {path}")
        yield q(f"export --format {'hits -f=icmp' if large else 'csv'} {path}")
        if large:
            for report in REPORTS:
                yield q(f"{report} --format csv {path}")
            yield q(f"top --by exporter,hour -n 0 --format ndjson --repair-times {path}")
            yield q(f"top --by addr --sort flows --scale-sampling --format json {path}")
        elif path.endswith(".bin") or path.endswith(".pcap"):
            yield q(f"explain --format json --packet {path}")
        else:
            yield q(f"explain --format json --document {path}")
            yield q(f"timeline --format csv --bin 1h {path}")


def of_each_dump():
    """Each dump: from its columns, and document by document."""
    for name in DUMPS:
        dump = f"made/{name}"
        yield q(f"summary --format json {dump}")
        yield q(f"check --format json {dump}")
        yield q(f"top --by src_addr,dst_port --sort flows -n 15 --format csv {dump}")
        yield q(f"top --by hour,exporter --format tsv -n 0 {dump}")
        yield q(f"timeline --bin 30m --by dst_port -n 3 --format ndjson {dump}")
        yield q(f"scans --least 4 --format json {dump}")
        yield q(f"beacons --least 4 --jitter 40 --format csv {dump}")
        yield q("top --by dst_port --format csv -f", "bytes > 1k and not port 53", dump)
        yield q(f"show -n 2 --format ndjson {dump}")
        yield q(f"export --format csv -f=udp {dump}")
        yield q(f"verify {dump}")
        yield q(f"explain --flow 2 --source {dump} --format json")
    for name in ("day", "day-pcap", "edge", "years", "synth", "robust-json"):
        for form in ("parquet", "csv", "ndjson", "hits", "pcap"):
            file = f"made/{name}.{form}"
            yield q(f"summary --format csv {file}")
            yield q(f"top --by protocol,dst_port -n 12 --format csv {file}")
            yield q(f"check --format csv {file}")
            yield q(f"timeline --bin 1h --by protocol --format csv -f=tcp {file}")
    for file in ("synth.ndjson", "synth.pcap", "synth.bin", "../flowkit-demo", "../flowkit-synth"):
        for report in REPORTS:
            yield q(f"{report} --format csv made/{file}")


def of_damage():
    """Damaged dumps: what is answered, and what is said."""
    for name, _, _ in DAMAGED:
        dump = f"made/{name}"
        yield q(f"verify {dump}", chain=name)
        yield q(f"summary --format json {dump}", chain=name)
        yield q(f"top --by dst_port --format csv --allow-incomplete {dump}", chain=name)
        yield q(f"top --by dst_port --format csv --strict {dump}", chain=name)
        yield q(f"show -n 0 --format ndjson -f=icmp {dump}", chain=name)
        yield q(f"export --format csv -f=icmp {dump}", chain=name)
        yield q(f"import {dump} -o made/again-{name}", chain=name)


def of_reports_and_formats():
    """Each report in each format."""
    for report in REPORTS:
        for form in FORMATS:
            yield q(f"{report} --format {form} made/day")
            yield q(f"{report} --format {form} corpora/robust/json/missing-fields.ndjson")
            yield q(f"{report} --format {form} data/empty.ndjson")
        for more in (
            "--raw",
            "--color always",
            "--explain",
            "--stats",
            "--raw --format markdown",
            "-f=port=1 --explain",
        ):
            yield q(f"{report} {more} made/day7")
        yield to_file(f"{report} --format csv made/edge")
        for source in ("made/edge", "made/years", "made/synth"):
            yield q(f"{report} --format json {source}")
    for form in FORMATS:
        yield q(f"fields --format {form}")


def of_keys():
    """Each key and each name of a field."""
    for key in (*FIELDS, *KEYS):
        yield q(f"top --by {key} --format csv -n 25 made/day")
        yield q(f"top --by {key} --format ndjson --sort flows -n 7 made/edge")
        yield q(f"top --by {key} --format csv -n 5 --bottom corpora/day/export.pcap")
    for key in ALIASES:
        yield q(f"top --by {key} --format csv -n 3 made/day")
    for key in ("src_addr", "dst_port", "exporter", "protocol,dst_port", "addr", "src_addr/24"):
        yield q(f"diff made/day made/edge --by {key} --format csv")
        yield q(f"diff made/day made/edge --by {key} --sort flows -n 0 --format json")
        yield q(f"timeline --by {key} -n 4 --bin 2h --format csv made/day7")
    for more in ("--format ndjson", "--format ndjson --sort packets -n 3", "--sort flows"):
        yield q(f"diff made/f-dayf made/f-old --by dst_port {more}")


def of_measures():
    """Each measure to rank by, in columns and in conditions."""
    for measure in MEASURES:
        for key in ("dst_port", "src_addr,protocol"):
            yield q(f"top --by {key} --sort {measure} -n 12 --format csv made/day")
        yield q(f"top --by protocol --columns {measure} --format json made/edge")
        yield q(
            f"top --by src_addr/16 --columns flows,{measure} --sort {measure} --bottom -n 5 "
            "--format csv made/years"
        )
        if "share" not in measure:
            yield q("top --by service -n 0 --format csv --having", f"{measure} > 3", "made/day")
    for measure in ("sent_bytes", "received_bytes"):
        yield q(f"top --by protocol --sort {measure} --format csv made/day")
        yield q(f"pairs --sort {measure} --format csv made/day")
    every = ",".join(MEASURES)
    for form in FORMATS:
        yield q(f"top --by src_addr --columns {every} --format {form} made/day")


def of_rows():
    """Which rows: number, order, share, conditions."""
    conditions = (
        "bytes > 1M",
        "bytes >= 1G and flows < 20",
        "flows = 1",
        "flows != 1",
        "packets<=10 and bytes>500",
        "distinct:dst_addr >= 10",
        "bps > 1k and duration > 0",
        "first > 0",
        "median_bytes > 1.5k",
        "bytes >",
        "colour > 1",
        "",
        "bytes > 1 or flows > 1",
        "bytes_share > 1",
        "bytes > 10kB",
    )
    for report in (
        "top --by dst_port",
        "talkers",
        "ports",
        "protocols",
        "pairs",
        "top --by src_addr,dst_addr",
    ):
        for more in (
            "-n 0",
            "-n 1",
            "-n 3 --bottom",
            "--sort packets",
            "--sort flows --bottom -n 0",
            "--min-percent 5",
            "--min-percent 0.5 -n 0",
            "--min-percent 1% --sort flows",
            "--min-percent 100",
            "--sort duration -n 4",
            "--limit 2",
            "--sort distinct:dst_addr -n 6",
        ):
            yield q(f"{report} {more} --format csv made/day")
        yield q(f"{report} -n 2 --format json --min-percent 3 --bottom made/edge")
        for condition in conditions:
            yield q(f"{report} -n 0 --format csv --having", condition, "made/day7")


def of_filters():
    """Each word of the filter language: understood, from columns, from documents,
    from a capture, and pushed down to documents that are shown."""
    for text in FILTERS:
        yield q("filter", text)
        yield q("top --by protocol,dst_port -n 6 --format csv made/day -f", text)
        yield q("protocols --format json made/edge -f", text)
        yield q("protocols --format csv corpora/day/es8.pages.jsonl.gz -f", text)
        yield q("summary --format csv corpora/edge/export.pcap -f", text)
        yield q("show -n 1 --format ndjson made/day7 -f", text)
        yield q("check --format csv made/years -f", text)
    for text in ("", *WRONG_FILTERS):
        yield q("filter", text)
        yield q("top --by dst_port --format csv made/day -f", text)
    for zone in ("Asia/Tokyo", "+09:00", "local", "UTC"):
        yield q(f"filter --tz {zone}", "first > 2018-09-21T10:00 and last < 2018-09-21")


def of_windows():
    """Each way to say when."""
    for window in WINDOWS:
        for report in (
            "top --by dst_port -n 5",
            "timeline --bin 1h",
            "summary",
            "check",
            "scans",
            "diff --by protocol --a 2018-09-21 --b 2018-09-22",
        ):
            yield q(f"{report} --format csv {window} made/day")
        yield q(f"timeline --bin 1d --format json {window} made/both")
        yield q(f"protocols --format csv {window} corpora/day/es7.elasticdump.ndjson.gz")
        yield q(f"show -n 2 --format ndjson {window} made/day")
        yield q(f"export --format csv -f=icmp {window} made/day")
        yield q(f"protocols {window} made/day")
    for zone in ("Asia/Tokyo", "Asia/Kathmandu", "-09:30", "local", "America/St_Johns"):
        yield q(f"top --by hour,protocol -n 0 --format csv --tz={zone} made/day")
        yield q(f"timeline --bin 1d --format ndjson --tz={zone} made/years")
        yield q(f"summary --format json --tz={zone} made/day")
        yield q(f"show -n 1 --tz={zone} made/day")
    for pair in (
        "..2018-09-21T08:00 2018-09-21T08:00..",
        "2018-09-20 2018-09-21",
        "2018-09-21T01:00..2018-09-21T02:00 2018-09-21T02:00..2018-09-21T03:00",
    ):
        a, b = pair.split()
        for form in FORMATS:
            yield q(f"diff --by service --a {a} --b {b} --format {form} made/day")
        yield q(
            f"diff --by src_addr,dst_port --a {a} --b {b} --tz Asia/Tokyo -n 5 "
            "--format csv made/day-pcap"
        )


def of_changes():
    """What changes flows before they are added up, alone and together."""
    changes = (
        "--repair-times",
        "--scale-sampling",
        "--dedupe",
        "--repair-times --scale-sampling --dedupe",
    )
    for change in changes:
        for report in REPORTS:
            yield q(f"{report} {change} --format csv made/day7")
        for source in (
            "made/edge",
            "made/twice",
            "corpora/robust/json/duplicates.ndjson",
            "corpora/robust/json/inverted-times.ndjson",
            "corpora/edge/es7.pages",
            "made/both",
        ):
            yield q(f"summary {change} --format json {source}")
            yield q(
                "top --by exporter,sampling_interval --columns bytes,packets,duration "
                f"{change} --format csv {source}"
            )
            yield q(f"timeline {change} --bin 1h --format csv {source}")
        yield q(f"export --format csv -f=icmp {change} made/edge")
        yield q(f"protocols {change} made/edge")
    for sources in (
        "made/day made/day",
        "made/day made/day-pages",
        "made/day-pcap corpora/day/export.pcap",
        "made/f-all made/f-old flowkit-demo",
    ):
        yield q(f"summary --format json {sources}")
        yield q(f"summary --format json --dedupe {sources}")
        yield q(f"top --by dst_port --format csv --dedupe {sources}")


def of_timelines():
    """Each length of a bin with each way to spread a flow over bins."""
    for load in ("proportional", "start", "end", "uniform", "export"):
        for length in (
            "30s",
            "5m",
            "7m",
            "1h",
            "minute",
            "hour",
            "day",
            "week",
            "1d",
            "2w",
            "250ms",
        ):
            if length in ("30s", "250ms"):
                yield q(
                    f"timeline --bin {length} --load {load} --format csv "
                    "--from 2018-09-21T07:00 --to 2018-09-21T07:10 made/day7"
                )
                continue
            yield q(f"timeline --bin {length} --load {load} --format csv made/day7")
            yield q(
                f"timeline --bin {length} --load {load} --by protocol -n 2 --format json made/edge"
            )
        yield q(f"timeline --load {load} made/day")
        yield q(f"timeline --load {load} --bin 1d --format csv --scale-sampling made/years")
    for n in (0, 1, 3):
        yield q(f"timeline --by dst_addr,dst_port -n {n} --bin 6h --format csv made/synth")


def of_the_other_reports():
    """The options that one report alone has."""
    for least in (1, 3, 10, 100):
        yield q(f"scans --least {least} -n 0 --format csv made/day")
        yield q(f"scans --least {least} -n 3 --format json -f=tcp made/synth")
        yield q(f"beacons --least {least} -n 0 --format csv made/day")
        yield q(f"beacons --least {least} --jitter 100 -n 5 --format json made/synth")
    for jitter in (0, 1, 5, 50):
        yield q(f"beacons --jitter {jitter} --format csv made/f-all")
    for source in (
        "made/day",
        "made/edge",
        "made/years",
        "made/wire",
        "made/both",
        "made/f-all",
        "corpora/device/softflowd-2015.bin",
    ):
        for form in ("csv", "json", "table"):
            yield q(f"exporters --format {form} {source}")
            yield q(f"exporters --interfaces --format {form} {source}")
            yield q(f"check --format {form} {source}")
            yield q(f"pairs -n 4 --format {form} {source}")


def of_exports():
    """Each form of an export, of addresses, and hidden addresses."""
    for source in (
        "made/day",
        "made/edge",
        "corpora/day/export.pcap",
        "corpora/robust/json/missing-fields.ndjson",
        "corpora/device/goflow2-2018.bin",
    ):
        for form in ("parquet", "csv", "ndjson", "hits", "v5-pcap"):
            yield to_file(f"export --format {form} {source}")
            yield q(f"export --format {form} -f=icmp {source}")
            yield to_file(f"export --format {form} --anonymise data/key {source}")
            for changes in ("--repair-times", "--scale-sampling", "--dedupe"):
                yield to_file(f"export --format {form} {changes} -f=udp {source}")
        for form in ("parquet", "csv"):
            for addresses in ("text", "number"):
                yield to_file(f"export --format {form} --addresses {addresses} {source}")
                yield q(
                    f"export --format {form} --addresses {addresses} "
                    f"--anonymise data/key -f=tcp {source}"
                )


def of_show():
    """Documents as they were stored."""
    for source in (
        "made/day",
        "made/day-pcap",
        "made/csv",
        "made/raw",
        "made/bulk",
        "made/day.parquet",
        "corpora/day/es8.pages.jsonl.gz",
        "corpora/edge/es7.pages",
        "corpora/robust/json",
        "corpora/day/export.pcap",
    ):
        for more in (
            "",
            "-n 1",
            "-n 0 -f=icmp",
            "--format ndjson -n 5",
            "--repair-times -n 2 -f=duration=0",
            "--last 1h --format ndjson",
        ):
            yield q(f"show {more} {source}")
    yield to_file("show -n 3 --format ndjson made/day")


def of_explain():
    """The lessons: the format, a field, packets, documents."""
    yield q("explain")
    for field in (*FIELDS, *ALIASES, "SysUptime", "dOctets", "ipv4_src_addr", "prot"):
        yield q(f"explain {field}")
    for file in (
        "data/wrap.bin",
        "corpora/device/juniper-mx80.bin",
        "corpora/device/goflow2-2018.bin",
    ):
        for more in (
            "",
            "--record 1",
            "--record 2 --format json",
            "--format json",
            "--repair-times --format json",
            "--color always --record 1",
        ):
            yield q(f"explain --packet {file} {more}")
    for source in (
        "made/day",
        "made/day-pcap",
        "made/edge",
        "made/years",
        "flowkit-demo",
        "data/odd.ndjson",
        "made/day.parquet",
    ):
        for flow in (1, 7, 100):
            yield q(f"explain --flow {flow} --source {source}")
            yield q(f"explain --flow {flow} --source {source} --format json --repair-times")
    yield q("explain --document -", stdin="data/plain-codec.ndjson")
    yield q("explain --document - --format json", stdin="data/three-flows.ndjson")
    yield q("explain --flow 1 --format json", env=[("FLOWKIT_DUMP", "made/day")])


def of_input_formats():
    """Each form, named instead of recognised: right, and wrong."""
    files = (
        "data/three-flows.ndjson",
        "data/bare.ndjson",
        "data/page-1.json",
        "data/nfdump.csv",
        "data/nfdump.json",
        "data/wrap.bin",
        "corpora/edge/export.pcap",
        "corpora/robust/json/array.json",
        "corpora/robust/json/bulk.ndjson",
        "corpora/robust/json/seed-mixed.txt",
        "made/day.parquet",
        "made/edge",
    )
    for form in INPUT_FORMATS:
        for file in files:
            yield q(f"protocols --format csv --input-format {form} {file}")


def of_reading():
    """How sources are read: piped, packed, matched, several, strictly, in little
    memory."""
    piped = (
        "data/three-flows.ndjson",
        "data/page-1.json",
        "data/nfdump.csv",
        "data/wrap.bin",
        "corpora/day/es7.elasticdump.ndjson.gz",
        "corpora/edge/export.pcap",
        "made/edge.parquet",
        "data/empty.ndjson",
        "data/not-json.txt",
    )
    for file in piped:
        yield q("top --by dst_port --format csv -", stdin=file)
        yield q("show -n 1 --format ndjson -", stdin=file)
        yield q("summary --last 1h --format csv -", stdin=file)
        yield q("protocols --format csv --day 2018-09-21 -f=tcp -", stdin=file)
    for pattern in (
        "corpora/robust/json/*.ndjson",
        "corpora/robust/wire/*.bin",
        "corpora/day/es?.pages.jsonl.gz",
        "corpora/edge/es7.pages/page-00[12].json.gz",
        "corpora/device/*",
        "corpora/robust/json",
        "corpora/day/es6.*",
        "data/*.ndjson",
    ):
        for report in ("summary", "check", "protocols", "top --by exporter,hour -n 0"):
            yield q(f"{report} --format json {pattern}")
        yield q(f"summary {pattern}")
        yield q(f"summary --format csv --strict {pattern}")
        yield q(f"summary --format csv --allow-incomplete {pattern}")
    for source in (
        "data/odd.ndjson",
        "data/cut-off.ndjson",
        "corpora/robust/json/truncated.ndjson.gz",
        "corpora/robust/json/short-page.json",
        "corpora/robust/json/shards-failed.json",
        "corpora/robust/wire/mixed-truncated.pcap",
        "made/cut",
        "made/robust-json",
    ):
        for more in ("--strict", "--allow-incomplete", "--strict --allow-incomplete"):
            yield q(f"top --by dst_port --format csv {more} {source}")
            yield q(f"show -n 0 --format ndjson {more} {source}")
            yield q(f"export --format csv {more} {source}")
    for memory in ("1", "100000", "1000000"):
        for report in (
            "top --by src_addr,dst_addr,src_port,dst_port",
            "pairs",
            "scans --least 2",
            "beacons --least 2",
            "check",
            "summary --dedupe",
            "diff --by src_addr,src_port --a ..2018-09-21T12:00 --b 2018-09-21T12:00..",
            "timeline --bin 10m --by src_addr,dst_port",
            "top --by src_addr --sort distinct:dst_port --columns median_bytes,distinct:dst_addr",
        ):
            yield q(f"{report} --memory {memory} --format csv made/synth made/day")
            yield q(f"{report} --format csv made/day-pcap", env=[("FLOWKIT_MEMORY", memory)])
    for threads in ("1", "2", "5"):
        yield q(
            "top --by src_addr,dst_port -n 30 --format csv made/synth made/day",
            env=[("RAYON_NUM_THREADS", threads)],
        )
        yield q(
            "check --format json corpora/day/es6.elasticdump.ndjson.gz",
            env=[("RAYON_NUM_THREADS", threads)],
        )
    yield q("summary --format csv", env=[("FLOWKIT_DUMP", "made/day")])
    yield q("top --by protocol --format csv", env=[("FLOWKIT_DUMP", "flowkit-demo")])


def of_mistakes():
    """Wrong usage and sources that are not there: exit codes above all."""
    for text in ("", *WRONG_OPTIONS):
        yield q(text)


def of_help():
    """Help, of the program and of each command, and what else is for people."""
    commands = (
        "demo import fetch verify export top talkers ports protocols pairs exporters "
        "timeline scans beacons diff summary check show "
        "fields explain synth send filter completions man"
    ).split()
    yield from (q(text) for text in ("--help", "-h", "help", "--version", "man"))
    for command in commands:
        yield q(f"{command} --help")
        yield q(f"{command} -h")
    yield from (q(f"completions {shell}") for shell in "bash zsh fish elvish powershell".split())
    yield from (q(f"demo {more}") for more in ("--questions", "--answers"))
