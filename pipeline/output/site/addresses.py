"""What the pages of documents are called."""

from __future__ import annotations

import hashlib
import re


def file_name(doc_id: str) -> str:
    """File of a document's page: readable, the same in every run, safe on every system."""
    slug = re.sub(r"[^A-Za-z0-9]+", "-", doc_id.rpartition("/")[2].partition(".")[0]).strip("-")[:40]
    return f"{slug or 'document'}-{hashlib.sha256(doc_id.encode('utf-8', 'replace')).hexdigest()[:8]}.html"
