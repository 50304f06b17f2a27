"""The result of a run as static pages: an index, a page a document, a report over all."""

from pipeline.output.site.build import build

__all__ = ["build"]
